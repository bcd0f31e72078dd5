#!/bin/bash
# lmtp: real Dovecots behind Postfix, by TCP and by a Unix socket; results of each recipient
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/dovecot.sh" || exit 99

find_postfix
find_dovecot
world_open
host_start own 2

daemon_make
mta_make_wired
# What follows unix: is one path.
echo "/@list\.example/ lmtp:unix:private/nobody,[$world_net.12]:24" >"$world/lists"
postconf -c "$mta" -e "transport_maps=$(postconf -c "$mta" -h transport_maps), regexp:$world/lists"
# As in Debian: lmtp(8) sees its queue directory alone.
sed -i 's/^lmtp  .*/lmtp unix - - y - - lmtp/' "$mta/master.cf"
TCP=$(document_block docs/postfix 'Dovecot behind it: LMTP' 1)
OWN=$(document_block docs/postfix 'Dovecot behind it: LMTP' 4)
# Both configurations in one. PATH stands before the socket's.
configure() { # [PATH [HEALTH]]
	{ echo "$TCP"; echo "$OWN"; } |
		sed "s/192\.0\.2\.45/$world_net.11/; s/192\.0\.2\.46/$world_net.12/; s,\"unix:,&${1:-}," |
		awk '/^pools = \{/ { if (pools++) next } /^\};/ { if (!closed++) next }
			/^routes/ { gsub(/^routes = \( | \);$/, ""); routes = routes (routes == "" ? "" : ", ") $0; next } { print }
			END { print "routes = ( " routes " );" }' |
		daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings "${2:-backoff = 600;}")"
}
configure
daemon_start
mta_start
document_block docs/postfix 'Dovecot behind it: LMTP' 2 | sed "s/192\.0\.2\.45/$world_net.11/" | dovecot_make first good
document_block docs/postfix 'Dovecot behind it: LMTP' 2 | sed "s/192\.0\.2\.45/$world_net.12/" | dovecot_make second good
{
	echo 'protocols = lmtp'
	document_block docs/postfix 'Dovecot behind it: LMTP' 3 | sed "s,/var/spool/postfix,$mta/queue,"
} | dovecot_make third good
for name in first second third; do
	dovecot_start "$name"
done
SOCKET=unix:private/dovecot-lmtp
wait_for port_is_open "$world_net.11" 24 || bail_out "$(cat "$world"/first.*log "$world/first.dovecot/log")"
wait_for port_is_open "$world_net.12" 24 || bail_out "the second Dovecot does not listen"
wait_for test -S "$mta/queue/private/dovecot-lmtp" || bail_out "the third Dovecot does not listen"

# ---- turns

contains "explain: the port is lmtp's own" "$(ctl explain good@mailboxes.example)" \
	"lmtp:[$world_net.11],[$world_net.12]"
quietly send --count 6 --to good@mailboxes.example
ok "all messages are there" wait_for dovecots_have 6 good first second
is "half of them with each" "$(dovecot_count first good) $(dovecot_count second good)" "3 3"
is "and the log's port is the host's" "$(wait_for log_is_read && ctl --json hosts |
	jq -c '[.hosts[] | select(.port == 24) | .delivered]')" "[3,3]"

# ---- a result of each recipient

quietly send --to good@mailboxes.example --to full@mailboxes.example --to broken@mailboxes.example
ok "a good recipient among bad ones has its mail" wait_for dovecots_have 7 good first second
ok "the others wait" wait_for mta_log_has 'to=<full@.*status=deferred .*said: 452 4\.2\.2 .*in reply to end of DATA'
ok "each by itself" wait_for mta_log_has 'to=<broken@.*status=deferred .*said: 451 4\.2\.0 .*in reply to end of DATA'
wait_for log_is_read
is "no host is to blame" "$(ctl --json hosts | jq -c '[.hosts[] | select(.port == 24) | [.state, .failures]] | unique')" \
	'[["up",0]]'
mta_forget

# ---- one of the two dies

process_stop first
quietly send --count 2 --to good@mailboxes.example
ok "one Dovecot dies: the other has the mail" wait_for dovecots_have 9 good first second
ok "and the dead one is deferred" wait_for was_deferred 11 connection_refused
wait_for mta_queue_is_empty
is "in one attempt each" "$(count_lines "$mta_log" "to=<good@.*relay=$world_net\.12.*status=sent")" \
	"$(dovecot_count second good)"
is "nothing was put off" "$(count_lines "$mta_log" 'to=<good@.*status=deferred')" 0

# ---- a Unix socket

own() { # [FILTER]
	ctl --json hosts 2>/dev/null | jq -c ".hosts[] | select(.host == \"$SOCKET\") | $1"
}
quietly send --to good@own.example
ok "by a Unix socket" wait_for dovecots_have 1 good third
wait_for log_is_read
is "its delivery is seen" "$(own '[.port, .state, .delivered]')" '[0,"up",1]'
contains "the same in the metrics" \
	"$(curl -s --unix-socket "$daemon/control.sock" http://localhost/metrics)" "nexthop_host_state{host=\"$SOCKET\",state=\"up\"} 1"
contains "milterctl drain" "$(ctl drain "$SOCKET" 2>/dev/null)" "$SOCKET"
is "it is drained" "$(own .state)" '"drained"'
quietly curl -sf -X POST --unix-socket "$daemon/control.sock" \
	"http://localhost/v1/hosts/unix%3Aprivate%2Fdovecot-lmtp/enable"
is "and enabled by its path in a URL" "$(own .state)" '"up"'
process_stop third
quietly send --to good@own.example
is_deferred() {
	[ "$(own .state)" = '"deferred"' ]
}
ok "its Dovecot dies: it is deferred" wait_for is_deferred
is "and it is said why" "$(own .reason)" '"connection_refused"'
until=$(own .until)
daemon_kill
daemon_start
is "that holds through kill -9" "$(own '[.state, .until]')" "[\"deferred\",$until]"
contains "milterctl state has it" "$("$MILTERCTL_PROGRAM" state "$daemon/state")" "$SOCKET"

# ---- probes: LHLO, since a Dovecot does not know EHLO there

PROBE='backoff = 1; backoff_max = 1; probe = { interval = 1; };'
configure '' "$PROBE"
contains "a path relative to the queue directory is not probed" "$(ctl check "$daemon/routes.cfg" 2>&1)" \
	"host $SOCKET: its path is relative to Postfix's queue directory, so it is not probed"
configure "$mta/queue/" "$PROBE"
SOCKET=unix:$mta/queue/private/dovecot-lmtp
daemon_reload
quietly ctl reset "$world_net.11"
# A second later it may be on trial.
ok "a probe finds that nobody listens on a Unix socket, and says so" \
	wait_for daemon_has_said "host=$SOCKET up->deferred reason=connection_refused "
ok "nor on port 24" wait_for daemon_has_said "host=$world_net\.11:24 up->deferred reason=connection_refused "
dovecot_start first
dovecot_start third
is_up() {
	[ "$(own .state)" = '"up"' ]
}
ok "and that somebody does" wait_for is_up
ok "the same on port 24" wait_for health_is 11 up

# ---- beside it there is nothing

quietly send --to good@list.example
ok "Postfix takes a list behind unix: for one path" wait_for mta_log_has \
	"connect to mx\.example\[private/nobody,\[$world_net\.12\]:24\]: No such file or directory"
is "and tries no other host" "$(count_lines "$mta_log" 'to=<good@list.*status=sent')" 0

daemon_end
tap_done
