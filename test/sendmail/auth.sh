#!/bin/bash
# auth: Sendmail logs in to each host by the passwords of routes.cfg, and these are seen nowhere else
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/login.sh" || exit 99

use_mta sendmail
find_mta
find_login
world_open
login_open

SECRET='zYx-4711 "one"-and\so on:until'
OTHER_SECRET=zYx-4711-two-and-so-on
login_host first 11 "$OTHER_SECRET"
login_host second 12 "$SECRET"
login_host clear 14 "$SECRET" -o smtpd_tls_security_level=none
host_start third 13
use_mta postfix
HOST_PORT=25 mta_make '' "${login_settings[@]}"
servers=$mta servers_log=$mta_log
# Its own address is Sendmail's.
sed -i 1d "$servers/master.cf"
login_write_services
servers_stop() {
	use_mta postfix
	mta=$servers
	mta_stop
}
at_close servers_stop
postfix -c "$servers" start >"$servers/log/start" 2>&1
for number in 11 12 14; do
	wait_for port_is_open "$world_net.$number" 25 || bail_out "a host does not listen"
done
use_mta sendmail

# ---- the daemon, with one password for all

daemon_make
password() { # TEXT
	echo "$1" >"$daemon/gw1.pass"
	chmod 0640 "$daemon/gw1.pass"
}
password "$SECRET"
auth="auth = { user = \"gw1\"; password_file = \"$daemon/gw1.pass\"; };"
document_block docs/sendmail 'Outgoing SMTP authentication' |
	sed "s,/run/nexthop-milter/,$daemon/,; s,/etc/nexthop-milter/,$daemon/,
		s/192\.0\.2\.43/$world_net.11/; s/192\.0\.2\.44/$world_net.12/; s/\"ALL\"/\"gw.example\"/
		s|^pools = {|& plain = { hosts = ( { host = \"$world_net.13\"; } ); };\
			named = { $auth hosts = ( { host = \"named.example\"; } ); };\
			clear = { $auth hosts = ( { host = \"$world_net.14\"; }, { host = \"$world_net.12\"; priority = 10; } ); };|
		s/^routes = (/& { match = \"plain.example\"; pool = \"plain\"; },\
			{ match = \"clear.example\"; pool = \"clear\"; },\
			{ match = \"named.example\"; pool = \"named\"; },/" |
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'failures = 1; messages = 1;')"
mta_make "local:$daemon/milter.sock" "$(document_block docs/sendmail 'Outgoing SMTP authentication' 2 |
	sed "s,\`',\`local:$daemon/map.sock',; s,/run/nexthop-milter/,$daemon/,")"
echo "$world_net.12 named.example" >>"$mta/hosts"
daemon_start
mta_start
is "the secret socket is not everybody's" "$(stat -c %a "$daemon/secret.sock")" 660

# ---- a wrong password is the host's that refuses it

arrives() { # WHAT NAME COUNT RECIPIENT
	quietly send --to "$4"
	ok "$1" wait_for host_has "$2" "$3"
	wait_for mta_queue_is_empty
}
login_of() { # NAME
	grep -cE "$1/smtpd.*sasl_method=(PLAIN|LOGIN), sasl_username=gw1@mx.example" "$servers_log"
}
arrives "the first host refuses the password: the second takes it" second 1 one@gw.example
is "it has logged in" "$(login_of second)" 1
ok "the first is deferred, and it is said why" wait_for was_deferred 11 auth_failed
is "and the second is not" "$(health_of 12)" up
# In this order.
asked() {
	daemon_said | sed -nE "s/.*map=(nexthop_auth|authinfo) key=(.*) reply=\"([A-Z]+).*/\1 \2 \3/p" |
		sed "s/$world_net/NET/"
}
is "what is asked for" "$(asked | head -n 5)" "nexthop_auth [NET.11] OK
authinfo [NET.11] OK
nexthop_auth [NET.11] OK
nexthop_auth [NET.12] OK
authinfo [NET.12] OK"

# ---- by name; without auth; without TLS

arrives "a host's name" second 2 one@named.example
is "it has logged in, too" "$(login_of second)" 2
contains "by that name" "$(asked)" "authinfo named.example OK"
arrives "a host without auth" third 1 one@plain.example
is "it is asked for by all that Sendmail has" "$(asked | tail -n 5)" "nexthop_auth [NET.13] NOTFOUND
authinfo [NET.13] NOTFOUND
authinfo NET.13 NOTFOUND
authinfo  NOTFOUND
nexthop_auth [NET.13] NOTFOUND"
arrives "a host without TLS is left for the next" second 3 one@clear.example
ok "it is deferred" wait_for was_deferred 14 auth_failed
is "no password has gone to it" "$(grep -c 'clear/smtpd.* auth=' "$servers_log")" 0

# ---- a changed file

password "$OTHER_SECRET"
quietly ctl reset "$world_net.11"
daemon_reload
arrives "after a reload the new password" first 1 two@gw.example
is "the first has logged in" "$(login_of first)" 1

# ---- who logs in is shown, and no more

contains "explain" "$(ctl explain u@gw.example)" "up, AUTH as gw1"
python3 "$srcdir/test/lib/socketmap.py" "$daemon/secret.sock" "sasl [$world_net.11]" "nexthop_auth [$world_net.13]" \
	"authinfo [$world_net.11]" "nexthop pool" | sed 's/ $//' >"$world/replies"
is "each MTA has its own maps" "$(cat "$world/replies")" \
	'PERM the maps here are authinfo and nexthop_auth: "authinfo", a space, "AuthInfo:", a host
NOTFOUND
NOTFOUND
PERM the maps here are authinfo and nexthop_auth: "authinfo", a space, "AuthInfo:", a host'
printf '#!/bin/sh\nexec setpriv --reuid=nobody --regid=nogroup --clear-groups %s "$@"\n' "$SENDMAIL_PROGRAM" >"$world/as_nobody"
chmod 755 "$world/as_nobody"
{
	for verb in status pools hosts routes events 'explain u@gw.example'; do
		# Words are to be split.
		# shellcheck disable=SC2086
		ctl $verb; ctl --json $verb
	done
	curl -s --unix-socket "$daemon/control.sock" http://localhost/metrics
	mta_command -bp
	# Whoever runs Sendmail is not let in.
	echo "/map authinfo AuthInfo:[$world_net.11]" | (SENDMAIL_PROGRAM=$world/as_nobody; sendmail -bt)
} >"$world/shown" 2>&1
ok "this looks at what is shown" grep -q gw1 "$world/shown"
contains "sendmail -bt, of another user" "$(cat "$world/shown")" "map_lookup: authinfo"
for text in "$SECRET" "$OTHER_SECRET"; do
	is "nothing has written a password" "$(login_traces "$text")" ""
	is "nor in base64" "$(login_traces "$(printf %s "$text" | base64)")" ""
	is "nor as it is sent" "$(login_traces "$(printf 'gw1\0gw1\0%s' "$text" | base64)")" ""
done
daemon_end
tap_done
