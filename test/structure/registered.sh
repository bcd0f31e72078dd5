#!/bin/bash
# registered: every test and every source stands in Makefile.am
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

makefile=$srcdir/Makefile.am
# What stands in it, one word a line.
words=$(tr -s ' \t\\' '\n' <"$makefile" | LC_ALL=C sort -u)
# Those of the names on standard input that do not.
missing() {
	LC_ALL=C sort -u | LC_ALL=C comm -23 - <(printf '%s\n' "$words")
}
unit_tests=$(sed -n '/^unit_tests = /,/[^\\]$/p' "$makefile")

tree_files '*.sh' | grep '^test/' | grep -v '^test/lib/' | at_least 20 scripts | missing |
	none "every test script"
for file in $(tree_files 'test_*.c' | grep '^test/unit/' | at_least 20 tests); do
	[[ $unit_tests$'\n' =~ $'\n\t'${file%.c}[[:space:]] ]] || echo "$file"
done | none "every unit test"
tree_files '*.[ch]' | grep -E '^(milter|include|test/lib)/' | at_least 70 sources | missing |
	none "every source and header"
for word in $(grep -E '^(test|milter|include)/.+\.(sh|c|h)$' <<<"$words"); do
	[ -e "$srcdir/$word" ] || echo "$word"
done | none "nothing that is not there"
for file in $(tree_files '*.sh' | grep '^test/' | grep -v '^test/lib/'); do
	[ -x "$srcdir/$file" ] || echo "$file"
done | none "every test script can be run"
tree_files '*.sh' | grep '^test/' | grep -v '^test/lib/' | (cd "$srcdir" && xargs awk '
	FNR == 1 && NR > 1 { look() }
	{ last = $0; file = FILENAME }
	END { look() }
	function look() {
		if (last != "tap_done" && last !~ /^exec bash /)
			print file ": does not end with tap_done"
	}') | none "every test script ends with its plan"
tap_done
