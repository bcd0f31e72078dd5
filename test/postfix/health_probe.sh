#!/bin/bash
# health_probe: probes find a sick host before any message does, and trust it again without one
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start sick 11 -b '452 4.3.1 Insufficient system resources' -r mail
host_start shallow 13 -b '452 4.3.1 Insufficient system resources' -r mail
host_start picky 14 -b '450 4.2.0 Greylisted' -r rcpt
host_start well 12
process_start strange python3 "$srcdir/test/lib/listeners.py" "$HOST_PORT" "junk=$world_net.15"
wait_for line_is_in "$world/strange.log" '^ready' || bail_out "the strange host does not listen"
daemon_make

routes() { # INTERVAL
	daemon_routes 'health = { backoff = 2; backoff_max = 2; jitter = 0; };' <<-END
		pools = {
			probed = { health = { probe = { interval = $1; timeout = 2; }; }; hosts = (
				{ host = "$world_net.11"; port = $HOST_PORT; }, { host = "$world_net.12"; port = $HOST_PORT; } ); };
			shallow = { health = { probe = { interval = $1; depth = "ehlo"; }; }; hosts = (
				{ host = "$world_net.13"; port = $HOST_PORT; }, { host = "$world_net.22"; port = $HOST_PORT; } ); };
			strange = { health = { probe = { interval = $1; }; }; hosts = (
				{ host = "$world_net.15"; port = $HOST_PORT; }, { host = "$world_net.12"; port = $HOST_PORT; } ); };
			picky = { health = { probe = { interval = $1; depth = "rcpt"; recipient = "postmaster@example.com"; }; };
				hosts = ( { host = "$world_net.14"; port = $HOST_PORT; } ); };
		};
		routes = ( { match = "example.com"; pool = "probed"; }, { match = "shallow.example"; pool = "shallow"; },
			{ match = "strange.example"; pool = "strange"; }, { match = "picky.example"; pool = "picky"; } );
	END
}
routes 1
daemon_start
mta_make "$daemon_socket"
mta_start

ok "a host that says 452 to MAIL is deferred, for the reason" wait_for was_deferred 11 system_4.3
is "before any message" "$(ctl --json status | jq .messages.total)" 0
is "no message was tried there" "$(health_member 11 attempts)" 0
ok "a host that refuses the connection is deferred, for that reason" wait_for was_deferred 22 connection_refused

ok "a host that speaks no SMTP is deferred, for that reason" wait_for was_deferred 15 no_smtp
contains "its words are told" "$(health_member 15 text)" "no SMTP reply: SSH-2.0"

# Each of them has been probed by now.
probed() { # NUMBER
	[ "$(health_member "$1" last_success)" != null ]
}
ok "a probe that does not go to MAIL does not see it" wait_for probed 13
is "that host is up" "$(health_of 13)" up
ok "a host that greylists the probe answers" wait_for probed 14
is "that host is up, too" "$(health_of 14)" up
is "so is the one that is well" "$(health_of 12)" up

is "messages: all are accepted" "$(send --count 10 --to u%n@example.com | grep -c ' accepted 1 ')" 10
ok "messages: all are delivered" wait_for host_has well 10
wait_for mta_queue_is_empty
is "messages: none has met the sick host" "$(count_lines "$mta_log" "host $world_net\.11\[")" 0
not_again() {
	[ "$(daemon_count "host=$world_net.11:$HOST_PORT .*->trial")" -ge 2 ]
}
ok "trials are made by probes" wait_for not_again
send --count 6 --to u%n@example.com >/dev/null
ok "no message is risked for a trial" wait_for host_has well 16
is "so says the log" "$(count_lines "$mta_log" "host $world_net\.11\[")" 0

host_stop sick
rm -rf "$world/sick.d"
host_start sick 11
ok "it recovers: probes find that out" wait_for health_is 11 up
is "without a message" "$(host_count sick)" 0
send --count 10 --to u%n@example.com >/dev/null
ok "then it takes its half" wait_for host_has sick 4

# ---- what monitoring has of that

metric() { # SAMPLE
	curl -sS --unix-socket "$daemon/control.sock" http://localhost/metrics | grep -F "$1 " | cut -d ' ' -f 2
}
probes() { # NUMBER RESULT
	metric "nexthop_probes_total{host=\"$world_net.$1:$HOST_PORT\",result=\"$2\"}"
}
ok "metrics: probes that failed" test "$(probes 11 failure)" -ge 3
ok "metrics: and those that did not" test "$(probes 11 success)" -ge 2
is "metrics: of the host that is well none has failed" "$(probes 12 failure)" 0
ok "metrics: they were timed" test "$(metric "nexthop_probe_seconds_count{host=\"$world_net.12:$HOST_PORT\"}")" -ge 2

# Probes are off in the file, and so they are in the daemon.
routes 0
daemon_reload
host_stop sick
ok "without probes nobody asks" never_within 3 health_is 11 deferred

is "nothing went to Postfix's own relay host" "$(host_count own)" 0
daemon_end
tap_done
