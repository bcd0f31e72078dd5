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
	'["host","left","port","reason","since","state","text","until"]'
is "milterctl state: counts as the daemon does" \
	"$(jq -c '[.pools[0].hosts[] | [.host, .first, .listed]] | sort' "$world/with.json")" \
	"$(ctl --json pools | jq -c '[.pools[0].hosts[] | [.host, .first, .listed]] | sort')"
ok "milterctl state: a table for people" grep -qE '^three +4 +- +192\.0\.2\.1:25 ' <(ctl state "$daemon/state")
is "the file is for nobody else" "$(stat -c %a "$daemon/state" | cut -c 3)" 0

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

cp "$daemon/state" "$world/good"
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

# Offsets: the header has 320 octets, a slot 2400; the first slot is the pool, the second a host.
pool=320
host=$((320 + 2400))
head -c 30 "$world/good" >"$daemon/state"
bad "shorter than its header" truncated
head -c 5000 "$world/good" >"$daemon/state"
bad "shorter than its slots" truncated
seq 100000 >"$daemon/state"
bad "another kind of file" "not a state file"
head -c 200000 /dev/zero >"$daemon/state"
bad "nothing but NULs" "not a state file"
poke 8 02000000
bad "another version" "of another version"
poke 12 61090000
bad "slots of another size" "of another version"
poke 16 ffffffff
bad "too many slots" "slot count out of range"
poke $pool 07000000
bad "a slot of no kind" "a value is out of range"
poke $((pool + 8)) 00
bad "a slot without a name" "a value is out of range"
poke $((pool + 344 + 8 + 24)) ffffff7f
bad "credit past all bounds" "a value is out of range"
poke $((host + 4)) 00000100
bad "a port past all bounds" "a value is out of range"
poke $((host + 344 + 72)) 09000000
bad "a state that is none" "a value is out of range"
poke $((host + 344)) 00000000000000ff
bad "a time before all time" "a value is out of range"
cp "$world/good" "$daemon/state"
dd if="$world/good" of="$daemon/state" bs=1 skip=$host seek=$((host + 2400)) count=2400 conv=notrunc status=none
bad "two slots of one name" "two slots of the same name"

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
		        file.seek(random.randrange(320, 320 + 4 * 2400))
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
refused "a folder" "state file $daemon/state: cannot open: Is a directory"
rmdir "$daemon/state"
ln -s "$world/good" "$daemon/state"
refused "a symbolic link" "state file $daemon/state: cannot open: "
rm "$daemon/state"
sed -i "s,$daemon/state,$daemon/nowhere/state," "$daemon/routes.cfg"
refused "no such folder" "state file $daemon/nowhere/state: cannot open: No such file or directory"
if [ "$(id -u)" = 0 ]; then
	mkdir -m 755 "$daemon/nowhere"
	refused "a folder without rights, with --user" "state file $daemon/nowhere/state: cannot open: Permission denied" \
		--user nobody
	is "a folder without rights, with --user: nothing is made there" "$(ls -A "$daemon/nowhere")" ""
	rmdir "$daemon/nowhere"
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
	sed -i "s,$daemon/state,$daemon/disk/state," "$daemon/routes.cfg"
	status=0
	on_disk 64k "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" >"$world/refused.log" 2>&1 || status=$?
	is "a full disk: status 1" "$status" 1
	contains "a full disk: it says why" "$(cat "$world/refused.log")" \
		"state file $daemon/disk/state: cannot reserve space: No space left on device"
	# Room for a new file, not for one of many pools.
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon unshare -m sh -c 'mount -t tmpfs -o size=192k tmpfs "$1" && shift && exec "$@"' \
		sh "$daemon/disk" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	ok "a disk that gets full: it starts" wait_for daemon_has_said 'info: started '
	{
		daemon_settings
		echo 'pools = {'
		seq -f 'p%.0f = { hosts = ( { host = "192.0.2.9"; } ); };' 100
		echo '}; routes = ('
		awk 'BEGIN { for (i = 1; i <= 100; i++) printf "{ match = \"%d.example\"; pool = \"p%d\"; },", i, i }'
		echo '{ match = "ALL"; pool = "p1"; } );'
	} | sed "s,$daemon/state,$daemon/disk/state," >"$daemon/routes.cfg"
	answer=$(ctl reload 2>&1)
	contains "a disk that gets full: a reload that needs more says why it fails" "$answer" \
		"cannot reserve space: No space left on device"
	ok "a disk that gets full: mail flows" test -n "$(turn)"
	is "a disk that gets full: by the routes before" "$(ctl --json status | jq .routes)" 1
	daemon_end
else
	note "no file system of its own: a full disk is seen by the limit alone"
	ok "no sanitizer has complained" daemon_is_sound
fi
tap_done
