#!/bin/bash
# symbols: every global symbol of foo.c begins with foo_
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# symbols FILE...: "OBJECT SYMBOL" for each global symbol of these sources.
symbols() {
	(cd "$top_builddir" && nm -A -g --defined-only "${@/%.c/.o}" 2>&1) | sed -E 's/^([^:]*):.* /\1 /'
}

mapfile -t files < <(tree_files '*.c' | grep '^milter/' | grep -v '/main\.c$' | at_least 30 sources)
symbols "${files[@]}" | at_least 300 symbols | awk '{
	name = $1
	sub(/.*\//, "", name)
	sub(/\.o$/, "", name)
	if ($2 != name && index($2, name "_") != 1)
		print $1 ": " $2
}' | none "every global symbol begins with its file's name"

# One is meant for libmilter: see there.
mapfile -t files < <(tree_files main.c | grep '^milter/' | at_least 2 "main.c")
symbols "${files[@]}" | at_least 2 symbols | grep -vE ' (main|sigwait)$' |
	none "main.c has no other global symbol than main"
tap_done
