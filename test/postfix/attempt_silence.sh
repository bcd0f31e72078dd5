#!/bin/bash
# attempt_silence: a host that is silent, or slow, gets few messages long before any timeout
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# By Postfix's log alone, with the health settings and the timeouts that hold by default. Each
# time 200 messages at 50 a second come for two hosts, of which the first is silent from some stage on.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
kinds=(greeting ehlo data end slow connect)
numbers=(21 22 23 24 25 26)
peers=(31 32 33 34 35 36)
faulty_start 21 22 23 24 25 "${peers[@]}"
# Its SYNs are dropped: it has no room for another connection.
process_start full python3 "$srcdir/test/lib/listeners.py" "$HOST_PORT" "full=$world_net.26"
wait_for line_is_in "$world/full.log" '^ready' || bail_out "the full host does not listen"
daemon_make
pools=
routes=
for i in "${!kinds[@]}"; do
	pools="$pools $(daemon_pool "${kinds[i]}" "${numbers[i]}" "${peers[i]}")"
	routes="$routes { match = \"${kinds[i]}.example\"; pool = \"${kinds[i]}\"; },"
done
daemon_routes "$(health_settings)" <<END
pools = { $pools };
routes = ( ${routes%,} );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

# met KIND NUMBER PEER: 200 messages come, and few meet the host.
met() {
	local count
	storm "$1" 200 50
	few "$1" "$1" "$2" "$3" 0.5
	count=$(given "$1" "$2")
	# The first host has answered nothing yet.
	ok "$1: all others are delivered by the peer" wait_for_seconds 25 taken $((200 - count)) "$3"
	# The shortest of Postfix's timeouts is 30 seconds.
	within "$1: the peer waits for no timeout" "$(slowest "$1" "$3" | cut -d . -f 1)" 0 25
}

for i in "${!kinds[@]}"; do
	kind=${kinds[i]} number=${numbers[i]} peer=${peers[i]}
	case $kind in
	connect) ;;
	slow) fault "$number" slow 2 ;;
	*) fault "$number" silent "$kind" ;;
	esac
	met "$kind" "$number" "$peer"
	ok "$kind: it is shown as silent" keep_sending "$kind" is_silent "$number"
	contains "$kind: to people as well" "$(ctl hosts | grep -F "$world_net.$number")" 'silent for '
	is "$kind: that is order only" "$(health_of "$number")" up
	is "$kind: nothing of it failed" "$(health_member "$number" failures)" 0
	ok "$kind: the peer is not silent" not is_silent "$peer"
	[ "$kind" = connect ] || fault "$number" ok
done
is "nothing was deferred" "$(count_lines "$mta_log" 'status=deferred')" 0

# ---- they answer again: what waits is delivered by them

for i in 0 1 2 3 4; do
	kind=${kinds[i]} number=${numbers[i]}
	count=$(given "$kind" "$number")
	ok "$kind, well again: it delivers what has waited" wait_for taken "$count" "$number"
	ok "$kind, well again: it is not silent any more" wait_for not is_silent "$number"
done
process_stop full || :
daemon_end
tap_done
