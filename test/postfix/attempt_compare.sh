#!/bin/bash
# attempt_compare: whose fault a refusal is that does not say so, by what the other hosts do
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
# NAME: stage and reply. None of these says whose fault it is.
names=(mail rcpt data end bare450 bare451 bare452)
replies=('mail 451 4.7.1 Try again later' 'rcpt 451 4.7.1 Try again later'
	'data 451 4.7.1 Try again later' 'end 451 4.7.1 Try again later'
	'rcpt 450 Not now' 'mail 451 Not now' 'end 452 Not now')
well=50
faulty_start 21 22 23 24 25 26 27 31 32 33 34 35 36 37 41 42 43 44 "$well"
daemon_make
pools="$(daemon_pool all 31 32) $(daemon_pool grey 33 "$well") $(daemon_pool greys 34 35)
	$(daemon_pool third 36 "$well") $(daemon_pool flap 37 "$well") $(daemon_pool several 41 "$well")
	$(daemon_pool word 42 "$well") $(daemon_pool share 43 44)"
routes=
for i in "${!names[@]}"; do
	pools="$pools $(daemon_pool "${names[i]}" "2$((i + 1))" "$well")"
done
for name in "${names[@]}" all grey greys third flap several word share; do
	routes="$routes { match = \"$name.example\"; pool = \"$name\"; },"
done
# Default settings, but that nobody is on trial before the end.
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { $pools };
routes = ( ${routes%,} );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

deferred_lines() { # POOL COUNT
	[ "$(count_lines "$mta_log" "to=<[^>]*@$1\.example>.*status=deferred")" -ge "$2" ]
}
# burst POOL COUNT: at 20 a second, and all are delivered.
burst() {
	storm "$1" "$2" 20
	ok "$1: all are delivered" wait_for mta_queue_is_empty
}

# ---- what a peer takes, the host has refused in vain

for i in "${!names[@]}"; do
	name=${names[i]} number=2$((i + 1))
	# Words are to be split.
	# shellcheck disable=SC2086
	fault "$number" say ${replies[i]}
	ok "$name: all are delivered" deliver_each "$name.example" 10
	is "$name: deferred" "$(health_of "$number")" deferred
	is "$name: after three messages" "$(touched "$number")" 3
	is "$name: each counts as a failure" "$(health_member "$number" failures)" 3
	is "$name: it has taken nothing" "$(faulty_taken "$number")" 0
done
is "nothing was deferred" "$(count_lines "$mta_log" 'status=deferred')" 0
is "who is well is up" "$(health_of "$well")" up

# ---- refused by all: it is the message

fault 31 say rcpt 451 4.7.1 Try again later
fault 32 say rcpt 450 Not now
storm all 10 20
ok "refused by all: the mail waits" wait_for deferred_lines all 20
is "refused by all: nobody is at fault" "$(health_of 31) $(health_of 32)" "up up"
is "refused by all: nothing counts" "$(health_member 31 failures) $(health_member 32 failures)" "0 0"
fault 31 ok
fault 32 ok
ok "refused by all: delivered in the end" wait_for mta_queue_is_empty

# ---- greylisting

fault 33 first rcpt 450 4.2.0 Greylisted
burst grey 20
is "greylisting by one: it is up" "$(health_of 33)" up
is "greylisting by one: nothing counts" "$(health_member 33 failures)" 0
is "greylisting by one: half of the messages met it first" "$(touched 33)" 10
# The same pairs of sender and recipient.
storm grey 20 20
ok "greylisting by one: it takes what it knows" wait_for mta_queue_is_empty
within "greylisting by one: it has taken some by now" "$(faulty_taken 33)" 1 20

fault 34 first rcpt 450 4.2.0 Greylisted
fault 35 first rcpt 450 4.2.0 Greylisted
storm greys 20 20
ok "greylisting by all: the mail waits" wait_for deferred_lines greys 20
ok "greylisting by all: and is delivered later" wait_for mta_queue_is_empty
is "greylisting by all: both are up" "$(health_of 34) $(health_of 35)" "up up"
is "greylisting by all: nothing counts" "$(health_member 34 failures) $(health_member 35 failures)" "0 0"
is "greylisting by all: each message once" "$(($(faulty_taken 34) + $(faulty_taken 35)))" 20

# ---- a third of its messages fails

fault 36 every 3 end 451 4.3.0 Error: queue file write error
ok "third: all are delivered" deliver_each third.example 24
is "third: it is deferred" "$(health_of 36)" deferred
is "third: three have met it in vain" "$(touched 36)" 3
is "third: of nine that were given to it" "$(given third 36)" 9

# ---- flapping: four messages well, four not, and so on

flap() {
	local round
	for round in 1 2 3 4 5 6; do
		fault 37 ok
		send --count 8 --to u%n@flap.example >/dev/null
		wait_for mta_queue_is_empty
		fault 37 say mail 451 Not now
		send --count 4 --to u%n@flap.example >/dev/null
		wait_for mta_queue_is_empty
		! health_is 37 deferred || break
	done
	note "flapping: deferred in round $round, after $(touched 37) messages in vain"
}
flap
ok "flapping: it is deferred" health_is 37 deferred
within "flapping: soon" "$(touched 37)" 3 12

# ---- several recipients, one of whom the first host refuses

# Each message has two: one is taken by the first host, the other by the next.
fault 41 first rcpt 450 4.2.0 Greylisted
fault 42 first rcpt 451 4.7.1 Try again later
for row in "several 41" "word 42"; do
	read -r name number <<<"$row"
	before=$(count_lines "$mta_log" "@$name\.example>.*status=sent")
	is "$name: all are accepted" "$(send --count 12 --rate 20 --to "same@$name.example" \
		--to "u%n@$name.example" | grep -c ' accepted 1 ')" 12
	ok "$name: all are delivered" wait_for mta_queue_is_empty
	is "$name: to each recipient once" \
		"$(($(count_lines "$mta_log" "@$name\.example>.*status=sent") - before))" 24
done
is "several: greylisted: it is up" "$(health_of 41)" up
is "several: nothing counts" "$(health_member 41 failures)" 0
ok "word: what the peer takes counts, though others of the message were taken" \
	wait_for health_is 42 deferred
ok "word: it took the others" test "$(faulty_taken 42)" -ge 1

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
is "who is well is still up" "$(health_of "$well")" up
daemon_end
tap_done
