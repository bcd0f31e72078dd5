#!/bin/bash
# reference: a host that is full loses the message to the next one, in the same attempt
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start full 11 -h 'example.com ESMTP Mail system full' \
	-b '431 4.3.1 example.com ESMTP Mail system full' -r connect
host_start well 12
daemon_make
daemon_routes <<END
pools = { $(daemon_pool exchange 11,priority=0 12,priority=10) };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_start
mta_make "$daemon_socket"
mta_start

answer=$(send --to user@example.com)
contains "the sender gets 250" "$answer" "m1 accepted 1 "
id=$(echo "$answer" | cut -d ' ' -f 4)
ok "the second host has the message" wait_for host_has well 1
ok "the queue is empty" wait_for mta_queue_is_empty
log=$(mta_log_of "$id")
contains "the first host was tried and said 431" "$log" \
	"host $world_net.11[$world_net.11] refused to talk to me: 431 4.3.1 example.com ESMTP Mail system full"
contains "the second host took it" "$log" "relay=$world_net.12[$world_net.12]:$HOST_PORT"
is "one attempt: one line with a status" "$(echo "$log" | grep -c 'status=')" 1
contains "that status is sent" "$log" "status=sent (250 "
is "nothing was deferred" "$(echo "$log" | grep -c 'status=deferred')" 0
is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "the sender gets nothing back" "$(count_lines "$mta_log" 'from=<>|postfix/bounce')" 0
message=$(cat "$world/well.d"/*)
contains "it is that message" "$message" "Message-ID: <m1@client.example>"
lacks "no trace of the milter is left in it" "$message" "X-Nexthop"
ok "the daemon says what it chose" wait_for daemon_has_said \
	"debug: $id: pool=exchange match=example.com source=[^ ]*routes.cfg:[0-9]+ .*nexthop=smtp:\[$world_net.11\]:$HOST_PORT,\[$world_net.12\]:$HOST_PORT\$"

daemon_end
tap_done
