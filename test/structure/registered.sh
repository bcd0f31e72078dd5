#!/bin/bash
# registered: every test and every source stands in Makefile.am
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

makefile=$srcdir/Makefile.am
# What stands in it, one word a line.
words=$(tr -s ' \t\\' '\n' <"$makefile" | sort -u)
stands() {
	grep -qxF -e "$1" <<<"$words"
}

for file in $(tree_files '*.sh' | grep '^test/' | grep -v '^test/lib/' | at_least 20 scripts); do
	stands "$file" || echo "$file"
done | none "every test script"
for file in $(tree_files 'test_*.c' | grep '^test/unit/' | at_least 20 tests); do
	sed -n '/^unit_tests = /,/[^\\]$/p' "$srcdir/Makefile.am" | grep -qE "^	${file%.c}( |\$)" ||
		echo "$file"
done | none "every unit test"
for file in $(tree_files '*.[ch]' | grep -E '^(milter|include|test/lib)/' | at_least 70 sources); do
	stands "$file" || echo "$file"
done | none "every source and header"
for word in $(grep -E '^(test|milter|include)/.+\.(sh|c|h)$' <<<"$words"); do
	[ -e "$srcdir/$word" ] || echo "$word"
done | none "nothing that is not there"
for file in $(tree_files '*.sh' | grep '^test/' | grep -v '^test/lib/'); do
	[ -x "$srcdir/$file" ] || echo "$file"
	case "$(tail -n 1 "$srcdir/$file")" in
	tap_done | "exec bash "*) ;;
	*) echo "$file: does not end with tap_done" ;;
	esac
done | none "every test script can be run, and ends with its plan"
tap_done
