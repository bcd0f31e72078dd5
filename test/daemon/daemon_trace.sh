#!/bin/bash
# daemon_trace: what is told of a message, by a log that this test writes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
log=$world/mail.log
: >"$log"
daemon_routes "health = { log = \"$log\"; };" "status_listen = \"inet:8080@$world_net.4\";" <<'END'
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
daemon_start

# line PROGRAM PID TEXT: as Postfix writes it.
line() {
	printf '%s mx postfix/%s[%s]: %s\n' "$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')" "$1" "$2" "$3" >>"$log"
}
refused() { # ID HOST TEXT
	line smtp 71 "$1: host $2[$2] said: $3 (in reply to MAIL FROM command)"
}
result() { # ID HOST STATUS TEXT
	line smtp 71 "$1: to=<u@example.com>, relay=$2[$2]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.0.0, status=$3 ($4)"
}
trace() { # ID FILTER
	ctl --json trace "$1" 2>/dev/null | jq -r "$2"
}
trace_is() { # ID FILTER VALUE
	[ "$(trace "$1" "$2")" = "$3" ]
}

# ---- nothing is known

status=0
said=$(ctl trace 4AbC 2>&1) || status=$?
is "unknown: status 1" "$status" 1
contains "unknown: it says since when messages are known" "$said" \
	"no such message is known: known are those that were given a list of hosts since 20"
for id in '' "$(printf 'x%.0s' {1..64})"; do
	status=0
	ctl trace "$id" >"$world/out" 2>&1 || status=$?
	is "\"${id:0:3}\": no queue id" "$status" 2
done
status=0
MILTERCTL_SOCKET=$world/nobody "$MILTERCTL_PROGRAM" trace 4AbC >"$world/out" 2>&1 || status=$?
is "no daemon: status 3" "$status" 3
is "too long for the API" "$(curl -sS --unix-socket "$daemon/control.sock" -o "$world/out" -w '%{http_code}' \
	"http://x/v1/trace?queue_id=$(printf 'x%.0s' {1..64})")" 400
is "no queue id" "$(curl -sS --unix-socket "$daemon/control.sock" -o "$world/out" -w '%{http_code}' \
	http://x/v1/trace)" 400
is "unknown, by the API" "$(curl -sS --unix-socket "$daemon/control.sock" -o "$world/out" -w '%{http_code}' \
	'http://x/v1/trace?queue_id=4AbC')" 404
is "not for everybody" "$(curl -sS -o "$world/out" -w '%{http_code}' \
	"http://$world_net.4:8080/v1/trace?queue_id=4AbC")" 403

# ---- what the log says of a message that was given no list

refused 4AbC 192.0.2.1 '452 4.3.1 Insufficient system storage'
ok "refused by one: it waits for a host that is not known" wait_for trace_is 4AbC '.attempts[0].now.place' waits
is "refused by one: whose fault" "$(trace 4AbC '.attempts[0].words[0] | "\(.host) \(.port) \(.stage) \(.class) \(.reason)"')" \
	"192.0.2.1 25 mail host system_4.3"
result 4AbC 192.0.2.2 sent '250 2.0.0 Ok'
ok "the other takes it" wait_for trace_is 4AbC '.attempts[0].now | "\(.place) \(.at.host)"' "delivered 192.0.2.2"
is "it has not left the queue" "$(trace 4AbC '.attempts[0].left')" null
line qmgr 72 '4AbC: removed'
ok "it has left the queue" wait_for trace_is 4AbC '.attempts[0].left != null' true
is "no list: none is told" "$(trace 4AbC '.attempts[0] | "\(.pool) \(.chosen) \(.candidates | length)"')" "null null 0"
status=0
said=$(ctl trace 4AbC) || status=$?
is "known: status 0" "$status" 0
contains "for people: the host that refused" "$said" "192.0.2.1:25  mail   next host  the host's (system_4.3)"
contains "for people: what it said" "$said" "452 4.3.1 Insufficient system storage"
contains "for people: where it is" "$said" "now      delivered by 192.0.2.2:25 at 20"
lacks "for people: no choice that was not seen" "$said" "chosen   "
contains "for people: no list" "$said" "list     none: chosen before the daemon's start, or by no route"

# ---- by comparison

refused 4DeF 192.0.2.1 '451 4.7.1 Try again later'
ok "compared: nobody's so far" wait_for trace_is 4DeF '.attempts[0].words[0] | "\(.class) \(.compared)"' "compared false"
contains "compared: for people" "$(ctl trace 4DeF)" "nobody's so far"
result 4DeF 192.0.2.2 sent '250 2.0.0 Ok'
ok "compared: then it is the host's" wait_for trace_is 4DeF '.attempts[0].words[0] | "\(.class) \(.compared)"' "host true"
contains "compared: for people, why" "$(ctl trace 4DeF)" "the host's, another took it"

# ---- put off, and more words than there is room for

for i in 1 2 3 4 5 6; do
	refused 4GhI 192.0.2.1 "451 4.7.1 Not now $i"
	result 4GhI 192.0.2.2 deferred "host 192.0.2.2[192.0.2.2] said: 451 4.7.1 Not now $i (in reply to MAIL FROM command)"
done
ok "put off" wait_for trace_is 4GhI '.attempts[0] | "\(.now.place) \(.words | length) \(.earlier_words)"' "put_off 8 4"
contains "put off: for people" "$(ctl trace 4GhI)" "now      put off, since 20"
contains "put off: the words before" "$(ctl trace 4GhI)" "said     (4 more before)"

# ---- any octets

ctl trace "$(printf '\033[31m\xff\x9b')" >"$world/out" 2>&1
lacks "octets: none that a terminal obeys" "$(cat "$world/out")" $'\033'
refused 4JkL 192.0.2.1 "$(printf '451 4.7.1 \033[31mred')"
ok "octets: in a reply" wait_for trace_is 4JkL '.attempts[0].words[0].text' "451 4.7.1 ?[31mred"
lacks "octets: nor there" "$(ctl trace 4JkL)" $'\033'
daemon_end
tap_done
