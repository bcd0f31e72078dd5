#!/bin/bash
# daemon_http: HTTP as clients should not speak it, while mail flows
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
daemon_routes "status_listen = \"inet:8080@$world_net.4\";" \
	'status_hosts = [ "mx1.example.com", "mx2.example.com" ];' <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; }, { match = "example.org"; action = "dns"; } );
END
daemon_start
tcp=$world_net.4:8080
control=$daemon/control.sock
lua_start mail until "to=a@example.com" "stop=$world/stop" per=5 pause=0.05
wait_for line_is_in "$world/mail.log" '^nexthop' || bail_out "no mail flows"

raw() {
	python3 "$srcdir/test/lib/raw.py" "$@"
}
# The status lines of what comes back, without their words.
statuses() {
	raw "$@" | tr -d '\r\0' | grep -aoE '^HTTP/1\.[01] [0-9]{3}' | cut -d ' ' -f 2 | tr '\n' ' '
}
# request METHOD TARGET [HEADER...]
request() {
	local text="$1 $2 HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n"
	shift 2
	[ $# = 0 ] || text="$text$(printf '%s\\r\\n' "$@")"
	printf '%s' "$text\\r\\n"
}

# lives WHAT: so it does, and answers.
lives() {
	is "$1: the daemon lives" "$(curl -sS -m 20 "http://$tcp/healthz" | jq .ok)" true
}

# ---- what may be asked

for path in /healthz /v1/status /v1/pools /v1/hosts /v1/rules /v1/events; do
	is "GET $path, TCP" "$(curl -sS "http://$tcp$path" | jq -r type) $(statuses "$tcp" "$(request GET "$path")")" "object 200 "
	is "GET $path, control socket" "$(statuses "$control" "$(request GET "$path")")" "200 "
	is "POST $path" "$(statuses "$control" "$(request POST "$path" 'Content-Length: 0')")" "405 "
done
is "GET /metrics, TCP" "$(statuses "$tcp" "$(request GET /metrics)")" "200 "
is "GET /metrics, control socket" "$(statuses "$control" "$(request GET /metrics)")" "200 "
is "POST /metrics" "$(statuses "$control" "$(request POST /metrics 'Content-Length: 0')")" "405 "
# What computes, or is long, is not for everybody.
for path in /v1/routes '/v1/simulate?recipient=u@example.com&count=10'; do
	is "GET $path, TCP" "$(curl -sS "http://$tcp$path") $(statuses "$tcp" "$(request GET "$path")")" \
		'{"error":"this is for the control socket only"} 403 '
	is "GET $path, control socket" "$(statuses "$control" "$(request GET "$path")")" "200 "
	is "POST $path" "$(statuses "$control" "$(request POST "$path" 'Content-Length: 0')")" "405 "
done
for method in GET POST; do
	is "$method /v1/explain, TCP" "$(statuses "$tcp" "$(request "$method" '/v1/explain?recipient=u@example.com' 'Content-Length: 0')")" "403 "
done
form='recipient=u@example.com&header=Subject:%20x'
is "POST /v1/explain, control socket: a form" \
	"$(statuses "$control" "$(request POST /v1/explain "Content-Length: ${#form}")$form")" "200 "
is "the type of an answer" "$(curl -sS -o /dev/null -w '%{content_type}' "http://$tcp/v1/status")" application/json
is "an answer is not kept by anybody" "$(curl -sS -D - -o /dev/null "http://$tcp/v1/status" | grep -ci '^cache-control: no-store')" 1

# ---- TCP is for reading only

for path in /v1/reload /v1/hosts/192.0.2.1/drain /v1/hosts/192.0.2.1:25/enable; do
	is "POST $path, TCP" "$(statuses "$tcp" "$(request POST "$path" 'Content-Length: 0')")" "405 "
	is "GET $path, TCP" "$(statuses "$tcp" "$(request GET "$path")")" "405 "
	is "GET $path, control socket" "$(statuses "$control" "$(request GET "$path")")" "405 "
	for header in 'X-HTTP-Method-Override: POST' 'X-Method-Override: POST'; do
		is "GET $path, TCP, $header" "$(statuses "$tcp" "$(request GET "$path" "$header")")" "405 "
	done
done
for method in PUT DELETE OPTIONS TRACE CONNECT PATCH; do
	for where in "$tcp" "$control"; do
		is "$method, ${where##*/}" "$(statuses --wait 1 "$where" "$(request "$method" /v1/hosts/192.0.2.1/drain 'Content-Length: 0')")" "405 "
	done
done
is "a method that is none" "$(statuses "$tcp" "$(request FROBNICATE /v1/status)")" "501 "
is "OPTIONS *" "$(statuses "$tcp" "$(request OPTIONS '*')")" "405 "
is "CONNECT to somewhere" "$(statuses --wait 1 "$tcp" "$(request CONNECT 192.0.2.1:25)")" "405 "
is "nobody was drained and nothing reloaded" \
	"$(ctl --json hosts | jq -c '[.hosts[].state] | unique') $(ctl --json status | jq .reload.count)" '["up"] 0'

# ---- HEAD

is "HEAD: the status" "$(curl -sS -I -o /dev/null -w '%{http_code}' "http://$tcp/v1/status")" 200
length=$(curl -sS "http://$tcp/healthz" | wc -c)
is "HEAD: the length that GET has" "$(curl -sS -I "http://$tcp/healthz" | tr -d '\r' | sed -n 's/^Content-Length: //p')" "$length"
is "HEAD: no body" "$(raw "$tcp" "$(request HEAD /healthz)" | tr -d '\r' | sed '1,/^$/d')" ""
is "HEAD: no body of an error" "$(raw "$tcp" "$(request HEAD /nothing)" | tr -d '\r' | sed '1,/^$/d')" ""

# ---- paths and parameters

row() { # STATUS METHOD TARGET
	is "$2 $3" "$(statuses "$control" "$(request "$2" "$3" 'Content-Length: 0')")" "$1 "
}
while read -r status method target; do
	row "$status" "$method" "$target"
done <<'END'
200 GET /
404 GET /index.html
404 GET /page.js/
404 GET /nothing
404 GET /v1
404 GET /v1/
404 GET /v1/status/
404 GET //v1/status
404 GET /v1/STATUS
404 GET /v1/%73tatus
404 GET /v1/../v1/status
404 GET /v1/hosts/
404 GET /v1/hosts/192.0.2.1
404 POST /v1/hosts//drain
404 POST /v1/hosts/192.0.2.1/
404 POST /v1/hosts/192.0.2.1/drain/
404 POST /v1/hosts/192.0.2.1/forget
404 POST /v1/hosts/192.0.2.9/drain
404 POST /v1/hosts/192.0.2.1:26/drain
404 POST /v1/hosts/192.0.2.1%2Fx/drain
400 POST /v1/hosts/192.0.2.1:0/drain
400 POST /v1/hosts/192.0.2.1:x/drain
400 POST /v1/hosts/%/drain?for=soon
400 POST /v1/hosts/192.0.2.1%00x/drain
400 POST /v1/hosts/%00/drain
400 POST /v1/hosts/192.0.2.1/drain?for=never
400 POST /v1/hosts/192.0.2.1/drain?for=-1
400 POST /v1/hosts/192.0.2.1/drain?for=99999999999999999999
400 GET /v1/explain
400 GET /v1/explain?recipient=
400 GET /v1/explain?recipient
400 GET /v1/explain?=
400 GET /v1/explain?recipient=a%00b@example.com
200 GET /v1/explain?recipient=%zz%%%1
200 GET /v1/explain?recipient=%ff%fe%0a@%c3%28
200 GET /v1/explain?recipient=u@example.com&recipient=v@example.org
400 GET /v1/simulate?recipient=u@example.com&count=0
400 GET /v1/simulate?recipient=u@example.com&count=100001
400 GET /v1/simulate?recipient=u@example.com&count=1e3
400 GET /v1/simulate?count=3
400 GET /v1/routes?limit=0
400 GET /v1/routes?limit=10001
400 GET /v1/routes?from=-1
400 GET /v1/routes?from=99999999999
200 GET /v1/routes?from=2147483647
200 GET /v1/routes?limit=1&match=example
400 GET /v1/events?since=x
400 GET /v1/events?since=-1
400 GET /v1/events?since=9223372036854775807
200 GET /v1/events?since=999999999999999
403 GET http://elsewhere.example/healthz
200 GET http://localhost/healthz
END
is "an error is JSON, too" "$(raw "$tcp" "$(request GET /nothing)" | tr -d '\r' | sed '1,/^$/d')" '{"error":"no such path"}'
is "nobody was drained by that" "$(ctl --json hosts | jq -c '[.hosts[].state] | unique')" '["up"]'
on_control() {
	curl -sS --unix-socket "$control" "http://localhost$1"
}
is "a page of routes says where to go on" "$(on_control '/v1/routes?limit=1' | jq -c '[(.routes | length), .next]')" '[1,1]'
is "the last page says so" "$(on_control '/v1/routes?limit=1&from=1' | jq -c '[(.routes | length), .next]')" '[1,null]'

# ---- pages of other sites, and names of others that are made to point to us

while read -r status host origin; do
	is "Host: $host${origin:+, Origin: $origin}" "$(curl -sS -o /dev/null -w '%{http_code}' -H "Host: $host" \
		${origin:+-H "Origin: $origin"} "http://$tcp/healthz")" "$status"
done <<END
200 $tcp
200 $world_net.4
200 127.0.0.1:8080
200 [::1]:8080
200 [2001:db8::1]
200 localhost
200 LocalHost:8080
200 localhost.:8080
200 $(hostname)
200 $(hostname):8080
200 $(hostname | cut -d . -f 1)
200 mx1.example.com:8080
200 MX2.Example.com
403 evil.example
403 evil.example:8080
403 localhost.evil.example
403 127.0.0.1.evil.example
403 mx1.example.com.evil.example
403 mx3.example.com
403 [::1
403 127.1
403 2130706433
200 $tcp http://$tcp
200 mx1.example.com:8080 https://mx1.example.com:8080
403 $tcp http://evil.example
403 $tcp http://$world_net.4
403 $tcp null
403 evil.example http://evil.example
END
is "without a Host" "$(statuses "$tcp" 'GET /healthz HTTP/1.0\r\n\r\n')" "200 "
is "a host in the request line" "$(statuses "$tcp" "$(request GET http://evil.example/healthz)")" "403 "
is "a page of another site may not read it" "$(curl -sS -D - -o /dev/null -H 'Origin: http://evil.example' "http://$tcp/healthz" | grep -ci '^access-control')" 0
contains "the refusal says how to allow it" "$(curl -sS -H 'Host: evil.example' "http://$tcp/healthz")" "status_hosts"
is "the control socket answers to any name of one label" "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$control" http://daemon/healthz)" 200
is "but to no other name: ssh -L has made it a port of somebody's machine" \
	"$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$control" http://evil.example/healthz)" 403

# ---- too much

x=$(printf 'x%.0s' $(seq 20000))
is "a header of 20000 octets" "$(statuses "$tcp" "$(request GET /healthz "X: $x")")" "400 "
is "a line of 20000 octets" "$(statuses "$tcp" "$(request GET "/$x")")" "400 "
is "10000 headers" "$(statuses "$tcp" "GET /healthz HTTP/1.1\\r\\n$(printf 'X: y\\r\\n%.0s' $(seq 10000))\\r\\n")" "400 "
is "a body of 20000 octets" "$(statuses "$control" "$(request POST /v1/hosts/192.0.2.1/drain 'Content-Length: 20000')$x")" "413 "
is "the promise of a huge body" "$(statuses "$control" "$(request POST /v1/hosts/192.0.2.1/drain 'Content-Length: 99999999999')")" "413 "
is "a length that is none" "$(statuses "$control" "$(request POST /v1/hosts/192.0.2.1/drain 'Content-Length: -1')")" "400 "
is "endless octets without a line end" "$(statuses --repeat 200 "$tcp" "$x")" "400 "
lives "too much"
is "nobody was drained by that, either" "$(ctl --json hosts | jq -c '[.hosts[].state] | unique')" '["up"]'

# ---- what is no HTTP

for text in '\x00\xff\xfe\r\n\r\n' 'EHLO client.example\r\n' 'GET\r\n\r\n' 'GET /healthz\x00 HTTP/1.1\r\n\r\n' \
	'GET /healthz HTTP/9.9\r\n\r\n' '\r\n\r\n\r\n' 'GET /healthz HTTP/1.1\r\nno colon\r\n\r\n' \
	'GET /healthz HTTP/1.1\r\n folded\r\n\r\n' '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'; do
	raw --half --wait 10 "$tcp" "$text" >"$world/out"
	case "$(head -c 12 "$world/out" | tr -d '\0')" in
	"" | "HTTP/1.1 400" | "HTTP/1.0 400") pass "no HTTP: $text" ;;
	*) fail "no HTTP: $text: $(head -c 100 "$world/out" | tr -d '\0')" ;;
	esac
done
is "a body in chunks of no size" "$(statuses "$control" "$(request POST /v1/reload 'Transfer-Encoding: chunked')zz\\r\\n\\r\\n")" "413 "
lives "what is no HTTP"

# ---- connections

is "three requests at once on one connection" \
	"$(statuses "$tcp" "GET /healthz HTTP/1.1\\r\\n\\r\\nGET /nothing HTTP/1.1\\r\\n\\r\\n$(request GET /healthz)")" "200 404 200 "
is "HEAD, and another behind it" \
	"$(statuses "$tcp" "HEAD /healthz HTTP/1.1\\r\\n\\r\\n$(request GET /v1/status)")" "200 200 "
is "one octet at a time" "$(statuses --octets "$tcp" "$(request GET /v1/status)")" "200 "
is "one octet at a time, control socket" "$(statuses --octets "$control" "$(request GET /v1/status)")" "200 "
half='GET /v1/status HTTP/1.1\r\nHo'
raw --close "$tcp" "$half"
raw --close "$control" "$half"
raw --close "$tcp" "$(request GET /v1/hosts)"
raw --close "$control" "$(request POST /v1/reload 'Content-Length: 0')"
raw --close "$control" "$(request POST /v1/reload 'Content-Length: 100')"
for i in $(seq 20); do
	raw --close "$control" "$(request POST /v1/reload 'Content-Length: 0')"
done
lives "connections that break off"
is "200 connections at once" "$(raw --many 200 --wait 20 "$tcp" "$(request GET /v1/status)")" 200
is "200 connections at once, control socket" "$(raw --many 200 --wait 20 "$control" "$(request GET /v1/status)")" 200
# Those that say nothing keep nobody else from being answered.
process_start silent python3 "$srcdir/test/lib/raw.py" --many 200 --wait 600 "$tcp" "$half"
silent() {
	# Established, from the daemon's side.
	local port
	port=$(printf '%04X' 8080)
	[ "$(grep -ci ":$port [0-9A-F]*:[0-9A-F]* 01 " /proc/net/tcp)" -ge 200 ]
}
ok "200 connections that say nothing: they are there" wait_for silent
lives "200 connections that say nothing"
is "200 connections that say nothing: milterctl is answered" "$(ctl --json status | jq .pid)" "$(daemon_pid)"
process_stop silent

# ---- mail has flowed all the time

: >"$world/stop"
ok "mail: the script ends" process_wait mail
is "mail: it comes to its end" "$(tail -n 1 "$world/mail.log")" "done"
is "mail: every message has its next hop" "$(grep -cvE '^nexthop smtp:\[192|^done$' "$world/mail.log")" 0
note "$(grep -c '^nexthop' "$world/mail.log") messages"
is "no message failed" "$(ctl --json status | jq .messages.faults)" 0
daemon_end

# ---- no descriptor is left for those that come

is_answered() {
	[ -n "$(nexthops 1 u@example.com)" ]
}
mark=$(wc -l <"$daemon_log")
process_start daemon prlimit --nofile=64:64 "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
wait_for daemon_has_begun
# libmilter begins in a thread of its own, and wants descriptors for that.
ok "64 descriptors: the milter has begun" wait_for is_answered
process_start silent python3 "$srcdir/test/lib/raw.py" --many 100 --wait 600 "$control" "$half"
complains() {
	tail -n "+$((mark + 1))" "$daemon_log" | grep -q 'warning: http: cannot accept a connection: Too many open files'
}
ok "64 descriptors, 100 connections: the log says so" wait_for complains
ok "64 descriptors, 100 connections: once in a while" never_within 2 \
	eval '[ "$(tail -n "+$((mark + 1))" "$daemon_log" | wc -l)" -gt 20 ]'
process_stop silent
ok "64 descriptors, 100 connections: afterwards" wait_for quietly ctl status
daemon_end

# ---- nothing is done to a descriptor that was closed: by then it may be one of libmilter's

if strace -D -o /dev/null true 2>/dev/null && ! daemon_has asan && ! daemon_has tsan; then
	daemon_mark=$(wc -l <"$daemon_log")
	# With -D it is the daemon that is the child.
	process_start daemon strace -D -f -qq -e trace=epoll_ctl -o "$world/epoll" \
		"$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	wait_for daemon_has_begun
	# Those that evhttp itself refuses, and ends.
	for i in $(seq 20); do
		raw "$tcp" "$(request FROBNICATE /v1/status)" >/dev/null
		raw "$tcp" 'GET /healthz HTTP/1.1\r\nno colon\r\n\r\n' >/dev/null
		raw "$tcp" "$(request CONNECT 192.0.2.1:25)" >/dev/null
	done
	lives "connections that end, by strace"
	daemon_end
	is "no event of a descriptor that was closed" "$(grep -cE 'E(BADF|NOENT)' "$world/epoll")" 0
	ok "strace has seen events" test "$(grep -c EPOLL_CTL_DEL "$world/epoll")" -gt 20
fi
tap_done
