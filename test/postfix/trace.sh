#!/bin/bash
# trace: what has become of a message, and whose fault it was, on real Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
faulty_start 21 22 23 24
daemon_make
daemon_routes "$(health_settings)" <<END
pools = { $(daemon_pool two 21 22,priority=20) $(daemon_pool all 23 24,priority=20) };
rules = ( { name = "bulk"; when = { header = "Precedence: bulk"; }; pool = "two"; } );
routes = (
	{ match = "two.example"; pool = "two"; },
	{ match = "all.example"; pool = "all"; }
);
END
daemon_start
# The queue is run when the test says so.
mta_make "$daemon_socket" \
	'smtp_connection_cache_on_demand=no' 'minimal_backoff_time=600' 'queue_run_delay=600'
mta_start
routes_cfg=$daemon/routes.cfg

# deliver DOMAIN [OPTION...]: one message; sets $id.
deliver() {
	local domain=$1
	shift
	id=$(send --to "user@$domain" "$@" | awk '$2 == "accepted" { print $4 }')
}
trace() { # FILTER
	ctl --json trace "$id" 2>/dev/null | jq -r "$1"
}
trace_is() { # FILTER VALUE
	[ "$(trace "$1")" = "$2" ]
}
line_of() { # TEXT
	grep -nF "$1" "$routes_cfg" | cut -d : -f 1
}
words='[.attempts[].words[] | "\(.host) \(.stage) \(.outcome) \(.class)"] | join(", ")'
place='.attempts[] | "\(.now.place) \(.now.at.host)"'

# ---- refused by the first, delivered by the second

fault 21 say mail 452 4.3.1 Insufficient system storage
deliver two.example
ok "refused by the first: delivered by the second" wait_for trace_is "$place" "delivered $world_net.22"
is "refused by the first: each host's word" "$(trace "$words")" \
	"$world_net.21 mail passed_on host, $world_net.22 end sent success"
is "refused by the first: the pool" "$(trace '.attempts[].pool')" two
is "refused by the first: the line that decided" "$(trace '.attempts[].source | split(":")[-1]')" \
	"$(line_of 'match = "two.example"')"
is "refused by the first: the list" "$(trace '[.attempts[].candidates[].host] | join(" ")')" \
	"$world_net.21 $world_net.22"
is "refused by the first: taken up once" "$(trace '.attempts[].tries')" 1
ok "refused by the first: it has left the queue" wait_for trace_is '.attempts[].left != null' true
people=$(ctl trace "$id")
contains "for people: whose fault" "$people" "the host's (system_4.3)"
contains "for people: by which line" "$people" "routes.cfg:$(line_of 'match = "two.example"')"
contains "for people: where it is" "$people" "delivered by $world_net.22:"
note "$people"

# ---- what neither word nor code tells is compared

fault 21 say rcpt 451 4.7.1 Try again later
deliver two.example
ok "compared: delivered by the second" wait_for trace_is "$place" "delivered $world_net.22"
is "compared: the first has lost" "$(trace '.attempts[].words[0] | "\(.class) \(.compared)"')" "host true"
fault 21 ok

# ---- a rule decides

deliver all.example --header 'Precedence: bulk'
ok "rule: delivered" wait_for trace_is '.attempts[].now.place' delivered
is "rule: it is named" "$(trace '.attempts[] | "\(.pool) \(.rule)"')" "two bulk"
is "rule: with its line" "$(trace '.attempts[].source | split(":")[-1]')" "$(line_of 'name = "bulk"')"

# ---- refused by all, delivered later

fault 23 say mail 451 4.7.1 Not now
fault 24 say mail 451 4.7.1 Not now
deliver all.example
ok "refused by all: put off" wait_for trace_is '.attempts[].now.place' put_off
is "refused by all: nobody's fault" "$(trace "$words")" \
	"$world_net.23 mail passed_on compared, $world_net.24 mail deferred compared"
fault 23 ok
fault 24 ok
postqueue -c "$mta" -f
ok "refused by all: delivered in the end" wait_for trace_is '.attempts[].now.place' delivered
is "refused by all: at the second try" "$(trace '.attempts[].tries')" 2
is "refused by all: the word is of that try" "$(trace '.attempts[].words[-1].try')" 2

# ---- silent

fault 23 silent mail
deliver all.example
ok "silent: it waits for that host" wait_for trace_is "$place" "waits $world_net.23"
contains "silent: for people" "$(ctl trace "$id")" "waits for $world_net.23:"
fault 23 ok
ok "silent: delivered when it has spoken" wait_for trace_is "$place" "delivered $world_net.23"

# ---- of a message that there never was

status=0
ctl trace 4NotThere >"$world/out" 2>&1 || status=$?
is "unknown: status 1" "$status" 1
ok "the queue is empty" wait_for mta_queue_is_empty
daemon_end
tap_done
