#!/bin/bash
# daemon_signals: SIGTERM and SIGINT end it, SIGHUP never does
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
write_routes() {
	daemon_routes "pid_file = \"$daemon/pid\";" <<-END
		pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; };
		routes = ( { match = "example.com"; pool = "a"; } $* );
	END
}
write_routes
notify_open

nothing_is_left() {
	[ ! -e "$daemon/milter.sock" ] && [ ! -e "$daemon/control.sock" ] && [ ! -e "$daemon/pid" ]
}

# told WHAT LINE...: the service manager was told these, and no more, since the last call.
told() {
	local what=$1
	shift
	if notify_is_built; then
		ok "$what" wait_for notify_said "$@"
	fi
	notify_forget
}

# ---- while nothing goes on

for signal in TERM INT; do
	daemon_start
	ok "$signal, idle: the sockets and the process's number are there" \
		test -S "$daemon/milter.sock" -a -S "$daemon/control.sock" -a "$(cat "$daemon/pid")" = "$(daemon_pid)"
	daemon_signal "$signal"
	daemon_ends "$signal, idle"
	ok "$signal, idle: it says why" daemon_has_said "info: stopping reason=SIG$signal in_flight=0\$"
	is "$signal, idle: its last word" "$(daemon_said | tail -n 1)" "nexthop-milter: info: stopped"
	ok "$signal, idle: no socket and no number is left" nothing_is_left
	told "$signal, idle: READY and STOPPING are told" READY=1 STOPPING=1
	done

# ---- with a message in flight

mkfifo "$world/reached" "$world/go"
exec {reached}<>"$world/reached" {go}<>"$world/go"
meet() {
	read -r -t "$WAIT_LIMIT" -u "$reached" || bail_out "the script does not get there"
}

daemon_start
lua_start in_flight in_flight "reached=$world/reached" "go=$world/go"
meet
daemon_signal TERM
ok "in flight: the daemon says so" wait_for daemon_has_said 'info: stopping reason=SIGTERM in_flight=1$'
ok "in flight: nobody can connect to the milter" not test -e "$daemon/milter.sock"
daemon_signal TERM
daemon_signal INT
is "in flight: milterctl is answered" "$(ctl --json status | jq .milter.in_flight)" 1
echo >&"$go"
meet
ok "in flight: more signals do no harm" process_is_running daemon
is "in flight: it stops once" "$(daemon_count 'info: stopping ')" 1
echo >&"$go"
ok "in flight: the script ends" process_wait in_flight
lua_results "in flight" "$world/in_flight.log"
daemon_ends "in flight"
ok "in flight: no message is lost" not daemon_has_said 'warning: stopping'
ok "in flight: no socket and no number is left" nothing_is_left
told "in flight: STOPPING is told once" READY=1 STOPPING=1

# ---- with one that does not end

daemon_start
rm "$world/in_flight.log"
lua_start in_flight in_flight "reached=$world/reached" "go=$world/go"
meet
daemon_signal TERM
daemon_ends "one that does not end"
ok "one that does not end: it says so" daemon_has_said \
	'warning: stopping with messages=1 in flight: the MTA keeps them'
ok "one that does not end: no socket is left" nothing_is_left
process_stop in_flight KILL
told "one that does not end: STOPPING is told" READY=1 STOPPING=1

# ---- while the time of day is set; and whether syslog(3) is opened before other threads may use it

# A sanitizer wants to be loaded first.
if daemon_has asan || daemon_has tsan; then
	note "no strange clock under a sanitizer"
elif ! ${CC:-cc} -shared -fPIC -o "$world/strange.so" "$srcdir/test/lib/strange_clock.c" 2>"$world/cc.log"; then
	fail "the strange clock is built"
	note "$(cat "$world/cc.log")"
else
	strange_start() { # LINE of the configuration
		write_routes
		echo "${1:-}" >>"$daemon/routes.cfg"
		daemon_mark=$(wc -l <"$daemon_log")
		process_start daemon env LD_PRELOAD="$world/strange.so" STRANGE_CLOCK="$world/strange" \
			"$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
		wait_for quietly ctl status 2>"$world/status.log" || bail_out "the daemon does not start"
	}
	# So many seconds off, once it has begun to stop with a message in flight.
	stop_and_set() { # SECONDS
		rm -f "$world/in_flight.log" "$world"/strange*.seen
		strange_start
		lua_start in_flight in_flight "reached=$world/reached" "go=$world/go"
		meet
		daemon_signal TERM
		wait_for daemon_has_said 'info: stopping reason=SIGTERM in_flight=1$'
		echo "$1" >"$world/strange.new"
		mv "$world/strange.new" "$world/strange"
		ok "$1 s off: it is seen" wait_for test -e "$world/strange.seen"
	}
	stop_and_set 86400
	ok "a day on: it waits" never_within 2 daemon_has_said 'warning: stopping'
	echo >&"$go"
	meet
	echo >&"$go"
	ok "a day on: the script ends" process_wait in_flight
	lua_results "a day on" "$world/in_flight.log"
	daemon_ends "a day on"
	ok "a day on: no message is lost" not daemon_has_said 'warning: stopping'
	rm "$world/strange"

	stop_and_set -86400
	daemon_ends "a day back"
	ok "a day back: it does not wait for long" daemon_has_said 'warning: stopping with messages=1 in flight'
	process_stop in_flight KILL
	rm "$world/strange"

	strange_start 'log_to = "syslog";'
	is "syslog(3) is opened by the only thread" "$(cat "$world/strange.threads")" 1
	daemon_stop
	write_routes
	notify_forget
fi

# ---- SIGHUP is never libmilter's, which would stop

daemon_start
signals() {
	python3 "$srcdir/test/lib/signals.py" "$(daemon_pid)" "$@"
}
is "300 SIGHUPs, one by one: each is a reload" "$(signals 300 "$daemon_log" 'info: reloaded ')" 300
for round in 1 2 3 4 5; do
	signals 3000
done
# libmilter looks every 5 s whether it was stopped.
ok "SIGHUPs without a pause: the daemon lives on" never_within 7 not process_is_running daemon
ok "SIGHUPs without a pause: libmilter does" not daemon_has_said 'error: '
is "SIGHUPs without a pause: mail flows" "$(nexthops 1 a@example.com)" "smtp:[192.0.2.1]"
signals 3000
daemon_signal TERM
daemon_ends "SIGTERM behind SIGHUPs"
ok "SIGTERM behind SIGHUPs: it says why" daemon_has_said 'info: stopping reason=SIGTERM '
ok "SIGTERM behind SIGHUPs: no socket is left" nothing_is_left

# ---- SIGHUP while it starts

reads_its_routes() {
	find "/proc/$(daemon_pid)/fd" -lname "$daemon/routes.cfg" 2>/dev/null | grep -q . || daemon_has_begun
}

write_routes "$(seq -f ', { match = "%.0f.example.com"; pool = "a"; }' 100000)"
daemon_mark=$(wc -l <"$daemon_log")
process_start daemon "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
wait_for reads_its_routes
ok "SIGHUP while it starts: it does" not daemon_has_begun
daemon_signal HUP
ok "SIGHUP while it starts: it starts" wait_for daemon_has_said 'info: started .* routes=100001'
ok "SIGHUP while it starts: then it reloads" wait_for daemon_has_said 'info: reloaded '

daemon_end
tap_done
