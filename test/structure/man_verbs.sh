#!/bin/bash
# man_verbs: milterctl(1) has the verbs of milterctl --help, each with its usage
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v mandoc >/dev/null || skip_all "no mandoc"
page=$srcdir/man/milterctl.1
verbs=$("$MILTERCTL_PROGRAM" --help | awk 'NF == 0 { part++ } part == 1 && NF > 0 { print $1 }' | at_least 10 verbs)
in_page=$(sed -n '/^The verbs are:/,/^\.Ss/s/^\.It Ic \([a-z-]*\).*/\1/p' "$page")
is "the verbs of the page are those of --help, in that order" "$in_page" "$verbs"

# The page says "routes [pattern]" where --help says "routes [PATTERN]". With narrow tags, each
# stands on a line of its own.
text=$(sed 's/-width Ds/-width x/' "$page" | mandoc -Tascii -Owidth=800 | sed 's/.\x08//g' | tr '[:upper:]' '[:lower:]' | sed -E 's/^ +//; s/ +/ /g')
for verb in $verbs; do
	usage=$("$MILTERCTL_PROGRAM" "$verb" --help | sed -n 's/^usage: milterctl \[--socket PATH\] \[--json\] //p')
	if grep -qxF -e "$(tr '[:upper:]' '[:lower:]' <<<"$usage")" <<<"$text"; then
		pass "$verb: its usage stands in the page"
	else
		fail "$verb: its usage stands in the page"
		note "no line \"$usage\""
	fi
done
# What stands in its usage is explained below it.
for verb in $verbs; do
	help=$("$MILTERCTL_PROGRAM" "$verb" --help)
	contains "$verb: its help has an example" "$help" "
Example: milterctl $verb"
	sed -n 1p <<<"$help" | grep -oE -- '--[a-z-]+' | grep -vxE -- '--(socket|json)' | while read -r option; do
		grep -q "^  $option " <<<"$help" || echo "$option"
	done | none "$verb: its help explains each option"
done
is "usage: first line of --help" "$("$MILTERCTL_PROGRAM" --help | sed -n 1p)" \
	"usage: milterctl [--socket PATH] [--json] VERB"
tap_done
