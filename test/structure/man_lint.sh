#!/bin/bash
# man_lint: mandoc has nothing to say about the manual pages
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v mandoc >/dev/null || skip_all "no mandoc"
for page in $(tree_files '*.[1-8]' | grep '^man/' | at_least 3 pages); do
	(cd "$srcdir" && mandoc -Tlint -Wwarning "$page" 2>&1) | none "$page"
done
tap_done
