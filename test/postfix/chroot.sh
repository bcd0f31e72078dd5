#!/bin/bash
# chroot: an smtpd that sees only its queue directory reaches the milter
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 11
daemon_make
mta_make unix:nexthop/milter.sock
mta_write_services y
mkdir "$mta/queue/nexthop"

write_routes() {
	daemon_routes <<-END
		pools = { $(daemon_pool exchange 11) };
		routes = ( { match = "example.com"; pool = "exchange"; },
			{ match = "gone.example"; action = "reject"; } );
	END
}

# The smtpd processes that there are, and their root directories.
smtpd_roots() {
	local pid
	for pid in $(pgrep -x -P "$(mta_pid)" smtpd); do
		readlink "/proc/$pid/root"
	done | sort -u
}

# works WHAT COUNT: a message is delivered by the milter's choice; COUNT in all.
works() {
	local answer id
	answer=$(send --to user@example.com)
	contains "$1: the message is accepted" "$answer" "m1 accepted "
	id=$(echo "$answer" | cut -d ' ' -f 4)
	is "$1: smtpd is in its queue directory" "$(smtpd_roots)" "$mta/queue"
	ok "$1: it is delivered by the milter's choice" wait_for host_has well "$2"
	ok "$1: the milter has said so" wait_for daemon_has_said "debug: $id: pool=exchange "
	contains "$1: a recipient is rejected by the milter" \
		"$(send --once --to user@gone.example)" "m1 rejected 1 - 550 5.7.1"
	ok "$1: the queue is empty" wait_for mta_queue_is_empty
}

daemon_socket=unix:$mta/queue/nexthop/milter.sock
write_routes
daemon_start
mta_start
works "a Unix socket below the queue directory" 1
daemon_stop
contains "without it, the client keeps its mail" "$(send --once --to user@example.com)" "m1 kept 1 - 451 4."

daemon_socket=inet:10025@$world_net.3
write_routes
daemon_start
postconf -c "$mta" -e "smtpd_milters=inet:$world_net.3:10025"
postfix -c "$mta" reload 2>/dev/null
reloaded() {
	mta_log_has 'reload -- version'
}
wait_for reloaded
works "TCP" 2

# A name that only the outside has: what goes wrong then, is put off.
daemon_stop
daemon_socket=unix:$daemon/milter.sock
write_routes
daemon_start
postconf -c "$mta" -e "smtpd_milters=$daemon_socket"
postfix -c "$mta" reload 2>/dev/null
unseen() {
	send --once --to user@example.com | grep -q ' kept 1 - 451 4\.'
}
ok "a socket outside: the client gets 4xx" wait_for unseen
ok "a socket outside: Postfix says why" wait_for mta_log_has "connect to Milter service $daemon_socket: No such file or directory"

is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced|from=<>')" 0
daemon_end
tap_done
