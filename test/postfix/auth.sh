#!/bin/bash
# auth: Postfix logs in to each host by the passwords of routes.cfg, and these are seen nowhere else
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/login.sh" || exit 99

find_postfix
find_login
USER_OF_DAEMON=nobody
world_open
login_open

# So long that what malloc(3) writes into memory that is free leaves a part to be found.
SECRET=zYx-4711-one-and-so-on-until-there-is-enough-of-it
OTHER_SECRET=zYx-4711-two-and-so-on-until-there-is-enough-of-it
login_host first 11 "$OTHER_SECRET"
login_host second 12 "$SECRET"
host_start third 13

# ---- the daemon, with one password for both

daemon_make
chown -R $USER_OF_DAEMON "$daemon"
# As docs/postfix says, here.
here() {
	sed -e "s,/var/spool/postfix/nexthop-milter/,$daemon/,; s,/etc/nexthop-milter/,$daemon/,; s/chgrp nexthop-milter/chgrp $GROUP/" \
		-e "s/192\.0\.2\.43/$world_net.11/; s/192\.0\.2\.44/$world_net.12/; s/port = 587/port = $HOST_PORT/" \
		-e "s/^postconf/& -c ${mta//\//\\/}/; /^systemctl\|^postfix reload/d; s/\"ALL\"/\"gw.example\"/"
}
GROUP=$(id -gn $USER_OF_DAEMON)
password() { # TEXT
	echo "$1" >"$daemon/gw1.pass"
	sh -euc "$(document_block docs/postfix 'Outgoing SMTP authentication' 1 | here)"
}
password "$SECRET"
document_block docs/postfix 'Outgoing SMTP authentication' 2 | here |
	sed "s/^pools = {/& $(daemon_pool plain 13 | tr '\n' ' ')/; s/^routes = (/& { match = \"plain.example\"; pool = \"plain\"; },/" |
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'failures = 1; messages = 1;')"
mta_make_wired "${login_settings[@]}" "smtp_tls_policy_maps=inline:{ [$world_net.13]:$HOST_PORT=none }"
sh -euc "$(document_block docs/postfix 'Outgoing SMTP authentication' 3 | here)"
# As in Debian: smtp(8) sees its queue directory alone.
sed -i 's/^smtp  .*/smtp unix - - y - - smtp/' "$mta/master.cf"
login_write_services
daemon_start --user $USER_OF_DAEMON
mta_start

is "the secret socket is Postfix's alone" "$(stat -c '%a %G' "$daemon/secret.sock")" "660 postfix"

# ---- a wrong password is the host's that refuses it

arrives() { # WHAT NAME COUNT RECIPIENT
	quietly send --to "$4"
	ok "$1" wait_for host_has "$2" "$3"
	wait_for mta_queue_is_empty
}
arrives "the first host refuses the password: the second takes it" second 1 one@gw.example
is "in one attempt" "$(count_lines "$mta_log" 'to=<one@gw.example>.*status=')" 1
ok "it has logged in" mta_log_has "second/smtpd.*sasl_method=(PLAIN|LOGIN), sasl_username=gw1@mx.example"
ok "the first is deferred, and it is said why" wait_for was_deferred 11 auth_failed
is "and the second is not" "$(health_of 12)" up
# By what Postfix asks, in this order.
asked() { # NUMBER
	daemon_said | sed -nE "s/.*map=sasl key=(\[?$world_net\.$1\]?(:[0-9]+)?) reply=\"([A-Z]+).*/\1 \3/p" |
		sed "s/$world_net/NET/" | head -n 2
}
is "what is asked for" "$(asked 11)" "NET.11 NOTFOUND
[NET.11]:$HOST_PORT OK"

# ---- a host without auth

arrives "a host without auth" third 1 one@plain.example

# ---- a changed file

password "$OTHER_SECRET"
quietly ctl reset "$world_net.11"
arrives "before a reload the old password holds" second 2 two@gw.example
ok "and is refused again" wait_for health_is 11 deferred
daemon_reload
quietly ctl reset "$world_net.11"
arrives "after it the new one" first 1 three@gw.example
chmod 0644 "$daemon/gw1.pass"
contains "a file that all may read: the reload fails" "$(ctl reload 2>&1)" \
	"password_file $daemon/gw1.pass: others than its owner and group have access to it: chmod 0640"
chmod 0600 "$daemon/gw1.pass"
contains "a file that its user may not read: the reload fails" "$(ctl reload 2>&1)" "gw1.pass: Permission denied"
contains "a start as well" "$("$DAEMON_PROGRAM" -t --user $USER_OF_DAEMON -c "$daemon/routes.cfg" 2>&1)" \
	"gw1.pass cannot be read by user $USER_OF_DAEMON, as a reload would"
chmod 0640 "$daemon/gw1.pass"
arrives "and what was in force stays" first 2 four@gw.example

# ---- who logs in is shown, and no more

contains "explain" "$(ctl explain u@gw.example)" "up, AUTH as gw1"
is "explain, as JSON" "$(ctl --json explain u@gw.example u@plain.example | jq -c '[.recipients[].candidates[].auth]')" \
	'["gw1","gw1",null]'
is "pools" "$(ctl --json pools 2>/dev/null | jq -c '[.pools[] | [.pool, .hosts[].auth]] | sort')" \
	'[["plain",null],["smarthosts","gw1","gw1"]]'

# ---- each socket has its own maps

socketmap() {
	python3 "$srcdir/test/lib/socketmap.py" "$@"
}
host="[$world_net.11]:$HOST_PORT"
is "the secret socket has one map" "$(socketmap "$daemon/secret.sock" 'transport u@gw.example' 'pool smarthosts' sasl "sasl $host" \
	'sasl x\0y')" "PERM the map here is sasl: \"sasl\", a space, a host
PERM the map here is sasl: \"sasl\", a space, a host
PERM the map here is sasl: \"sasl\", a space, a host
OK gw1:$OTHER_SECRET
NOTFOUND "
contains "and no other socket has that" "$(socketmap "$daemon/map.sock" "sasl $host")" "PERM the maps are transport"

# ---- no trace of the password, nor of the one before

shown() {
	for verb in status pools hosts routes events rules 'explain u@gw.example' "trace $1" 'check'; do
		# Words are to be split.
		# shellcheck disable=SC2086
		ctl $verb; ctl --json $verb
	done
	ctl check "$daemon/routes.cfg"
	curl -s --unix-socket "$daemon/control.sock" http://localhost/metrics http://localhost/v1/status
} >"$world/shown" 2>&1
shown "$(mta_log_of '[0-9A-F]+' | sed -n 's/.*\]: \([0-9A-F]*\): to=<four@gw.*/\1/p')"
pid=$(daemon_pid)
cat "/proc/$pid/environ" "/proc/$pid/cmdline" >"$world/proc"
ok "this looks at everything that is shown" grep -q gw1 "$world/shown"
echo "key=$SECRET" >"$world/planted"
is "and would find it" "$(login_traces "$SECRET")" "$world/planted"
rm "$world/planted"
for text in "$SECRET" "$OTHER_SECRET"; do
	is "nothing has written a password" "$(login_traces "$text")" ""
	encoded=$(printf '\0gw1\0%s' "$text" | base64)
	is "nor as it is sent" "$(login_traces "$encoded")" ""
done
memory() {
	python3 "$srcdir/test/lib/memory.py" "$pid" "$1"
}
for _ in 1 2 3; do
	socketmap "$daemon/secret.sock" "sasl $host" "sasl $host"
done >"$world/replies"
rm "$world/replies"
# Sanitizers have a mlock(2) that does nothing.
where="dumped=0 kept=1"
if daemon_has asan || daemon_has tsan; then
	where="$where unlocked"
fi
is "the password is in memory that is locked and in no core dump" "$(memory "$OTHER_SECRET")" "$where"
is "nor is the most of it" "$(memory "${OTHER_SECRET:16}")" "$where"
is "the one before is in none" "$(memory "$SECRET")" "dumped=0 kept=0"
ok "this looks at all memory" [ "$(memory "$daemon_socket" | sed 's/.*dumped=\([0-9]*\).*/\1/')" -gt 0 ]

daemon_end

# ---- nor has a core dump; a daemon that has given up root leaves none

core_is_written() {
	[[ $(cat /proc/sys/kernel/core_pattern) != *[/\|]* ]] && ! daemon_has asan && ! daemon_has tsan
}
if core_is_written; then
	mkdir "$world/core"
	ulimit -c unlimited
	cd "$world/core" || exit 99
	daemon_start
	daemon_signal ABRT
	daemon_ends "told to abort" 134
	ok "it leaves a core dump" grep -qaF "$daemon_socket" "$world/core"/*
	is "without the password" "$(login_traces "$OTHER_SECRET")" ""
fi
tap_done
