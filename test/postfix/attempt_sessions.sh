#!/bin/bash
# attempt_sessions: a host's limit of one session, or of sessions, is not its end
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Postfix keeps connections open for the next message (its cache is on for all hosts).

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
names=(messages bare status crowd plain)
faults=('limit 4 421 4.7.0 Too many messages in this connection' 'limit 4 421 too many messages in this connection'
	'limit 4 452 4.4.5 Maximum number of messages per session exceeded'
	'crowd 3 421 4.7.0 Too many connections from your host' 'crowd 3 421 too many connections')
# What the same host says when it takes nothing at all.
ends=('mail 421 4.7.0 Too many messages in this connection' 'mail 421 too many messages in this connection'
	'mail 452 4.4.5 Maximum number of messages per session exceeded'
	'greeting 421 4.7.0 Too many connections from your host' 'greeting 421 too many connections')
faulty_start 21 22 23 24 25 31 32 33 34 35
daemon_make
pools=
routes=
for i in "${!names[@]}"; do
	pools="$pools $(daemon_pool "${names[i]}" "2$((i + 1))" "3$((i + 1))")"
	routes="$routes { match = \"${names[i]}.example\"; pool = \"${names[i]}\"; },"
done
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { $pools };
routes = ( ${routes%,} );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_destinations=static:all'
mta_start

is_busy() { # NUMBER
	[ "$(health_member "$1" busy_until)" != null ]
}
met_limit() { # NUMBER
	[ "$(grep -F "$world_net.$1[" "$mta_log" | grep -cE ' (421|452)[ -]')" -ge 1 ]
}

for i in "${!names[@]}"; do
	name=${names[i]} number=2$((i + 1)) peer=3$((i + 1))
	# Words are to be split.
	# shellcheck disable=SC2086
	fault "$number" ${faults[i]}
	storm "$name" 160 40
	ok "$name: all are delivered" wait_for mta_queue_is_empty
	is "$name: by these two" "$(($(faulty_taken "$number") + $(faulty_taken "$peer")))" 160
	ok "$name: its limit was met" met_limit "$number"
	is "$name: it is up" "$(health_of "$number")" up
	note "$name: $(given "$name" "$number") of 160 were given to it, it has taken $(faulty_taken "$number")," \
		"its limit was met $(grep -F "$world_net.$number[" "$mta_log" | grep -cE ' (421|452)[ -]') times"
	within "$name: it still delivers" "$(faulty_taken "$number")" 3 100
	fault "$number" ok
	ok "$name: busy for seconds only" wait_for_seconds 25 not is_busy "$number"
	before=$(given "$name" "$number")
	storm "$name" 20 40
	is "$name: it has its share again" "$(($(given "$name" "$number") - before))" 10
	ok "$name: its share is delivered" wait_for mta_queue_is_empty
done

# ---- the same hosts take nothing at all

limits=()
for i in "${!names[@]}"; do
	limits[i]=$(touched "2$((i + 1))")
	# shellcheck disable=SC2086
	fault "2$((i + 1))" say ${ends[i]}
	send_start "${names[i]}" --count 50 --rate 5 --parallel 4 --to "u%n@${names[i]}.example"
done
for i in "${!names[@]}"; do
	name=${names[i]} number=2$((i + 1)) peer=3$((i + 1))
	# It comes last for three seconds, and is tried again.
	ok "$name: refuses all: it is deferred" wait_for_seconds 20 health_is "$number" deferred
	process_wait "$name"
	is "$name: refuses all: all are accepted" "$(count_lines "$world/$name.log" ' accepted 1 ')" 50
	within "$name: refuses all: few have met that" "$(($(touched "$number") - limits[i]))" 1 12
	is "$name: the peer is up" "$(health_of "$peer")" up
done
ok "refuses all: all are delivered" wait_for mta_queue_is_empty
is "nothing was deferred or bounced" "$(count_lines "$mta_log" 'status=(deferred|bounced)')" 0
is "each of these hosts went down once" "$(ctl --json events |
	jq -r '[.events[] | select(.host != null) | .event] | join(" ")')" "deferred deferred deferred deferred deferred"
daemon_end
tap_done
