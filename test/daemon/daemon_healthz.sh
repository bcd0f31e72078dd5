#!/bin/bash
# daemon_healthz: one judgement for /healthz, milterctl status and milterctl check-health
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
log=$world/mail.log
: >"$log"
write_routes() { # [SETTING...]
	daemon_routes "health = { log = \"$log\"; };" "$@" <<-'END'
		pools = { two = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; priority = 10; } ); };
			one = { hosts = ( { host = "192.0.2.3"; } ); }; };
		routes = ( { match = "two.example"; pool = "two"; }, { match = "one.example"; pool = "one"; } );
	END
}
write_routes
daemon_start

healthz() { # $code and $body
	code=$(curl -sS -o "$world/body" -w '%{http_code}' --unix-socket "$daemon/control.sock" http://localhost/healthz)
	body=$(cat "$world/body")
}
# verb VERB...: $said, $complained and $status.
verb() {
	status=0
	said=$(ctl "$@" 2>"$world/complained") || status=$?
	complained=$(cat "$world/complained")
}
condition_is() { # STATUS [ABOUT,...]
	[ "$(ctl --json status | jq -r '.condition | [.status, (.reasons | map(.about) | join(","))] | join(" ")')" = "$1 ${2:-}" ]
}
# All three say the same: WHAT STATUS CODE PLUGIN_STATUS PLUGIN_TEXT
all_say() {
	local what=$1 wanted=$2 http=$3 plugin=$4 text=$5
	healthz
	is "$what: /healthz answers $http" "$code" "$http"
	is "$what: /healthz says $wanted" "$(jq -r .status <<<"$body")" "$wanted"
	is "$what: ok is a boolean" "$(jq .ok <<<"$body")" "$([ "$wanted" = ok ] && echo true || echo false)"
	verb status
	is "$what: milterctl status" "$status $(head -n 1 <<<"$said")" "$([ "$wanted" = ok ] && echo 0 || echo 1) $wanted"
	[ "$wanted" = ok ] || contains "$what: milterctl status says why" "$(sed -n 2p <<<"$said")" "${text#NEXTHOP * - }"
	verb check-health
	is "$what: check-health: status $plugin" "$status" "$plugin"
	is "$what: check-health: one line" "$(wc -l <<<"$said")" 1
	contains "$what: check-health: says so" "$said" "$text"
	ok "$what: check-health: counters" grep -qE ' \| up=[0-9]+ deferred=[0-9]+ trial=[0-9]+ drained=[0-9]+ spent=[0-9]+ messages=[0-9]+c routed=[0-9]+c$' <<<"$said"
	is "$what: check-health: nothing on standard error" "$complained" ""
}

# ---- ok

all_say "ok" ok 200 0 "NEXTHOP OK - 3 of 3 hosts up | up=3 "
is "ok: the hosts" "$(jq -c .hosts <<<"$body")" '{"total":3,"up":3,"deferred":0,"trial":0,"drained":0,"spent":0}'
verb --json check-health
is "ok: as JSON" "$(jq -c 'keys' <<<"$said")" '["hosts","more","ok","reasons","status"]'

# ---- a reload that failed

echo 'nonsense = 1;' >>"$daemon/routes.cfg"
verb reload
is "reload fails: status 1" "$status" 1
all_say "reload fails" degraded 200 1 "the last reload of $daemon/routes.cfg failed, the configuration before it is in force: "
contains "reload fails: with its fault" "$said" 'unknown key "nonsense"'
verb hosts
is "reload fails: hosts is shown" "$status" 0
contains "reload fails: with a warning" "$complained" "milterctl: warning: the last reload of "
write_routes
verb reload
ok "reload succeeds: ok again" condition_is ok

# ---- the log

mv "$log" "$log.away"
ok "log gone: degraded" wait_for condition_is degraded log
all_say "log gone" degraded 200 1 "health.log = \"$log\": "
mv "$log.away" "$log"
ok "log back: ok again" wait_for condition_is ok

is "log that tells nothing: 20 messages are routed" "$(nexthops 20 u@two.example | wc -l)" 20
now=$(date '+%b %e %H:%M:%S')
for i in $(seq 60); do
	echo "$now mx dovecot[1]: imap-login: Login $i"
done >>"$log"
ok "log that tells nothing: degraded" wait_for condition_is degraded log
all_say "log that tells nothing" degraded 200 1 "the last 60 lines show no delivery, while 20 messages were routed"

# ---- pools

refused() { # HOST
	echo "$now mx postfix/smtp[1]: A00000000$((RANDOM % 10)): to=<u@two.example>, relay=none, delay=0, delays=0/0/0/0, dsn=4.4.1, status=deferred (connect to $1[$1]:25: Connection refused)"
	echo "$now mx postfix/smtp[1]: connect to $1[$1]:25: Connection refused"
}
refused 192.0.2.1 >>"$log"
ok "backup: degraded" wait_for condition_is degraded pool
all_say "backup" degraded 200 1 "pool two: no host of its best priority is up, backups have its mail"
refused 192.0.2.2 >>"$log"
ok "no host: failed" wait_for condition_is failed pool
all_say "no host" failed 503 2 "NEXTHOP CRITICAL - pool two: no host is up, 2 deferred, 0 drained, its mail waits in the queue"
refused 192.0.2.3 >>"$log"
ok "no host of two pools: failed" wait_for condition_is failed pool,pool
verb check-health
contains "no host of two pools: both are told of in one line" "$said" "; pool one: no host is up"
ctl reset 192.0.2.1 192.0.2.2 192.0.2.3 >"$world/reset"
ok "reset: ok again" condition_is ok
verb drain 192.0.2.3
ok "the only host is drained: degraded" condition_is degraded pool
verb enable 192.0.2.3
verb drain 192.0.2.1
ok "a tier that is drained is meant so: ok" condition_is ok
verb enable 192.0.2.1

# ---- the map

daemon_stop
write_routes "map_socket = \"unix:$daemon/map.sock\";"
daemon_start
is "map: 20 messages are routed" "$(nexthops 20 u@two.example | wc -l)" 20
ok "map: nobody asks it: degraded" condition_is degraded map
all_say "map" degraded 200 1 "map_socket: the MTA has never queried the map while 20 messages were routed: transport_maps in main.cf does not name it"

# ---- nobody to ask

status=0
said=$(ctl check-health now 2>&1) || status=$?
is "usage: status 3" "$status" 3
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$daemon"
	cp "$MILTERCTL_PROGRAM" "$world/milterctl"
	status=0
	said=$(setpriv --reuid=65534 --regid=65534 --clear-groups "$world/milterctl" --socket "$daemon/control.sock" check-health) || status=$?
	is "not allowed to ask: status 3" "$status" 3
	contains "not allowed to ask: it says so" "$said" "NEXTHOP UNKNOWN - no daemon at $daemon/control.sock: Permission denied"
fi
daemon_end
verb check-health
is "no daemon: status 2" "$status" 2
contains "no daemon: it says so" "$said" "NEXTHOP CRITICAL - no daemon at $daemon/control.sock: "
is "no daemon: nothing on standard error" "$complained" ""
tap_done
