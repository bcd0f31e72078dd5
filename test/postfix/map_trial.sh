#!/bin/bash
# map_trial: with the map wired, a host on trial gets one message, whoever is asked first
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# smtpd asks the map for a recipient before the milter hears of it, and the queue manager asks after
# the milter has chosen: it is one trial for all of them.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 12
daemon_make
write_routes() { # [SETTING...]
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" \
		"$(health_settings 'backoff = 2; jitter = 0; recover = 2;')" "$@" <<-END
		pools = { $(daemon_pool exchange 11 12) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}
write_routes
daemon_start
mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" \
	'smtp_connection_cache_on_demand=no'
mta_start
refused() {
	count_lines "$mta_log" "connect to $world_net.11\[.*:$HOST_PORT: Connection refused"
}
sent=0
# some N: so many messages, each to a recipient of its own; all are delivered.
some() {
	local before=$(($(host_count well) + $(host_count sick)))
	sent=$((sent + 1))
	send --count "$1" --parallel 2 --per-connection 5 --to "u$sent-%n@example.com" --id "s$sent-" >"$world/sent"
	wait_for hosts_have $((before + $1)) well sick && wait_for mta_queue_is_empty
}
# By what it has said: the two seconds may be over before anybody looks at its state.
deferrals() { # STATE that it was in
	daemon_count "info: host=$world_net.11:$HOST_PORT $1->deferred "
}
deferred_again() { # STATE TIMES before
	[ "$(deferrals "$1")" -gt "$2" ]
}

trials() { # WIRING
	local wiring=$1 before up trial
	up=$(deferrals up)
	trial=$(deferrals trial)
	# Without a milter, some of so many addresses have it first.
	ok "$wiring: mail flows" some 14
	ok "$wiring: a host that refuses is deferred" wait_for deferred_again up "$up"
	ok "$wiring: the back-off ends in a trial" wait_for health_is 11 trial
	before=$(refused)
	ok "$wiring: 10 messages are delivered" some 10
	is "$wiring: one of them was the trial" $(($(refused) - before)) 1
	ok "$wiring: it has failed" wait_for deferred_again trial "$trial"
	host_start sick 11
	ok "$wiring: the next trial" wait_for_seconds 20 health_is 11 trial
	ok "$wiring: a message that succeeds" some 1
	ok "$wiring: and another one" some 1
	ok "$wiring: it is up" wait_for health_is 11 up
	before=$(host_count sick)
	ok "$wiring: 40 messages are delivered" some 40
	within "$wiring: it has its part again" $(($(host_count sick) - before)) "$2" "$3"
	host_stop sick
	rm -rf "$world/sick.d"
	ctl reset "$world_net.11" >"$world/reset"
}

trials FILTER 19 21
write_routes 'postfix_delivery = "map";'
daemon_reload
trials "only the map" 19 21
postconf -c "$mta" -e smtpd_milters=
postfix -c "$mta" reload >/dev/null 2>&1
wait_for port_is_open "$mta_ip" "$MTA_PORT"
# Of a pool that the milter has chosen for within ten minutes the map gives no trials.
daemon_stop
daemon_start
trials "no milter" 8 32
is "nothing is bounced or deferred" "$(count_lines "$mta_log" 'status=(bounced|deferred)')" 0
daemon_end
tap_done
