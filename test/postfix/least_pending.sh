#!/bin/bash
# least_pending: the host with the fewest deliveries under way gets the next message
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

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

# One of them takes half a second for each reply: it has few, and the other one the rest.
fault 11 slow 0.5
before=$(faulty_taken 11)
send --count 100 --rate 25 --parallel 4 --to "b%n@example.com" >"$world/sent"
ok "a slow host: all are delivered" wait_for_seconds 60 all_taken 110
slow=$(($(faulty_taken 11) - before))
within "a slow host: it has few of 100" "$slow" 1 30
note "the slow host had $slow of 100"
fault 11 ok
wait_for mta_queue_is_empty

# By weight: both as slow, the one with the threefold weight has three times as many under way.
fault 12 slow 0.3
fault 13 slow 0.3
before=$(faulty_taken 13)
before_12=$(faulty_taken 12)
send --count 80 --rate 40 --parallel 4 --to "c%n@example.org" >"$world/sent"
ok "by weight: all are delivered" wait_for_seconds 90 all_taken 190
within "by weight: a quarter goes to the lighter one" $(($(faulty_taken 13) - before)) 12 28
within "by weight: the rest to the other" $(($(faulty_taken 12) - before_12)) 52 68
is "nothing is deferred" "$(count_lines "$mta_log" 'status=deferred')" 0
daemon_end
tap_done
