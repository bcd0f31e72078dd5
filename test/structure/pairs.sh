#!/bin/bash
# pairs: every source has its header, every header its source, every core module its test
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

for file in $(tree_files '*.c' | grep '^milter/' | at_least 30 sources); do
	header=include/${file#milter/}
	header=${header%.c}.h
	[ "${file##*/}" = main.c ] || [ -e "$srcdir/$header" ] || echo "$file: no $header"
done | none "every source has its header"
for file in $(tree_files '*.h' | grep '^include/' | at_least 30 headers); do
	source=milter/${file#include/}
	source=${source%.h}.c
	# engine_self.h: what the two sources of the engine share.
	[ "$file" != include/engine/engine_self.h ] || continue
	[ -e "$srcdir/$source" ] || echo "$file: no $source"
done | none "every header has its source"
# Its own header comes first: that it needs no other is seen at each build.
for file in $(tree_files '*.c' | grep '^milter/'); do
	[ "${file##*/}" = main.c ] || printf '%s\n' "$srcdir/$file"
done | xargs awk -v root="$srcdir/milter/" '
	FNR == 1 { is_done = 0 }
	/^#include/ && !is_done {
		is_done = 1
		header = substr(FILENAME, length(root) + 1)
		sub(/\.c$/, ".h", header)
		if ($0 != "#include \"" header "\"")
			print FILENAME
	}' | none "every source includes its own header first"
for file in $(tree_files '*.c' | grep '^milter/core/' | at_least 10 "core modules"); do
	test=test/unit/test_${file##*/}
	[ -e "$srcdir/$test" ] || echo "$file: no $test"
done | none "every module of the core has its test"
tap_done
