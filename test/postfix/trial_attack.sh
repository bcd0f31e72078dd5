#!/bin/bash
# trial_attack: a host on trial gets real mail, however many recipients are asked for and refused
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# smtpd asks the map for each recipient before it refuses it, and for each sender: none of these may
# take the trial.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 12
daemon_make
write_routes() { # MORE OF THE POOL
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" \
		"$(health_settings 'backoff = 2; backoff_max = 2; jitter = 0; recover = 2;')" <<-END
		pools = { exchange = { hosts = ( { host = "$world_net.11"; port = $HOST_PORT; },
			{ host = "$world_net.12"; port = $HOST_PORT; } ); $1 }; };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}
write_routes ''
daemon_start
echo '/^nobody/ 550 5.1.1 unknown' >"$world/unknown"
mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" \
	"smtpd_recipient_restrictions=check_recipient_access regexp:$world/unknown, permit" \
	smtpd_hard_error_limit=1000000 smtpd_soft_error_limit=1000000 smtpd_error_sleep_time=0 \
	'smtp_connection_cache_on_demand=no'
mta_start
sent=0
some() { # N
	local before=$(($(host_count well) + $(host_count sick)))
	sent=$((sent + 1))
	send --count "$1" --to "u$sent-%n@example.com" --id "s$sent-" >"$world/sent"
	wait_for hosts_have $((before + $1)) well sick && wait_for mta_queue_is_empty
}
map_requests() {
	ctl --json status | jq .map.requests
}
has_asked() { # MORE THAN
	[ "$(map_requests)" -gt "$1" ]
}
# Real mail goes on, a message at a time, until the host is up; gives how many it took.
until_up() {
	local i
	for ((i = 1; i <= 40; i++)); do
		some 1 || return 1
		! health_is 11 up || break
	done
	tries=$i
	health_is 11 up
}

attack() { # WHAT SENDER
	local what=$1 before
	ok "$what: mail flows" some 10
	ok "$what: a host that refuses is deferred" wait_for_seconds 20 health_was_deferred
	host_start sick 11
	ok "$what: it is on trial" wait_for_seconds 20 health_is 11 trial
	before=$(map_requests)
	send_start attack --count 100000 --parallel 4 --rate 200 --to 'nobody%n@example.com' --from "$2"
	ok "$what: the attack asks the map" wait_for has_asked $((before + 100))
	ok "$what: it is up, the attack goes on" until_up
	note "$what: after $tries messages, $(($(map_requests) - before)) requests of the map"
	ok "$what: the attack is still on" process_is_running attack
	process_stop attack || :
	ok "$what: 20 messages" some 20
	host_stop sick
	rm -rf "$world/sick.d"
	ctl reset "$world_net.11" >"$world/reset"
	daemon_mark=$(wc -l <"$daemon_log")
}
health_was_deferred() {
	daemon_has_said "info: host=$world_net.11:$HOST_PORT up->deferred "
}

attack "milter and map" 'stranger%n@example.com'
write_routes 'all_deferred = "tempfail";'
daemon_reload
attack "all_deferred = tempfail" 'stranger%n@example.com'
postconf -c "$mta" -e smtpd_milters=
postfix -c "$mta" reload >/dev/null 2>&1
wait_for port_is_open "$mta_ip" "$MTA_PORT"
# Of a pool that the milter has chosen for within ten minutes the map gives no trials.
daemon_stop
daemon_start
# Senders of a routed domain may be asked for twice, and so hold it up there (trial.h).
attack "the map alone" 'stranger%n@nowhere.example'
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
