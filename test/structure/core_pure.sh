#!/bin/bash
# core_pure: the core computes, and does nothing else
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# No allocation, input or output, clock, lock, log or environment: all that it calls are its own
# functions and those of the C library on octets.
library="$top_builddir/libcore.a"
nm --defined-only -g "$library" | awk 'NF == 3 { print $3 }' | sort -u | at_least 30 symbols >"${TMPDIR:-/tmp}/core.$$"
trap 'rm -f "${TMPDIR:-/tmp}/core.$$"' EXIT
nm -u "$library" | awk '$1 == "U" { print $2 }' | sort -u | grep -vxFf "${TMPDIR:-/tmp}/core.$$" |
	grep -vxE '(mem|str)[a-z]+|__(mem|str)[a-z]+_chk|__stack_chk_fail|__assert_fail' |
	none "the core calls nothing but itself, mem* and str*"
nm -u "$library" | awk '$1 == "U" { print $2 }' | sort -u | grep -xE 'str(n?dupa?|error.*|ftime|signal|tok)' |
	none "nor those of the str* functions that allocate or keep something"
# Tables of names are constant, but the linker has to fill them in.
nm -f sysv "$library" | awk -F '|' '$7 ~ /^ *\.(data|bss)/ && $7 !~ /\.rel\.ro/ { print $1 $7 }' |
	none "the core has no variables"
tap_done
