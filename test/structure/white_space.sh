#!/bin/bash
# white_space: no white space at the end of a line, and a line end at the end of a file
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# The bodies of messages may end as they please.
tree_files '*' | grep -vxE 'test/postfix/bytes\.sh|test/corpus/.*' | at_least 150 files >"${TMPDIR:-/tmp}/tree.$$"
trap 'rm -f "${TMPDIR:-/tmp}/tree.$$"' EXIT
(cd "$srcdir" && tr '\n' '\0' <"${TMPDIR:-/tmp}/tree.$$" | xargs -0 grep -nE '[[:blank:]]+$') |
	none "no white space at the end of a line"
(cd "$srcdir" && tr '\n' '\0' <"${TMPDIR:-/tmp}/tree.$$" | xargs -0 perl -ne \
	'print "$ARGV\n" if eof and !/\n\z/') |
	none "every file ends with a line end"
(cd "$srcdir" && tr '\n' '\0' <"${TMPDIR:-/tmp}/tree.$$" | xargs -0 grep -lE $'\r$') |
	none "no line ends with a carriage return"
tap_done
