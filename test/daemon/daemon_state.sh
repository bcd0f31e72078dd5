#!/bin/bash
# daemon_state: what the state file keeps, and files that are none
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
routes='pools = { three = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; }, { host = "192.0.2.3"; } ); }; };
routes = ( { match = "example.com"; pool = "three"; } );'
daemon_routes <<<"$routes"

# The number of the host whose turn it is; takes the turn.
turn() {
	nexthops 1 a@example.com | sed -n 's/^smtp:\[192\.0\.2\.\([1-3]\)\].*/\1/p'
}

# ---- it keeps the rotation

daemon_start
turns=$(turn)
daemon_kill
daemon_start
turns="$turns$(turn)"
ok "kill -9: the file is good" not daemon_has_said 'state file'
daemon_stop
daemon_start
turns="$turns$(turn)"
daemon_kill
daemon_start
turns="$turns$(turn)"
case "$turns" in
1231 | 2312 | 3123) pass "the rotation goes on, stopped or killed" ;;
*) fail "the rotation goes on, stopped or killed: $turns" ;;
esac

# ---- milterctl state

ctl --json state "$daemon/state" >"$world/with.json"
is "milterctl state, with a daemon: four messages" "$(jq '.pools[0].messages' "$world/with.json")" 4
is "milterctl state: names of a pool" "$(jq -c '.pools[0] | keys' "$world/with.json")" '["hosts","left","messages","pool"]'
is "milterctl state: names of a pool's host" "$(jq -c '.pools[0].hosts[0] | keys' "$world/with.json")" \
	'["credit","first","host","listed","port"]'
is "milterctl state: names of a host" "$(jq -c '.hosts[0] | keys' "$world/with.json")" \
	'["down_since","drain_at","drain_text","drain_until","host","left","outages","port","reason","since","state","text","until","waived_until","weight_percent","weight_text","weight_until"]'
is "milterctl state: counts as the daemon does" \
	"$(jq -c '[.pools[0].hosts[] | [.host, .first, .listed]] | sort' "$world/with.json")" \
	"$(ctl --json pools | jq -c '[.pools[0].hosts[] | [.host, .first, .listed]] | sort')"
ok "milterctl state: a table for people" grep -qE '^three +4 +- +192\.0\.2\.1:25 ' <(ctl state "$daemon/state")
is "the file is for nobody else" "$(stat -c %a "$daemon/state" | cut -c 3)" 0

# ---- it keeps the last events

ctl drain 192.0.2.3 --reason 'before the kill' >/dev/null
last=$(ctl --json events | jq .last)
daemon_kill
daemon_start
contains "kill -9: milterctl events has what was before it" "$(ctl events)" 'before the kill'
is "kill -9: ids go on" "$(ctl --json events | jq -c '[.events[].id]')" "$(jq -nc --argjson last "$last" '[range(1; $last + 2)]')"
is "kill -9: what is asked for since then is the start" \
	"$(ctl --json events | jq -r --argjson last "$last" '[.events[] | select(.id > $last).event] | join(" ")')" start
ctl enable 192.0.2.3 >/dev/null

# ---- one daemon a file

sed "s,$daemon/milter.sock,$daemon/second.sock,; s,$daemon/control.sock,$daemon/second_control.sock," \
	"$daemon/routes.cfg" >"$daemon/second.cfg"
status=0
"$DAEMON_PROGRAM" -c "$daemon/second.cfg" >"$world/second.log" 2>&1 || status=$?
is "a second daemon on the file: status 1" "$status" 1
contains "a second daemon on the file: it says why" "$(cat "$world/second.log")" \
	"error: state file $daemon/state: in use by another daemon (process $(daemon_pid))"
ok "a second daemon on the file: nothing is set aside" not test -e "$daemon/state.bad"
ok "a second daemon on the file: the first goes on" test -n "$(turn)"
daemon_stop
is "milterctl state, without a daemon: five messages" \
	"$(ctl --json state "$daemon/state" | jq '.pools[0].messages')" 5

# ---- files that are none

# poke OFFSET HEX: into a copy of the good file.
poke() {
	cp "$world/good" "$daemon/state"
	printf '%b' "$(sed 's/../\\x&/g' <<<"$2")" |
		dd of="$daemon/state" bs=1 seek="$1" conv=notrunc status=none
}

# bad WHAT WHY: the file that is there now is set aside, once.
bad() {
	local what=$1 why=$2 status=0
	cp "$daemon/state" "$world/bad"
	rm -f "$daemon/state.bad"
	contains "$what: milterctl state says so" "$(ctl state "$daemon/state" 2>&1)" "$why"
	ctl state "$daemon/state" >/dev/null 2>&1 || status=$?
	is "$what: milterctl state gives status 1" "$status" 1
	daemon_start
	is "$what: one warning" "$(daemon_said | grep -cF "warning: state file $why; set aside as $daemon/state.bad")" 1
	ok "$what: it is set aside as it was" cmp "$daemon/state.bad" "$world/bad"
	ok "$what: mail flows" test -n "$(turn)"
	daemon_kill
	daemon_start
	ok "$what: once" not daemon_has_said 'state file'
	is "$what: it begins with nothing" "$(ctl --json pools | jq '.pools[0].messages')" 1
	daemon_stop
}

# repaired WHAT WHY MESSAGES DRAINED: of the file that is there now the rest is kept; the pool has had
# that many messages, so many hosts are drained.
repaired() {
	local what=$1 why=$2
	contains "$what: milterctl state says so" "$(ctl state "$daemon/state" 2>&1 >/dev/null)" "$why"
	daemon_start
	is "$what: one warning" "$(daemon_said | grep -cE "warning: state file $daemon/state: .*$why")" 1
	ok "$what: nothing is set aside" not test -e "$daemon/state.bad"
	is "$what: messages of the pool" "$(ctl --json pools | jq '.pools[0].messages')" "$3"
	is "$what: drained hosts" "$(ctl --json hosts | jq '[.hosts[] | select(.state == "drained")] | length')" "$4"
	ok "$what: mail flows" test -n "$(turn)"
	daemon_kill
	daemon_start
	ok "$what: once" not daemon_has_said 'state file'
	daemon_stop
}

# Two of its hosts are drained in the good file.
daemon_start
ctl drain 192.0.2.1 >/dev/null
ctl drain 192.0.2.2 >/dev/null
daemon_stop
cp "$daemon/state" "$world/good"

# Offsets: the header has 320 octets, a slot 2560; the first slot is the pool, the others hosts.
pool=320
host=$((320 + 2560))
head -c 30 "$world/good" >"$daemon/state"
bad "shorter than its header" truncated
seq 100000 >"$daemon/state"
bad "another kind of file" "not a state file"
head -c 200000 /dev/zero >"$daemon/state"
bad "nothing but NULs" "not a state file"
poke 8 03000000
bad "another version" "of another version"
poke 12 61090000
bad "slots of another size" "of another version"
rm -f "$daemon/state.bad"
head -c $((host + 2560 + 1000)) "$world/good" >"$daemon/state"
repaired "cut in a slot" "somebody has shortened it: of 150 slots 2 are left" 5 1
head -c $(($(stat -c %s "$world/good") / 2)) "$world/good" >"$daemon/state"
repaired "cut to half" "somebody has shortened it: of 150 slots 74 are left" 5 2
poke 16 ffffffff
repaired "too many slots" "is out of range: by its size it has 150" 5 2
poke 18 01
repaired "one bit of the number of slots" "is out of range: by its size it has 150" 5 2
poke $pool 07000000
repaired "a slot of no kind" "no known type" 0 2
poke $((pool + 8)) 00
repaired "a slot without a name" "it has no name" 0 2
poke $((pool + 344 + 8 + 24)) ffffff7f
repaired "credit past all bounds" "a value is out of range" 0 2
poke $((host + 4)) 00000100
repaired "a port past all bounds" "a value is out of range" 5 1
poke $((host + 344 + 72)) 09000000
repaired "a state that is none" "a value is out of range" 5 1
poke $((host + 344)) 00000000000000ff
repaired "a time before all time" "a value is out of range" 5 1
cp "$world/good" "$daemon/state"
dd if="$world/good" of="$daemon/state" bs=1 skip=$host seek=$((host + 120 * 2560)) count=2560 conv=notrunc status=none
repaired "two slots of one name" "another slot has that name" 5 2

# ---- a file that is shortened while the daemon works on it

cp "$world/good" "$daemon/state"
daemon_start
size=$(stat -c %s "$daemon/state")
# The pool and the first host are left.
truncate -s $((host + 2560)) "$daemon/state"
ok "shortened: mail flows" test -n "$(turn)"
is "shortened: a reload is done" "$(ctl --json reload | jq .ok)" true
ok "shortened: it is told" daemon_has_said "error: state file $daemon/state: somebody has shortened it"
is "shortened: it has its size again" "$(stat -c %s "$daemon/state")" "$size"
is "shortened: what is left is kept" "$(ctl --json hosts | jq -c '[.hosts[].state]')" '["drained","up","up"]'
is "shortened: a drain is kept as ever" "$(ctl --json drain 192.0.2.3 | jq -r '.hosts[0].state')" drained
daemon_kill
daemon_start
is "shortened, killed: it starts with what is left and what was said since" \
	"$(ctl --json hosts | jq -c '[.hosts[].state]')" '["drained","up","drained"]'
ok "shortened, killed: nothing is set aside" not test -e "$daemon/state.bad"
truncate -s $((size / 2)) "$daemon/state"
daemon_kill
daemon_start
is "cut to half and killed: the drains of the half that is left" \
	"$(ctl --json hosts | jq -c '[.hosts[].state]')" '["drained","up","drained"]'
ok "cut to half and killed: nothing is set aside" not test -e "$daemon/state.bad"
daemon_stop

# ---- an operator's word is on the disk before he is told so

# start_traced INJECTION: the daemon with calls of msync(2) that are slow, or fail.
start_traced() {
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon strace -D -f -q -o "$world/trace.log" -e trace=msync -e inject="msync:$1" \
		"$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	wait_for daemon_has_said 'info: started '
}

# Sanitizers do not work under a tracer.
if ! daemon_has tsan && ! daemon_has asan && strace -D -o /dev/null true 2>/dev/null; then
	start_traced error=EIO
	status=0
	answer=$(ctl drain 192.0.2.2 2>&1) || status=$?
	is "a disk that fails: status 1" "$status" 1
	contains "a disk that fails: the operator is told" "$answer" "cannot be written to its disk: Input/output error"
	ok "a disk that fails: it is in the log" daemon_has_said 'error: state file: cannot be written to its disk'
	is "a disk that fails: the host is drained all the same" "$(ctl --json hosts | jq -r '.hosts[1].state')" drained
	daemon_stop
	start_traced delay_enter=3000000
	ctl enable 192.0.2.2 >"$world/slow.log" 2>&1 &
	slow=$!
	ok "a slow disk: it is done at once" wait_for sh -c \
		'[ "$("$1" --socket "$2" --json hosts | jq -r ".hosts[1].state")" != drained ]' sh "$MILTERCTL_PROGRAM" "$daemon/control.sock"
	is "a slow disk: the operator is not told yet" "$(cat "$world/slow.log")" ""
	ok "a slow disk: mail flows" test -n "$(turn)"
	wait $slow
	ok "a slow disk: then he is" test -s "$world/slow.log"
	is "a slow disk: once for each word" "$(grep -c 'msync(' "$world/trace.log")" 1
	daemon_stop
else
	note "no strace, or a sanitizer: a disk that fails is not played"
fi

# ---- odd files

# What open(2) has made and nobody has written to is a new one.
: >"$daemon/state"
rm -f "$daemon/state.bad"
daemon_start
ok "an empty file is a new one" not daemon_has_said 'state file'
ok "an empty file: mail flows" test -n "$(turn)"
daemon_stop

# Whatever the octets are: it starts, and mail flows.
for seed in $(seq 12); do
	cp "$world/good" "$daemon/state"
	rm -f "$daemon/state.bad"
	python3 - "$daemon/state" "$seed" <<-END
		import random, sys
		random.seed(int(sys.argv[2]))
		with open(sys.argv[1], "r+b") as file:
		    for _ in range(40):
		        file.seek(random.randrange(320, 320 + 4 * 2560))
		        file.write(bytes([random.randrange(256)]))
	END
	daemon_start
	[ -n "$(turn)" ] && daemon_stop || break
done
is "12 files with 40 random octets: it starts, mail flows, it stops" "$seed" 12

# ---- where a file cannot be

# refused WHAT TEXT [OPTION...]: the daemon does not start.
refused() {
	local what=$1 text=$2 status=0
	shift 2
	timeout "$WAIT_LIMIT" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" "$@" >"$world/refused.log" 2>&1 || status=$?
	is "$what: status 1" "$status" 1
	contains "$what: it says why" "$(cat "$world/refused.log")" "$text"
}

rm -f "$daemon/state" "$daemon/state.bad"
mkdir "$daemon/state"
refused "a folder" "state_file: $daemon/state: is not a regular file"
rmdir "$daemon/state"
ln -s "$world/good" "$daemon/state"
refused "a symbolic link" "state_file: $daemon/state: is not a regular file"
rm "$daemon/state"
sed -i "s,$daemon/state,$daemon/nowhere/state," "$daemon/routes.cfg"
refused "no such folder" "state_file: there is no folder $daemon/nowhere"
if [ "$(id -u)" = 0 ]; then
	mkdir -m 755 "$daemon/nowhere"
	chown nobody "$daemon"
	refused "a folder without rights, with --user" "state_file: user nobody may not write to the folder $daemon/nowhere" \
		--user nobody
	is "a folder without rights, with --user: nothing is made there" "$(ls -A "$daemon/nowhere")" ""
	rmdir "$daemon/nowhere"
	chown root "$daemon"
fi
contains "milterctl state: no such file" "$(ctl state "$daemon/nowhere" 2>&1)" "No such file or directory"
contains "milterctl state: a folder" "$(ctl state "$daemon" 2>&1)" "not a state file"

# ---- no space: an error, never a signal

daemon_routes <<<"$routes"
# ThreadSanitizer has files of its own, which the limit would hit.
if ! daemon_has tsan; then
	status=0
	(
		ulimit -f 64
		exec "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
	) >"$world/refused.log" 2>&1 || status=$?
	is "a limit of file sizes: status 1" "$status" 1
	contains "a limit of file sizes: it says why" "$(cat "$world/refused.log")" \
		"state file $daemon/state: cannot reserve space: File too large"
	rm -f "$daemon/state"
fi

# on_disk SIZE COMMAND...: with a file system of that size at $daemon/disk.
on_disk() {
	local size=$1
	shift
	unshare -m sh -c 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"' sh "$size" "$daemon/disk" "$@"
}
mkdir "$daemon/disk"
if on_disk 64k true 2>/dev/null; then
	sed "s,$daemon/state,$daemon/new," "$daemon/routes.cfg" >"$world/new.cfg"
	sed -i "s,$daemon/state,$daemon/disk/state," "$daemon/routes.cfg"
	status=0
	on_disk 64k "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" >"$world/refused.log" 2>&1 || status=$?
	is "a full disk: status 1" "$status" 1
	contains "a full disk: it says why" "$(cat "$world/refused.log")" \
		"state file $daemon/disk/state: cannot reserve space: No space left on device"
	# Room for a new file and a bit, not for one of many pools.
	daemon_start -c "$world/new.cfg"
	daemon_stop
	room=$(($(stat -c %s "$daemon/new") / 1024 + 128))
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon unshare -m sh -c 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"' \
		sh "${room}k" "$daemon/disk" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	ok "a disk that gets full: it starts" wait_for daemon_has_said 'info: started '
	many_pools() { # COUNT
		daemon_settings
		echo 'pools = {'
		seq -f 'p%.0f = { hosts = ( { host = "192.0.2.9"; } ); };' "$1"
		echo '}; routes = ('
		awk -v count="$1" 'BEGIN { for (i = 1; i <= count; i++) printf "{ match = \"%d.example\"; pool = \"p%d\"; },", i, i }'
		echo '{ match = "ALL"; pool = "p1"; } );'
	}
	cp "$daemon/routes.cfg" "$world/before.cfg"
	refused=0
	for count in 1000 990 980 970 960; do
		many_pools $count | sed "s,$daemon/state,$daemon/disk/state," >"$daemon/routes.cfg"
		answer=$(ctl reload --force 2>&1)
		[[ $answer != *"cannot reserve space: No space left on device"* ]] || refused=$((refused + 1))
	done
	is "a disk that gets full: each reload that needs more says why it fails" "$refused" 5
	is "a disk that gets full: status says so" "$(ctl --json status | jq -c '[.reload.ok, .reload.count, .routes]')" '[false,0,1]'
	ok "a disk that gets full: mail flows" test -n "$(turn)"
	cp "$world/before.cfg" "$daemon/routes.cfg"
	is "a disk that gets full: a reload that needs no more is done" "$(ctl reload 2>&1)" reloaded
	daemon_end
else
	note "no file system of its own: a full disk is seen by the limit alone"
	ok "no sanitizer has complained" daemon_is_sound
fi
tap_done
