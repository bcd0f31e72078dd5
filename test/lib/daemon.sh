# daemon: nexthop-milter under test
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh.
#
#   $daemon          the daemon's folder: routes.cfg, its sockets, its state file
#   $daemon_log      its log
#   $daemon_socket   its milter socket, as Postfix and the daemon write it
#   $daemon_group    that may connect to its sockets; empty: its own

daemon=
daemon_log=
daemon_socket=
daemon_group=
daemon_mark=0
DAEMON_PROGRAM=${top_builddir:-.}/nexthop-milter
MILTERCTL_PROGRAM=${top_builddir:-.}/milterctl
# A sanitizer makes the start of a program slow, and milterctl is started thousands of times: tests with a
# real MTA, which look at the daemon by it, may be given one without.
case $0 in
*/test/daemon/*) ;;
*) MILTERCTL_PROGRAM=${NEXTHOP_MILTERCTL:-$MILTERCTL_PROGRAM} ;;
esac

# Makes the folder. The routes are to be given to daemon_routes.
daemon_make() {
	[ -x "$DAEMON_PROGRAM" ] || bail_out "no $DAEMON_PROGRAM"
	daemon=$world/daemon
	daemon_log=$world/daemon.log
	daemon_socket=unix:$daemon/milter.sock
	mkdir -p "$daemon"
	: >"$daemon_log"
	at_close daemon_close
}

# The configuration but for "pools" and "routes"; arguments are more lines of it. Where there is no map,
# that is meant.
daemon_settings() {
	cat <<-END
		mta            = "$mta_kind";
		milter_socket  = "$daemon_socket";
		control_socket = "unix:$daemon/control.sock";
		state_file     = "$daemon/state";
	END
	[ -z "$daemon_group" ] || echo "socket_group = \"$daemon_group\";"
	[[ $mta_kind != postfix || "$*" == *map_socket* || "$*" == *mixed* ]] || echo 'mixed = "split";'
	[ $# = 0 ] || printf '%s\n' "$@"
}

# "pools" and "routes" from standard input; arguments: as above.
daemon_routes() {
	{
		daemon_settings "$@"
		cat
	} >"$daemon/routes.cfg.new"
	mv "$daemon/routes.cfg.new" "$daemon/routes.cfg"
}

# daemon_pool NAME HOST...: the text of a pool. HOST is NUMBER, a host on $world_net.NUMBER, with
# ",KEY=VALUE" for what is not the default.
daemon_pool() {
	local name=$1 host entry
	shift
	echo "$name = { hosts = ("
	for host in "$@"; do
		entry="host = \"$world_net.${host%%,*}\"; port = $HOST_PORT;"
		case "$host" in
		*,*) entry="$entry $(echo "${host#*,}" | sed 's/,/; /g');" ;;
		esac
		[ "$host" = "$1" ] || echo ,
		echo "{ $entry }"
	done
	echo "); };"
}

# daemon_start [OPTION...]
daemon_start() {
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug "$@"
	wait_for daemon_has_begun
	if ! daemon_has_said 'info: started '; then
		note "$(daemon_said)"
		bail_out "the daemon does not start"
	fi
}

daemon_has_begun() {
	daemon_has_said 'info: started ' || ! process_is_running daemon
}

# Lines since its last start.
daemon_said() {
	tail -n +"$((daemon_mark + 1))" "$daemon_log"
}

daemon_has_said() { # PATTERN
	daemon_said | grep -qE -e "$1"
}

# How often it has said that since its last start.
daemon_count() { # PATTERN
	daemon_said | grep -cE -e "$1"
}

# daemon_rarely WHAT PATTERN INTERVAL SINCE: it has said that, and not more often than once in INTERVAL
# seconds since there was reason to, which was when SECONDS was SINCE.
daemon_rarely() {
	within "$1" "$(daemon_count "$2")" 1 $((1 + (SECONDS - $4) / $3))
}

daemon_pid() {
	echo "${world_pids[daemon]}"
}

daemon_signal() {
	kill "-$1" "$(daemon_pid)"
}

# Gives its exit status.
daemon_stop() {
	process_stop daemon "${1:-TERM}"
}

# daemon_ends WHAT [STATUS]: it ends by itself, or was told to; with that status, or 0.
daemon_ends() {
	local status=0
	process_wait daemon || status=$?
	is "$1: it ends with status ${2:-0}" "$status" "${2:-0}"
}

# kill -9, and it is gone.
daemon_kill() {
	local pid
	pid=$(daemon_pid)
	unset 'world_pids[daemon]'
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	:
}

# What the daemon tells its service manager from now on, one line each in $world/notify.log.
notify_open() {
	process_start notify python3 "$srcdir/test/lib/notify.py" "$world/notify.sock"
	wait_for line_is_in "$world/notify.log" '^listening' || bail_out "nobody listens for notes"
	export NOTIFY_SOCKET=$world/notify.sock
	notify_mark=1
}

# True if it was told these lines since the last notify_forget, in that order, and no others.
notify_said() { # PATTERN...
	local line
	while read -r line; do
		[[ $# -gt 0 && $line =~ ^$1$ ]] || return 1
		shift
	done < <(tail -n +$((notify_mark + 1)) "$world/notify.log")
	[ $# = 0 ]
}

notify_forget() {
	notify_mark=$(wc -l <"$world/notify.log")
}

# True if the daemon was built to tell it.
notify_is_built() {
	grep -q '^#define HAVE_SYSTEMD 1' "$top_builddir/config.h"
}

# N times in all since its start.
daemon_has_reloaded() {
	[ "$(daemon_count 'info: reloaded ')" -ge "$1" ]
}

# Whatever the new configuration takes away.
daemon_reload() {
	ctl reload --force >/dev/null 2>&1
}

# By SIGHUP.
daemon_hangup() {
	local before
	before=$(daemon_count 'info: reloaded ')
	daemon_signal HUP
	wait_for daemon_has_reloaded $((before + 1))
}

ctl() {
	"$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" "$@"
}

# ctl_start NAME VERB...: as a process of its own.
ctl_start() {
	local name=$1
	shift
	process_start "$name" "$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" "$@"
}

# How many messages were to try each host of a pool first, "HOST COUNT" each.
daemon_first() { # POOL
	ctl --json pools | jq -r --arg pool "$1" \
		'.pools[] | select(.pool == $pool) | .hosts[] | "\(.host) \(.first)"'
}

# True if it was built with that sanitizer: asan or tsan.
daemon_has() {
	nm "$DAEMON_PROGRAM" | grep -q "__$1_init"
}

# What sanitizers have to say, or a crash.
daemon_is_sound() {
	! grep -E 'Sanitizer|runtime error:|Assertion .* failed' "$world"/*.log
}

daemon_close() {
	local status=0
	process_stop daemon || status=$?
	[ "$status" = 0 ] || echo "# the daemon ended with $status" >&2
}

# The last checks of a script: a clean stop, and nothing that sanitizers complain of.
daemon_end() {
	local status=0
	daemon_stop || status=$?
	is "the daemon ends with status 0" "$status" 0
	ok "no sanitizer has complained" daemon_is_sound
}

# ---- miltertest

# Sets $lua to the command that runs test/daemon/SCRIPT.lua against the daemon.
lua_command() { # SCRIPT [NAME=VALUE...]
	local script=$1 value
	shift
	lua=(miltertest -D "socket=$daemon_socket" -D "checks=$srcdir/test/daemon/checks.lua")
	for value in "$@"; do
		lua+=(-D "$value")
	done
	lua+=(-s "$srcdir/test/daemon/$script.lua")
}

# lua SCRIPT [NAME=VALUE...]: runs it.
lua() {
	local lua
	lua_command "$@"
	"${lua[@]}" 2>&1
}

# lua_start NAME SCRIPT [NAME=VALUE...]: as a process of its own.
lua_start() {
	local name=$1 lua
	shift
	lua_command "$@"
	process_start "$name" "${lua[@]}"
}

# lua_ok WHAT SCRIPT [NAME=VALUE...]: its checks are ours.
lua_ok() {
	local what=$1
	shift
	lua "$@" >"$world/lua.out"
	lua_results "$what" "$world/lua.out"
}

lua_results() { # WHAT FILE
	local line
	while read -r line; do
		case "$line" in
		"ok - "*) pass "$1: ${line#ok - }" ;;
		"not ok - "*) fail "$1: ${line#not ok - }" ;;
		done) ;;
		*) note "$line" ;;
		esac
	done <"$2"
	is "$1: the script comes to its end" "$(tail -n 1 "$2")" "done"
}

# The next hops of N messages to ADDRESS, one line each.
nexthops() { # N ADDRESS
	lua one "count=$1" "to=$2" | sed -n 's/^nexthop //p'
}
