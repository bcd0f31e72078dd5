#!/bin/bash
# daemon_sockets: the listening sockets, whose they are, and the user that serves them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
[ "$(id -u)" = 0 ] || skip_all "the owners of sockets need root"
world_open
daemon_make
routes='pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; } );'
write_routes() { # [MORE SETTINGS]
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$@" <<<"$routes"
}
# For other users: a build folder may be closed to them.
cp "$DAEMON_PROGRAM" "$world/nexthop-milter"
USER=nobody
GROUP=$(id -gn $USER)
other_group=$(getent group | cut -d : -f 1 | grep -vx -e root -e "$GROUP" | sed -n 1p)

mail_flows() { # WHAT
	is "$1: mail flows" "$(nexthops 1 a@example.com)" "smtp:[192.0.2.1]"
}
sockets() { # FORMAT OF stat
	stat -c "$1" "$daemon/milter.sock" "$daemon/map.sock" "$daemon/control.sock" | sort -u
}
mta_sockets() { # FORMAT OF stat
	stat -c "$1" "$daemon/milter.sock" "$daemon/map.sock" | sort -u
}
control_socket() {
	stat -c '%04a %U %G' "$daemon/control.sock"
}
nothing_is_left() {
	[ -z "$(find "$daemon" -type s)" ] && [ ! -e "$daemon/pid" ]
}

# refused WHAT TEXT [OPTION...]: the daemon does not start, and says why. The command line has
# $refused_as in front.
refused_as=()
refused() {
	local what=$1 text=$2 status=0
	shift 2
	timeout "$WAIT_LIMIT" "${refused_as[@]}" "${refused_program:-$DAEMON_PROGRAM}" \
		-c "$daemon/routes.cfg" "$@" \
		>"$world/refused.log" 2>&1 || status=$?
	is "$what: status 1" "$status" 1
	contains "$what: it says why" "$(grep 'error: ' "$world/refused.log")" "$text"
}

# ---- mode and group

write_routes
daemon_start
is "the sockets' mode, not configured" "$(sockets '%F %a %U %G')" "socket 660 root root"
ok "it says that it runs as root" daemon_has_said 'warning: running as root: --user'
daemon_stop
for mode in 0600 0620 0666 0000; do
	write_routes "socket_mode = \"$mode\";" "socket_group = \"$other_group\";"
	daemon_start
	is "mode $mode and a group" "$(mta_sockets '%04a %U %G')" "$mode root $other_group"
	is "mode $mode and a group: not of the control socket" "$(control_socket)" "0660 root root"
	daemon_stop
	write_routes "control_mode = \"$mode\";" "control_group = \"$other_group\";"
	daemon_start
	is "the control socket with mode $mode and a group" "$(control_socket)" "$mode root $other_group"
	is "the control socket with mode $mode and a group: not the others" "$(mta_sockets '%04a %U %G')" "0660 root root"
	daemon_stop
done
for key in socket_group control_group; do
	write_routes "$key = \"no-such-group\";"
	refused "a $key that is not there" 'group "no-such-group": no such group'
	ok "a $key that is not there: no socket is left" nothing_is_left
done

# ---- the folder's group

chgrp "$other_group" "$daemon"
chmod 2755 "$daemon"
write_routes
daemon_start
is "a folder with the setgid bit: the MTA's sockets get its group" "$(mta_sockets '%a %G')" "660 $other_group"
is "a folder with the setgid bit: the control socket does not" "$(control_socket)" "0660 root root"
daemon_stop
# A default of the folder comes before any umask.
if command -v setfacl >/dev/null && setfacl -d -m u::rwx,g::r-x,o::- "$daemon" 2>/dev/null; then
	write_routes 'socket_mode = "0666";'
	daemon_start
	is "a folder with a default ACL: the mode is what is configured" "$(mta_sockets '%a')" "666"
	daemon_stop
	setfacl -b "$daemon"
else
	note "no ACLs here"
fi
chgrp root "$daemon"
chmod g-s "$daemon"

# ---- a start that fails late

for late in "state_file = \"$daemon\";" "pid_file = \"$daemon\";" "status_listen = \"inet:8080@192.0.2.1\";"; do
	write_routes
	sed -i '/^state_file/d' "$daemon/routes.cfg"
	echo "$late" >>"$daemon/routes.cfg"
	status=0
	timeout "$WAIT_LIMIT" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" >"$world/refused.log" 2>&1 || status=$?
	is "${late%% *}: it does not start" "$status" 1
	ok "${late%% *}: no socket is left" nothing_is_left
done

# ---- what is in the way

write_routes
daemon_start
daemon_kill
ok "killed: the sockets are still there" test -S "$daemon/milter.sock" -a -S "$daemon/map.sock" -a -S "$daemon/control.sock"
daemon_start
mail_flows "stale sockets are replaced"
for socket in milter map control; do
	# The other one, state file too, is free.
	write_routes
	sed -i "/^${socket}_socket/!s,$daemon/\(.*\)\.sock,$daemon/\1_free.sock,; s,$daemon/state,$daemon/free," "$daemon/routes.cfg"
	refused "the $socket socket in use" "$daemon/$socket.sock: another process listens on it"
	mail_flows "the $socket socket in use: the first daemon goes on"
	is "the $socket socket in use: milterctl is answered by the first" \
		"$(ctl --json status | jq .pid)" "$(daemon_pid)"
	rm -f "$daemon"/*_free.sock
done
write_routes
daemon_stop
for socket in milter map control; do
	echo precious >"$daemon/$socket.sock"
	refused "a file in the place of the $socket socket" "$daemon/$socket.sock: is there and is not a socket"
	is "a file in the place of the $socket socket is left alone" "$(cat "$daemon/$socket.sock")" precious
	mv "$daemon/$socket.sock" "$world/precious"
	ln -s "$world/precious" "$daemon/$socket.sock"
	refused "a link in the place of the $socket socket" "$daemon/$socket.sock: is there and is not a socket"
	is "a link in the place of the $socket socket: its target is left alone" "$(cat "$world/precious")" precious
	rm "$daemon/$socket.sock"
	mkdir "$daemon/$socket.sock"
	refused "a folder in the place of the $socket socket" "$daemon/$socket.sock: is there and is not a socket"
	rmdir "$daemon/$socket.sock"
	rm -f "$daemon"/*.sock
done
sed -i "s,$daemon/control.sock,$daemon/nowhere/control.sock," "$daemon/routes.cfg"
refused "no such folder" "control_socket: there is no folder $daemon/nowhere"

# ---- paths

# A path of so many octets, in a folder of its own.
path_of() {
	local folder=$world/long
	mkdir -p "$folder"
	printf '%s/%s' "$folder" "$(printf 'x%.0s' $(seq $(($1 - ${#folder} - 1))))"
}
longest=$(path_of 106)
daemon_socket=unix:$longest
write_routes
daemon_start
mail_flows "a path of 106 octets"
daemon_stop
ok "a path of 106 octets: it is removed" not test -e "$longest"
daemon_socket=unix:$(path_of 107)
write_routes
refused "a path of 107 octets" "$daemon/routes.cfg:2: milter_socket = \"$daemon_socket\" is not unix:/PATH (of at most 106 octets)"
daemon_socket=unix:$daemon/milter.sock

# ---- TCP

write_routes "status_listen = \"inet:8080@$world_net.4\";"
daemon_start
is "status_listen" "$(curl -sS "http://$world_net.4:8080/v1/status" | jq -r .sockets.status)" "inet:8080@$world_net.4"
ok "status_listen: on no other address" not port_is_open "$world_net.5" 8080
sed "s,$daemon/\(.*\)\.sock,$daemon/\1_free.sock,; s,$daemon/state,$daemon/free," "$daemon/routes.cfg" >"$daemon/second.cfg"
status=0
"$DAEMON_PROGRAM" -c "$daemon/second.cfg" >"$world/refused.log" 2>&1 || status=$?
is "status_listen in use: status 1" "$status" 1
contains "status_listen in use: it says why" "$(cat "$world/refused.log")" \
	"status_listen: inet:8080@$world_net.4: another process listens on it"
daemon_stop
rm -f "$daemon"/*_free.sock
# There is but one ::1 for all tests that run at the same time.
port=$((20000 + $$ % 20000))
if [ -e /proc/net/if_inet6 ] && grep -q '^0\{31\}1 ' /proc/net/if_inet6; then
	write_routes "status_listen = \"inet:$port@::1\";"
	daemon_start
	is "status_listen on ::1" "$(curl -sS "http://[::1]:$port/healthz" | jq .ok)" true
	daemon_stop
	daemon_socket=inet:$port@::1
	write_routes
	daemon_start
	# miltertest does not speak IPv6.
	process_start relay socat "TCP4-LISTEN:10026,bind=$world_net.4,reuseaddr,fork" "TCP6:[::1]:$port"
	wait_for port_is_open "$world_net.4" 10026
	daemon_socket=inet:10026@$world_net.4
	mail_flows "milter_socket on ::1"
	process_stop relay
	daemon_stop
else
	note "no IPv6 here"
fi
daemon_socket=inet:10025@$world_net.4
write_routes
daemon_start
sed "s,$daemon/control.sock,$daemon/free.sock,; s,$daemon/state,$daemon/free," "$daemon/routes.cfg" >"$daemon/second.cfg"
status=0
"$DAEMON_PROGRAM" -c "$daemon/second.cfg" >"$world/refused.log" 2>&1 || status=$?
is "milter_socket in use, TCP: status 1" "$status" 1
contains "milter_socket in use, TCP: it says which" "$(cat "$world/refused.log")" \
	"milter_socket: inet:10025@$world_net.4: another process listens on it"
mail_flows "milter_socket in use, TCP: the first daemon goes on"
daemon_stop
daemon_socket=unix:$daemon/milter.sock

# ---- the process's number

write_routes "pid_file = \"$daemon/pid\";"
ln -s "$world/precious" "$daemon/pid.new"
daemon_start
is "pid_file" "$(cat "$daemon/pid")" "$(daemon_pid)"
is "pid_file: all may read it" "$(stat -c '%F %a' "$daemon/pid")" "regular file 644"
is "pid_file: not through a link" "$(cat "$world/precious")" precious
daemon_stop
ok "pid_file: it is removed" not test -e "$daemon/pid"
write_routes "pid_file = \"$daemon/nowhere/pid\";"
refused "pid_file without a folder" "pid_file: there is no folder $daemon/nowhere"

# ---- who serves them

# The four numbers of Uid or Gid, and the groups, of all threads; once if they agree.
ids() { # FIELD
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(daemon_pid)/task"/*/status | tr '\t' ' ' | sed 's/ $//' | sort -u
}
uid=$(id -u $USER)
gid=$(id -g $USER)
rm -f "$daemon/state" "$daemon/free"
chown $USER "$daemon"
write_routes "pid_file = \"$daemon/pid\";" "socket_group = \"$other_group\";"
daemon_start --user $USER
is "--user: every thread is that user for good" "$(ids Uid)" "$uid $uid $uid $uid"
is "--user: with its group" "$(ids Gid)" "$gid $gid $gid $gid"
is "--user: with its groups, and that of the sockets" "$(ids Groups)" "$(id -G $USER | tr ' ' '\n' |
	cat - <(getent group "$other_group" | cut -d : -f 3) | sort -n | tr '\n' ' ' | sed 's/ $//')"
is "--user: without capabilities" "$(ids CapEff) $(ids CapPrm)" "0000000000000000 0000000000000000"
ok "--user: nothing is said of root" not daemon_has_said 'running as root'
is "--user: the MTA's sockets are the user's and the configured group's" "$(mta_sockets '%a %U %G')" "660 $USER $other_group"
is "--user: the control socket is the user's and its group's" "$(control_socket)" "0660 $USER $GROUP"
is "--user: so is the process's number" "$(stat -c '%U %G' "$daemon/pid")" "$USER $GROUP"
is "--user: the state file is the user's" "$(stat -c '%U %G' "$daemon/state")" "$USER $GROUP"
mail_flows "--user"
is "--user: milterctl is answered" "$(ctl --json status | jq .pid)" "$(daemon_pid)"
daemon_reload
daemon_stop
ok "--user: in its own folder it removes what it made" test ! -e "$daemon/milter.sock" -a ! -e "$daemon/map.sock" -a ! -e "$daemon/pid"
write_routes
daemon_start --user "$USER:$other_group"
number=$(getent group "$other_group" | cut -d : -f 3)
is "--user USER:GROUP: with that group" "$(ids Gid)" "$number $number $number $number"
is "--user USER:GROUP: the sockets are that group's" "$(sockets '%U %G')" "$USER $other_group"
daemon_stop
write_routes "control_group = \"$other_group\";"
daemon_start --user $USER
is "--user: control_group" "$(control_socket)" "0660 $USER $other_group"
daemon_stop
# Nothing is made as root.
mkdir "$world/roots"
write_routes "pid_file = \"$world/roots/pid\";"
refused "--user: a folder for pid_file that only root can write to" "pid_file: user $USER may not write to the folder $world/roots" --user $USER
write_routes
sed -i "s,$daemon/control.sock,$world/roots/control.sock," "$daemon/routes.cfg"
refused "--user: a folder for a socket that only root can write to" "control_socket: user $USER may not write to the folder $world/roots" --user $USER
is "--user: nothing is made in such a folder" "$(ls -A "$world/roots")" ""
ok "--user: and nothing in the other one" nothing_is_left
write_routes
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 587 ]; then
	write_routes "status_listen = \"inet:587@$world_net.4\";"
	refused "--user: a port of root's" "status_listen: inet:587@$world_net.4: a port below 1024 requires CAP_NET_BIND_SERVICE" --user $USER
	write_routes
fi
refused "--user with a user that is not there" 'user "no-such-user": no such user' --user no-such-user
refused "--user with a group that is not there" 'group "no-such-group": no such group' --user "$USER:no-such-group"
ok "--user with neither: no socket is made" not test -e "$daemon/milter.sock"

# The configuration is read again by that user.
daemon_start --user $USER
chmod 600 "$daemon/routes.cfg"
contains "--user: a reload of what it may not read" "$(ctl reload 2>&1)" "Permission denied"
mail_flows "--user: a reload of what it may not read"
daemon_stop
chmod 644 "$daemon/routes.cfg"

# ---- without root

if setpriv --reuid=$USER --regid="$GROUP" --clear-groups test -x "$world/nexthop-milter"; then
	daemon_start_as() {
		daemon_mark=$(wc -l <"$daemon_log")
		process_start daemon setpriv --reuid=$USER --regid="$GROUP" --clear-groups \
			"$world/nexthop-milter" -c "$daemon/routes.cfg" --debug "$@"
		wait_for daemon_has_begun
	}
	refused_program=$world/nexthop-milter
	as_member() { # GROUP...: the daemon's command line as a user who is in these groups only
		local IFS=,
		refused_as=(setpriv --reuid=$USER --regid="$GROUP" "--groups=$*")
	}
	as_member "$GROUP"
	for key in socket_group control_group; do
		write_routes "$key = \"$other_group\";"
		refused "not root, not in $key" "$key: user $USER is not in the group $other_group"
		contains "not root, not in $key: it says what helps" "$(cat "$world/refused.log")" "usermod -a -G $other_group $USER"
		ok "not root, not in $key: no socket is left" nothing_is_left
	done
	write_routes "socket_group = \"$other_group\";"
	chgrp "$other_group" "$daemon"
	chmod 2755 "$daemon"
	process_start daemon "${refused_as[@]}" "$world/nexthop-milter" -c "$daemon/routes.cfg"
	ok "not root, a folder of that group: it runs" wait_for test -S "$daemon/control.sock"
	is "not root, a folder of that group: the MTA's sockets have it" "$(mta_sockets '%a %U %G')" "660 $USER $other_group"
	is "not root, a folder of that group: the control socket does not" "$(control_socket)" "0660 $USER $GROUP"
	daemon_stop
	chgrp root "$daemon"
	chmod g-s "$daemon"
	as_member "$GROUP" "$other_group"
	write_routes "socket_group = \"$other_group\";" "control_group = \"$other_group\";"
	process_start daemon "${refused_as[@]}" "$world/nexthop-milter" -c "$daemon/routes.cfg"
	ok "not root, a member of that group: it runs" wait_for test -S "$daemon/control.sock"
	is "not root, a member of that group: the sockets have it" "$(sockets '%a %U %G')" "660 $USER $other_group"
	daemon_stop
	refused_as=()
	write_routes
	daemon_start_as
	is "not root: it runs" "$(ids Uid)" "$uid $uid $uid $uid"
	is "not root: the sockets are its own" "$(sockets '%a %U %G')" "660 $USER $GROUP"
	ok "not root: nothing is said of root" not daemon_has_said 'running as root'
	mail_flows "not root"
	daemon_stop
	daemon_start_as --user $USER
	ok "not root, --user with itself: it runs" daemon_has_said 'info: started '
	daemon_stop
	status=0
	setpriv --reuid=$USER --regid="$GROUP" --clear-groups "$world/nexthop-milter" -c "$daemon/routes.cfg" \
		--user daemon >"$world/refused.log" 2>&1 || status=$?
	is "not root, --user with another: status 1" "$status" 1
	contains "not root, --user with another: it says why" "$(cat "$world/refused.log")" \
		'error: only root can become user "daemon"'
fi

ok "no sanitizer has complained" daemon_is_sound
tap_done
