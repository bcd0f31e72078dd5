#!/bin/bash
# least_pending: the host with the fewest deliveries under way gets the next message
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
faulty_start 11 12 13
daemon_make
daemon_routes "$(health_settings 'silence = 0;')" <<END
pools = { fewest = { balance = "least-pending"; hosts = ( { host = "$world_net.11"; port = $HOST_PORT; },
		{ host = "$world_net.12"; port = $HOST_PORT; } ); };
	weighted = { balance = "least-pending"; hosts = ( { host = "$world_net.12"; port = $HOST_PORT; weight = 3; },
		{ host = "$world_net.13"; port = $HOST_PORT; } ); }; };
routes = ( { match = "example.com"; pool = "fewest"; }, { match = "example.org"; pool = "weighted"; } );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start
all_taken() { # N: by all hosts
	[ $(($(faulty_taken 11) + $(faulty_taken 12) + $(faulty_taken 13))) -ge "$1" ]
}

# Nothing waits for anybody: equals take turns.
for i in 1 2 3 4 5 6 7 8 9 10; do
	send --to "a$i@example.com" >"$world/sent"
	wait_for all_taken "$i" && wait_for mta_queue_is_empty
done
is "idle: equals take turns" "$(faulty_taken 11) $(faulty_taken 12)" "5 5"
ok "idle: nothing is under way" wait_for eval '[ "$(ctl --json hosts | jq "[.hosts[].waiting] | add")" = 0 ]'

# One of them has a message and does not answer: while it has that, the other one gets each.
fault 11 silent end
before=$(faulty_taken 12)
send --count 2 --to "b%n@example.com" >"$world/sent"
ok "one does not answer: it has one" wait_for waiting_is 11 1
for i in 1 2 3 4 5 6 7 8 9 10; do
	send --to "more$i@example.com" >"$world/sent"
	wait_for all_taken $((11 + i))
done
is "one does not answer: the other one gets all" $(($(faulty_taken 12) - before)) 11
ok "one does not answer: it has no more" waiting_is 11 1
fault 11 ok
ok "it answers: all are delivered" wait_for mta_queue_is_empty

# By weight: neither answers, the one with the threefold weight gets three times as many.
fault 12 silent end
fault 13 silent end
send --count 16 --rate 40 --to "c%n@example.org" >"$world/sent"
ok "by weight: a quarter is at the lighter one" wait_for waiting_is 13 4
ok "by weight: the rest at the other" wait_for waiting_is 12 12
fault 12 ok
fault 13 ok
ok "by weight: all are delivered" wait_for mta_queue_is_empty
is "nothing is deferred" "$(count_lines "$mta_log" 'status=deferred')" 0
daemon_end
tap_done
