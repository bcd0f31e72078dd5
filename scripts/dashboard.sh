#!/bin/bash
# dashboard: makes docs/grafana.png, what the dashboard for Grafana shows of real mail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: top_builddir=BUILD scripts/dashboard.sh FILE
#
# As root, with the programs in BUILD and what "scripts/setup.sh test" installs; takes five minutes.
# Mail goes through a private Postfix; a host has no space for a while, one is drained, one goes down.
# A Prometheus scrapes that, and is asked for each query of the dashboard. There is no Grafana in this:
# dashboard.html draws the panels where the dashboard has them, in a headless Chromium.

srcdir=$(dirname "$0")/..
. "$srcdir/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/prometheus.sh" || exit 99
. "$srcdir/test/lib/browser.sh" || exit 99

SECONDS_OF_MAIL=${SECONDS_OF_MAIL:-270}
find_postfix "$0" "$@"
find_prometheus
find_browser
[ $# = 1 ] || bail_out "$(sed -n '7s/^# //p' "$0")"
picture=$(realpath "$1")
world_open
faulty_start 21 22 23 24 25
daemon_make
daemon_routes "$(health_settings 'backoff = "15s"; jitter = 0;')" "status_listen = \"inet:9797@$world_net.4\";" \
	"map_socket = \"unix:$daemon/map.sock\";" <<END_OF_ROUTES
pools = { $(daemon_pool mail 21 22 23,weight=2) $(daemon_pool archive 24 25,priority=20 |
	sed 's/= {/= { health = { probe = { interval = 2; }; };/') };
rules = ( { name = "blocked"; when = { sender = "blocked.example"; }; action = "reject"; },
	{ name = "bulk"; when = { header = "Precedence: bulk"; }; pool = "archive"; } );
routes = ( { match = "mail.example"; pool = "mail"; }, { match = "archive.example"; pool = "archive"; } );
END_OF_ROUTES
daemon_start
mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport"
mta_start
prometheus_start
wait_for promql_is 'up{job="nexthop-milter"}' 1 || bail_out "no scrape"
fault 22 slow 0.02
fault 23 slow 0.05
start=$(date +%s)

sender() { # NAME RATE OPTION...
	send_start "$1" --rate "$2" --count "$(awk "BEGIN { print int($2 * $SECONDS_OF_MAIL) }")" --deadline 900 "${@:3}"
}
sender mail 4 --to u%n@mail.example
sender archive 1 --to u%n@archive.example
sender bulk 0.5 --to b%n@mail.example --header 'Precedence: bulk'
sender blocked 0.3 --to u%n@mail.example --from s@blocked.example --once
# at TENTHS COMMAND...: when so much of the mail has been sent.
at() {
	sleep "$((start + SECONDS_OF_MAIL * $1 / 10 - $(date +%s)))"
	"${@:2}" >"$world/at.out"
}
at 2 fault 21 say mail 452 4.3.1 Insufficient system storage
at 5 fault 21 ok
at 7 ctl drain "$world_net.23" --reason "new disks"
at 8 fault 24 down
at 10 :
end=$(date +%s)

step=2
answers() {
	local id query
	jq -r '.panels[] | .id as $id | .targets[]? | "\($id)\t\(.expr)"' "$srcdir/etc/grafana/nexthop-milter.json" |
		sed 's/\$__rate_interval/15s/g; s/\$job/nexthop-milter/g; s/\$[a-z]*/.*/g' | while IFS=$'\t' read -r id query; do
		curl -sS --data-urlencode "query=$query" -d "start=$start&end=$end&step=$step" \
			"http://$prometheus/api/v1/query_range" | jq -c --arg id "$id" '{id: $id, result: .data.result}'
	done | jq -sc 'group_by(.id) | map({(.[0].id): map(.result)}) | add'
}
{
	cat "$srcdir/scripts/dashboard.html"
	printf '<script>draw(%s,\n%s,\n{start: %d, end: %d, step: %d});</script>\n' \
		"$(jq -c . "$srcdir/etc/grafana/nexthop-milter.json")" "$(answers)" "$start" "$end" "$step"
} >"$world/dashboard.html"
[ -z "${KEEP_PAGE:-}" ] || cp "$world/dashboard.html" "$KEEP_PAGE"
browser_start
browser size 1220 900
browser go "file://$world/dashboard.html"
browser complaints
browser shot "$picture" full
