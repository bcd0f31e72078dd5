#!/bin/bash
# health: what the daemon learns of hosts by Sendmail's log, by what it does not say, and by probes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Of the hosts of a list Sendmail logs the last one that it has tried, and each one that has refused
# a recipient; where it is mute, a delivery by a later host tells of the earlier one.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
full='452 4.3.1 Insufficient system resources'
host_start own 2
host_start well 11
host_start other 12
host_start rcpt 21 -b "$full" -r rcpt
host_start greeting 22 -b '431 4.3.1 Mail system full' -r connect
host_start mail 23 -b "$full" -r mail
host_start end 24 -b "$full" -r .
host_start closing 25 -Q connect
host_start mute_greeting 26 -b '431 4.3.1 Mail system full' -r connect
host_start mute_mail 27 -b "$full" -r mail
host_start only 31 -b "$full" -r mail
host_start late 32 -b '431 4.3.1 Mail system full' -r connect
host_start main 33 -b "$full" -r .
daemon_make
extra() { # SETTING...: more of the pool on standard input
	sed "s/^); };\$/); $* };/"
}
mute='health = { backoff = 3600; backoff_max = 3600; };'
probe='health = { probe = { interval = 1; depth = "mail"; }; };'
write_routes() {
	local name routes=
	for name in rcpt drained only late main greeting mail end closing refused mute_greeting mute_mail mute_dead; do
		routes="$routes { match = \"$name.example\"; pool = \"$name\"; },"
	done
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'backoff = 4; backoff_max = 4; jitter = 0;')" <<-END
		pools = {
			$(daemon_pool rcpt 21 11) $(daemon_pool drained 12 11) $(daemon_pool only 31)
			$(daemon_pool late 32 | extra 'all_deferred = "tempfail"; health = { backoff = 3600; backoff_max = 3600; };')
			$(daemon_pool main 33 | extra 'fallback = "spare"; health = { backoff = 3600; backoff_max = 3600; };')
			$(daemon_pool spare 12)
			$(daemon_pool greeting 22,priority=0 11,priority=10 | extra "$probe")
			$(daemon_pool mail 23,priority=0 11,priority=10 | extra "$probe")
			$(daemon_pool end 24,priority=0 11,priority=10 | extra "$mute")
			$(daemon_pool mute_greeting 26,priority=0 11,priority=10 | extra "$mute")
			$(daemon_pool mute_mail 27,priority=0 11,priority=10 | extra "$mute")
			$(daemon_pool mute_dead 91,priority=0 11,priority=10 | extra "$mute")
			$(daemon_pool closing 25,priority=0 11,priority=10 | extra "$probe")
			$(daemon_pool refused 90,priority=0 11,priority=10 | extra "$probe")
		};
		routes = ( ${routes%,} );
	END
}
write_routes
daemon_start
mta_make_wired
mta_start

# one RECIPIENT: sends a message and waits until Sendmail has no more to do with it.
one() {
	send --to "$1" >"$world/sent"
	wait_for mta_queue_is_empty
}
lines_of() { # NUMBER: how many deliveries to that host the log has that failed
	grep -E ' to=.* stat=' "$mta_log" | grep -F "relay=[$world_net.$1]" | grep -vc 'stat=Sent' || :
}
had() { # NAME
	cat "$world/had.$1"
}
mark() { # NAME
	host_count "$1" >"$world/had.$1"
}
arrived() { # NAME
	echo $(($(host_count "$1") - $(had "$1")))
}

# ---- found by probes, before any message

for entry in "22 greeting greeting_4xx" "23 mail system_4.3" "25 closing reply_421" "90 refused connection_refused"; do
	read -r number name reason <<<"$entry"
	ok "$name: a probe finds it, for its reason" wait_for was_deferred "$number" "$reason"
	mark well
	one "user@$name.example"
	is "$name: the next host has the message" "$(arrived well)" 1
done
# ---- found by what the log does not say: another host had the message

for entry in "24 end" "26 mute_greeting" "27 mute_mail" "91 mute_dead"; do
	read -r number name <<<"$entry"
	mark well
	for i in 1 2 3; do
		one "u$i@$name.example"
	done
	is "$name: delivered by the next host" "$(arrived well)" 3
	is "$name: of the earlier host there is no line" "$(lines_of "$number")" 0
	ok "$name: passed over three times: deferred" wait_for health_is "$number" deferred
	is "$name: for that reason" "$(health_member "$number" reason)" passed_over
	is "$name: after so many" "$(health_member "$number" failures)" 3
	is "$name: the next host is well" "$(health_of 11)" up
done

# ---- found by the log: a refused recipient

mark well
for i in 1 2 3 4 5 6; do
	one "u$i@rcpt.example"
done
ok "452 at RCPT: deferred by the log, for its reason" wait_for was_deferred 21 system_4.3
contains "452 at RCPT: with its reply" "$(health_member 21 text)" "$full"
is "452 at RCPT: all are delivered by the other" "$(arrived well)" 6
is "452 at RCPT: met three times" "$(lines_of 21)" 3
ok "452 at RCPT: the back-off ends in a trial" wait_for health_is 21 trial
one "trial@rcpt.example"
ok "452 at RCPT: the trial fails" wait_for health_is 21 deferred
is "452 at RCPT: the message is delivered all the same" "$(arrived well)" 7
host_stop rcpt
host_start rcpt2 21
ok "well again: on trial" wait_for health_is 21 trial
mark well
one "again1@rcpt.example"
is "well again: one message goes there" "$(host_count rcpt2) $(arrived well)" "1 0"
# The daemon has to have read of it, or the next one does not go there.
delivered() {
	[ "$(health_member 21 delivered)" -ge "$1" ]
}
ok "well again: that is seen" wait_for delivered 1
one "again2@rcpt.example"
ok "well again: up" wait_for health_is 21 up
rm -rf "$world/rcpt2.d"/*
mark well
send --count 20 --to u%n@rcpt.example >"$world/sent"
wait_for mta_queue_is_empty
is "well again: even load" "$(host_count rcpt2) $(arrived well)" "10 10"
is "all of it in events" "$(ctl --json events | jq -r --arg host "$world_net.21" \
	'[.events[] | select(.host == $host) | .event] | join(" ")')" "deferred trial deferred trial up"

# ---- found by the log: the last host of a list

send --count 3 --to u%n@only.example >"$world/sent"
ok "the last host: deferred by its log line, for its reason" wait_for was_deferred 31 system_4.3
host_stop only
host_start only2 31
ok "the last host: well again, and the queue goes there" wait_for host_has only2 3
ok "the last host: up again" wait_for health_is 31 up

# ---- drained

mark well
mark other
ctl drain "$world_net.12" >"$world/drained"
for i in 1 2 3 4; do
	one "u$i@drained.example"
done
is "drained: it gets nothing" "$(arrived other) $(arrived well)" "0 4"
ctl enable "$world_net.12" >"$world/enabled"
for i in 1 2 3 4; do
	one "u$i@drained.example"
done
is "enabled: it gets its part" "$(arrived other) $(arrived well)" "2 6"

# ---- all hosts of a pool are deferred

# Without its stage a 4xx greeting counts as any other reply: three failures of two messages.
for i in 1 2 3; do
	send --to "u$i@late.example" >"$world/sent"
done
ok "tempfail: deferred" wait_for health_is 32 deferred
reply=$(send --once --deadline 1 --to u@late.example)
contains "tempfail: the client gets 451 at RCPT" "$reply" " kept 1 - 451 4.4.1 "
contains "tempfail: other recipients are taken" "$(send --once --to u@late.example --to v@rcpt.example)" " accepted 1 "
host_stop late
host_start late2 32
ok "tempfail: what is in the queue goes to the host that is well again" wait_for host_has late2 3
ok "tempfail: and makes it up" wait_for health_is 32 up
contains "tempfail: accepted again" "$(send --once --to u@late.example)" " accepted 1 "
ok "tempfail: the queue is empty" wait_for mta_queue_is_empty

mark other
send --to first@main.example --to second@rcpt.example >"$world/sent"
send --to third@main.example >"$world/sent"
send --to fourth@main.example >"$world/sent"
ok "fallback: the host is deferred" wait_for health_is 33 deferred
ok "fallback: what waited goes to the other pool" wait_for mta_queue_is_empty
for i in 1 2; do
	one "u$i@main.example"
done
is "fallback: the other pool takes over" "$(arrived other)" 5
host_stop main
host_start main2 33
ctl reset "$world_net.33" >"$world/reset"
one back@main.example
is "fallback: and gives back" "$(host_count main2) $(arrived other)" "1 5"
is "nothing is bounced" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
is "nothing went to Sendmail's own relay host" "$(host_count own)" 0
daemon_end
tap_done
