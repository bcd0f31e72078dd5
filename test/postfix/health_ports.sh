#!/bin/bash
# health_ports: one name with several ports: each has its own health
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
# Three hosts at one address; Postfix's log names the port only of those that it connects to in
# vain, and of the last one.
ip=$world_net.11
start() { # NAME PORT OPTION...
	HOST_PORT=$2 host_start "$1" 11 "${@:3}"
}
start first 2601 -b '452 4.3.1 Insufficient system resources' -r mail
start second 2602 -b '452 4.3.1 Insufficient system resources' -r .
start third 2603
daemon_make
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { exchange = { hosts = ( { host = "$ip"; port = 2601; priority = 0; },
	{ host = "$ip"; port = 2602; priority = 1; }, { host = "$ip"; port = 2603; priority = 2; } ); }; };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

state_of() { # PORT
	ctl --json hosts | jq -r --argjson port "$1" '.hosts[] | select(.port == $port).state'
}
state_is() {
	[ "$(state_of "$1")" = "$2" ]
}

is "accepted" "$(send --count 3 --to u%n@example.com | grep -c ' accepted 1 ')" 3
ok "delivered by the third" wait_for host_has third 3
ok "the first is deferred" wait_for state_is 2601 deferred
ok "so is the second" wait_for state_is 2602 deferred
is "the third is up" "$(state_of 2603)" up
is "each by its own failures" \
	"$(ctl --json hosts | jq -c '[.hosts[] | [.port, .failures, .delivered]]')" '[[2601,3,0],[2602,3,0],[2603,0,3]]'
contains "the third goes first" "$(ctl --json explain user@example.com | jq -r .nexthop)" "smtp:[$ip]:2603,"
daemon_end
tap_done
