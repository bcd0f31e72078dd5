#!/bin/bash
# map_clients: mail under load, while others ask the map, hang on it, or send it nonsense
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
for number in 11 12 21 22 23 31 32; do
	host_start "host$number" "$number"
done
daemon_make
map=$daemon/map.sock
daemon_routes "map_socket = \"unix:$map\";" <<END
pools = { $(daemon_pool a 11 12) $(daemon_pool b 21 22 23) $(daemon_pool c 31 32) };
routes = ( { match = "example.com"; pool = "a"; }, { match = "example.org"; pool = "b"; },
	{ match = "example.net"; pool = "c"; }, { match = "dns.example"; action = "dns"; } );
END
daemon_start
mta_make_wired 'transport_retry_time = 1s'
mta_start

# ---- those who are not to be noticed

stop=$world/stop
again() { # COMMAND...: until it is to stop
	until [ -e "$stop" ]; do
		"$@"
	done
}
ask() { # KEY
	postmap -c "$mta" -q "$1" "socketmap:unix:$map:transport" || echo "failed: $1"
}
hang() { # OPTION...
	python3 "$srcdir/test/lib/socketmap.py" "$@"
}
clients=()
client_start() { # NAME COMMAND...
	clients+=("$1")
	process_start "$1" again "${@:2}"
}
for i in $(seq 6); do
	client_start "ask$i" ask "ask$i@example.$([ $((i % 2)) = 0 ] && echo com || echo org)"
done
for i in 1 2 3; do
	client_start "junk$i" hang --raw 'GET / HTTP/1.1\r\n\r\n' "$map"
	client_start "half$i" hang --raw '26:transport u' "$map"
	client_start "slow$i" hang --raw '1000:transport ' --drip 1 "$map"
	client_start "deaf$i" hang --deaf "$map" "transport u@example.com"
done
has_clients() {
	[ "$(ctl --json status | jq .map.clients)" -ge 9 ]
}
ok "they are there" wait_for has_clients

# ---- what is sent meanwhile

# arrived WHAT MESSAGES: so many messages for each of the three pools have, in all.
arrived() {
	local what=$1 number
	ok "$what: pool a has all" wait_for hosts_have "$2" host11 host12
	ok "$what: pool b has all" wait_for hosts_have "$2" host21 host22 host23
	ok "$what: Postfix's own way has all" wait_for hosts_have "$2" own
	ok "$what: pool c has all" wait_for hosts_have "$2" host31 host32
	ok "$what: the queue is empty" wait_for mta_queue_is_empty
	is "$what: no more than that" "$(host_count own) $(total 11 12) $(total 21 22 23) $(total 31 32)" "$2 $2 $2 $2"
}
total() { # NUMBER...
	local number sum=0
	for number in "$@"; do
		sum=$((sum + $(host_count "host$number")))
	done
	echo "$sum"
}
counts() { # NUMBER...
	local number
	for number in "$@"; do
		host_count "host$number"
	done | tr '\n' ' '
}
mixed_start() { # NAME COUNT: each message for two pools and for Postfix's own way
	send_start "$1" --count "$2" --parallel 4 --per-connection 10 --id "$1-" \
		--to "$1-%n@example.com" --to "$1-%n@example.org" --to "$1-%n@dns.example"
}

mixed_start first 180
process_start source smtp-source -s 4 -m 180 -f s@client.example -t u@example.net "$mta_ip:$MTA_PORT"
ok "mixed messages: all are accepted" process_wait first
ok "messages of one pool: all are accepted" process_wait source
arrived "first" 180
is "rotation is exact: two hosts, by the map" "$(counts 11 12)" "90 90 "
is "rotation is exact: three hosts, by the map" "$(counts 21 22 23)" "60 60 60 "
is "rotation is exact: FILTER" "$(counts 31 32)" "90 90 "
is "nobody had to come again" "$(grep -vc ' accepted 1 ' "$world/first.log")" 0
is "nothing was deferred" "$(count_lines "$mta_log" 'status=deferred')" 0
is "Postfix was never without an answer" "$(count_lines "$mta_log" 'socketmap|lookup failure|transport_maps')" 0
is "nor was anybody else" "$(cat "$world"/ask*.log | grep -c failed)" 0
is "all others had lists" "$(cat "$world"/ask*.log | grep -vcE "^smtp:(\[$world_net\.[0-9]+\]:$HOST_PORT,?){2,3}\$")" 0
within "they have asked" "$(cat "$world"/ask*.log | wc -l)" 100 1000000
ok "the log tells of junk" wait_for daemon_has_said 'warning: map: a client was dropped: it sent something that is not a netstring'
ok "the log tells of the slow" wait_for daemon_has_said 'warning: map: a client was dropped: a request that was begun was not completed'
ok "the log tells of the deaf" wait_for daemon_has_said 'warning: map: a client was dropped: it does not read its replies'

# ---- a restart in the middle

mixed_start second 120
send_start third --count 120 --parallel 4 --per-connection 10 --id third- --to third-%n@example.net
ok "some have arrived" wait_for hosts_have 200 host11 host12
daemon_stop
ok "Postfix asks in vain" wait_for mta_log_has 'socketmap:unix:.*map\.sock'
daemon_start
ok "restart, mixed messages: all are accepted" process_wait second
ok "restart, messages of one pool: all are accepted" process_wait third
arrived "restart" 300
is "nothing was bounced" "$(count_lines "$mta_log" 'status=bounced')" 0

: >"$stop"
for name in "${clients[@]}"; do
	process_wait "$name" >/dev/null
done
has_none() {
	[ "$(ctl --json status | jq .map.clients)" -le 3 ]
}
ok "they have gone" wait_for has_none
daemon_end
tap_done
