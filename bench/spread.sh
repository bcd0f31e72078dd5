#!/bin/bash
# spread: how evenly mail is spread over the hosts of a pool
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench", as root. 300 messages for three equal hosts, over four connections at full
# speed, through a private Postfix and a private Sendmail: each message for a recipient of its own,
# all for the same one, for ten in turn; and with a recipient in each of two pools, a row for each
# pool. Printed: how many each host has got, and by how much the one that is furthest from a third
# is off, in percent of that third.
#
#   FILTER           postfix_delivery = "filter", the default; without a map
#   FILTER and map   the same with the map in transport_maps
#   delivery map     postfix_delivery = "map"
#   map alone        transport_maps and no milter
#   tokens           Sendmail
#
# The milter's turns are exact. With delivery by the map Postfix's queue manager may spoil that: it
# keeps the last answer for 30 s, and does not ask while one address follows itself. The map alone has
# no turns, it goes by a hash of the address.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MESSAGES=${BENCH_MESSAGES:-300}
hosts=(a1 a2 a3 b1 b2 b3)

# The hosts have all of it, so many of each pool.
all_arrive() { # A B
	local i
	for i in 0 1 2 3 4 5; do
		counts[i]=$(($(host_count "${hosts[i]}") - before[i]))
	done
	[ $((counts[0] + counts[1] + counts[2])) -ge "$1" ] && [ $((counts[3] + counts[4] + counts[5])) -ge "$2" ] &&
		mta_queue_is_empty
}

row() { # SETUP CASE COUNT COUNT COUNT
	printf '%s\t%s\t%d\t%d\t%d\n' "$@" | awk -F '\t' '
		{
			share = ($3 + $4 + $5) / 3
			for (i = 3; i <= 5; i++) {
				off = $i > share ? $i - share : share - $i
				most = off > most ? off : most
			}
			printf "%-24s %-24s %5d %5d %5d %8.1f\n", $1, $2, $3, $4, $5, most / share * 100
		}'
}

# measure SETUP CASE RECIPIENT [RECIPIENT IN THE OTHER POOL]
measure() {
	local setup=$1 case=$2 counts=() before=() name to=()
	shift 2
	for name in "${hosts[@]}"; do
		before+=("$(host_count "$name")")
	done
	to=(--to "$1")
	[ $# = 1 ] || to+=(--to "$2")
	send --count "$MESSAGES" --parallel 4 --per-connection 100 "${to[@]}" >"$world/sent" ||
		bail_out "$setup: not all are accepted"
	wait_for_seconds 300 all_arrive "$MESSAGES" $(($# == 1 ? 0 : MESSAGES)) ||
		bail_out "$setup: not all arrive: ${counts[*]}"
	if [ $# = 1 ]; then
		row "$setup" "$case" "${counts[@]:0:3}"
	else
		row "$setup" "$case, first" "${counts[@]:0:3}"
		row "$setup" "$case, second" "${counts[@]:3}"
	fi
}

# run postfix|sendmail WIRING DELIVERY SETUP: in a world of its own.
run() {
	local wiring=$2 delivery=$3 setup=$4 number=11 name settings=('health = { log = "none"; };')
	use_mta "$1"
	find_mta
	world_open nexthop-bench
	daemon_make
	[ "$wiring" = milter ] || settings+=("map_socket = \"unix:$daemon/map.sock\";")
	[ "$delivery" = filter ] || settings+=("postfix_delivery = \"$delivery\";")
	host_start own 2
	for name in "${hosts[@]}"; do
		host_start "$name" "$number"
		number=$((number + 1))
	done
	daemon_routes "${settings[@]}" <<-END
		pools = { $(daemon_pool first 11 12 13) $(daemon_pool second 14 15 16) };
		routes = ( { match = "example.com"; pool = "first"; }, { match = "example.org"; pool = "second"; } );
	END
	daemon_start
	case "$1 $wiring" in
	"postfix milter") mta_make "$daemon_socket" ;;
	"postfix map") mta_make '' "transport_maps=socketmap:unix:$daemon/map.sock:transport" ;;
	"postfix both") mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" ;;
	sendmail*) mta_make_wired ;;
	esac
	mta_start
	measure "$setup" "different recipients" u%n@example.com
	measure "$setup" "the same recipient" same@example.com
	measure "$setup" "10 recipients in turn" turn%d@example.com
	[ "$wiring" = milter ] || measure "$setup" "two pools" m%n@example.com m%n@example.org
}

printf '%-24s %-24s %17s %8s\n' "$MESSAGES messages" recipients "at each host" "off by %"
(run postfix milter filter "Postfix, FILTER")
(run postfix both filter "Postfix, FILTER and map")
(run postfix both map "Postfix, delivery map")
(run postfix map filter "Postfix, map alone")
(run sendmail both filter "Sendmail, tokens")
