#!/bin/bash
# map_kept: smtpd keeps what the map has answered while its process lives, and reload says so
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/client.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
daemon_make
write_routes() { # WHAT BECOMES OF example.com
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<-END
		pools = { $(daemon_pool one 11) };
		routes = ( { match = "example.com"; $1 }, { match = "example.org"; pool = "one"; } );
	END
}
refused='action = "reject"; text = "5.1.2 moved away";'
routed='pool = "one";'
write_routes "$refused"
daemon_start
mta_make_wired
# For the map alone: a milter would be down with it.
echo "$mta_ip:26 inet n - n - - smtpd -o smtpd_milters=" >>"$mta/master.cf"
mta_start
MTA_PORT=26

# asked RECIPIENT: what smtpd says of it, in the session that is open.
asked() {
	client_says 'MAIL FROM:<sender@client.example>'
	client_says "RCPT TO:<$1>"
	local said=$reply
	client_says RSET
	reply=$said
}
smtpd_pids() {
	pgrep -P "$(mta_pid)" -x smtpd
}
is_gone_of() { # PID...
	local pid
	for pid; do
		process_is_gone "$pid" || return 1
	done
}
# A process from before may still take a connection until it has gone.
new_session() {
	local before
	mapfile -t before < <(smtpd_pids)
	client_close
	quietly postfix -c "$mta" reload
	wait_for is_gone_of "${before[@]}"
	client_open
}
kept='mail that was refused no longer is, but Postfix.s smtpd may go on refusing it: "postfix reload"'

client_open
asked u@example.com
contains "a route that rejects: smtpd refuses" "$reply" "550 5.1.2 "
write_routes "$routed"
said=$(ctl reload 2>&1)
contains "it leads to a pool now: reload has a word for it" "$said" "${kept//./\'}"
asked u@example.com
contains "who was asked for before is refused as before" "$reply" "550 5.1.2 "
asked v@example.com
contains "who was not is taken" "$reply" "250 "
new_session
asked u@example.com
contains "after postfix reload he is taken" "$reply" "250 "

is "nothing was refused: reload has no word" "$(ctl reload 2>&1 | grep -c "$kept")" 0
write_routes "$refused"
is "more is refused: reload has no word" "$(ctl reload 2>&1 | grep -c "$kept")" 0
write_routes 'action = "reject"; text = "5.1.2 moved far away";'
is "it is refused in other words: reload has one" "$(ctl reload 2>&1 | grep -c "$kept")" 1
write_routes "$routed"
daemon_reload

# A look-up that failed is kept like an answer.
daemon_stop
asked w@example.com
contains "no daemon: try again" "$reply" "451 4.3.0 "
daemon_start
asked w@example.com
contains "the daemon is back: who was asked for is told the same" "$reply" "451 4.3.0 "
asked x@example.com
contains "the daemon is back: who was not is taken" "$reply" "250 "
new_session
asked w@example.com
contains "the daemon is back: after postfix reload he is taken" "$reply" "250 "
client_close
daemon_end
tap_done
