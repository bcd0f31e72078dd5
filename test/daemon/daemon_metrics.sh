#!/bin/bash
# daemon_metrics: /metrics, as promtool reads it, and its values as milterctl has them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
command -v promtool >/dev/null || skip_all "no promtool"
world_open
daemon_make
log=$world/mail.log
: >"$log"
write_routes() { # LOG
	daemon_routes "health = { log = \"$1\"; };" "status_listen = \"inet:8080@$world_net.4\";" \
		"map_socket = \"unix:$daemon/map.sock\";" <<-'END'
		pools = { two = { hosts = ( { host = "192.0.2.1"; weight = 3; }, { host = "192.0.2.2"; },
				{ host = "mx9.example"; priority = 10; } ); };
			six = { balance = "hash"; hosts = ( { host = "2001:db8::1"; port = 2525; } ); }; };
		rules = ( { name = "odd\\name"; when = { sender = "odd@client.example"; }; pool = "six"; } );
		routes = ( { match = "two.example"; pool = "two"; }, { match = "dns.example"; action = "dns"; },
			{ match = "bad.example"; action = "reject"; },
			{ match = "somebody@place.example"; hosts = ( { host = "192.0.2.7"; } ); },
			{ match = "place.example"; hosts = ( { host = "192.0.2.8"; } ); } );
	END
}
write_routes "$log"
daemon_start
tcp=http://$world_net.4:8080/metrics
open='application/openmetrics-text; version=1.0.0'

# scrape [OPTION of curl...]: into $world/metrics, over TCP.
scrape() {
	curl -sS "$@" -o "$world/metrics" "$tcp"
}
# value SAMPLE: its value in the last answer; "": it is not there.
value() {
	sample=$1 awk '{ last = $NF; sub(/ [^ ]*$/, ""); if ($0 == ENVIRON["sample"]) print last }' "$world/metrics"
}
# For what takes a while to be so.
value_is() { # SAMPLE VALUE
	scrape && [ "$(value "$1")" = "$2" ]
}
valid() { # WHAT
	local found status=0
	found=$(promtool check metrics <"$world/metrics" 2>&1) || status=$?
	is "$1: promtool finds nothing" "$status $found" "0 "
}

# ---- the formats

for how in TCP socket; do
	where=("$tcp")
	[ "$how" = TCP ] || where=(--unix-socket "$daemon/control.sock" http://localhost/metrics)
	curl -sS -D "$world/head" -o "$world/metrics" "${where[@]}"
	is "$how: the status" "$(head -n 1 "$world/head" | tr -d '\r')" "HTTP/1.1 200 OK"
	is "$how: the type" "$(sed -n 's/^Content-Type: //p' "$world/head" | tr -d '\r')" \
		"text/plain; version=0.0.4; charset=utf-8"
	is "$how: the length" "$(sed -n 's/^Content-Length: //p' "$world/head" | tr -d '\r')" \
		"$(stat -c %s "$world/metrics")"
	valid "$how"
	curl -sS -I -o "$world/head" "${where[@]}"
	contains "$how: HEAD" "$(cat "$world/head")" "Content-Type: text/plain; version=0.0.4"
	is "$how: POST" "$(curl -sS -X POST -w '%{http_code}' -o "$world/post" "${where[@]}")" 405
done
curl -sS -D "$world/head" -o "$world/metrics.open" -H "Accept: $open" "$tcp"
is "OpenMetrics: the type" "$(sed -n 's/^Content-Type: //p' "$world/head" | tr -d '\r')" \
	"$open; charset=utf-8"
is "OpenMetrics: the end" "$(tail -n 1 "$world/metrics.open")" "# EOF"
ok "OpenMetrics: a counter's family" grep -qx '# TYPE nexthop_messages counter' "$world/metrics.open"
ok "OpenMetrics: a unit" grep -qx '# UNIT nexthop_start_timestamp_seconds seconds' "$world/metrics.open"
scrape
is "both have the same samples" "$(grep -v '^#' "$world/metrics.open")" "$(grep -v '^#' "$world/metrics")"

# ---- values

is "20 messages are routed" "$(nexthops 20 u@two.example | wc -l)" 20
is "3 messages to a pool in place, of an address" "$(nexthops 3 somebody@place.example | wc -l)" 3
is "1 to one of a domain" "$(nexthops 1 u@place.example | wc -l)" 1
lua one count=2 to=u@dns.example >"$world/lua.out"
lua one count=2 to=u@bad.example >"$world/lua.out"
ctl drain 192.0.2.2 >"$world/drain"
scrape
valid "after mail"
is "no label is an address" "$(grep -c -e @ -e somebody "$world/metrics")" 0
ctl --json status >"$world/status"
ctl --json pools >"$world/pools"
ctl --json hosts >"$world/hosts"
# same WHAT SAMPLE FILE FILTER: the metric is what milterctl says.
same() {
	is "$1" "$(value "$2")" "$(jq -r "$4" "$world/$3")"
}
same "version" "nexthop_build_info{version=\"$(jq -r .version "$world/status")\"}" status '1'
for action in routed unrouted mixed discarded refused faults; do
	same "messages: $action" "nexthop_messages_total{action=\"$action\"}" status ".messages.$action"
done
is "messages: those routed" "$(value 'nexthop_messages_total{action="routed"}')" 24
for answer in rejected deferred put_off split; do
	same "recipients: $answer" "nexthop_recipients_refused_total{answer=\"$answer\"}" status ".recipients.$answer"
done
is "recipients: those rejected" "$(value 'nexthop_recipients_refused_total{answer="rejected"}')" 2
same "sessions" nexthop_sessions status .milter.sessions
same "in flight" nexthop_messages_in_flight status .milter.in_flight
for host in 192.0.2.1:25 192.0.2.2:25 mx9.example:25; do
	member=".pools[] | select(.pool == \"two\").hosts[] | select(.host == \"${host%:*}\")"
	same "$host: choices" "nexthop_choices_total{pool=\"two\",host=\"$host\"}" pools "$member.first"
	same "$host: weight" "nexthop_host_weight{pool=\"two\",host=\"$host\"}" pools "$member.weight"
done
is "three of four go to the host of weight 3" \
	"$(value 'nexthop_choices_total{pool="two",host="192.0.2.1:25"}')" 15
jq -r '.hosts[] | if (.host | contains(":")) then "[\(.host)]:\(.port)" else "\(.host):\(.port)" end + " \(.state)"' \
	"$world/hosts" >"$world/states"
is "hosts: all of them" "$(wc -l <"$world/states")" 6
while read -r host state; do
	is "$host: its state" \
		"$(sed -nE 's/^nexthop_host_state\{host="([^"]*)",state="([a-z]*)"\} 1$/\1 \2/p' "$world/metrics" | grep -F "$host ")" \
		"$host $state"
done <"$world/states"
is "since when it is drained" "$(value 'nexthop_host_state_since_timestamp_seconds{host="192.0.2.2:25"}' | cut -d . -f 1)" \
	"$(date -d "$(jq -r '.hosts[] | select(.host == "192.0.2.2").since' "$world/hosts")" +%s)"
is "a rule that has a backslash" "$(value 'nexthop_rule_hits_total{rule="odd\\name"}')" 0

is "decisions: one for each message" "$(value nexthop_decision_seconds_count)" \
	"$(jq .messages.total "$world/status")"
is "choices of pools in place: of an address" "$(value 'nexthop_choices_total{pool="other routes",host="192.0.2.7:25"}')" 3
is "choices of pools in place: of a domain" \
	"$(value 'nexthop_choices_total{pool="route:place.example",host="192.0.2.8:25"}')" 1

# ---- the map

map() { # NAME KEY
	timeout "$WAIT_LIMIT" python3 "$srcdir/test/lib/socketmap.py" "$daemon/map.sock" "$1 $2" >>"$world/map.out"
}
map transport u@two.example
map transport u@two.example
map transport u@elsewhere.example
map nosuch u@two.example
scrape
is "map: found" "$(value 'nexthop_map_requests_total{map="transport",result="found"}')" 2
is "map: not found" "$(value 'nexthop_map_requests_total{map="transport",result="not_found"}')" 1
is "map: another map" "$(value 'nexthop_map_requests_total{map="unknown",result="refused"}')" 1
is "map: all of them" "$(awk '/^nexthop_map_requests_total/ { sum += $2 } END { print sum }' "$world/metrics")" \
	"$(ctl --json status | jq .map.requests)"

# ---- what the log says of hosts

line() { # PROGRAM PID TEXT
	printf '%s mx postfix/%s[%s]: %s\n' "$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')" "$1" "$2" "$3" >>"$log"
}
result() { # ID HOST STATUS DELAYS TEXT
	line smtp 71 "$1: to=<u@two.example>, relay=$2[$2]:25, delay=1, delays=$4, dsn=2.0.0, status=$3 ($5)"
}
for id in 4A1 4A2 4A3; do
	line smtp 71 "$id: host 192.0.2.1[192.0.2.1] said: 452 4.3.1 Insufficient system storage (in reply to MAIL FROM command)"
	result "$id" 192.0.2.2 sent 0.1/0/0.4/0.08 '250 2.0.0 Ok'
	line qmgr 72 "$id: removed"
done
line smtp 73 "connect to mx9.example[192.0.2.9]:25: Connection refused"
result 4A4 192.0.2.2 bounced 0/0/0.1/0.1 'host 192.0.2.2[192.0.2.2] said: 550 5.1.1 User unknown (in reply to RCPT TO command)'
line smtpd 74 "connect from client.example[192.0.2.99]"
echo "this is no line of a log" >>"$log"
ok "log: all of it is read" wait_for value_is 'nexthop_log_unrecognised_total' 1
is "log: about hosts" "$(value 'nexthop_log_lines_total{kind="delivery"}')" 8
is "log: about the queue" "$(value 'nexthop_log_lines_total{kind="queue"}')" 3
is "log: about nothing here" "$(value 'nexthop_log_lines_total{kind="other"}')" 1
ok "log: how old the last line was" awk -v lag="$(value nexthop_log_lag_seconds)" 'BEGIN { exit !(lag >= 0 && lag < 60) }'
ctl --json hosts >"$world/hosts"
same "deliveries: as milterctl has them" 'nexthop_deliveries_total{host="192.0.2.2:25",result="sent"}' hosts \
	'.hosts[] | select(.host == "192.0.2.2").delivered'
is "deliveries: sent" "$(value 'nexthop_deliveries_total{host="192.0.2.2:25",result="sent"}')" 3
is "deliveries: bounced" "$(value 'nexthop_deliveries_total{host="192.0.2.2:25",result="bounced"}')" 1
is "deliveries: passed on" "$(value 'nexthop_deliveries_total{host="192.0.2.1:25",result="passed_on"}')" 3
is "failures: of the host" \
	"$(value 'nexthop_failures_total{host="192.0.2.1:25",stage="mail",class="host",code="4xx"}')" 3
is "failures: of a message" \
	"$(value 'nexthop_failures_total{host="192.0.2.2:25",stage="rcpt",class="sender",code="5xx"}')" 1
is "failures: without a reply" \
	"$(value 'nexthop_failures_total{host="mx9.example:25",stage="connect",class="host_at_once",code="none"}')" 1
is "time: transmission" "$(value 'nexthop_delivery_seconds_sum{host="192.0.2.2:25",stage="transmission"}')" 0.24
is "time: connecting, of a delivery that began elsewhere" \
	"$(grep -c '^nexthop_delivery_seconds_count.*connection_setup' "$world/metrics")" 0
is "a change of state" \
	"$(value 'nexthop_host_state_changes_total{host="192.0.2.1:25",to="deferred",reason="system_4.3"}')" 1
is "state" "$(value 'nexthop_host_state{host="192.0.2.1:25",state="deferred"}')" 1
has_downtime() {
	scrape
	awk -v down="$(value 'nexthop_host_downtime_seconds_total{host="192.0.2.1:25"}')" 'BEGIN { exit !(down > 0) }'
}
ok "downtime" wait_for has_downtime
is "downtime of a drained host" "$(value 'nexthop_host_downtime_seconds_total{host="192.0.2.2:25"}')" 0
is "on its backup" "$(value 'nexthop_pool_on_backup{pool="two"}')" \
	"$(value 'nexthop_host_state{host="mx9.example:25",state="up"}')"
valid "after the log"
curl -sS -H "Accept: $open" "$tcp" >"$world/metrics.open"
is "OpenMetrics: the end, of histograms, too" "$(tail -n 1 "$world/metrics.open")" "# EOF"

# ---- a reload

echo 'nonsense = 1;' >>"$daemon/routes.cfg"
loaded=$(value nexthop_config_last_reload_success_timestamp_seconds)
ctl reload >"$world/reload" 2>&1
scrape
is "a reload that fails" "$(value nexthop_config_last_reload_successful)" 0
is "a reload that fails: the time is that of the one before" \
	"$(value nexthop_config_last_reload_success_timestamp_seconds)" "$loaded"
write_routes "$log"
daemon_reload
scrape
is "a reload that succeeds" "$(value nexthop_config_last_reload_successful)" 1
ok "a reload that succeeds: its time" awk -v now="$(value nexthop_config_last_reload_success_timestamp_seconds)" \
	-v before="$loaded" 'BEGIN { exit !(now > before) }'
is "a reload: choices outlive it" "$(value 'nexthop_choices_total{pool="two",host="192.0.2.1:25"}')" 15
is "a reload: failures outlive it" \
	"$(value 'nexthop_failures_total{host="192.0.2.1:25",stage="mail",class="host",code="4xx"}')" 3
is "a reload: messages outlive it" "$(value 'nexthop_messages_total{action="routed"}')" 24

# ---- the MTA's log

is "the log is readable" "$(value nexthop_log_readable)" 1
is "when its last line was read" "$(value nexthop_log_last_line_timestamp_seconds | cut -d . -f 1)" \
	"$(date -d "$(ctl --json status | jq -r .log.last_line)" +%s)"
mv "$log" "$log.away"
ok "the log is gone" wait_for value_is nexthop_log_readable 0
mv "$log.away" "$log"
ok "the log is back" wait_for value_is nexthop_log_readable 1

# ---- while mail flows

lua_start mail until "to=u@two.example" "stop=$world/stop" per=5 pause=0.01
ok "mail flows" wait_for line_is_in "$world/mail.log" '^nexthop'
# Each scrape is valid, and no counter goes back from one to the next.
counters() {
	grep -E '^nexthop_[a-z_]*(_total|_count|_bucket)[{ ]' "$world/metrics" | sed 's/ \([^ ]*\)$/\t\1/' | sort
}
: >"$world/before"
for scrape in $(seq 10); do
	scrape
	promtool check metrics <"$world/metrics" 2>&1 | sed "s/^/scrape $scrape: /"
	counters >"$world/after"
	join -t $'\t' "$world/before" "$world/after" | awk -F '\t' '$3 < $2 { print $1 " goes back from " $2 " to " $3 }'
	mv "$world/after" "$world/before"
	value 'nexthop_messages_total{action="routed"}' >>"$world/routed"
done >"$world/faults"
none "while mail flows: ten scrapes" <"$world/faults"
ok "while mail flows: messages are counted" test "$(head -n 1 "$world/routed")" -lt "$(tail -n 1 "$world/routed")"
touch "$world/stop"
process_wait mail
scrape
is "while mail flows: in the end, decisions are messages" "$(value nexthop_decision_seconds_count)" \
	"$(ctl --json status | jq .messages.total)"
chosen=$(value 'nexthop_choices_total{pool="two",host="192.0.2.1:25"}')

# ---- a restart

daemon_stop
write_routes none
daemon_start
scrape
is "a restart: choices outlive it" "$(value 'nexthop_choices_total{pool="two",host="192.0.2.1:25"}')" "$chosen"
is "a restart: messages do not" "$(value 'nexthop_messages_total{action="routed"}')" 0
is "no log: nothing of it" "$(grep -c '^nexthop_log_' "$world/metrics")" 0
valid "no log"

daemon_end
tap_done
