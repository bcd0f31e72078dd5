# world: a test's own folder, addresses and processes, and their end
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash. world_open makes:
#
#   $world           a folder, gone at the end (kept if NEXTHOP_TEST_KEEP=1)
#   $world_net       "127.x.y": this process's own block of loopback addresses
#
# and has world_close called at the end of the script, however it ends. Functions named in
# world_closers are called first, the last one added first.

world=
world_net=
world_closers=()
declare -A world_pids=()

# The block is in use by nobody: no socket of this machine is bound to an address in it.
world_is_free() {
	local x=${1#127.} y
	y=${x#*.}
	x=${x%.*}
	! grep -qi " ..$(printf '%02X%02X' "$y" "$x")7F:" /proc/net/tcp
}

# Prefix of the folder's name.
world_open() {
	local block=$(($$ % 48000)) tries=0
	umask 022
	world=$(mktemp -d "${TMPDIR:-/tmp}/${1:-nexthop-test}.XXXXXX") || exit 99
	chmod 755 "$world"
	# Another user may not come to the folder of the source.
	cp "$srcdir/test/tsan.supp" "$world/tsan.supp"
	TSAN_OPTIONS=${TSAN_OPTIONS//"$srcdir/test/tsan.supp"/"$world/tsan.supp"}
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap world_close EXIT
	# Neighbours have neighbouring numbers, so step far.
	while
		world_net=127.$((64 + block / 256 % 188)).$((block % 256))
		! world_is_free "$world_net"
	do
		block=$(((block + 7919) % 48000))
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || { echo "no free loopback addresses" >&2; exit 99; }
	done
}

# at_close FUNCTION
at_close() {
	world_closers=("$1" "${world_closers[@]}")
}

# process_start NAME COMMAND...: in the background, with what it prints in $world/NAME.log.
process_start() {
	local name=$1
	shift
	"$@" >>"$world/$name.log" 2>&1 </dev/null &
	world_pids[$name]=$!
}

process_is_running() {
	[ -n "${world_pids[$1]:-}" ] && ! process_is_gone "${world_pids[$1]}"
}

process_is_gone() {
	local state
	[ -r "/proc/$1/stat" ] || return 0
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
	[ "${state%% *}" = Z ]
}

# process_stop NAME [SIGNAL]: gives the exit status of the process; 124 if it had to be killed.
process_stop() {
	local pid=${world_pids[$1]:-} status=0
	[ -n "$pid" ] || return 0
	unset "world_pids[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	if wait_for_seconds 20 process_is_gone "$pid"; then
		wait "$pid" 2>/dev/null || status=$?
		return "$status"
	fi
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 124
}

# Waits for one that ends by itself; gives its exit status.
process_wait() {
	local pid=${world_pids[$1]}
	wait_for process_is_gone "$pid" || return 124
	unset "world_pids[$1]"
	wait "$pid"
}

# Leaves all as it is: nothing is stopped or removed at the end.
world_leave() {
	trap - EXIT HUP INT TERM
	disown -a
}

world_close() {
	local status=$? name closer
	trap - EXIT HUP INT TERM
	for closer in "${world_closers[@]}"; do
		"$closer"
	done
	for name in "${!world_pids[@]}"; do
		process_stop "$name" || :
	done
	if [ "${NEXTHOP_TEST_KEEP:-}" = 1 ]; then
		echo "# kept: $world" >&2
	else
		rm -rf "${world:?}"
	fi
	exit "$status"
}

# True if something accepts connections on ADDRESS PORT.
port_is_open() {
	(: <"/dev/tcp/$1/$2") 2>/dev/null
}

line_is_in() { # FILE PATTERN
	grep -qE -e "$2" "$1" 2>/dev/null
}

count_lines() { # FILE PATTERN
	grep -cE -e "$2" "$1" 2>/dev/null || :
}
