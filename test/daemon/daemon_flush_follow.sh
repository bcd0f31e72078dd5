#!/bin/bash
# daemon_flush_follow: on_recovery = "flush", by a log that this test writes, and an MTA's command that is none
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
log=$world/mail.log
: >"$log"
daemon_routes "health = { log = \"$log\"; backoff = 3600; backoff_max = 3600; };" \
	'on_recovery = "flush";' "status_listen = \"inet:8080@$world_net.4\";" <<'END'
pools = {
	a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.3"; } ); };
	b = { on_recovery = "none"; hosts = ( { host = "192.0.2.2"; } ); };
	c = { hosts = ( { host = "192.0.2.4"; } ); };
};
routes = (
	{ match = "ALL"; pool = "a"; },
	{ match = "b.example"; pool = "b"; },
	{ match = "c.example"; pool = "c"; },
	{ match = "d.example"; on_recovery = "none"; hosts = ( { host = "192.0.2.5"; } ); }
);
END
daemon_start

# A command that notes its arguments, and fails for the ids in $world/bad.
mkdir "$world/bin"
: >"$world/bad"
: >"$world/run"
cat >"$world/bin/postqueue" <<END
#!/bin/sh
echo "\$*" >>"$world/run"
[ ! -e "$world/then" ] || . "$world/then"
if grep -qx "\$2" "$world/bad"; then
	printf 'no \033[31mqueue\n' >&2
	exit 69
fi
END
chmod +x "$world/bin/postqueue"
export MILTERCTL_PROGRAM MILTERCTL_SOCKET=$daemon/control.sock

put_off() { # ID HOST
	printf '%s mx postfix/smtp[71]: %s: to=<u@example.com>, relay=%s[%s]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.0.0, status=deferred (host %s[%s] said: 451 4.7.1 Not now (in reply to MAIL FROM command))\n' \
		"$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')" "$1" "$2" "$2" "$2" "$2" >>"$log"
}
waiting_are() { # POOL IDS
	[ "$(curl -sS --unix-socket "$daemon/control.sock" "http://x/v1/waiting?pool=$1" |
		jq -r '[.messages[].queue_id] | join(" ")')" = "$2" ]
}
drain() { # HOST...
	ctl drain "$@" >/dev/null 2>&1
}
# They are up again.
recover() { # HOST...
	ctl enable "$@" >/dev/null
	ctl reset "$@" >/dev/null
}
reasons() {
	ctl --json status | jq -c '[.condition.reasons[].about]'
}
reasons_are() {
	[ "$(reasons)" = "$1" ]
}
lines() { # PATTERN
	count_lines "$world/follow.log" "$1"
}
has_flushed() { # COUNT POOL
	[ "$(lines "^pool $2: ")" -ge "$1" ]
}
last() { # POOL
	grep "^pool $1: " "$world/follow.log" | tail -n 1
}
follow() { # OPTION...
	PATH=$world/bin:$PATH ctl_start follow flush --follow "$@"
}

# ---- the command line

refused() { # WHAT OPTION...
	local what=$1 status=0
	shift
	ctl flush "$@" >"$world/out" 2>&1 || status=$?
	is "$what: status 2" "$status" 2
}
refused "neither pool nor --follow"
refused "a pool and --follow" a --follow
refused "--follow and --dry-run" --follow --dry-run
refused "--follow and --force" --follow --force
refused "no rate" --follow --rate 0

# ---- the setting

is "each pool has its own, or that for all" "$(ctl --json pools | jq -c '[.pools[] | [.pool, .on_recovery]]')" \
	'[["a","flush"],["b","none"],["c","flush"],["route:d.example","none"]]'
is "people see it" "$(ctl pools | grep -c 'when one is back, what waits is tried again')" 2

# ---- nobody follows, and somebody does

ok "nobody follows: the status has it" wait_for reasons_are '["flush"]'
contains "nobody follows: what to do" "$(ctl status)" "systemctl enable --now nexthop-milter-flush"
curl -sS "http://$world_net.4:8080/v1/events?follower=flush" >/dev/null
curl -sS --unix-socket "$daemon/control.sock" 'http://x/v1/events?follower=x' >/dev/null
is "who may not flush is not taken for it" "$(reasons)" '["flush"]'
drain 192.0.2.4
put_off 4OlD 192.0.2.4
ok "a message of before waits" wait_for waiting_are c 4OlD
recover 192.0.2.4
follow --rate 2
ok "it follows: the status has it" wait_for reasons_are '[]'

# ---- a host is back

drain 192.0.2.1 192.0.2.2 192.0.2.3
for id in 4AbC '4A;id' 4GhI; do
	put_off "$id" 192.0.2.1
done
put_off 4DeF 192.0.2.2
ok "messages wait" wait_for waiting_are a "4AbC 4GhI"
ok "and of a pool that is not flushed" wait_for waiting_are b 4DeF
recover 192.0.2.1 192.0.2.2 192.0.2.3
ok "hosts are back: the pool is flushed" wait_for has_flushed 1 a
is "hosts are back: the line" "$(last a)" "pool a: 2 of 2 tried again, 0 failed"
is "hosts are back: of that pool what waited, the oldest first" "$(cat "$world/run")" "-i 4AbC
-i 4GhI"

# ---- some fail

echo 4GhI >"$world/bad"
drain 192.0.2.3
recover 192.0.2.3
ok "one fails: the pool is flushed" wait_for has_flushed 2 a
is "one fails: the line" "$(last a)" "pool a: 1 of 2 tried again, 1 failed: no ?[31mqueue"
: >"$world/bad"

# ---- it is sick again meanwhile

for id in 5Aa 5Bb 5Cc 5Dd 5Ee 5Ff 5Gg 5Hh; do
	put_off "$id" 192.0.2.1
done
wait_for waiting_are a "4AbC 4GhI 5Aa 5Bb 5Cc 5Dd 5Ee 5Ff 5Gg 5Hh"
echo '"$MILTERCTL_PROGRAM" drain 192.0.2.1 192.0.2.3 >/dev/null 2>&1' >"$world/then"
drain 192.0.2.1 192.0.2.3
: >"$world/run"
recover 192.0.2.1 192.0.2.3
ok "sick again: the flush ends" wait_for has_flushed 3 a
rm "$world/then"
contains "sick again: it says why" "$(last a)" "stopped: no host of pool a is up or on trial"
within "sick again: so many were tried" "$(wc -l <"$world/run")" 1 9

# ---- the other pools

recover 192.0.2.1 192.0.2.3
ok "back again: all are tried" wait_for has_flushed 4 a
is "back again: the line" "$(last a)" "pool a: 10 of 10 tried again, 0 failed"
drain 192.0.2.4
recover 192.0.2.4
ok "another pool" wait_for has_flushed 1 c
is "another pool: its line" "$(last c)" "pool c: 1 of 1 tried again, 0 failed"
is "several recoveries at once are one flush" "$(lines '^pool a: ')" 4
is "a pool without on_recovery is left alone" "$(lines '^pool b: ') $(grep -c 4DeF "$world/run")" "0 0"
process_stop follow

# ---- as JSON, and through a restart of the daemon

: >"$world/follow.log"
follow --rate 100 --json
gone() {
	[ "$(lines "the daemon is $1")" = 1 ]
}
has_json() { # COUNT
	[ "$(lines '^\{')" = "$1" ]
}
daemon_stop
ok "the daemon is gone: it waits" wait_for gone gone
daemon_start
ok "the daemon is back: it goes on" wait_for gone back
drain 192.0.2.1
put_off 6Aa 192.0.2.1
ok "the daemon is back: a message waits" wait_for waiting_are a 6Aa
recover 192.0.2.1
ok "the daemon is back: its pools are flushed" wait_for has_json 1
is "as JSON" "$(grep '^{' "$world/follow.log" | jq -c)" \
	'{"pool":"a","waiting":1,"tried":1,"failed":0,"error":null,"stopped":null}'
process_stop follow
daemon_end
tap_done
