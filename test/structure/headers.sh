#!/bin/bash
# headers: every header compiles alone, and twice
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# What the compiler is given of flags is to be split.
# shellcheck disable=SC2086
for header in $(tree_files '*.h' | grep -E '^(include|test/lib)/' | at_least 35 headers); do
	if said=$(printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
		${CC:-cc} ${TEST_CPPFLAGS:--D_GNU_SOURCE -I"$srcdir/include"} -I"$srcdir" -I"$srcdir/test/lib" \
			-std=c11 -Wall -Wextra -Werror -fsyntax-only -x c - 2>&1); then
		pass "$header"
	else
		fail "$header"
		note "$said"
	fi
done
tap_done
