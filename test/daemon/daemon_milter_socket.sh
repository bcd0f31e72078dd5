#!/bin/bash
# daemon_milter_socket: what libmilter does not say: no descriptors, sessions without a thread, its end
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
daemon_routes 'health = { log = "none"; };' <<-'END'
	pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; };
	routes = ( { match = "ALL"; pool = "a"; } );
	END
client() { # OPTION...
	python3 "$srcdir/test/lib/milter_client.py" "$daemon/milter.sock" "$@"
}
status() { # FILTER
	ctl --json status | jq -c "$1"
}
answers() {
	[ "$(status .milter.answers)" = "$1" ]
}

# ---- what status says

daemon_start
is "descriptors: some of those there may be" \
	"$(status '.descriptors | .open > 5 and .open < .limit')" true
# Those there may be connections of a moment among them: the daemon's own, of a client before.
open=$(status .descriptors.open)
more() {
	echo $(($(status .descriptors.open) - open))
}
client --half-open 30 --hold "$world/hold" >"$world/held" &
held=$!
ok "descriptors: each session has one" wait_for eval '[ "$(more)" -gt 20 ]'
contains "descriptors: people see them" "$(ctl status)" "descriptors"
ok "the milter answers" answers true
: >"$world/hold"
wait "$held"
ok "descriptors: they come back" wait_for eval '[ "$(more)" -lt 10 ]'

# ---- too few descriptors for libmilter to begin

# "started" and READY are kept back until it serves. From clearly too few descriptors to just enough: some
# keep libmilter from its pipes, with some it begins but accepts nothing.
needed=$open
ok "it ends well" daemon_stop
notify_open
refused=0
starts() { # DESCRIPTORS
	daemon_mark=$(wc -l <"$daemon_log")
	notify_forget
	process_start daemon prlimit --nofile="$1:$1" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	wait_for daemon_has_begun
	process_is_running daemon
}
limit=$((needed - 4))
until starts "$limit"; do
	refused=$((refused + 1))
	daemon_ends "$limit descriptors" 1
	ok "$limit descriptors: it says why" daemon_has_said "error: cannot start: .*see the mail log"
	ok "$limit descriptors: never \"started\"" not daemon_has_said "info: started"
	ok "$limit descriptors: the service manager is not told of a start" notify_said
	limit=$((limit + 1))
	[ "$limit" -lt $((needed + 40)) ] || bail_out "it never starts"
done
ok "with too few descriptors it did not start" test "$refused" -gt 0
is "what has started takes mail" "$(client | sed 's/:25$//')" "c smtp:[192.0.2.1]"
if notify_is_built; then
	ok "the service manager is told of that" wait_for notify_said READY=1
fi
ok "it ends well" daemon_stop
process_stop notify
unset NOTIFY_SOCKET

# ---- few descriptors, and none

daemon_start
open=$(status .descriptors.open)

limit=$((open + 40))
prlimit --pid "$(daemon_pid)" --nofile="$limit:$limit"
is "few descriptors: status has the limit in force" "$(status .descriptors.limit)" "$limit"
rm -f "$world/hold"
few_since=$SECONDS
client --half-open 35 --hold "$world/hold" >"$world/held" &
held=$!
ok "few descriptors: it warns" \
	wait_for daemon_has_said "warning: descriptors: [0-9]+ of $limit are open; .*LimitNOFILE"
is "few descriptors: that is a reason to look" \
	"$(curl -sS --unix-socket "$daemon/control.sock" http://daemon/healthz | jq -c '[.status, .reasons[].about]')" \
	'["degraded","descriptors"]'
: >"$world/hold"
wait "$held"
rm -f "$world/hold"
ok "nobody says that it does not answer" not daemon_has_said "does not answer"
client --half-open 60 --silent --hold "$world/hold" >"$world/held" &
held=$!
ok "no descriptors: it says that no mail is accepted" \
	wait_for daemon_has_said "error: milter socket: does not answer our own connection"
: >"$world/hold"
wait "$held"
ok "no descriptors: it says when it answers again" wait_for daemon_has_said "info: milter socket: answers again"
is "no descriptors: it is said once" "$(daemon_count 'does not answer')" 1
ok "it answers again" wait_for answers true
is "and takes mail" "$(client | sed 's/:25$//')" "c smtp:[192.0.2.1]"
daemon_rarely "few descriptors: it does not warn each second" 'are open; with none' 60 "$few_since"
ok "it ends well" daemon_stop

# ---- packets that do not come to their end

# libmilter leaves a session to threads that wait for the rest of a packet: its listener counts them
# as idle until they wake. Many connections at once, so that it counts wrong.
daemon_start
stopped() {
	grep -q '^State:.*stopped' "/proc/$(daemon_pid)/status"
}
daemon_signal STOP
wait_for stopped
senders=()
for i in {1..10}; do
	client --partial 30 --connected "$world/connected$i" >"$world/answer$i" &
	senders+=($!)
done
for i in {1..10}; do
	wait_for test -e "$world/connected$i"
done
daemon_signal CONT
wait "${senders[@]}"
is "beside packets that do not come to their end: mail is taken" \
	"$(cat "$world"/answer* | sed 's/:25$//' | sort | uniq -c | xargs)" "10 c smtp:[192.0.2.1]"
ok "it ends well" daemon_stop

# ---- libmilter ends by itself

if command -v gdb >/dev/null && ! daemon_has asan && ! daemon_has tsan; then
	daemon_start
	inode=$(awk -v path="$daemon/milter.sock" '$8 == path && $4 == "00010000" { print $7 }' /proc/net/unix)
	listener=$(find "/proc/$(daemon_pid)/fd" -lname "socket:\[$inode\]" -printf '%f\n')
	gdb -p "$(daemon_pid)" -batch -nx -ex "call (int)close($listener)" >"$world/gdb" 2>&1
	daemon_ends "libmilter's listener breaks" 1
	ok "libmilter's listener breaks: it is said" daemon_has_said "error: libmilter has stopped serving"
fi
tap_done
