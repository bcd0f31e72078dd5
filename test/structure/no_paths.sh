#!/bin/bash
# no_paths: nothing that only one machine has
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# In brackets: this file is looked at, too.
tree_files '*' | at_least 150 files | (cd "$srcdir" && xargs grep -nE '/[w]ork/|/[h]ome/|/[r]oot/') |
	none "no path of one machine"
tap_done
