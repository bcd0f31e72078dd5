#!/bin/bash
# prometheus: the alerts, their tests and the sample of a scrape are good, and know only metrics that there are
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v promtool >/dev/null || skip_all "no promtool"
folder=$srcdir/etc/prometheus
rules=$folder/nexthop-milter.rules.yml
tests=$folder/nexthop-milter.test.yml
table=$("$DAEMON_PROGRAM" --metrics)

# tool WHAT COMMAND...: promtool finds it good.
tool() {
	local what=$1 found status=0
	shift
	found=$(promtool "$@" 2>&1) || status=$?
	is "$what" "$status$([ "$status" = 0 ] || printf '\n%s' "$found")" 0
}
tool "the rules" check rules "$rules"
tool "the sample of a scrape" check config "$folder/prometheus.yml"
tool "the alerts fire, and do not" test rules "$tests"

# ---- what the rules name

names() { # FILE...: of metrics, but for what the rules record
	grep -ohE '(^|[^:a-z_])nexthop_[a-z_]+' "$@" | grep -oE 'nexthop_[a-z_]+' | sort -u
}
names "$rules" "$tests" | at_least 10 metrics | while read -r name; do
	cut -f 1 <<<"$table" | grep -qx -e "$name" -e "${name%_bucket}" -e "${name%_count}" -e "${name%_sum}" ||
		echo "$name"
done | none "each metric is in the table"
# "METRIC LABEL" of selectors.
grep -ohE 'nexthop_[a-z_]+\{[^}]*\}' "$rules" "$tests" |
	sed -E 's/"[^"]*"//g' | awk -F '[{}]' '{ n = split($2, labels, ","); for (i = 1; i <= n; i++) {
		sub(/[=!~].*/, "", labels[i]); print $1, labels[i] } }' | sort -u | at_least 20 labels |
	grep -vE ' (job|instance)$' | while read -r name label; do
	awk -F '\t' -v name="$name" '$1 == name { print $3 }' <<<"$table" | tr -d ' ' | tr , '\n' | grep -qx "$label" ||
		echo "$name has no label $label"
done | none "each metric has the labels that it is selected by"
grep -ohE '(by|on|without|ignoring) \([^)]*\)' "$rules" | sed 's/.*(//; s/)//' | tr -d ' ' | tr , '\n' | sort -u |
	at_least 5 labels | grep -vxF -f <(printf '%s\n' job instance; cut -f 3 <<<"$table" | tr -d ' ' | tr , '\n') |
	none "each label that is grouped by is one"
# A series of a test has all its labels: else it would prove little.
grep -oE "series: '[^']*'" "$tests" | grep -oE 'nexthop_[a-z_]+\{[^}]*\}' | sed -E 's/"[^"]*"//g; s/=//g' |
	sort -u | while IFS='{}' read -r name labels _; do
	wanted=$(awk -F '\t' -v name="$name" '$1 == name { gsub(" ", "", $3); print ($3 == "-" ? "" : "," $3) }' <<<"$table")
	[ "$labels" = "job,instance$wanted" ] || echo "$name: $labels"
done | none "the series of the tests have the labels of the table"

# ---- each alert

alerts=$(sed -n 's/^ *- alert: //p' "$rules")
at_least 10 alerts <<<"$alerts" | while read -r alert; do
	fires=$(grep -A1 "alertname: $alert\$" "$tests" | grep -c 'exp_alerts:$')
	not=$(grep -A1 "alertname: $alert\$" "$tests" | grep -c 'exp_alerts: \[\]$')
	[ "$fires" -gt 0 ] || echo "$alert: nothing has it fire"
	[ "$not" -gt 0 ] || echo "$alert: nothing has it not fire"
done | none "each alert has a test that has it fire, and one that has not"
awk '/^ *- alert: / { if (alert != "") look(); alert = $3; text = "" } { text = text "\n" $0 } END { look() }
	function look() {
		if (text !~ /severity: (page|ticket)\n/) print alert ": no severity"
		if (text !~ /summary: /) print alert ": no summary"
		if (text !~ /\$labels.instance/) print alert ": does not say where"
		if (text !~ /milterctl|systemctl/) print alert ": does not say what to look at"
	}' "$rules" | none "each alert says where, how bad, and what to look at"
tap_done
