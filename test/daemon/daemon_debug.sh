#!/bin/bash
# daemon_debug: lines for each message are switched on and off at run time, for a time
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
daemon_routes <<'END'
pools = { two = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "example.com"; pool = "two"; } );
END

# Without --debug.
start_plain() {
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
	wait_for daemon_has_said 'info: started ' || bail_out "the daemon does not start"
}
# message NUMBER: how many lines it left.
lines_of() {
	nexthops 1 "u$1@example.com" >"$world/nexthop"
	daemon_count 'debug: .*nexthop='
}
# verb VERB...: $said, $complained and $status.
verb() {
	status=0
	said=$(ctl "$@" 2>"$world/complained") || status=$?
	complained=$(cat "$world/complained")
}

start_plain
is "off: a message leaves no line" "$(lines_of 1)" 0
contains "off: status says so" "$(ctl status)" "debug        off"
verb debug --for 10m
is "debug --for 10m: status 0" "$status" 0
ok "debug --for 10m: until when" grep -qE '^debug        on until 2[0-9-]{9} [0-9:]{8} [+-][0-9]{4}, (10 min|9 min 5[0-9] s) left$' <<<"$said"
is "on: a message leaves a line" "$(lines_of 2)" 1
ok "on: status says until when" grep -qE '^debug        on until 2' <(ctl status)
within "on: as JSON" $(($(date -d "$(ctl --json status | jq -r .debug.until)" +%s) - $(date +%s))) 500 600
ok "on: the log says who asked" daemon_has_said "info: debug on for=10m by uid=$(id -u) pid=[0-9]+\$"
verb debug off
is "debug off: it says so" "$status $said" "0 debug        off"
is "off again: no further line" "$(lines_of 3)" 1
ok "off again: the log says who asked" daemon_has_said "info: debug off by uid=$(id -u) "
verb debug --for 1s
is "debug --for 1s: status 0" "$status" 0
ok "debug --for 1s: it ends by itself" wait_for daemon_has_said 'info: debug ends: its time is over$'
is "ended: no further line" "$(lines_of 4)" 1
verb --json debug --for 1h
is "as JSON" "$(jq -c '.debug.on' <<<"$said")" true
daemon_kill
start_plain
is "a restart ends it" "$(lines_of 5)" 0
daemon_stop
daemon_start
contains "--debug: status says so" "$(ctl status)" "debug        on, since the start: --debug"
verb debug off
is "--debug: it stays on" "$status $said" "0 debug        on, since the start: --debug"

usage() { # TEXT ARGUMENT...
	local text=$1
	shift
	verb "$@"
	is "usage, $*: status 2" "$status" 2
	contains "usage, $*: it says how" "$complained" "$text"
}
usage "usage: milterctl [--socket PATH] [--json] debug --for DURATION | off" debug
usage "usage: milterctl [--socket PATH] [--json] debug --for DURATION | off" debug off --for 10m
usage '"on" is not off' debug on
usage "--for 10: a unit is required" debug --for 10
verb debug --for 2d
is "longer than a day: status 1" "$status" 1
contains "longer than a day: it says so" "$complained" "at most a day"
daemon_end
tap_done
