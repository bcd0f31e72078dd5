#!/bin/bash
# policy: TLS policies are found by the hosts as the configuration has them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
plain_port=$HOST_PORT
HOST_PORT=25
host_start one 11
host_start two 12
HOST_PORT=$plain_port
host_start three 13
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "health = { log = \"$world/postfix/log/mail.log\"; };" <<END
pools = {
	portless = { hosts = ( { host = "$world_net.11"; }, { host = "$world_net.12"; priority = 10; } ); };
	bracketed = { hosts = ( { host = "[$world_net.11]"; }, { host = "$world_net.12"; priority = 10; } ); };
	ported = { hosts = ( { host = "$world_net.13"; port = $HOST_PORT; },
		{ host = "$world_net.12"; port = 25; priority = 10; } ); };
};
routes = ( { match = "portless.example"; pool = "portless"; },
	{ match = "bracketed.example"; pool = "bracketed"; },
	{ match = "ported.example"; pool = "ported"; } );
END
mta_make_wired "smtp_tls_policy_maps=texthash:$world/policy"
# None of the hosts has TLS: whoever is found here is left for the next one.
cat >"$world/policy" <<END
[$world_net.11] encrypt
[$world_net.13]:$HOST_PORT encrypt
[$world_net.12]:25 none
END
mta_start
daemon_start

sent=0
# goes_on WHAT RECIPIENT...: a message whose first host has a policy is delivered by host two.
goes_on() {
	local what=$1 to=() name
	shift
	for name; do
		to+=(--to "$name")
	done
	sent=$((sent + 1))
	quietly send --once --id "m$sent-" "${to[@]}"
	ok "$what: the next host takes it" wait_for host_has two "$sent"
	wait_for mta_queue_is_empty
}
refused_tls() { # NUMBER PORT
	count_lines "$mta_log" "TLS is required, but was not offered by host $world_net\.$1\["
}

goes_on "a host without a port" u@portless.example
is "a host without a port: its policy is found" "$(refused_tls 11)" 1
quietly ctl reset "$world_net.11"
goes_on "a host in brackets" u@bracketed.example
is "a host in brackets: its policy is found" "$(refused_tls 11)" 2
quietly ctl reset "$world_net.11"
goes_on "a host with a port" u@ported.example
is "a host with a port: its policy is found" "$(refused_tls 13)" 1
is "explain has the text of the list" "$(ctl --json explain u@portless.example u@ported.example |
	jq -r '.recipients[].nexthop' | sed "s/$world_net/NET/g")" "smtp:[NET.11],[NET.12]
smtp:[NET.13]:$HOST_PORT,[NET.12]:25"

# Recipients of two pools: by the map. Both hosts of the first pool are host two's, so one more each.
quietly send --once --id mixed- --to v@portless.example --to v@ported.example
sent=$((sent + 2))
ok "by the map: the next hosts take it" wait_for host_has two "$sent"
is "by the map: the policies are found" "$(refused_tls 11) $(refused_tls 13)" "3 2"

# One host, with port 25 or without: its health is one.
delivered() {
	[ "$(ctl --json hosts | jq -r --arg host "$world_net.12" \
		'.hosts[] | select(.host == $host) | "\(.port) \(.delivered)"')" = "25 $sent" ]
}
ok "what is delivered counts for the one host" wait_for delivered
is "none of it went elsewhere" "$(host_count one) $(host_count three) $(host_count own)" "0 0 0"
daemon_end
tap_done
