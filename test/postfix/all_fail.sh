#!/bin/bash
# all_fail: while every host fails, messages wait in the queue; nothing is bounced
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
full='452 4.3.1 Insufficient system resources'
host_start own 2
host_start sick_a 11 -b "$full" -r mail
host_start sick_b 12 -b "$full" -r .
daemon_make
daemon_routes <<END
pools = { $(daemon_pool exchange 11 12 13,priority=10) };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_start
mta_make "$daemon_socket"
mta_start

is "the messages are accepted" "$(send --count 4 --to u%n@example.com | grep -c ' accepted 1 ')" 4
deferred() {
	[ "$(count_lines "$mta_log" 'to=<u[1-4]@example.com>.*status=deferred')" -ge "$1" ]
}
ok "each attempt is deferred, and made again" wait_for deferred 12
is "all are in the queue" "$(mta_queue_length)" 4
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced|from=<>|postfix/bounce')" 0
is "nothing goes to Postfix's own relay host" "$(host_count own)" 0

host_stop sick_b
host_start recovered 12
ok "one host recovers: the next retry delivers" wait_for host_has recovered 4
ok "the queue is empty" wait_for mta_queue_is_empty
is "each message once" "$(cat "$world/recovered.d"/* | grep '^Message-ID:' | sort -u | wc -l)" 4
is "four files" "$(host_count recovered)" 4
is "still nothing is bounced" "$(count_lines "$mta_log" 'status=bounced|from=<>|postfix/bounce')" 0
is "and nothing went to Postfix's own relay host" "$(host_count own)" 0

daemon_end
tap_done
