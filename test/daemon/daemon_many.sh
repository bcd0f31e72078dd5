#!/bin/bash
# daemon_many: a million routes, and mail that does not wait for them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
# Sanitizers take ten times the memory.
MANY=1000000
if daemon_has asan || daemon_has tsan; then
	MANY=100000
fi
FEW=100000

# routes COUNT: one line each, the first on line 10.
routes() {
	daemon_settings
	echo 'pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); };'
	echo 'b = { hosts = ( { host = "192.0.2.3"; } ); }; };'
	echo 'routes = ('
	echo '{ match = "example.com"; pool = "a"; },'
	echo '{ match = "first.example"; action = "dns"; },'
	awk -v count="$1" 'BEGIN {
		for (i = 1; i <= count; i++)
			printf "{ match = \"%s%d.example.net\"; pool = \"b\"; },\n",
				i % 3 == 0 ? "." : i % 3 == 1 ? "u@" : "", i
	}'
	echo '{ match = "last.example"; pool = "b"; } );'
}
line_of_last() {
	echo "$daemon/routes.cfg:$(($(wc -l <"$daemon/routes.cfg")))"
}

# ---- -t

routes "$MANY" >"$daemon/many.cfg"
is "-t: $MANY routes are good" "$("$DAEMON_PROGRAM" -t --user "$(id -un)" -c "$daemon/many.cfg" 2>&1)" \
	"$daemon/many.cfg: good, as user $(id -un): 2 pools, $((MANY + 3)) routes, 0 rules"
# The same match as the first one, at the very end.
sed '$s/last\.example/first.example/' "$daemon/many.cfg" >"$daemon/twice.cfg"
status=0
said=$("$DAEMON_PROGRAM" -t -c "$daemon/twice.cfg" 2>&1) || status=$?
is "-t: a match that is there twice: status 1" "$status" 1
contains "-t: a match that is there twice: both lines" "$said" \
	"$daemon/twice.cfg:$(wc -l <"$daemon/twice.cfg"): "
contains "-t: a match that is there twice: both lines" "$said" "$daemon/twice.cfg:$(grep -nm 1 first.example "$daemon/many.cfg" | cut -d : -f 1)"
rm "$daemon/twice.cfg"

# ---- a daemon with 100,000

routes "$FEW" >"$daemon/routes.cfg"
daemon_start
is "$FEW routes: they are there" "$(ctl --json status | jq .routes)" $((FEW + 3))
is "$FEW routes: the last, with its line" \
	"$(ctl --json explain u@last.example | jq -r '[.match, .pool, .source] | join(" ")')" \
	"last.example b $(line_of_last)"
is "$FEW routes: one in the middle" "$(ctl --json explain "u@$((FEW - FEW % 3 - 1)).example.net" | jq -r .match)" \
	"$((FEW - FEW % 3 - 1)).example.net"
is "$FEW routes: an address of none" "$(ctl --json explain u@nowhere.example | jq -r .action)" none
is "$FEW routes: those that contain a word" "$(ctl --json routes last.ex | jq '.routes | length')" 1
is "$FEW routes: messages" "$(nexthops 2 a@example.com | sort | tr '\n' ' ')" \
	"smtp:[192.0.2.1],[192.0.2.2] smtp:[192.0.2.2],[192.0.2.1] "

# ---- a reload with a million, while mail flows

messages() {
	grep -c '^nexthop' "$world/mail.log" 2>/dev/null || :
}
has_sent() {
	[ "$(messages)" -ge "$1" ]
}
lua_start mail until "to=a@example.com" "stop=$world/stop" per=5 pause=0.01
wait_for has_sent 50 || bail_out "no mail flows"
mv "$daemon/many.cfg" "$daemon/routes.cfg"
ctl_start reload reload
# Whether it was at work still, is asked after each.
at_work=0
while
	before=$(messages)
	wait_for has_sent $((before + 20)) || break
	process_is_running reload
do
	at_work=$((at_work + 20))
	quietly ctl status || break
done
ok "a reload of $MANY routes: it ends" process_wait reload
is "a reload of $MANY routes: it is good" "$(cat "$world/reload.log")" reloaded
within "a reload of $MANY routes: messages and milterctl are answered while it is at work" "$at_work" 40 1000000
is "$MANY routes: they are there" "$(ctl --json status | jq .routes)" $((MANY + 3))
is "$MANY routes: the last, with its line" \
	"$(ctl --json explain u@last.example | jq -r '[.match, .pool, .source] | join(" ")')" \
	"last.example b $(line_of_last)"
before=$(messages)
ok "$MANY routes: mail flows" wait_for has_sent $((before + 20))
: >"$world/stop"
process_wait mail
is "a reload of $MANY routes: every message has its next hop" \
	"$(grep -cvE '^nexthop smtp:\[192\.0\.2\.[12]\],\[192\.0\.2\.[12]\]$|^done$' "$world/mail.log")" 0
is "a reload of $MANY routes: no message failed" "$(ctl --json status | jq .messages.faults)" 0
note "$at_work messages while the reload was at work, $(messages) in all"

daemon_end
tap_done
