#!/bin/bash
# daemon_flush: what waits for a pool, by a log that this test writes, and an MTA's command that is none
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
log=$world/mail.log
: >"$log"
daemon_routes "health = { log = \"$log\"; backoff = 3600; backoff_max = 3600; };" \
	"status_listen = \"inet:8080@$world_net.4\";" <<'END'
pools = {
	a = { hosts = ( { host = "192.0.2.1"; } ); };
	b = { hosts = ( { host = "192.0.2.2"; } ); };
};
routes = ( { match = "ALL"; pool = "a"; }, { match = "b.example"; pool = "b"; } );
END
daemon_start

# A command that notes its arguments, and fails for the ids in $world/bad.
mkdir "$world/bin"
: >"$world/bad"
cat >"$world/bin/postqueue" <<END
#!/bin/sh
printf '[%s]' "\$@" >>"$world/run"
echo >>"$world/run"
for id; do :; done
if grep -qx "\$id" "$world/bad"; then
	printf 'first\nno \033[31mqueue\n' >&2
	exit 69
fi
[ ! -e "$world/then" ] || . "$world/then"
END
chmod +x "$world/bin/postqueue"

put_off() { # ID HOST
	printf '%s mx postfix/smtp[71]: %s: to=<u@example.com>, relay=%s[%s]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.0.0, status=deferred (host %s[%s] said: 451 4.7.1 Not now (in reply to MAIL FROM command))\n' \
		"$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')" "$1" "$2" "$2" "$2" "$2" >>"$log"
}
flush() { # POOL [OPTION...]
	: >"$world/run"
	status=0
	PATH=$world/bin:$PATH ctl flush "$@" >"$world/out" 2>"$world/err" || status=$?
}
get() { # PARAMETERS
	curl -sS --unix-socket "$daemon/control.sock" -o "$world/answer" -w '%{http_code}' "http://x/v1/waiting$1"
}
ids() { # POOL
	get "?pool=$1" >/dev/null && jq -r '[.messages[].queue_id] | join(" ")' "$world/answer"
}
ids_are() { # POOL IDS
	[ "$(ids "$1")" = "$2" ]
}

# ---- the API

for parameters in '' '?pool=' '?from=1' '?pool=a&from=-1' '?pool=a&from=x' '?pool=a&from=1x' '?pool=a&from=%201' \
	'?pool=a&from=99999999999999999999' '?pool=a&from=%00' '?pool=a%00x' "?pool=a&from=$(printf '9%.0s' {1..3000})"; do
	is "refused: ${parameters:0:40}" "$(get "$parameters")" 400
done
for pool in c A 'a%20' '..' '%ff%1b' "$(printf 'a%.0s' {1..5000})"; do
	is "no such pool: ${pool:0:20}" "$(get "?pool=$pool")" 404
done
is "the last page" "$(get '?pool=a&from=4611686018427387904') $(jq -c '[.messages, .next]' "$world/answer")" '200 [[],null]'
is "not by POST" "$(curl -sS --unix-socket "$daemon/control.sock" -o "$world/answer" -w '%{http_code}' -d pool=a http://x/v1/waiting)" 405
is "not for everybody" "$(curl -sS -o "$world/answer" -w '%{http_code}' "http://$world_net.4:8080/v1/waiting?pool=a")" 403
is "nothing waits" "$(get '?pool=a') $(jq -c '[.pool, .mta, .hosts, .usable, .messages, .next, .forgotten]' "$world/answer")" \
	'200 ["a","postfix",1,1,[],null,0]'

# ---- the command line

for rate in 0 -1 101 x 1.5 ''; do
	flush a --rate "$rate"
	is "no rate: \"$rate\"" "$status" 2
done
flush
is "no pool: status 2" "$status" 2
flush c
is "no such pool: status 1" "$status" 1
contains "no such pool: it says so" "$(cat "$world/err")" "there is no pool of that name"
flush a --sendmail-config /etc/mail/sendmail.cf
is "another MTA's configuration: status 2" "$status" 2
contains "another MTA's configuration: it says so" "$(cat "$world/err")" "the daemon serves Postfix"
status=0
MILTERCTL_SOCKET=$world/nobody "$MILTERCTL_PROGRAM" flush a >"$world/out" 2>&1 || status=$?
is "no daemon: status 3" "$status" 3

# ---- ids as a log may have them

for id in -f '4A;id' '4A$(id)' '../4A' '4A B' "$(printf 'A%.0s' {1..24})"; do
	put_off "$id" 192.0.2.1
done
put_off 4AbC 192.0.2.1
put_off 4DeF 192.0.2.2
put_off 4GhI 192.0.2.1
ok "those that may be an argument, the oldest first" wait_for ids_are a "4AbC 4GhI"
is "the other pool's" "$(ids b)" 4DeF
flush a --rate 100
is "each is an argument: status 0" "$status" 0
is "each is an argument" "$(cat "$world/run")" "[-i][4AbC]
[-i][4GhI]"
is "each is told" "$(cat "$world/out")" "4AbC  tried again
4GhI  tried again
2 of 2 tried again, 0 failed"
flush a --rate 100 --postfix-config '/etc/post fix;id'
is "another Postfix" "$(head -n 1 "$world/run")" "[-c][/etc/post fix;id][-i][4AbC]"
flush a --dry-run
is "dry run: nothing is run" "$(cat "$world/run")" ""
contains "dry run: what would be run" "$(cat "$world/out")" "would run: $world/bin/postqueue -i 4GhI"
flush a --json --dry-run
is "dry run, as JSON" "$(jq -c '[.pool, .mta, .dry_run, .waiting, .tried, .messages]' "$world/out")" \
	'["a","postfix",true,["4AbC","4GhI"],0,[]]'

status=0
unshare -m sh -c 'mount -t tmpfs none /usr/sbin && PATH=/nowhere exec "$@"' - \
	"$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" flush a >"$world/out" 2>&1 || status=$?
is "no such command: status 1" "$status" 1
is "no such command: it is told" "$(cat "$world/out")" \
	"milterctl: there is no postqueue: it is neither in PATH nor in /usr/sbin"

# ---- what fails

echo 4AbC >"$world/bad"
flush a --rate 100
is "one fails: status 1" "$status" 1
is "one fails: it is told, and the other is tried" "$(cat "$world/out")" "4AbC  FAILED: no ?[31mqueue
4GhI  tried again
1 of 2 tried again, 1 failed"
flush a --rate 100 --json
is "one fails, as JSON: status 1" "$status" 1
is "one fails, as JSON" "$(jq -c '[.tried, .failed, .stopped, (.messages[] | [.queue_id, .ok, .error])]' "$world/out")" \
	'[2,1,null,["4AbC",false,"no ?[31mqueue"],["4GhI",true,null]]'
put_off 4JkL 192.0.2.1
put_off 4MnO 192.0.2.1
wait_for ids_are a "4AbC 4GhI 4JkL 4MnO"
printf '%s\n' 4AbC 4GhI 4JkL >"$world/bad"
flush a --rate 100
is "three in a row: status 1" "$status" 1
contains "three in a row: it stops" "$(cat "$world/err")" "stopped: 3 in a row failed"
is "three in a row: the last is not tried" "$(tail -n 1 "$world/out") $(wc -l <"$world/run")" "0 of 4 tried again, 3 failed 3"
: >"$world/bad"

# ---- no host

ctl drain 192.0.2.1 >/dev/null 2>&1
flush a
is "no host is up: status 1" "$status" 1
contains "no host is up: it says so" "$(cat "$world/err")" "stopped: no host of pool a is up or on trial"
is "no host is up: nothing is run" "$(cat "$world/run")" ""
flush a --force --rate 100
is "no host is up, by force: status 0" "$status" 0
is "no host is up, by force: all are tried" "$(wc -l <"$world/run")" 4
ctl enable 192.0.2.1 >/dev/null
ctl reset 192.0.2.1 >/dev/null
# The host goes while it runs.
echo '"$MILTERCTL_PROGRAM" --socket "$MILTERCTL_SOCKET" drain 192.0.2.1 >/dev/null 2>&1' >"$world/then"
export MILTERCTL_PROGRAM MILTERCTL_SOCKET=$daemon/control.sock
flush a --rate 1
rm "$world/then"
is "the host goes meanwhile: status 1" "$status" 1
contains "the host goes meanwhile: it stops" "$(cat "$world/err")" "stopped: no host of pool a is up or on trial"
within "the host goes meanwhile: so many were tried" "$(wc -l <"$world/run")" 1 3
ctl enable 192.0.2.1 >/dev/null
ctl reset 192.0.2.1 >/dev/null

# ---- a log that tells of more than there is room for

stamp=$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')
for ((i = 0; i < 8192; i++)); do
	printf '%s mx postfix/smtp[71]: 5%04d: to=<u@example.com>, relay=192.0.2.2[192.0.2.2]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.0.0, status=deferred (host 192.0.2.2[192.0.2.2] said: 451 4.7.1 Not now (in reply to MAIL FROM command))\n' \
		"$stamp" "$i"
done >>"$log"
ok "more than there is room for: the oldest go" wait_for ids_are a ""
flush b --dry-run --force
is "more than there is room for: all pages" "$(grep -c '^would run' "$world/out")" 8192
is "more than there is room for: the oldest first" "$(grep -oE '5[0-9]{4}$' "$world/out" | sort -c && echo sorted)" sorted
contains "more than there is room for: it says so" "$(cat "$world/out")" "Not known any more: up to "
contains "more than there is room for: what there is instead" "$(cat "$world/out")" "postqueue -f tries all that waits"
daemon_end
tap_done
