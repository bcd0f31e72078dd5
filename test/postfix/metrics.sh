#!/bin/bash
# metrics: a real Prometheus has what milterctl says, while mail goes through Postfix and a host is sick
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/prometheus.sh" || exit 99

find_postfix
find_prometheus
world_open
host_start own 2
faulty_start 21 22 23
daemon_make
daemon_routes "$(health_settings 'backoff = "10m"; jitter = 0;')" "status_listen = \"inet:9797@$world_net.4\";" \
	"map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { $(daemon_pool two 21 22) $(daemon_pool one 23 22,priority=20) };
rules = ( { name = "bulk"; when = { header = "Precedence: bulk"; }; pool = "one"; } );
routes = ( { match = "two.example"; pool = "two"; }, { match = "one.example"; pool = "one"; } );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' 'minimal_backoff_time=600' 'queue_run_delay=600' \
	"transport_maps=socketmap:unix:$daemon/map.sock:transport"
mta_start

# ---- a Prometheus

prometheus_start
ok "it scrapes the daemon" wait_for promql_is 'up{job="nexthop-milter"}' 1
is "there is no fault in what it scrapes" \
	"$(curl -sS "http://$prometheus/api/v1/targets" | jq -r '.data.activeTargets[] | "\(.health) \(.lastError)"')" "up "

# ---- mail, and a sick host

fault 21 say mail 452 4.3.1 Insufficient system storage
ok "8 messages for two hosts, of which one is sick" deliver_each two.example 8
ok "2 for one host" deliver_each one.example 2
send --to "u@one.example" --header 'Precedence: bulk' >"$world/send.out"
ok "1 by a rule" wait_for mta_queue_is_empty
ok "the log is read" wait_for log_is_read
sick=$world_net.21:$HOST_PORT
well=$world_net.22:$HOST_PORT
third=$world_net.23:$HOST_PORT

# What milterctl says is in Prometheus, as soon as that has scraped it.
same() { # WHAT QUERY WANTED
	wait_for promql_is "$2" "$3"
	is "$1" "$found" "$3"
}
hosts=$(ctl --json hosts)
pools=$(ctl --json pools)
status=$(ctl --json status)
of_host() { # HOST MEMBER
	jq -r --arg host "${1%:*}" ".hosts[] | select(.host == \$host) | .$2" <<<"$hosts"
}
for host in "$sick" "$well" "$third"; do
	number=${host%:*}
	number=${number##*.}
	same "$number: its state" "nexthop_host_state{host=\"$host\",state=\"$(of_host "$host" state)\"}" 1
	same "$number: in no other" "sum(nexthop_host_state{host=\"$host\"})" 1
	same "$number: sent" "nexthop_deliveries_total{host=\"$host\",result=\"sent\"}" "$(of_host "$host" delivered)"
	same "$number: deferred" "nexthop_deliveries_total{host=\"$host\",result=\"deferred\"}" 0
	same "$number: choices" "sum(nexthop_choices_total{host=\"$host\"})" "$(of_host "$host" first)"
	same "$number: nothing waits" "nexthop_host_pending{host=\"$host\"}" "$(of_host "$host" waiting)"
	same "$number: since when" "floor(nexthop_host_state_since_timestamp_seconds{host=\"$host\"})" \
		"$(date -d "$(of_host "$host" since)" +%s)"
done
is "the sick host is deferred" "$(of_host "$sick" state)" deferred
is "nothing was sent there" "$(of_host "$sick" delivered)" 0
for pool in two one; do
	same "pool $pool: messages" "sum(nexthop_choices_total{pool=\"$pool\"})" \
		"$(jq -r --arg pool $pool '.pools[] | select(.pool == $pool).messages' <<<"$pools")"
done
same "pool two: hosts up" 'nexthop_pool_hosts_up{pool="two",tier="0"}' 1
same "pool two: not on a backup" 'nexthop_pool_on_backup{pool="two"}' 0
same "failures: as often as it was met" \
	"sum(nexthop_failures_total{host=\"$sick\",stage=\"mail\",class=\"host\",code=\"4xx\"})" "$(touched 21)"
same "failures: and none else" 'sum(nexthop_failures_total)' "$(touched 21)"
same "passed on: the same" "nexthop_deliveries_total{host=\"$sick\",result=\"passed_on\"}" "$(touched 21)"
same "its change of state, with the reason" \
	"nexthop_host_state_changes_total{host=\"$sick\",to=\"deferred\",reason=\"$(of_host "$sick" reason)\"}" 1
same "messages" 'sum(nexthop_messages_total)' "$(jq .messages.total <<<"$status")"
same "messages routed" 'nexthop_messages_total{action="routed"}' 11
same "decisions" nexthop_decision_seconds_count "$(jq .messages.total <<<"$status")"
same "hits of the rule" 'nexthop_rule_hits_total{rule="bulk"}' \
	"$(ctl --json rules | jq '.rules[] | select(.name == "bulk").hits')"
same "requests for the map" 'sum(nexthop_map_requests_total)' "$(ctl --json status | jq .map.requests)"
same "lines of the log" 'sum(nexthop_log_lines_total)' "$(ctl --json status | jq .log.understood)"
same "lines about hosts" 'nexthop_log_lines_total{kind="delivery"}' "$(ctl --json status | jq .log.seen)"
same "none is strange" nexthop_log_unrecognised_total 0
same "messages in flight" nexthop_messages_in_flight 0
same "deliveries that were timed" "sum(nexthop_delivery_seconds_count{stage=\"transmission\"})" 11
same "of these, those that began with the host that has them" \
	'sum(nexthop_delivery_seconds_count{stage="connection_setup"})' "$((11 - $(touched 21)))"

# ---- the dashboard's queries

# What grows is seen between two values: the first ones have been scraped, these come after them.
quietly ctl reset "$sick"
ok "8 more messages, and the host is sick again" deliver_each two.example 8
ok "1 more by the rule" deliver_each one.example 1 --header 'Precedence: bulk'
same "failures: more of them" "sum(nexthop_failures_total{host=\"$sick\"})" "$(touched 21)"
same "messages: more of them" 'nexthop_messages_total{action="routed"}' 20

# "TITLE<tab>LEGEND<tab>QUERY" of each, for this Prometheus.
jq -r '.panels[] | .title as $title | .targets[]? | "\($title)\t\(.legendFormat)\t\(.expr)"' \
	"$srcdir/etc/grafana/nexthop-milter.json" |
	sed 's/\$__rate_interval/1m/g; s/\$job/nexthop-milter/g; s/\$[a-z]*/.*/g' >"$world/queries"
while IFS=$'\t' read -r title legend query; do
	curl -sS -m 20 --data-urlencode "query=$query" "http://$prometheus/api/v1/query" >"$world/answer"
	# No host is probed here, and no recipient was refused.
	case "$title" in
	Probes*) continue ;;
	esac
	jq -r --arg legend "$legend" --arg title "$title" 'if .status != "success" then "\($title): \(.error)" else .data.result |
		if length == 0 then "\($title): nothing" else
			(.[0].metric | keys) as $there | [$legend | scan("{{([a-z]+)}}") | .[0]] - $there |
			.[] | "\($title): no label \(.)" end end' "$world/answer"
done <"$world/queries" >"$world/faults"
at_least 20 queries <"$world/queries" >"$world/all"
none "the dashboard has something to show in each panel, by its legend" <"$world/faults"

# ---- alerts, in their own words

alert_of() { # STATE
	curl -sS "http://$prometheus/api/v1/alerts" |
		jq -r --arg state "$1" '[.data.alerts[] | select(.state == $state) | "\(.labels.alertname) \(.labels.host // .labels.pool // "")"] | sort | join(", ")'
}
alerts_are() { # STATE TEXT
	[ "$(alert_of "$1")" = "$2" ]
}
ok "an alert about the sick host is pending, and no other" wait_for alerts_are pending "NexthopHostDeferred $sick"
fault 22 say mail 452 4.3.1 Insufficient system storage
for number in 1 2 3; do
	send --to "v$number@two.example" >"$world/send.out"
	wait_for mta_log_has "to=<v$number@two.example>, .*status=deferred"
done
ok "a pool without a host is next" wait_for alerts_are pending \
	"NexthopHostDeferred $sick, NexthopHostDeferred $well, NexthopPoolDown two"
same "its hosts that are up" 'pool:nexthop_pool_hosts_up:sum{pool="two"}' 0
echo 'nonsense = 1;' >>"$daemon/routes.cfg"
ctl reload >"$world/reload" 2>&1
same "a reload that fails" nexthop_config_last_reload_successful 0

prometheus_stop
grep -E 'level=(warn|error)' "$world/prometheus.log" | grep -v 'Received SIGTERM' | none "Prometheus had nothing to complain of"
mta_forget
daemon_end
tap_done
