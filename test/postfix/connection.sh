#!/bin/bash
# connection: several messages on one connection, RSET, aborts, pipelining
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
host_start two 12
host_start three 13
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { $(daemon_pool one 11) $(daemon_pool two 12 13) };
routes = (
	{ match = [ "d1.example", "d3.example", "d5.example" ]; pool = "one"; },
	{ match = [ "d2.example", "d4.example", "d6.example", "d8.example" ]; pool = "two"; },
	{ match = [ "void.example", "d7.example" ]; action = "discard"; },
	{ match = "no.example"; action = "reject"; } );
END
daemon_start
mta_make "$daemon_socket"
mta_start

# arrived WHAT ONE TWO_AND_THREE OWN: so many messages in all.
arrived() {
	ok "$1: delivered" wait_for hosts_have $(($2 + $3 + $4)) one two three own
	ok "$1: the queue is empty" wait_for mta_queue_is_empty
	is "$1: by the right hosts" \
		"$(host_count one) $(($(host_count two) + $(host_count three))) $(host_count own)" "$2 $3 $4"
}

none_in_flight() {
	[ "$(ctl --json status | jq .milter.in_flight)" = 0 ]
}

is "six messages on one connection: accepted" \
	"$(send --count 6 --per-connection 6 --to u@d%n.example | grep -c ' accepted 1 ')" 6
arrived "six messages on one connection" 3 3 0

is "with RSET between: accepted" \
	"$(send --count 6 --per-connection 6 --rset --rset-recipient x@d1.example --to u@d%n.example |
		grep -c ' accepted 1 ')" 6
arrived "with RSET between" 6 6 0
is "after RSET of a message for another pool: accepted" \
	"$(send --count 6 --per-connection 6 --rset --rset-recipient x@void.example \
		--rset-recipient x@d2.example --to u@d%n.example | grep -c ' accepted 1 ')" 6
arrived "after RSET of a message for another pool" 9 9 0
is "none of these is mixed" "$(ctl --json status | jq .messages.mixed)" 0

is "pipelining: accepted" \
	"$(send --count 6 --per-connection 6 --pipelining --to u@d%n.example | grep -c ' accepted 1 ')" 6
arrived "pipelining" 12 12 0
is "pipelining with a rejected recipient: accepted" \
	"$(send --count 6 --per-connection 6 --pipelining --to x@no.example --to u@d%n.example |
		grep -c ' accepted 1 ')" 6
arrived "pipelining with a rejected recipient" 15 15 0
is "pipelining with RSET, ten connections: accepted" \
	"$(send --count 60 --per-connection 3 --parallel 10 --pipelining --rset --rset-recipient x@d1.example \
		--to u@d2.example | grep -c ' accepted 1 ')" 60
arrived "pipelining with RSET, ten connections" 15 75 0

# What is given up takes no turn.
turns=$(daemon_first two)
for where in rcpt data quit; do
	send --abandon "$where" --to u@d2.example
done
ok "given up: no message is in flight" wait_for none_in_flight
is "given up: no turn is taken" "$(daemon_first two)" "$turns"
is "after that: accepted" "$(send --count 2 --per-connection 2 --to u@d2.example | grep -c ' accepted 1 ')" 2
arrived "after that" 15 77 0
is "both hosts have had their share" "$(($(host_count two) - $(host_count three)))" 1

# A message that is discarded, between others.
is "with one discarded: accepted" \
	"$(send --count 8 --per-connection 8 --to u@d%n.example | grep -c ' accepted 1 ')" 8
arrived "with one discarded" 18 81 0
is "no turn is lost in all this" "$(daemon_first two | awk '{ sum += $2 } END { print sum }')" 81
is "no message is in flight" "$(ctl --json status | jq .milter.in_flight)" 0
is "none was mixed" "$(ctl --json status | jq .messages.mixed)" 0
is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0

daemon_end
tap_done
