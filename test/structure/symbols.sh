#!/bin/bash
# symbols: every global symbol of foo.c begins with foo_
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

for file in $(tree_files '*.c' | grep '^milter/' | at_least 30 sources); do
	name=$(basename "$file" .c)
	object=$top_builddir/${file%.c}.o
	[ "$name" != main ] || continue
	[ -r "$object" ] || { echo "no $object"; continue; }
	nm -g --defined-only "$object" | awk -v name="$name" -v file="$file" \
		'$3 != name && index($3, name "_") != 1 { print file ": " $3 }'
done | none "every global symbol begins with its file's name"

# One is meant for libmilter: see there.
for file in $(tree_files main.c | grep '^milter/' | at_least 2 "main.c"); do
	nm -g --defined-only "$top_builddir/${file%.c}.o" | awk '{ print $3 }' | grep -vxE 'main|sigwait'
done | none "main.c has no other global symbol than main"
tap_done
