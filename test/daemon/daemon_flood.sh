#!/bin/bash
# daemon_flood: clients of every door that send without end and read nothing
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Each flood lasts NEXTHOP_TEST_FLOOD seconds [1].

. "${srcdir:-.}/test/lib/load.sh" || exit 99

FLOOD=${NEXTHOP_TEST_FLOOD:-1}
memory_is_measured
world_open
daemon_make
daemon_routes "status_listen = \"inet:8080@$world_net.4\";" "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; } );
END
daemon_start
tcp=$world_net.4:8080
control=$daemon/control.sock
map=$daemon/map.sock
roomy=1
! daemon_has asan && ! daemon_has tsan || roomy=4

# kB: in use now, and at most since peak_forget.
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$(daemon_pid)/status"
}
peak() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$(daemon_pid)/status"
}
peak_forget() {
	echo 5 >"/proc/$(daemon_pid)/clear_refs"
}

answers_http() {
	[ "$(curl -sS -m 20 "http://$tcp/healthz" | jq .ok)" = true ] &&
		[ "$(curl -sS -m 20 --unix-socket "$control" http://localhost/v1/status | jq .pid)" = "$(daemon_pid)" ]
}
answers_map() {
	[ "$(python3 "$srcdir/test/lib/socketmap.py" "$map" 'transport u@example.com' | cut -c 1-8)" = "OK smtp:" ]
}

# flood WHAT MB OPTION... SOCKET TEXT: with no more than that of memory more; the others are answered.
flood() {
	local what=$1 most=$(($2 * 1024 * roomy)) before grown
	shift 2
	peak_forget || bail_out "the peak of memory cannot be reset"
	before=$(resident)
	: >"$world/flood.log"
	process_start flood python3 "$srcdir/test/lib/flood.py" --seconds "$FLOOD" "$@"
	wait_for line_is_in "$world/flood.log" '^flooding' || bail_out "no flood"
	while process_is_running flood; do
		answers_http || fail "$what: HTTP is answered meanwhile"
		answers_map || fail "$what: the map answers meanwhile"
	done
	ok "$what: the client comes to its end" process_wait flood
	grown=$(($(peak) - before))
	within "$what: kB more than before" "$grown" -1000000 "$most"
	note "$what: $(tail -n 1 "$world/flood.log"), $grown kB more"
	ok "$what: HTTP is answered afterwards" answers_http
	ok "$what: the memory is given back" wait_for given_back $((before + 8192 * roomy))
}
given_back() {
	[ "$(resident)" -le "$1" ]
}

x=$(printf 'x%.0s' {1..1000})
get='GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
hosts='GET /v1/hosts HTTP/1.1\r\nHost: localhost\r\n\r\n'
form='POST /v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: '
chunked='POST /v1/explain HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
http() { # NAME SOCKET MB, of twenty
	flood "$1: requests" 16 "$2" "$get"
	flood "$1: requests with longer answers" 16 "$2" "$hosts"
	flood "$1: requests of 20 clients" "$3" --clients 20 "$2" "$get"
	flood "$1: a line without an end" 16 "$2" "$x"
	flood "$1: headers without an end" 16 --first 'GET / HTTP/1.1\r\n' "$2" "X: $x\\r\\n"
	flood "$1: a body in chunks without an end" 24 --first "$chunked" "$2" "3e8\\r\\n$x\\r\\n"
}
http status "$tcp" 16
http control "$control" 128
flood "control: forms of many parameters" 48 --first "${form}16000000\\r\\n\\r\\n" "$control" 'a=&'
flood "control: forms as long as may be" 48 --first "${form}4000000\\r\\n\\r\\n" "$control" 'a=&'
flood "map: requests" 16 "$map" '32:transport nobody@nowhere.example,'
flood "map: a length without an end" 16 "$map" '0'
flood "map: a long request" 16 --first '4000:' "$map" "$x"

# What the MTA says first.
negotiation='\x00\x00\x00\x0dO\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff'
sender='\x00\x00\x00\x0aMsender@x\x00'
flood "milter: negotiations" 16 "$daemon/milter.sock" "$negotiation"
flood "milter: recipients" 24 --first "$negotiation$sender" "$daemon/milter.sock" '\x00\x00\x00\x0fRu@example.com\x00'
flood "milter: packets without an end" 24 --first "$negotiation" "$daemon/milter.sock" "\\x00\\x00\\x03\\xe9L$x"
daemon_end
tap_done
