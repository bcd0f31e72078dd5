#!/bin/bash
# health_kinds: which failures defer a host, how soon, and which never do
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 12
# Silent after accept: a listener that never says anything.
process_start silent python3 "$srcdir/test/lib/listeners.py" "$HOST_PORT" "silent=$world_net.21"
wait_for port_is_open "$world_net.21" "$HOST_PORT" || bail_out "the silent host does not listen"
# .22 refuses connections: nothing listens there.
host_start grey 23 -b '450 4.2.0 Greylisted, come back later' -r rcpt
host_start full 24 -b '452 4.2.2 Mailbox full' -r rcpt
host_start many 25 -b '452 4.5.3 Too many recipients' -r rcpt
host_start busy 26 -b '421 4.3.2 Closing' -r connect
host_start strict 27 -B '550 5.7.1 No' -f rcpt
host_start odd 28 -b '450 Try another server' -r rcpt
host_start policy 41 -b '451 4.7.1 Try later' -r rcpt
host_start all1 42 -b '450 Come back later' -r rcpt
host_start all2 43 -b '450 Come back later' -r rcpt
host_start bare 29 -b '450 Come back later' -r rcpt
host_start closed 30 -B '554 5.3.2 No SMTP service here' -f connect
host_start trouble 31 -b '451 Temporary local problem - please try later' -r rcpt
host_start marked 32 -b '451 qq read error (#4.3.0)' -r .
host_start blocked 33 -B '554 5.7.1 Your address is on a block list' -f connect
host_start grey421 34 -b '421 4.7.1 Service unavailable; greylisted for 60 seconds' -r rcpt
host_start sender 35 -b '450 4.7.1 Client host rejected: cannot find your hostname' -r mail
host_start session 36 -b '421 4.7.0 Too many messages in this connection' -r mail
daemon_make

names=(silent refused grey full many busy odd bare closed trouble marked blocked grey421 sender session policy)
numbers=(21 22 23 24 25 26 28 29 30 31 32 33 34 35 36 41)
pools="strict = { hosts = ( { host = \"$world_net.27\"; port = $HOST_PORT; } ); };"
routes='{ match = "strict.example"; pool = "strict"; }'
for i in "${!names[@]}"; do
	pools="$pools $(daemon_pool "${names[i]}" "${numbers[i]}" 12)"
	routes="$routes, { match = \"${names[i]}.example\"; pool = \"${names[i]}\"; }"
done
pools="$pools $(daemon_pool all 42 43)"
routes="$routes, { match = \"all.example\"; pool = \"all\"; }"
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;
	classify = ( { stage = "rcpt"; text = "another SERVER"; class = "host_at_once"; } );')" <<END
pools = { $pools };
routes = ( $routes );
END
daemon_start
mta_make "$daemon_socket" 'smtp_helo_timeout=2s' 'smtp_connection_cache_on_demand=no'
mta_start

# burst NAME N: N messages at 10 a second, until all are delivered by the host that is well.
burst() {
	local before
	before=$(host_count well)
	is "$1: all are accepted" \
		"$(send --count "$2" --rate 10 --parallel 4 --to "u%n@$1.example" | grep -c ' accepted 1 ')" "$2"
	ok "$1: all are delivered by the other host" wait_for host_has well $((before + $2))
	wait_for mta_queue_is_empty
}

# each NAME N: the same, one at a time.
each() {
	local before
	before=$(host_count well)
	ok "$1: all are accepted" deliver_each "$1.example" "$2"
	is "$1: all are delivered by the other host" "$(($(host_count well) - before))" "$2"
}

# ---- the host's fault

burst silent 40
ok "silent: it is deferred" wait_for health_is 21 deferred
is "silent: for the reason" "$(health_member 21 reason)" conversation_timeout
# While the first ones wait for their 2 seconds, more are on their way to it.
within "silent: few have waited" "$(touched 21)" 3 16
note "messages that waited for the silent host: $(touched 21)"
before=$(touched 21)
burst silent 20
is "silent: none waits any more" "$(touched 21)" "$before"

each refused 6
is "refused: it is deferred" "$(health_of 22)" deferred
is "refused: for the reason" "$(health_member 22 reason)" connection_refused
is "refused: one message was enough" "$(touched 22)" 1

each busy 6
is "421: it is deferred" "$(health_of 26)" deferred
is "421: for the reason" "$(health_member 26 reason)" reply_421
is "421: one message was enough" "$(touched 26)" 1

each odd 6
is "classify: it is deferred" "$(health_of 28)" deferred
is "classify: for the reason" "$(health_member 28 reason)" classified
is "classify: one message was enough" "$(touched 28)" 1

each closed 6
is "554 greeting: it is deferred" "$(health_of 30)" deferred
is "554 greeting: for the reason" "$(health_member 30 reason)" greeting_5xx
is "554 greeting: one message was enough" "$(touched 30)" 1

for row in "trouble 31 system_trouble" "marked 32 system_4.3"; do
	read -r name number reason <<<"$row"
	each "$name" 10
	is "$name: it is deferred" "$(health_of "$number")" deferred
	is "$name: for the reason" "$(health_member "$number" reason)" "$reason"
	is "$name: three messages were enough" "$(touched "$number")" 3
done

# ---- the recipient's, the sender's, or of one session

for row in "grey 23" "full 24" "many 25" "blocked 33" "grey421 34" "sender 35"; do
	read -r name number <<<"$row"
	burst "$name" 30
	is "$name: it is never deferred" "$(health_of "$number")" up
	is "$name: half of the messages met it first" "$(touched "$number")" 15
	is "$name: they are counted" "$(health_member "$number" deferred)" 15
	is "$name: but not as failures" "$(health_member "$number" failures)" 0
done

# ---- by comparison: no word of it tells whose fault it is, but a peer has taken the message

# Who has not delivered anything is at no limit of a session.
for row in "bare 29" "policy 41" "session 36"; do
	read -r name number <<<"$row"
	each "$name" 10
	is "$name: deferred" "$(health_of "$number")" deferred
	is "$name: after three messages that the other has taken" "$(touched "$number")" 3
	is "$name: each counts as a failure" "$(health_member "$number" failures)" 3
done
bounced() {
	[ "$(count_lines "$mta_log" 'to=<u[0-9]*@strict.example>.*status=bounced')" = 10 ]
}
send --count 10 --to u%n@strict.example >/dev/null
ok "5xx: Postfix bounces them" wait_for bounced
wait_for mta_queue_is_empty
is "5xx: it is never deferred" "$(health_of 27)" up

is "whoever is well is up" "$(health_of 12)" up
is "nothing was deferred" "$(count_lines "$mta_log" 'status=deferred')" 0

all_refused() {
	[ "$(grep -oE 'to=<u[0-9]*@all.example>.*status=deferred' "$mta_log" | cut -d , -f 1 | sort -u | wc -l)" = 10 ]
}
send --count 10 --to u%n@all.example >/dev/null
ok "refused by all: the mail waits" wait_for all_refused
is "refused by all: none of them is at fault" "$(health_of 42) $(health_of 43)" "up up"
daemon_end
tap_done
