#!/bin/bash
# findings: what doctor can find stands in milterctl(1), and a test has set an MTA up wrong in that way
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# "NAME SEVERITY" of each: in order of harm by finding.h, with its name and severity by finding.c.
kinds=$(sed -nE 's/^\tFINDING_([A-Z_]+) = [0-9]+,$/\L\1/p' "$srcdir/include/doctor/finding.h" |
	grep -v '^kind_count$' | at_least 45 findings)
named=$(tr '\n' ' ' <"$srcdir/milter/doctor/finding.c" | grep -oE '\[FINDING_[A-Z_]+\] = \{"[a-z_]+",\s*FINDING_[A-Z]+,' |
	sed -E 's/\[FINDING_([A-Z_]+)\] = \{"([a-z_]+)",\s*FINDING_([A-Z]+),/\L\1 \2 \3/')
is "each kind has its own name" "$(awk '{ print $2 }' <<<"$named" | sort)" "$(sort <<<"$kinds")"
is "and no other's" "$(awk '$1 != $2' <<<"$named")" ""

# The three lists of the page.
in_page() { # FIRST-LINE
	awk -v first="$1" '
		/^These are the findings/ { is_there = 1 }
		is_there && index($0, first) { is_list = 1 }
		is_list && /^\.It Li / { print $3 }
		is_list && /^\.El/ { exit }' "$srcdir/man/milterctl.1"
}
for severity in error warning hint; do
	case "$severity" in
	error) first=Errors: ;;
	warning) first=Warnings: ;;
	hint) first=Hints: ;;
	esac
	is "milterctl(1): ${first,,} in that order" "$(in_page "$first")" \
		"$(for kind in $kinds; do awk -v kind="$kind" -v severity="$severity" \
			'$2 == kind && $3 == severity { print $2 }' <<<"$named"; done)"
done

# What doctor has to find in them, as the last word of a check; or what it says of one.
found=$(sed -nE -e 's/^(.* )?(fault|is) "[^"]*" ("\$\([^)]*\)[^"]*" )?"?([a-z_ ]+)"?$/\4/p' \
	-e 's/^contains .*\$\(of ([a-z_]+) what\).*/\1/p' "$srcdir"/test/postfix/doctor*.sh "$srcdir/test/sendmail/doctor.sh" |
	tr ' ' '\n' | sort -u | at_least 45 words)
comm -23 <(sort <<<"$kinds") - <<<"$found" | none "a test has a Postfix or a Sendmail with each"
tap_done
