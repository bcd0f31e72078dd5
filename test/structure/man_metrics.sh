#!/bin/bash
# man_metrics: nexthop-milter(8) lists the metrics that there are, in their order and in the same words
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

table=$("$DAEMON_PROGRAM" --metrics)

is "nexthop-milter(8)" "$(sed -n '/^\.Sh METRICS/,/^\.El/p' "$srcdir/man/nexthop-milter.8" | awk '
	/^\.It Ic / { if (item != "") print item; item = $0; next }
	/^\.El/ { print item }
	item != "" { item = item " " $0 }' | sed 's/^\.It Ic //')" \
	"$(awk -F '\t' '{ print $1 " Pq " $2 ($3 == "-" ? "" : "; " $3) " " $5 " Series: " $4 "." }' <<<"$table" |
		at_least 20 metrics)"
awk -F '\t' 'NF != 5 { print }' <<<"$table" | none "each line has five fields"
# promtool's rules: base units, "_total" for counters and nothing else, "_info" for what is 1.
awk -F '\t' '$2 == "counter" && $1 !~ /_total$/ || $2 != "counter" && $1 ~ /_total$/ ||
	$2 == "info" && $1 !~ /_info$/ || $2 != "info" && $1 ~ /_info$/ ||
	$2 == "histogram" && $1 !~ /_seconds$/ || $1 !~ /^nexthop_[a-z_]+$/ || $1 ~ /_(ms|minutes|percent)(_|$)/ {
	print $1 ": " $2 }' <<<"$table" | none "names are as the trade has them"
cut -f 1 <<<"$table" | sort | uniq -d | none "no name stands twice"
awk -F '\t' '$5 !~ /^[A-Z0-9].*\.$/ { print $5 }' <<<"$table" | none "each meaning is a sentence"
tap_done
