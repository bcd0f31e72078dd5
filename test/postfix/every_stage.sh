#!/bin/bash
# every_stage: the next host takes over, at whatever stage a host fails
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open

# name, where it fails, what Postfix's log then says of it; options of smtp-sink on the next line.
full='452 4.3.1 Insufficient system resources'
sick=(
	greeting "refused to talk to me: 452 4.3.1 Insufficient" "-b|$full|-r|connect"
	mail "said: $full (in reply to MAIL FROM command)" "-b|$full|-r|mail"
	rcpt "said: $full (in reply to RCPT TO command)" "-b|$full|-r|rcpt"
	data "said: $full (in reply to DATA command)" "-b|$full|-r|data"
	end "said: $full (in reply to end of DATA command)" "-b|$full|-r|."
	greeting421 "refused to talk to me: 421" "-Q|connect"
	mail421 "said: 421 " "-Q|mail"
	rcpt421 "said: 421 " "-Q|rcpt"
	end421 "said: 421 " "-Q|."
	lost_at_connect "lost connection with" "-q|connect"
	lost_at_mail "lost connection with" "-q|mail"
	lost_at_rcpt "lost connection with" "-q|rcpt"
	lost_at_data "lost connection with" "-q|data"
	lost_at_end "lost connection with" "-q|."
)

# Each sick host has a pool and a domain of its own, with the well host after it.
pools=
routes=
number=20
for ((i = 0; i < ${#sick[@]}; i += 3)); do
	name=${sick[i]}
	IFS='|' read -ra options <<<"${sick[i + 2]}"
	host_start "$name" "$number" "${options[@]}"
	pools="$pools $(daemon_pool "$name" "$number" 12,priority=10)"
	routes="$routes { match = \"${name//_/-}.example\"; pool = \"$name\"; },"
	number=$((number + 1))
done
# Nothing listens on .90; and six hosts of which five fail.
pools="$pools $(daemon_pool refused 90 12,priority=10)"
pools="$pools $(daemon_pool six 90 21,priority=1 22,priority=2 24,priority=3 29,priority=4 12,priority=5)"
# The longest list: 63 hosts that refuse the connection, and one that is well.
pools="$pools $(daemon_pool many $(seq 100 162) 12,priority=1)"
host_start well 12
host_start own 2
daemon_make
daemon_routes <<END
pools = { $pools };
routes = ( $routes
	{ match = "refused.example"; pool = "refused"; },
	{ match = "six.example"; pool = "six"; },
	{ match = "many.example"; pool = "many"; } );
END
daemon_start
mta_make "$daemon_socket"
mta_start

# Sends one message to that domain; sets $log to Postfix's lines about it.
wanted=0
deliver() { # DOMAIN
	local answer id
	answer=$(send --id "$1-" --to "user@$1")
	id=$(echo "$answer" | cut -d ' ' -f 4)
	wanted=$((wanted + 1))
	if ! wait_for host_has well "$wanted"; then
		note "$(mta_log_of "$id")"
		return 1
	fi
	wait_for mta_log_has "$id: removed"
	log=$(mta_log_of "$id")
}

in_one_attempt() {
	[ "$(echo "$log" | grep -c 'status=')" = 1 ] &&
		echo "$log" | grep 'status=sent' | grep -qF "relay=$world_net.12["
}

for ((i = 0; i < ${#sick[@]}; i += 3)); do
	name=${sick[i]}
	ok "$name: the next host has it" deliver "${name//_/-}.example"
	ok "$name: in the same attempt" in_one_attempt
	contains "$name: the first host had failed there" "$log" "${sick[i + 1]}"
done

ok "refused connection: the next host has it" deliver refused.example
ok "refused connection: in the same attempt" in_one_attempt
# These lines have no queue id.
ok "refused connection: so it was" wait_for mta_log_has "connect to $world_net.90\[.*:$HOST_PORT: Connection refused"

ok "six hosts of which five fail: the sixth has it" deliver six.example
ok "six hosts of which five fail: in the same attempt" in_one_attempt
is "six hosts of which five fail: four answered badly" \
	"$(echo "$log" | grep -cE "postfix/smtp.*\[$world_net\.(21|22|24|29)\]")" 4

ok "64 hosts of which 63 fail: the last has it" deliver many.example
ok "64 hosts of which 63 fail: in the same attempt" in_one_attempt
is "64 hosts of which 63 fail: each was tried once" \
	"$(count_lines "$mta_log" "connect to $world_net\.1[0-6][0-9]\[.*Connection refused")" 63

is "the queue is empty" "$(mta_queue_length)" 0
is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "nobody gets anything back" "$(count_lines "$mta_log" 'from=<>|postfix/bounce')" 0

daemon_end
tap_done
