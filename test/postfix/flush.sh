#!/bin/bash
# flush: what waits for a pool is tried again at somebody's word, on real Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
faulty_start 21 22 23
daemon_make
# Nobody is tried before the test says so.
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600; window = 3600;')" \
	'on_recovery = "flush";' <<END
pools = { $(daemon_pool two 21 22,priority=20) $(daemon_pool other 23) };
routes = (
	{ match = "two.example"; pool = "two"; },
	{ match = "other.example"; pool = "other"; }
);
END
daemon_start
# The queue is run when the test says so.
mta_make "$daemon_socket" \
	'smtp_connection_cache_on_demand=no' 'minimal_backoff_time=3600' 'maximal_backoff_time=3600' \
	'queue_run_delay=3600'
mta_start

# put_off DOMAIN: one message, that is put off; its queue id in $id.
put_off() {
	id=$(send --to "user@$1" | awk '$2 == "accepted" { print $4 }')
	wait_for waits "$id"
}
place() { # ID
	ctl --json trace "$1" 2>/dev/null | jq -r '.attempts[].now.place'
}
waits() { # ID
	[ "$(place "$1")" = put_off ]
}
flush() { # POOL [OPTION...]
	status=0
	ctl flush "$@" --postfix-config "$mta" >"$world/out" 2>&1 || status=$?
}
queue_has() { # COUNT
	[ "$(mta_queue_length)" = "$1" ]
}
uptime_ms() {
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}
taken() { # NUMBER...
	local number sum=0
	for number; do
		sum=$((sum + $(faulty_taken "$number")))
	done
	echo "$sum"
}
taken_is() { # COUNT NUMBER...
	[ "$(taken "${@:2}")" = "$1" ]
}

# ---- nothing waits

flush two
is "nothing waits: status 0" "$status" 0
is "nothing waits: it says so" "$(cat "$world/out")" "nothing that the daemon knows of waits for pool two"

# ---- all hosts are down

for number in 21 22 23; do
	fault "$number" down
done
ids=
for number in 1 2 3 4 5 6; do
	ok "message $number is put off" put_off two.example
	ids="$ids$id
"
done
ok "one of the other pool is put off" put_off other.example
other=$id
is "all wait" "$(mta_queue_length)" 7
flush two
is "no host is up: status 1" "$status" 1
contains "no host is up: it says so" "$(cat "$world/out")" "no host of pool two is up or on trial"
contains "no host is up: nothing was tried" "$(cat "$world/out")" "0 of 6 tried again, 0 failed"

# ---- a host is back

fault 22 ok
wait_for port_is_open "$world_net.22" "$HOST_PORT" || bail_out "the host does not come back"
ctl reset "$world_net.22:$HOST_PORT" >"$world/out"
flush two --dry-run
is "dry run: status 0" "$status" 0
is "dry run: the commands, the oldest first" "$(grep -oE 'postqueue -c .*' "$world/out")" \
	"$(sed "/./s|^|postqueue -c $mta -i |" <<<"${ids%?}")"
contains "dry run: nothing was run" "$(cat "$world/out")" "6 of pool two would be tried again: nothing was run"
is "dry run: nothing was delivered" "$(taken 22)" 0
is "dry run: all wait still" "$(mta_queue_length)" 7
begun=$(uptime_ms)
flush two --rate 5
took=$(($(uptime_ms) - begun))
is "flush: status 0" "$status" 0
is "flush: each, and the sum" "$(cat "$world/out")" "$(sed '/./s/$/  tried again/' <<<"${ids%?}")
6 of 6 tried again, 0 failed"
# Five gaps of at least half of a fifth of a second.
ok "flush: it was paced: $took ms" test "$took" -ge 500
ok "flush: all are delivered" wait_for taken_is 6 22
is "the other pool's mail was not touched" "$(place "$other") $(attempts_of "$other")" "put_off 1"
ok "only that waits" wait_for queue_has 1

# ---- on_recovery = "flush"

fault 22 down
for number in 1 2 3; do
	ok "on_recovery: message $number is put off" put_off two.example
done
ctl_start follow flush --follow --postfix-config "$mta"
# What was before it began does not count.
ok "on_recovery: it follows" wait_for line_is_in "$world/follow.log" '^following'
fault 22 ok
wait_for port_is_open "$world_net.22" "$HOST_PORT" || bail_out "the host does not come back"
ctl reset "$world_net.22:$HOST_PORT" >"$world/out"
ok "on_recovery: all are delivered" wait_for taken_is 9 22
ok "on_recovery: one line" wait_for line_is_in "$world/follow.log" '^pool two: 3 of 3 tried again, 0 failed$'
is "on_recovery: the other pool's mail was not touched" "$(place "$other") $(attempts_of "$other")" "put_off 1"
process_stop follow

daemon_end
tap_done
