#!/bin/bash
# daemon_map: the map, its keys and answers, and clients that are many, slow, deaf or mad
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

PATH=$PATH:/usr/sbin
world_open
daemon_make
map=$daemon/map.sock
many=$(for i in $(seq 64); do
	printf '{ host = "mx%d.a-rather-long-name-for-a-host.example.com"; },' "$i"
done)
write_routes() { # MAP [MORE ROUTES [MORE SETTINGS...]]
	local socket=$1 more=${2:-}
	shift $(($# < 2 ? $# : 2))
	daemon_routes "map_socket = \"$socket\";" 'recipient_delimiter = "+";' "$@" <<-END
		pools = { one = { hosts = ( { host = "192.0.2.1"; } ); };
			two = { hosts = ( { host = "192.0.2.21"; port = 2525; }, { host = "192.0.2.22"; priority = 1; } ); };
			many = { hosts = ( ${many%,} ); }; };
		routes = ( { match = [ "example.com", "bücher.example" ]; pool = "one"; },
			{ match = ".example.com"; pool = "two"; },
			{ match = "ceo@example.com"; pool = "two"; },
			{ match = "ceo+x@example.com"; action = "discard"; },
			{ match = "\"odd name\"@example.com"; pool = "two"; },
			{ match = "\"a\\\\\"b\"@example.com"; pool = "two"; },
			{ match = "many.example"; pool = "many"; },
			{ match = "plain.example.com"; action = "dns"; },
			{ match = "old.example.net"; action = "discard"; },
			{ match = "gone.example.net"; action = "reject"; text = "5.1.2 moved away"; },
			{ match = "closed.example.net"; action = "reject"; },
			{ match = "later.example.net"; action = "defer"; },
			{ match = "full.example.net"; action = "defer"; code = 452; text = "4.2.2 mailbox full"; } $more );
	END
}
client() { # [OPTION...] REQUEST...
	timeout "$WAIT_LIMIT" python3 "$srcdir/test/lib/socketmap.py" "$@" 2>&1
}
client_start() { # NAME [OPTION...] REQUEST...
	local name=$1
	shift
	process_start "$name" python3 "$srcdir/test/lib/socketmap.py" "$@"
}
counted() { # MEMBER
	ctl --json status | jq ".map.$1"
}
has_counted() { # MEMBER NUMBER
	[ "$(counted "$1")" = "$2" ]
}
one="OK smtp:[192.0.2.1]"
two="OK smtp:[192.0.2.21]:2525,[192.0.2.22]"

# answers MAP: standard input has lines of KEY|REPLY.
answers() {
	local map_name=$1 key wanted
	while IFS='|' read -r key wanted; do
		# With the blank after it, which no line of a source may end with.
		[ "$wanted" != NOTFOUND ] || wanted="NOTFOUND "
		is "$map_name: $key" "$(client "$map" "$map_name $key")" "$wanted"
	done
}

write_routes "unix:$map"
daemon_start

# ---- Postfix's keys

answers transport <<END
user@example.com|$one
User@Example.COM|$one
user@example.com.|$one
user+ext@example.com|$one
ceo@example.com|$two
ceo+ext@example.com|$two
ceo+x@example.com|OK discard:
"odd name"@example.com|$two
odd name@example.com|$two
"a\\\\"b"@example.com|$two
a"b@example.com|$two
other"one@example.com|$one
"a@b"@example.com|$one
a@b@example.com|$one
""@example.com|$one
user@sub.example.com|$two
user@deep.sub.example.com|$two
user@bücher.example|$one
user@xn--bcher-kva.example|$one
example.com|$one
sub.example.com|$two
.example.com|$two
.com|NOTFOUND
user@plain.example.com|OK :
plain.example.com|OK :
user@old.example.net|OK discard:
user@gone.example.net|OK error:5.1.2 moved away
user@closed.example.net|OK error:5.7.1 $(ctl --json routes closed.example.net | jq -r '.routes[0].reply' | cut -d ' ' -f 3-)
user@later.example.net|OK retry:4.7.1 $(ctl --json routes later.example.net | jq -r '.routes[0].reply' | cut -d ' ' -f 3-)
user@full.example.net|OK retry:4.2.2 mailbox full
user@nowhere.example|NOTFOUND
sender@client.example|NOTFOUND
nobody|NOTFOUND
*|NOTFOUND
user@|NOTFOUND
@|NOTFOUND
<user@example.com>|NOTFOUND
user@example.com\\0.example.org|NOTFOUND
user@exa\\nmple.com|NOTFOUND
$(printf 'x%.0s' $(seq 400))@example.com|$one
"$(printf 'x%.0s' $(seq 400))@x"@example.com|$one
u@$(printf 'x%.0s' $(seq 400)).sub.example.com|$two
$(printf 'x%.0s' $(seq 400))|NOTFOUND
END
is "64 hosts of a long name" "$(client "$map" "transport user@many.example" | tr ',' '\n' | grep -c '^\(OK smtp:\)\?\[mx.*\]$')" 64
is "no answer advances the rotation" "$(client --repeat 10 "$map" "transport user@many.example" | sort -u | wc -l)" 1

# ---- no request

refused_since=$SECONDS
before=$(counted refused)
contains "no such map" "$(client "$map" "virtual user@example.com")" "PERM "
is "Sendmail's maps: mail waits" "$(client "$map" "nexthop one.0")" 'TEMP routes.cfg has mta = "postfix"'
contains "no key" "$(client "$map" "transport")" "PERM "
contains "nothing" "$(client "$map" "")" "PERM "
is "an empty key" "$(client "$map" "transport ")" "NOTFOUND "
is "these are refused" $(($(counted refused) - before)) 4
while IFS='|' read -r what text; do
	is "$what: only that connection is closed" "$(client --raw="$text" "$map" | sed 's/ after .*//')" closed
done <<'END'
no length|transport *
HTTP|GET / HTTP/1.1\r\nHost: x\r\n\r\n
a leading zero|011:transport *,
no comma|11:transport *;
octets|\x00\xff\x80
a length that is none|-1:x,
one octet too long|4097:
a length of 30 digits|999999999999999999999999999999:
END
is "what came before is answered" "$(client --raw '26:transport user@example.com,nonsense' "$map" | sed 's/ after .*//')" \
	"$one
closed"
is "4096 octets are taken" "$(client "$map" "transport $(printf 'x%.0s' $(seq 4086))")" "NOTFOUND "
is "these count as refused" $(($(counted refused) - before)) 13
daemon_rarely "they are told of once in a while" 'warning: map: .*not a netstring' 10 "$refused_since"
ok "too long: the log says so" daemon_has_said 'warning: map: a client was dropped: it sent a request that is too long'

# ---- many requests, many clients

is "1000 requests before the first answer" "$(client --repeat 500 "$map" "transport user@example.com" "transport user@nowhere.example" |
	uniq -c | sed 's/^ *//' | sort | uniq -c | sed 's/^ *//' | tr '\n' ';')" "500 1 NOTFOUND ;500 1 $one;"
is "one octet at a time" "$(client --octets --repeat 3 "$map" "transport user@example.com" "transport sub.example.com" | tr '\n' ';')" \
	"$one;$two;$one;$two;$one;$two;"
is "20 clients at once, 100 requests each" "$(client --clients 20 --repeat 100 "$map" "transport user@example.com" | sed 's/ | /\n/g' |
	sed '1s/ .*//' | sort | uniq -c | sed 's/^ *//' | tr '\n' ';')" "1 20;99 $one;"
is "closed behind the last request: all are answered" \
	"$(client --half --repeat 1000 "$map" "transport user@many.example" | cut -c 1-8 | sort | uniq -c | sed 's/^ *//' | tr '\n' ';')" \
	"1000 OK smtp:;1 closed;"
ok "all have gone" wait_for has_counted clients 0
ok "requests are found, not found or refused" test "$(counted requests)" = "$(ctl --json status | jq '.map | .found + .not_found + .refused')"
contains "milterctl status" "$(ctl status)" "map          unix:$map, 0 clients, "

# ---- the log

ok "an answer is a line of debug" daemon_has_said 'debug: map=transport key=user@sub\.example\.com reply="OK smtp:\[192\.0\.2\.21\]:2525,\[192\.0\.2\.22\]"$'
ok "control characters are masked" daemon_has_said 'debug: map=transport key=user@exa\?mple\.com reply="NOTFOUND "$'
lacks "at no other level" "$(daemon_said | grep -v ' debug: ')" map=

# ---- who holds up nobody

cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(daemon_pid)/stat"
}
before=$(cpu_ticks)
client_start begun --raw "26:transport user@" "$map"
client_start drip --raw "1000:transport " --drip 0.5 "$map"
client_start deaf --deaf "$map" "transport user@many.example"
client_start idle --again "$world/again" "$map" "transport user@example.com"
ok "four slow clients are there" wait_for has_counted clients 4
ok "one of them asks and asks" wait_for line_is_in "$world/deaf.log" '^asking'
is "others are answered meanwhile" "$(client --wait 5 --repeat 200 "$map" "transport user@example.com" | uniq -c | sed 's/^ *//')" "200 $one"
for name in begun drip deaf; do
	ok "$name: it is dropped" process_wait $name
	seconds=$(sed -n 's/^closed after \([0-9]*\) s$/\1/p' "$world/$name.log")
	within "$name: after 10 s" "${seconds:-0}" 10 25
done
within "they cost next to no time of the processor" $(($(cpu_ticks) - before)) 0 $(($(getconf CLK_TCK) * 5))
ok "begun: the log says so" daemon_has_said 'warning: map: a client was dropped: a request that was begun was not completed'
ok "deaf: the log says so" daemon_has_said 'warning: map: a client was dropped: it does not read its replies'
: >"$world/again"
ok "idle: it is answered again" process_wait idle
is "idle: both times" "$(cat "$world/idle.log")" "$one
$one"

# ---- more clients than there may be

is "the 1001st comes: the one idle longest goes" "$(client --fill 1001 "$map" "transport user@example.com")" "closed: 1
the last: $one"
ok "the log says so" daemon_has_said 'warning: map: clients=1000 is as many as there may be'
is "afterwards" "$(client "$map" "transport user@example.com")" "$one"

# ---- an independent client

if command -v postmap >/dev/null; then
	mkdir "$world/config"
	echo "compatibility_level = 3.6" >"$world/config/main.cf"
	table() { # MAP KEY
		postmap -c "$world/config" -q "$2" "socketmap:unix:$map:$1" 2>&1
	}
	is "postmap: a pool" "$(table transport user@example.com)" "${one#OK }"
	is "postmap: quotes" "$(table transport '"odd name"@example.com')" "${two#OK }"
	is "postmap: dns" "$(table transport user@plain.example.com)" ":"
	is "postmap: reject" "$(table transport user@gone.example.net)" "error:5.1.2 moved away"
	is "postmap: nothing" "$(table transport user@nowhere.example)" ""
	contains "postmap: no such map" "$(table virtual user@example.com)" "socketmap server permanent error: "
	printf '%s\n' user@example.com user@nowhere.example sub.example.com >"$world/keys"
	is "postmap: keys in one connection" "$(postmap -c "$world/config" -q - "socketmap:unix:$map:transport" <"$world/keys" | cut -f 2 | tr '\n' ';')" \
		"${one#OK };${two#OK };"
else
	note "no postmap"
fi

# ---- ALL, and a reload

write_routes "unix:$map" ', { match = "ALL"; pool = "one"; }'
daemon_reload
answers transport <<END
*|$one
user@nowhere.example|$one
user@plain.example.com|OK :
user@example.com\\0.example.org|$one
|NOTFOUND
END
write_routes "unix:$daemon/other.sock"
contains "another socket: a reload says so" "$(ctl reload 2>&1)" \
	"warning: map_socket has changed: it takes effect at the next start"
is "another socket: the first one is served" "$(client "$map" "transport user@example.com")" "$one"
is "another socket: status has the first one" "$(ctl --json status | jq -r .sockets.map)" "unix:$map"
client_start idle --again "$world/later" "$map" "transport user@example.com"
ok "a stop with a client" wait_for has_counted clients 1
daemon_stop
ok "a stop removes the socket" not test -e "$map" -o -e "$daemon/other.sock"
: >"$world/later"
ok "a stop closes connections" not process_wait idle

# ---- TCP, and none

map=$world_net.4:10027
write_routes "inet:10027@$world_net.4"
daemon_start
is "TCP" "$(client --repeat 2 "$map" "transport user@example.com" "transport user@nowhere.example" | tr '\n' ';')" "$one;NOTFOUND ;$one;NOTFOUND ;"
is "TCP: one octet at a time" "$(client --octets "$map" "transport user@example.com")" "$one"
is "TCP: 1000 requests" "$(client --half --repeat 1000 "$map" "transport user@many.example" | cut -c 1-8 | sort | uniq -c | sed 's/^ *//' | tr '\n' ';')" \
	"1000 OK smtp:;1 closed;"
ok "TCP: on no other address" not port_is_open "$world_net.5" 10027
sed "s,$daemon/\(.*\)\.sock,$daemon/\1_free.sock,; s,$daemon/state,$daemon/free," "$daemon/routes.cfg" >"$daemon/second.cfg"
contains "TCP, in use: it says why" "$("$DAEMON_PROGRAM" -c "$daemon/second.cfg" 2>&1)" \
	"second.cfg:5: map_socket: inet:10027@$world_net.4: another process listens on it"
daemon_stop
daemon_routes <<<'pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; }; routes = ( { match = "ALL"; pool = "a"; } );'
daemon_start
is "no map_socket: there is none" "$(ctl --json status | jq -c '[.sockets.map, .map.clients]')" "[null,0]"
ok "no map_socket: status says so" line_is_in <(ctl status) '^map          none: map_socket is not set$'
daemon_stop

# ---- no descriptors

# Enough for the daemon itself.
map=$daemon/map.sock
write_routes "unix:$map"
daemon_mark=$(wc -l <"$daemon_log")
process_start daemon prlimit --nofile=64:64 "$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
wait_for daemon_has_begun
is "64 descriptors, 100 clients: each is answered" "$(client --turn 100 "$map" "transport user@example.com")" "answered: 100"
ok "64 descriptors, 100 clients: the log says so" daemon_has_said 'warning: map: cannot accept a connection: Too many open files'
is "64 descriptors, 100 clients: afterwards" "$(client "$map" "transport user@example.com")" "$one"

daemon_end
tap_done
