#!/bin/bash
# attempt_healthy: what must not make a healthy host silent
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Who came after the others for a moment has had fewer messages than by turn: that both hosts of a
# pool were to be tried first by the same number of messages says that neither was silent at any time.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
names=(narrow large held quiet stopped moved busy)
numbers=(21 22 23 24 25 26 27)
peers=(31 32 33 34 35 36 37)
faulty_start "${numbers[@]}" "${peers[@]}"
daemon_make
pools=
routes=
for i in "${!names[@]}"; do
	pools="$pools $(daemon_pool "${names[i]}" "${numbers[i]}" "${peers[i]}")"
	routes="$routes { match = \"${names[i]}.example\"; pool = \"${names[i]}\"; },"
done
daemon_routes "$(health_settings)" <<END
pools = { $pools };
routes = ( ${routes%,} );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' "header_checks=regexp:$world/hold"
echo '/^X-Hold:/ HOLD' >"$world/hold"
mta_start

# fair NAME NUMBER PEER COUNT: that many in all, each host half of them.
fair() {
	ok "$1: all are delivered" wait_for taken "$4" "$2" "$3"
	ok "$1: the queue is empty" wait_for mta_queue_is_empty
	is "$1: neither was behind at any time" "$(given "$1" "$2") $(given "$1" "$3")" \
		"$(($4 / 2)) $(($4 / 2))"
	ok "$1: .$2 is not silent" not is_silent "$2"
	ok "$1: .$3 is not silent" not is_silent "$3"
}

# ---- a slow queue: Postfix has fewer processes than there are messages

postconf -c "$mta" -M "smtp/unix=smtp unix - - n - 2 smtp"
postfix -c "$mta" reload 2>/dev/null
reloaded() {
	[ "$(count_lines "$mta_log" 'reload -- version')" -ge "$1" ]
}
wait_for reloaded 1
fault 21 slow 0.05
fault 31 slow 0.05
storm narrow 40 50
fair narrow 21 31 40
postconf -c "$mta" -M "smtp/unix=smtp unix - - n - - smtp"
postfix -c "$mta" reload 2>/dev/null
wait_for reloaded 2

# ---- large messages: three of one host take seconds, what the other is given no time

fault 22 large 100000
for i in 1 2 3; do
	storm large 1 50 --text 2000000 --id "big$i-"
	storm large 1 50
done
ok "large: the small ones are delivered" wait_for taken 3 32
ok "large: the large ones wait" waiting_is 22 3
# Longer than any small one may.
ok "large: nothing is silent for 2 seconds" never_within 2 is_silent 22
storm large 34 20
ok "large: all small ones are delivered" wait_for taken 37 22 32
queue_has() {
	[ "$(mta_queue_length)" = "$1" ]
}
ok "large: the large ones are still under way" wait_for queue_has 3
fault 22 ok
fair large 22 32 40

# ---- held mail waits for nobody

for i in 1 2 3; do
	storm held 1 50 --header 'X-Hold: yes' --id "held$i-"
	storm held 1 50
done
storm held 54 30
ok "held: what is not held is delivered" wait_for taken 57 23 33
is "held: neither was behind at any time" "$(given held 23) $(given held 33)" "30 30"
ok "held: nothing waits for a host" wait_for waiting_is 23 0
ok "held: nor for the other" waiting_is 33 0
is "held: three are held" "$(mta_queue_length)" 3
postsuper -c "$mta" -H ALL 2>/dev/null
fair held 23 33 60

# ---- a quiet log: nothing for seconds, then mail again

storm quiet 10 50
wait_for taken 10 24 34
ok "quiet: nothing is silent for 3 seconds" never_within 3 is_silent 24
storm quiet 10 50
fair quiet 24 34 20

# ---- a follower that was stopped reads late what was on time

fault 25 slow 0.1
fault 35 slow 0.1
# For long enough that it has not come to its end when the daemon is stopped, however busy the machine is.
send_start late --count 160 --rate 20 --parallel 8 --per-connection 10 --to u%n@stopped.example
wait_for taken 10 25 35
daemon_signal STOP
ok "stopped: it gets nothing more" never_within 3 taken 160 25 35
daemon_signal CONT
process_wait late
is "stopped: all are accepted" "$(count_lines "$world/late.log" ' accepted ')" 160
fair stopped 25 35 160

# ---- a log that is not there for seconds, and is read late

fault 26 slow 0.1
fault 36 slow 0.1
send_start moved --count 80 --rate 20 --parallel 8 --per-connection 10 --to u%n@moved.example
wait_for taken 10 26 36
mv "$mta_log" "$mta_log.1"
wait_for taken 50 26 36
mv "$mta_log.1" "$mta_log"
process_wait moved
is "moved: all are accepted" "$(count_lines "$world/moved.log" ' accepted 1 ')" 80
fair moved 26 36 80

# ---- a peer that takes many messages at once, and fast

fault 27 slow 0.03
storm busy 120 40
fair busy 27 37 120

is "nothing was deferred or bounced" "$(cat "$mta_log"* | grep -cE 'status=(deferred|bounced)')" 0
is "no event tells of a host" "$(ctl --json events | jq '[.events[] | select(.host != null)] | length')" 0
daemon_end
tap_done
