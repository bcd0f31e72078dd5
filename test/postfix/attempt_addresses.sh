#!/bin/bash
# attempt_addresses: a name of which some addresses are dead is not a dead host
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Names and addresses are those of a name server of our own, whose address only a mount namespace has
# in its resolv.conf.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
unshare -m true 2>/dev/null || skip_all "no namespaces"
[ -n "${ADDRESSES_IS_APART:-}" ] || ADDRESSES_IS_APART=yes exec unshare -m bash "$0"
world_open
host_start own 2
faulty_start 21 22 23 24 31 32 33 34
process_start dns python3 "$srcdir/test/lib/nameserver.py" "$world_net.53" \
	"nowhere.example=2001:db8::1,$world_net.21" "second.example=2001:db8::2,$world_net.22" \
	"closed.example=::1,$world_net.23" \
	"several.example=$world_net.90,$world_net.24,$world_net.91" \
	"dead.example=$world_net.92,$world_net.93" \
	"well1.example=$world_net.31" "well2.example=$world_net.32" "well3.example=$world_net.33"
wait_for line_is_in "$world/dns.log" '^ready' || bail_out "no name server"
echo "nameserver $world_net.53" >"$world/resolv.conf"
mount --bind "$world/resolv.conf" "$(realpath /etc/resolv.conf)" || bail_out "no resolv.conf"

# pool NAME HOST...: by names.
pool() {
	local name=$1 host entries=
	shift
	for host; do
		entries="$entries { host = \"$host.example\"; port = $HOST_PORT; },"
	done
	# To have shown at once what is wrong.
	echo "$name = { all_deferred = \"tempfail\"; hosts = ( ${entries%,} ); };"
}
daemon_make
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { $(pool dual nowhere second) $(pool closed closed well1) $(pool several several well2)
	$(pool dead dead well3) };
routes = ( { match = "dual.example"; pool = "dual"; }, { match = "closed.example"; pool = "closed"; },
	{ match = "several.example"; pool = "several"; }, { match = "dead.example"; pool = "dead"; } );
END
daemon_start
# IPv6 goes first; where it has a route to nowhere, it is not waited for.
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' 'smtp_dns_support_level=enabled' \
	'inet_protocols=all' 'smtp_address_preference=ipv6' 'smtp_connect_timeout=2s'
mta_start

of() { # HOST FILTER
	ctl --json hosts | jq -r --arg host "$1.example" '.hosts[] | select(.host == $host) | '"$2"
}
is_deferred() { # HOST
	[ "$(of "$1" .state)" = deferred ]
}
has_delivered() { # HOST COUNT
	[ "$(of "$1" .delivered)" = "$2" ]
}
connects() { # HOST ADDRESS
	grep -F "connect to $1.example[$2]:$HOST_PORT: " "$mta_log" | wc -l
}
# is_well HOST COUNT: it has delivered so many, and nothing counts against it.
is_well() {
	ok "$1: it has delivered its share" wait_for has_delivered "$1" "$2"
	is "$1: it is up, and nothing counts" "$(of "$1" '"\(.state) \(.failures) \(.deferred)"')" "up 0 0"
}

# ---- two names with IPv6 and IPv4, on a machine from which that IPv6 is not reached

storm dual 40 20
ok "dual: all are delivered" wait_for mta_queue_is_empty
within "dual: the first name's IPv6 was tried in vain" "$(connects nowhere 2001:db8::1)" 20 40
within "dual: the second name's, too" "$(connects second 2001:db8::2)" 20 40
is_well nowhere 20
is_well second 20

# ---- IPv6 is there, but nobody listens

storm closed 20 20
ok "closed: all are delivered" wait_for mta_queue_is_empty
is_well closed 10
is_well well1 10

# ---- two of three addresses are dead

storm several 60 20
ok "several: all are delivered" wait_for mta_queue_is_empty
ok "several: dead ones were tried" test \
	$(($(connects several "$world_net.90") + $(connects several "$world_net.91"))) -ge 5
is_well several 30
is_well well2 30

# ---- all of them are

storm dead 10 10
ok "dead: all are delivered" wait_for mta_queue_is_empty
ok "dead: it is deferred" wait_for is_deferred dead
within "dead: one message was enough" "$(connects dead "$world_net.92")" 1 2
within "dead: of each address" "$(connects dead "$world_net.93")" 1 2
is "dead: for the reason" "$(of dead .reason)" connection_refused
is "dead: the other is up" "$(of well3 .state)" up

is "nothing was deferred or bounced" "$(count_lines "$mta_log" 'status=(deferred|bounced)')" 0
is "nothing was refused" "$(count_lines "$mta_log" 'milter-reject|NOQUEUE')" 0
is "one event tells of a host" "$(ctl --json events | jq -r \
	'[.events[] | select(.host != null) | "\(.event) \(.host)"] | join(", ")')" "deferred dead.example"
daemon_end
tap_done
