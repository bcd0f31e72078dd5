#!/bin/bash
# attempt_recovery: silence of one host of five, of all at once, and its end while messages wait
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# By Postfix's log alone, with the health settings and the timeouts that hold by default.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
faulty_start 21 22 23 24 25 31 32 41 42
daemon_make
daemon_routes "$(health_settings)" <<END
pools = { $(daemon_pool five 21 22 23 24 25) $(daemon_pool all 31 32) $(daemon_pool again 41 42) };
routes = ( { match = "five.example"; pool = "five"; }, { match = "all.example"; pool = "all"; },
	{ match = "again.example"; pool = "again"; } );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

# ---- one of five

fault 21 silent mail
storm five 200 50
count=$(given five 21)
few "one of five" five 21 22 0.2
ok "one of five: all others are delivered" wait_for_seconds 25 taken $((200 - count)) 22 23 24 25
for number in 22 23 24 25; do
	# What the silent one does not get is shared by the others.
	within "one of five: .$number has its share" "$(given five "$number")" 38 50
done
ok "one of five: it is silent" keep_sending five is_silent 21
for number in 22 23 24 25; do
	ok "one of five: .$number is not" not is_silent "$number"
done
fault 21 ok
ok "one of five: what waited is delivered by it" wait_for taken "$(given five 21)" 21
ok "one of five: the queue is empty" wait_for mta_queue_is_empty
sum=0
sum_given=0
for number in 21 22 23 24 25; do
	sum=$((sum + $(faulty_taken "$number")))
	sum_given=$((sum_given + $(given five "$number")))
done
is "one of five: each message once" "$sum" "$sum_given"

# ---- all at once: there is no peer by which it could be told

fault 31 silent greeting
fault 32 silent greeting
storm all 60 50
ok "all: .31 and .32 wait" wait_for waiting_is 31 30
ok "all: .32 has as many" wait_for waiting_is 32 30
is "all: shared as ever" "$(given all 31) $(given all 32)" "30 30"
ok "all: .31 is not marked" not is_silent 31
ok "all: .32 neither" not is_silent 32
fault 31 ok
fault 32 ok
ok "all, well again: nothing is lost" wait_for taken 60 31 32
ok "all, well again: the queue is empty" wait_for mta_queue_is_empty
ok "all, well again: .31 is not marked" wait_for not is_silent 31
ok "all, well again: .32 neither" wait_for not is_silent 32
is "all, well again: each message once" "$(($(faulty_taken 31) + $(faulty_taken 32)))" 60
is "all: both are up" "$(health_of 31) $(health_of 32)" "up up"
before=$(given all 31)
storm all 40 50
is "all, well again: shared as ever" "$(($(given all 31) - before))" 20

# ---- recovery while messages wait

fault 41 silent data
storm again 100 50
few again again 41 42 0.5
ok "again: it is silent" keep_sending again is_silent 41
count=$(given again 41)
ok "again: they wait for it" waiting_is 41 "$count"
fault 41 ok
ok "again: it delivers what waits" wait_for taken "$count" 41
ok "again: it is not silent any more" wait_for not is_silent 41
ok "again: nothing waits" wait_for waiting_is 41 0
before=$(given again 41)
storm again 60 50
ok "again: all are delivered" wait_for mta_queue_is_empty
# By turn: it is owed nothing for the time when it was silent.
is "again: it gets its share" "$(($(given again 41) - before))" 30
ok "again: and delivers it" wait_for taken $((count + 30)) 41

is "nothing was deferred or bounced" "$(count_lines "$mta_log" 'status=(deferred|bounced)')" 0
is "all hosts are up" "$(ctl --json hosts | jq -r '[.hosts[].state] | unique | join(" ")')" up
is "no event tells of a host" "$(ctl --json events | jq '[.events[] | select(.host != null)] | length')" 0
daemon_end
tap_done
