#!/bin/bash
# prometheus: alerts, their tests, a scrape and a dashboard are good, and know only metrics that there are
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v promtool >/dev/null || skip_all "no promtool"
folder=$srcdir/etc/prometheus
rules=$folder/nexthop-milter.rules.yml
tests=$folder/nexthop-milter.test.yml
dashboard=$srcdir/etc/grafana/nexthop-milter.json
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

# ---- the dashboard

# Grafana's variables are not PromQL.
queries=$(jq -r '.panels[].targets[]?.expr' "$dashboard" |
	sed 's/\$__rate_interval/5m/g; s/\$job/nexthop-milter/g; s/\$[a-z]*/.*/g')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
	printf 'groups:\n  - name: dashboard\n    rules:\n'
	at_least 15 queries <<<"$queries" | awk '{ gsub("\047", "\047\047"); printf "      - record: a%d\n        expr: \047%s\047\n", NR, $0 }'
} >"$work/dashboard.yml"
tool "the dashboard: each query is PromQL" check rules "$work/dashboard.yml"
jq -r '.panels[] | select(.type != "row") | select((.title // "") == "" or (.description // "") == "" or
	(.fieldConfig.defaults.unit // "") == "" or (.targets | length) == 0) | .id' "$dashboard" |
	none "the dashboard: each panel has a title, a description, a unit and a query"
jq -r '.panels[].id' "$dashboard" | sort | uniq -d | none "the dashboard: numbers are of one panel"
jq -r '[.panels[] | {id} + .gridPos] as $all | $all[] | . as $a | $all[] | . as $b |
	select($a.id < $b.id and $a.x < $b.x + $b.w and $b.x < $a.x + $a.w and $a.y < $b.y + $b.h and $b.y < $a.y + $a.h
		or $a.x + $a.w > 24) | "\($a.id) and \($b.id)"' "$dashboard" | none "the dashboard: panels lie beside each other"
jq -r '[.templating.list[].name] as $there | [.. | strings | scan("\\$\\{?([a-z]+)") | .[0]] | unique | . - $there | .[]' \
	"$dashboard" | none "the dashboard: each variable is one of its own"

# ---- what rules and dashboard name

names() { # FILE...: of metrics, but for what the rules record
	grep -ohE '(^|[^:a-z_])nexthop_[a-z_]+' "$@" | grep -oE 'nexthop_[a-z_]+' | sort -u
}
names "$rules" "$tests" "$dashboard" | at_least 10 metrics | while read -r name; do
	cut -f 1 <<<"$table" | grep -qx -e "$name" -e "${name%_bucket}" -e "${name%_count}" -e "${name%_sum}" ||
		echo "$name"
done | none "each metric is in the table"
# "METRIC LABEL" of selectors.
printf '%s\n' "$queries" >"$work/queries"
grep -ohE 'nexthop_[a-z_]+\{[^}]*\}' "$rules" "$tests" "$work/queries" |
	sed -E 's/"[^"]*"//g' | awk -F '[{}]' '{ n = split($2, labels, ","); for (i = 1; i <= n; i++) {
		sub(/[=!~].*/, "", labels[i]); print $1, labels[i] } }' | sort -u | at_least 20 labels |
	grep -vE ' (job|instance)$' | while read -r name label; do
	awk -F '\t' -v name="${name%_bucket}" '$1 == name { print $3 }' <<<"$table" | tr -d ' ' | tr , '\n' | grep -qx "$label" ||
		echo "$name has no label $label"
done | none "each metric has the labels that it is selected by"
{
	grep -ohE '(by|on|without|ignoring) \([^)]*\)' "$rules" "$work/queries" | sed 's/.*(//; s/)//'
	jq -r '.panels[].targets[]?.legendFormat | scan("{{([a-z]+)}}") | .[0]' "$dashboard"
} | tr -d ' ' | tr , '\n' | sort -u |
	at_least 5 labels | grep -vxF -f <(printf '%s\n' job instance le; cut -f 3 <<<"$table" | tr -d ' ' | tr , '\n') |
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
