#!/bin/bash
# daemon_preflight: -t, milterctl check, a reload and a start make the same judgement, as the daemon's user
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

[ "$(id -u)" = 0 ] || skip_all "to be another user needs root"
world_open
daemon_make
USER=nobody
GROUP=$(id -gn $USER)
other_group=$(getent group | cut -d : -f 1 | grep -vx -e root -e "$GROUP" | sed -n 1p)
# For other users: a build folder may be closed to them.
cp "$DAEMON_PROGRAM" "$MILTERCTL_PROGRAM" "$world/"

# A daemon runs in $daemon; what does not run is tried in $idle, with the same settings.
idle=$world/idle
mkdir "$idle"
chown $USER "$daemon" "$idle"
# settings FOLDER
settings() {
	local daemon=$1 daemon_socket=unix:$1/milter.sock
	daemon_settings "map_socket = \"unix:$1/map.sock\";" "pid_file = \"$1/pid\";" \
		"health = { log = \"$1/maillog\"; };"
	echo 'pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; } );'
}
for folder in "$daemon" "$idle"; do
	settings "$folder" >"$folder/routes.cfg"
	cp "$folder/routes.cfg" "$folder/good.cfg"
	: >"$folder/maillog"
done
daemon_start --user $USER

# Sets $status and $said. With $as in front, which is another user.
as=()
run() { # PROGRAM ARGUMENT...
	status=0
	said=$(timeout "$WAIT_LIMIT" "${as[@]}" "$world/$1" "${@:2}" 2>&1 </dev/null) || status=$?
}
run_test() {
	run nexthop-milter -t -c "$idle/routes.cfg" --user $USER
}
run_check() {
	run milterctl check "$idle/routes.cfg" --user $USER
}
run_start() {
	run nexthop-milter -c "$idle/routes.cfg" --user $USER
}

# judged WHAT SED TEXT: with that edit each of the four finds that fault; "@/" is the folder.
judged() {
	local text=${3//@\//$idle/} how
	sed "${2//@\//$idle/}" "$idle/good.cfg" >"$idle/routes.cfg"
	for how in test check start; do
		"run_$how"
		is "$1: $how: status 1" "$status" 1
		contains "$1: $how: it says why" "$said" ": $text"
		lacks "$1: $how: it does not say good" "$said" "good"
	done
	ok "$1: nothing is made" test -z "$(find "$idle" -type s)" -a ! -e "$idle/state.bad"
	[ "${4:-}" != "no reload" ] || return 0
	sed "${2//@\//$daemon/}" "$daemon/good.cfg" >"$daemon/routes.cfg"
	status=0
	said=$(ctl reload 2>&1) || status=$?
	is "$1: reload: status 1" "$status" 1
	contains "$1: reload: it says why" "$said" ": ${3//@\//$daemon/}"
	lacks "$1: reload: it does not say that it is done" "$said" "reloaded"
}
both() { # COMMAND with "@/" for the folder
	local folder
	for folder in "$daemon" "$idle"; do
		"${@//@\//$folder/}"
	done
}

# ---- good

for how in test check; do
	"run_$how"
	is "good: $how: status 0" "$status" 0
	is "good: $how: it says as whom" "$said" "$idle/routes.cfg: good, as user $USER: 1 pool, 1 route, 0 rules"
done
is "good: nothing is made" "$(ls "$idle" | tr '\n' ' ')" "good.cfg maillog routes.cfg "
run nexthop-milter -t -c "$daemon/routes.cfg" --user $USER
is "what a daemon runs with is good" "$said" "$daemon/routes.cfg: good, as user $USER: 1 pool, 1 route, 0 rules"
run milterctl --json check "$idle/routes.cfg" --user $USER
is "as JSON" "$(jq -c '[.ok, .user, .faults]' <<<"$said")" "[true,\"$USER\",[]]"
run nexthop-milter -t -c "$idle/routes.cfg" --user no-such-user
is "a user that is not there: status 1" "$status" 1
contains "a user that is not there: it says so" "$said" 'user "no-such-user": no such user'
is "all is reloaded" "$(ctl reload 2>&1)" "reloaded"

# ---- groups

for key in socket_group control_group; do
	judged "no such $key" "1i $key = \"no-such-group\";" "$key: group \"no-such-group\": no such group"
done
contains "a fault has its line" "$said" "$daemon/routes.cfg:1: control_group: "

# ---- sockets

mkdir "$world/roots"
mkdir -m 700 "$world/closed"
mkdir -m 777 "$world/closed/in"
for key in milter map control; do
	judged "${key}_socket in no folder" "s,@/$key.sock,@/nowhere/$key.sock," \
		"${key}_socket: there is no folder @/nowhere: install -d -o $USER @/nowhere"
	judged "${key}_socket in a folder of root's" "s,@/$key.sock,$world/roots/$key.sock," \
		"${key}_socket: user $USER may not write to the folder $world/roots"
	judged "${key}_socket behind a closed folder" "s,@/$key.sock,$world/closed/in/$key.sock," \
		"${key}_socket: user $USER may not go into the folder $world/closed"
	both touch @/precious
	judged "${key}_socket in the place of a file" "s,@/$key.sock,@/precious," \
		"${key}_socket: @/precious: is there and is not a socket"
	judged "${key}_socket below a file" "s,@/$key.sock,@/precious/$key.sock," "${key}_socket: "
	is "nothing is made in folders that are not the daemon's" "$(ls -A "$world/roots" "$world/closed/in")" \
		"$world/closed/in:

$world/roots:"
done
mkdir -m 777 "$world/shared"
process_start listener socat "UNIX-LISTEN:$world/shared/others.sock,fork,mode=0666" /dev/null
wait_for test -S "$world/shared/others.sock"
judged "a socket of another process" "s,@/map.sock,$world/shared/others.sock," \
	"map_socket: $world/shared/others.sock: another process listens on it (pid ${world_pids[listener]})"
process_stop listener

# ---- TCP

judged "another machine's address" '1i status_listen = "inet:8080@192.0.2.1";' \
	"status_listen: inet:8080@192.0.2.1: is not an address of this machine"
process_start listener socat "TCP4-LISTEN:8080,bind=$world_net.4,fork" /dev/null
wait_for port_is_open "$world_net.4" 8080
judged "an address in use" "1i status_listen = \"inet:8080@$world_net.4\";" \
	"status_listen: inet:8080@$world_net.4: another process listens on it"
process_stop listener
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 587 ]; then
	judged "a port of root's" "1i status_listen = \"inet:587@$world_net.4\";" \
		"status_listen: inet:587@$world_net.4: a port below 1024 requires CAP_NET_BIND_SERVICE"
fi

# ---- files

judged "state_file in no folder" "s,@/state,@/nowhere/state," "state_file: there is no folder @/nowhere"
judged "state_file in a folder of root's" "s,@/state,$world/roots/state," \
	"state_file: user $USER may not write to the folder $world/roots"
both install -m 644 /dev/null @/roots-file
judged "state_file of root's" "s,@/state,@/roots-file," "state_file: @/roots-file: user $USER may not write to it"
judged "state_file is a folder" "s,@/state,$world/roots," "state_file: $world/roots: is not a regular file"
judged "pid_file in a folder of root's" "s,@/pid,$world/roots/pid," \
	"pid_file: user $USER may not write to the folder $world/roots"
judged "pid_file is a folder" "s,@/pid,$world/roots," "pid_file: $world/roots: is not a regular file"

# ---- the configuration itself

chmod 600 "$idle/good.cfg"
install -m 600 "$idle/good.cfg" "$idle/routes.cfg"
for how in test check start; do
	"run_$how"
	is "a configuration that the user may not read: $how: status 1" "$status" 1
	contains "a configuration that the user may not read: $how: it says why" "$said" "$idle/routes.cfg: Permission denied"
done
rm "$idle/routes.cfg"
install -m 600 /dev/null "$idle/part.cfg"
install -m 600 /dev/null "$daemon/part.cfg"
judged "an included file that the user may not read" "\$a @include \"part.cfg\"" "cannot read @/part.cfg: Permission denied"

# ---- the log

judged "a log in no folder" "s,@/maillog,@/nowhere/maillog," "log: @/nowhere/maillog: there is no folder @/nowhere"
judged "a log that is a folder" "s,@/maillog,$world/roots," "log: $world/roots: is a folder"
both chgrp "$other_group" @/maillog
both chmod 640 @/maillog
judged "a log that the user may not read" "s,x,x," \
	"log: @/maillog: Permission denied: usermod -a -G $other_group $USER"
both chmod 600 @/maillog
judged "a log that only root may read" "s,x,x," "log: @/maillog: Permission denied: user $USER may not read it"
if notify_is_built; then
	judged "a journal that the user may not read" "s,@/maillog,journal:$world/closed," \
		"log: $world/closed: "
fi
both rm @/maillog
cp "$idle/good.cfg" "$idle/routes.cfg"
for how in test check; do
	"run_$how"
	is "a log that is not there yet: $how: status 0" "$status" 0
	contains "a log that is not there yet: $how: a warning" "$said" "warning: log: $idle/maillog: there is no such file yet"
	contains "a log that is not there yet: $how: nothing calls it good" "$said" \
		"routes.cfg: no fault, but 1 warning, as user $USER"
done
cp "$daemon/good.cfg" "$daemon/routes.cfg"
said=$(ctl reload 2>&1)
contains "a log that is not there yet: reloaded" "$said" reloaded
contains "a log that is not there yet: with a warning" "$said" "warning: log: $daemon/maillog: there is no such file yet"
daemon_stop
daemon_start --user $USER
ok "a log that is not there yet: a daemon starts, with a warning" daemon_has_said "warning: .*log: $daemon/maillog: there is no such file yet"
is "a log that is not there yet: status says so" "$(ctl --json status | jq .log.readable)" false
: >"$daemon/maillog"
log_is_read() {
	[ "$(ctl --json status | jq .log.readable)" = true ]
}
ok "a log that comes is read" wait_for log_is_read

# ---- a daemon that root has not started

daemon_stop
run_as() { # GROUPS: as a user in these alone
	as=(setpriv --reuid=$USER --regid="$GROUP" "--groups=$1")
}
sed "1i socket_group = \"$other_group\";" "$idle/good.cfg" >"$idle/routes.cfg"
: >"$idle/maillog"
chmod 644 "$idle"/*
run_as "$GROUP"
for how in "nexthop-milter -t -c" "milterctl check" "nexthop-milter -c"; do
	# Words are to be split.
	# shellcheck disable=SC2086
	run $how "$idle/routes.cfg"
	is "not in socket_group: $how: status 1" "$status" 1
	contains "not in socket_group: $how: what is wrong" "$said" \
		"$idle/routes.cfg:1: socket_group: user $USER is not in the group $other_group, so $idle/milter.sock cannot have it"
	contains "not in socket_group: $how: what helps" "$said" \
		"usermod -a -G $other_group $USER, or have the folder give it: chgrp $other_group $idle && chmod g+s $idle"
done
as=()
run nexthop-milter -t -c "$idle/routes.cfg" --user $USER
contains "not in socket_group: root's -t judges as the unit would start it" "$said" "user $USER is not in the group $other_group"
run_as "$GROUP,$other_group"
run nexthop-milter -t -c "$idle/routes.cfg"
is "in socket_group: good" "$said" "$idle/routes.cfg: good, as user $USER: 1 pool, 1 route, 0 rules"
run_as "$GROUP"
chgrp "$other_group" "$idle"
chmod g+s "$idle"
run nexthop-milter -t -c "$idle/routes.cfg"
is "a folder that gives the group: good" "$said" "$idle/routes.cfg: good, as user $USER: 1 pool, 1 route, 0 rules"

# What root starts may have groups that a reload cannot get.
as=()
daemon_start --user $USER
sed "1i socket_group = \"$other_group\";" "$daemon/good.cfg" >"$daemon/routes.cfg"
contains "started by root: a group that the next start would have" "$(ctl reload 2>&1)" reloaded
daemon_stop
cp "$daemon/good.cfg" "$daemon/routes.cfg"
process_start daemon setpriv --reuid=$USER --regid="$GROUP" --clear-groups "$world/nexthop-milter" -c "$daemon/routes.cfg"
ok "not started by root: it runs" wait_for test -S "$daemon/control.sock"
sed "1i socket_group = \"$other_group\";" "$daemon/good.cfg" >"$daemon/routes.cfg"
contains "not started by root: a group that the next start would not have" "$(ctl reload 2>&1)" \
	"user $USER is not in the group $other_group"
daemon_end
tap_done
