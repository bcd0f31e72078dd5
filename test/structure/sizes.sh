#!/bin/bash
# sizes: no file and no function that does not fit into a head
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

SOURCE_LINES=600
FUNCTION_LINES=60

tree_files '*.[ch]' | at_least 80 sources | (cd "$srcdir" && xargs wc -l) |
	awk -v most="$SOURCE_LINES" '$2 != "total" && $1 > most { print $2 ": " $1 " lines" }' | none "no source has more than $SOURCE_LINES lines"

# Only a function's body has a brace alone at the beginning of a line: clang-format sees to that.
(cd "$srcdir" && awk -v most="$FUNCTION_LINES" '
	/^\{$/ { start = FNR }
	/^\}$/ && start > 0 {
		if (FNR - start - 1 > most)
			print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
		start = 0
		count++
	}
	END { if (count < 300) print "only " count + 0 " functions are seen" }
	' $(tree_files '*.c')) | none "no function has more than $FUNCTION_LINES lines"
tap_done
