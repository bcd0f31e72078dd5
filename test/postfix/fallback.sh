#!/bin/bash
# fallback: the message that meets an outage is taken by the fallback in the same attempt
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/health.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start full1 11 -r RCPT
host_start full2 12 -r RCPT
host_start spare 21
daemon_make
pool_with_fallback() { # NAME HOST...
	daemon_pool "$@" | sed 's/^); };$/); fallback = "spare"; };/'
}
write_routes() { # SETTING...
	daemon_routes "$(health_settings 'failures = 1; messages = 1;')" "$@" <<-END
		pools = { $(pool_with_fallback gone 31 32) $(pool_with_fallback full 11 12) $(daemon_pool spare 21) };
		routes = ( { match = "gone.example"; pool = "gone"; }, { match = "full.example"; pool = "full"; } );
	END
}
write_routes "map_socket = \"unix:$daemon/map.sock\";"
mkdir -p "$world/postfix/log"
daemon_start
mta_make_wired
mta_start

taken=0
# taken WHAT RECIPIENT...: one message to each is with the fallback after one attempt.
taken() {
	local what=$1 name before
	shift
	for name; do
		before=$(count_lines "$mta_log" 'status=deferred')
		taken=$((taken + 1))
		quietly send --once --id "m$taken-" --to "$name"
		ok "$what: $name: the fallback has it" wait_for host_has spare "$taken"
		ok "$what: $name: the queue is empty" wait_for mta_queue_is_empty
		is "$what: $name: in its first attempt" "$(count_lines "$mta_log" 'status=deferred')" "$before"
	done
}
plan=$(ctl --json explain u@full.example)
is "explain: the list ends with the fallback's host" "$(jq -r .nexthop <<<"$plan" | sed 's/.*,//')" \
	"[$world_net.21]:$HOST_PORT"
is "explain: whose the hosts are" "$(jq -r '[.candidates[].pool] | join(" ")' <<<"$plan")" "full full spare"
ok "explain: the table says so" grep -q ' up, of pool spare$' <<<"$(ctl explain u@full.example)"

taken "nothing is known yet" u@gone.example u@full.example
for number in 31 32 11 12; do
	ok "host $number is deferred by that" wait_for health_is "$number" deferred
done
taken "all are deferred: the fallback's own list" v@gone.example v@full.example
is "explain: the fallback takes it" "$(ctl --json explain u@full.example | jq -r '[.takes, .nexthop] | join(" ")')" \
	"spare smtp:[$world_net.21]:$HOST_PORT"
for number in 31 32 11 12; do
	quietly ctl reset "$world_net.$number"
done
write_routes "map_socket = \"unix:$daemon/map.sock\";" 'postfix_delivery = "map";'
daemon_reload
taken "by the map" w@gone.example w@full.example

is "nothing went another way" "$(host_count own)" 0
is "the fallback's host is well" "$(ctl --json hosts | jq -r --arg host "$world_net.21" \
	'.hosts[] | select(.host == $host) | .state')" up
daemon_end
tap_done
