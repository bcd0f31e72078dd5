#!/bin/bash
# ports: hosts that listen on another port than 25, through a mailer of the administrator's own
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# With the lines of docs/sendmail: they do what esmtp does but for the port; most fields of the mailer
# have a check below.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

lines=$(document_block docs/sendmail 'Hosts on another port')
transport=$(document_block docs/sendmail 'Hosts on another port' 2)

use_mta sendmail
find_mta
world_open
host_start own 2
host_start standard 13
HOST_PORT=2525
host_start one 11
host_start two 12
host_start sick 14 -b '452 4.3.1 Insufficient system resources' -r rcpt
host_start strict 15 -B '550 5.1.1 no such user' -f rcpt
hosts_start 31
daemon_make
pools="$(daemon_pool turns 11 12) $(daemon_pool backup 90,priority=0 11,priority=10)
	$(daemon_pool sick 14,priority=0 12,priority=10) $(daemon_pool strict 15) $(daemon_pool raw 31)"
write_routes() { # SETTING OF A POOL
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'jitter = 0;')" <<-END
		pools = { $(sed "s/ = { hosts/ = { $1 hosts/" <<<"$pools") };
		routes = ( { match = "turns.example"; pool = "turns"; },
			{ match = "backup.example"; pool = "backup"; },
			{ match = "sick.example"; pool = "sick"; },
			{ match = "strict.example"; pool = "strict"; },
			{ match = "raw.example"; pool = "raw"; },
			{ match = "standard.example"; hosts = ( { host = "$world_net.13"; } ); } );
	END
}

# ---- what -t says

check() {
	"$DAEMON_PROGRAM" -c "$daemon/routes.cfg" -t 2>&1
}
for name in smtp esmtp smtp8 dsmtp relay; do
	write_routes "transport = \"$name\";"
	contains "-t: not with $name, whose port is 25" "$(check)" "2525"
	ok "-t: and it fails" not quietly check
done
write_routes "$transport"
contains "-t: a mailer of one's own is good" "$(check)" "6 pools, 6 routes"
ok "-t: and it passes" quietly check

# ---- mail

daemon_start
mta_make_wired "$lines"
mta_start
is "20 messages are accepted" "$(send --count 20 --to u%n@turns.example | grep -c ' accepted 1 ')" 20
ok "20 messages arrive" wait_for hosts_have 20 one two
is "each host has its half" "$(host_count one) $(host_count two)" "10 10"
send --to a@turns.example --to b@standard.example --to c@nowhere.example >"$world/sent"
ok "one message, two ports: one of them" wait_for hosts_have 21 one two
ok "one message, two ports: the other" wait_for host_has standard 1
ok "one message, and Sendmail's own routing" wait_for host_has own 1
send --to u@backup.example >"$world/sent"
ok "a host does not listen: the next one has it" wait_for hosts_have 22 one two
ok "the queue is empty" wait_for mta_queue_is_empty

# ---- all that esmtp does

raw=$world/hosts.d/$world_net.31/1
raw_has_come() {
	[ -e "$raw" ]
}
printf 'Subject: long\n\n.dot\n%s\nb\303\274cher\n' "$(printf '%02000d' 7)" |
	mta_command -i -B8BITMIME -f somebody user@raw.example
ok "a message in 8 bits arrives" wait_for raw_has_come
contains "F, a: it speaks ESMTP; S: the envelope's sender gets a domain" "$(cat "$raw")" \
	"MAIL From:<somebody@mx.example> BODY=8BITMIME"
contains "S: so does that of the header" "$(cat "$raw")" "From: somebody@mx.example"
is "P: all lines end in CR and LF" "$(grep -cv $'\r$' "$raw")" 0
is "F, X: dots are doubled" "$(grep -c '^\.\.dot' "$raw")" 1
is "L: a long line is cut" "$(awk 'length > 991' "$raw" | wc -l)" 0

# ---- health and bounces

# The relay in the log has no port: the host is told by its address alone.
for i in 1 2 3; do
	send --to "u$i@sick.example" >"$world/sent"
	wait_for mta_queue_is_empty
done
ok "452 at RCPT defers the host on its port" wait_for health_is 14 deferred
is "its port is the configured one" "$(health_member 14 port)" 2525
ok "a refused connection has deferred nobody: the log has no line of it" health_is 90 up
before=$(host_count own)
send --to u@strict.example >"$world/sent"
bounce_has_come() {
	[ "$(host_count own)" -gt "$before" ]
}
ok "a bounce" wait_for bounce_has_come
ok "the queue is empty at last" wait_for mta_queue_is_empty
bounce=$(cat "$(ls -t "$world/own.d"/* | head -n 1)")
contains "a bounce: the recipient" "$bounce" "Final-Recipient: RFC822; u@strict.example"
contains "a bounce: in the terms of SMTP" "$bounce" "Diagnostic-Code: smtp; 550 5.1.1 no such user"
daemon_end
tap_done
