#!/bin/bash
# daemon_page: the status page as it is served, and the stream that it lives of
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
log=$world/mail.log
: >"$log"
routes() { # RULES
	daemon_routes "status_listen = \"inet:8080@$world_net.4\";" 'status_hosts = "mx1.example.com";' \
		"health = { log = \"$log\"; failures = 3; backoff = \"10m\"; jitter = 0; };" <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; weight = 3; }, { host = "192.0.2.2"; } ); };
	b = { hosts = ( { host = "192.0.2.3"; } ); }; };
rules = ( $1 );
routes = ( { match = "a.example"; pool = "a"; }, { match = "b.example"; pool = "b"; },
	{ match = "joe@c.example"; hosts = ( { host = "192.0.2.4"; } ); } );
END
}
rule='{ name = "bulk"; when = { header = "Precedence: bulk"; }; pool = "b"; }'
routes "$rule"
daemon_start
tcp=$world_net.4:8080
control=$daemon/control.sock

# fetch SOCKET PATH [OPTION OF curl...]
fetch() {
	local where=("http://$1$2")
	[ "$1" != "$control" ] || where=(--unix-socket "$control" "http://localhost$2")
	shift 2
	curl -sS -m 20 "$@" "${where[@]}"
}
code() {
	fetch "$@" -o /dev/null -w '%{http_code}'
}
header() { # NAME SOCKET PATH
	fetch "$2" "$3" -o /dev/null -D - | tr -d '\r' | sed -n "s/^$1: //p"
}

# ---- the files

while read -r path type file; do
	for where in "$tcp" "$control"; do
		is "$path, ${where##*/}: as it is in the source" \
			"$(fetch "$where" "$path" | sha256sum)" "$(sha256sum <"$srcdir/milter/page/$file")"
		is "$path, ${where##*/}: its type" "$(header Content-Type "$where" "$path")" "$type; charset=utf-8"
	done
	is "$path: only by GET" "$(code "$tcp" "$path" -X POST -d '')" 404
	is "$path: HEAD" "$(fetch "$tcp" "$path" -I | tr -d '\r' | sed -n 's/^Content-Length: //p')" \
		"$(wc -c <"$srcdir/milter/page/$file")"
done <<'END'
/ text/html index.html
/page.css text/css page.css
/page.js text/javascript page.js
END
policy="default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
for path in / /v1/status /nothing; do
	is "$path: its policy" "$(header Content-Security-Policy "$tcp" "$path")" "$policy"
	is "$path: its type is its type" "$(header X-Content-Type-Options "$tcp" "$path")" nosniff
	is "$path: nobody learns of it" "$(header Referrer-Policy "$tcp" "$path")" no-referrer
	is "$path: no cookie, and nobody else may read it" \
		"$(fetch "$tcp" "$path" -o /dev/null -D - | grep -ciE '^(set-cookie|access-control)')" 0
done
is "no script or style in the page itself" \
	"$(grep -ciE '<script>|<style|style=| on[a-z]+=|javascript:' "$srcdir/milter/page/index.html")" 0
is "nothing from elsewhere" \
	"$(grep -hoE '(src|href|url)[=(]"?[a-z]+://[^"]*' "$srcdir"/milter/page/*)" ""
is "no text is put in as HTML" "$(grep -cE 'innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(' "$srcdir/milter/page/page.js")" 0

is "docs/postfix names the control socket that there is" "$(document_block docs/postfix 'The status page')" \
	"ssh -L 9797:$(sed -n 's/^\.It Pa \(.*control\.sock\)$/\1/p' "$srcdir/man/milterctl.1") gateway"

# ---- other origins, and names that are made to point to us

while read -r status where path name options; do
	# Words are to be split.
	# shellcheck disable=SC2086
	is "$status: $path, ${where##*/}, Host: $name $options" \
		"$(code "$where" "$path" -H "Host: $name" $(sed 's/\([A-Z][A-Za-z-]*\)=/-H \1:/g' <<<"$options") -m 1 2>/dev/null)" "$status"
done <<END
200 $tcp / $tcp
403 $tcp / evil.example
403 $tcp /page.js evil.example:8080
403 $tcp /v1/stream evil.example
403 $tcp /v1/stream $tcp Origin=http://evil.example
403 $tcp /v1/deferrals evil.example
200 $tcp / $tcp Sec-Fetch-Site=cross-site Sec-Fetch-Mode=navigate
403 $tcp /page.js $tcp Sec-Fetch-Site=cross-site Sec-Fetch-Mode=no-cors
403 $tcp /v1/stream $tcp Sec-Fetch-Site=same-site Sec-Fetch-Mode=cors
200 $tcp /v1/hosts $tcp Sec-Fetch-Site=same-origin Sec-Fetch-Mode=cors
200 $control / localhost:9797
200 $control / 127.0.0.1:9797
200 $control /v1/status daemon
200 $control / mx1.example.com
403 $control / evil.example:9797
403 $control /v1/stream evil.example:9797
403 $control /v1/explain?recipient=a@a.example evil.example
END
while read -r status options; do
	# shellcheck disable=SC2086
	is "$status: to enable a host, $options" "$(code "$control" /v1/hosts/192.0.2.1:25/enable -X POST -d '' \
		$(sed 's/\([A-Z][A-Za-z-]*\)=/-H \1:/g' <<<"$options"))" "$status"
done <<END
200
200 Host=localhost:9797 Origin=http://localhost:9797 Sec-Fetch-Site=same-origin
403 Host=localhost:9797 Origin=http://evil.example
403 Host=localhost:9797 Origin=http://localhost:3000
403 Host=localhost:9797 Origin=null
403 Host=localhost:9797 Sec-Fetch-Site=cross-site Sec-Fetch-Mode=navigate
403 Host=evil.example:9797 Origin=http://evil.example:9797
END
is "TCP changes nothing" "$(code "$tcp" /v1/hosts/192.0.2.1:25/drain -X POST -d '')" 405

# ---- the stream: what is so, and what happens

# follow NAME SOCKET [OPTION...]: in $world/NAME.
follow() {
	local name=$1 where=$2
	shift 2
	process_start "$name" python3 "$srcdir/test/lib/stream.py" "$@" "$where" "$world/$name"
}
stream_has() { # NAME PATTERN
	line_is_in "$world/$1" "$2"
}
# data NAME EVENT [FILTER]: of the last of them.
data() {
	sed -nE "s/^(#[0-9]+ )?$2 //p" "$world/$1" | tail -n 1 | jq -c "${3:-.}"
}
# A row of the last time that it came.
row() { # NAME KIND ROW FILTER
	sed -n "s/^$2 //p" "$world/$1" | jq -c ".[] | select(.row == $3)" | tail -n 1 | jq -c "$4"
}
row_is() { # NAME KIND ROW FILTER VALUE
	[ "$(row "$1" "$2" "$3" "$4")" = "$5" ]
}

follow one "$tcp"
follow mighty "$control"
ok "it begins" wait_for stream_has one '^deferrals '
ok "the control socket's, too" wait_for stream_has mighty '^deferrals '
is "TCP: nothing may be done" "$(data one hello '[.control, .verbs]')" '[false,[]]'
is "control socket: what may be done" "$(data mighty hello '[.control, (.verbs | index("drain") != null)]')" '[true,true]'
is "what there is" "$(data one hello '[.pools, .hosts, .rules]')" '[2,4,1]'
is "its condition" "$(data one status .condition.status)" '"ok"'
is "pools that are told of by their names" "$(data one pools '[.[].pool]')" '["a","b"]'
is "weights and hosts of a pool" "$(row one pools 0 '[.hosts[] | [.host, .weight]]')" '[[0,3],[1,1]]'
is "the host of a pool in place, without the address it is for" \
	"$(data one hosts '.[3].host') $(grep -c 'joe@' "$world/one")" '"192.0.2.4" 0'
is "a rule" "$(row one rules 0 '[.name, .hits]')" '["bulk",0]'
is "events of before have their ids" "$(grep -c '^#1 change ' "$world/one")" 1

quietly ctl drain 192.0.2.2 --reason "for a test"
ok "a drain: the event" wait_for stream_has one '^#[0-9]+ change .*"event":"drain","host":"192.0.2.2"'
ok "a drain: the host" wait_for row_is one hosts 1 '[.state, .text]' '["drained","for a test"]'
ok "a drain: the pool's shares" wait_for row_is one pools 0 '[.hosts[] | .effective > 0]' '[true,false]'
ok "a drain: the counts" wait_for stream_has one '^status .*"drained":1'
is "no row of another host comes with it" "$(data one hosts '[.[].row]')" '[1]'

# What a host replies: it is deferred for it, with words that are nobody's to obey.
evil='452 4.3.1 <script>alert(1)</script> full of mail for joe@c.example'
for i in 1 2 3; do
	printf 'Nov 30 12:00:0%s mx postfix/smtp[10%s]: %s: to=<joe@a.example>, relay=192.0.2.1[192.0.2.1]:25, delay=1, %s\n' \
		"$i" "$i" "4X00000${i}Zz" "delays=0/0/0/1, dsn=4.3.1, status=deferred (host 192.0.2.1[192.0.2.1] said: $evil (in reply to MAIL FROM command))"
done | sed "s/^Nov 30 12:00:0\(.\)/$(date '+%b %e %H:%M:%S')/" >>"$log"
ok "a sick host: the event" wait_for stream_has one '^#[0-9]+ change .*"event":"deferred","host":"192.0.2.1"'
ok "a sick host: the row, with how often it was down" wait_for row_is one hosts 0 '[.state, .outages, (.down_since != null)]' '["deferred",1,true]'
ok "a sick host: degraded" wait_for stream_has one '^status .*"status":"(degraded|failed)"'
ok "what was deferred, and why" wait_for stream_has one '^deferrals .*"deferred":3'
is "TCP: without addresses and queue ids" "$(data one deferrals '[.deferrals[] | [.host, .text, .queue_id]]')" \
	'[["192.0.2.1:25","452 4.3.1 <[address]>alert(1)<[address]> full of mail for [address]",null]]'
ok "control socket: the host's own words" wait_for stream_has mighty '^deferrals .*"deferred":3'
is "control socket: in full" "$(data mighty deferrals '.deferrals[0] | [.text, .queue_id]')" "[\"$evil\",\"4X000003Zz\"]"
is "no address by TCP at all" "$(grep -c '@' "$world/one")" 0
for path in /v1/hosts /v1/pools /v1/events /v1/deferrals /v1/status; do
	is "$path, TCP: no address in a reply" "$(fetch "$tcp" "$path" | jq '[.. | .text? // empty | strings | select(contains("@"))] | length')" 0
done
is "GET /v1/deferrals, control socket" "$(fetch "$control" /v1/deferrals | jq -c '.deferrals[0] | [.deferred, .passed_on, .queue_id]')" \
	'[3,0,"4X000003Zz"]'
is "one at a time, as they come" "$(grep -c '^#' "$world/one")" "$(grep '^#' "$world/one" | sort -u | wc -l)"

# ---- to go on where it was

last=$(data one change .id)
quietly ctl enable 192.0.2.2
follow more "$tcp" --since "$last"
ok "it goes on after that event" wait_for stream_has more '^#[0-9]+ change '
is "and has none of those before" "$(sed -nE 's/^#([0-9]+) .*/\1/p' "$world/more" | head -n 1)" $((last + 1))
is "since= does the same" "$(code "$tcp" "/v1/stream?since=x")" 400
is "it is no id" "$(code "$tcp" /v1/stream -H 'Last-Event-ID: x')" 400
is "not by POST" "$(code "$control" /v1/stream -X POST -d '')" 405
is "HEAD has no stream" "$(code "$tcp" /v1/stream -I)" 200
follow beyond "$tcp" --since 999999
ok "an id that is yet to come: all" wait_for stream_has beyond '^#1 change '

# ---- a reload brings all rows anew

routes "$rule, { name = \"more\"; when = { header = \"X: y\"; }; pool = \"a\"; }"
daemon_reload
ok "a reload: the new table" wait_for row_is one rules 1 .name '"more"'
is "a reload: said in front" "$(data one hello .rules)" 2

# ---- after a restart

for name in one mighty more beyond; do
	process_stop "$name" || :
done
follow last "$control"
ok "one is open" wait_for stream_has last '^deferrals '
daemon_stop
is "an open stream keeps no daemon from ending" "$?" 0
ok "it ends with it" wait_for stream_has last '^closed'
daemon_start
follow after "$tcp"
ok "events are there after a restart" wait_for stream_has after '^#[0-9]+ change .*"event":"deferred","host":"192.0.2.1"'

# ---- as many as there may be

follow asleep "$tcp" --asleep 40
ok "there may be 16 streams" wait_for stream_has asleep '^asleep 1[56]$'
is "the next one is told so" "$(code "$tcp" /v1/stream)" 503
contains "with a reason" "$(fetch "$tcp" /v1/stream)" "streams are open already"
is "all else is answered: the page" "$(code "$tcp" /)" 200
is "all else is answered: metrics" "$(code "$tcp" /metrics)" 200
is "all else is answered: milterctl" "$(ctl --json status | jq -r .mta)" postfix
follow beside "$control"
ok "the control socket has places of its own" wait_for stream_has beside '^deferrals '
process_stop asleep KILL || :
place_is_free() {
	rm -f "$world/free"
	python3 "$srcdir/test/lib/stream.py" --asleep 1 "$tcp" "$world/free" 2>/dev/null &
	local pid=$!
	wait_for_seconds 10 line_is_in "$world/free" '^asleep'
	kill "$pid"
	wait "$pid" 2>/dev/null
	line_is_in "$world/free" '^asleep 1$'
}
ok "who goes leaves a place" wait_for place_is_free

daemon_end
tap_done
