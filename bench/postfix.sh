#!/bin/bash
# postfix: what the milter and the map cost a real Postfix, in messages a second
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench", as root. The same messages, each for a recipient of its own, go through the
# same private Postfix without a milter; with it on a Unix socket, and on a TCP socket; with the map
# in transport_maps, too; and with postfix_delivery = "map"; in turns. The medians and their ratios to
# the run without are printed: until Postfix has taken all, and until all are delivered. Smaller is
# slower.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MESSAGES=${BENCH_MESSAGES:-1500}
ROUNDS=${BENCH_ROUNDS:-5}

find_postfix
world_open nexthop-bench
process_start sink smtp-sink -u nobody "inet:$world_net.11:$HOST_PORT" 256
wait_for port_is_open "$world_net.11" "$HOST_PORT" || bail_out "no host"
daemon_make
# start_daemon KIND SOCKET [SETTING...]
start_daemon() {
	local kind=$1
	daemon=$world/$kind
	daemon_socket=$2
	shift 2
	mkdir -p "$daemon"
	daemon_routes 'health = { log = "none"; };' "$@" <<-END
		pools = { $(daemon_pool exchange 11) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
	process_start "daemon-$kind" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
	wait_for line_is_in "$world/daemon-$kind.log" 'started ' || bail_out "no daemon $kind"
}
tcp="inet:10025@$world_net.3"
start_daemon unix "unix:$world/unix/milter.sock"
start_daemon tcp "$tcp"
start_daemon both "unix:$world/both/milter.sock" "map_socket = \"unix:$world/both/map.sock\";"
start_daemon map "unix:$world/map/milter.sock" "map_socket = \"unix:$world/map/map.sock\";" \
	'postfix_delivery = "map";'
mta_make "" relayhost="[$world_net.11]:$HOST_PORT"
cat >>"$mta/master.cf" <<END
$mta_ip:26 inet n - n - - smtpd
	-o smtpd_milters=unix:$world/unix/milter.sock
$mta_ip:27 inet n - n - - smtpd
	-o smtpd_milters=inet:$world_net.3:10025
$mta_ip:28 inet n - n - - smtpd
	-o smtpd_milters=unix:$world/both/milter.sock
$mta_ip:29 inet n - n - - smtpd
	-o smtpd_milters=unix:$world/map/milter.sock
END
mta_start

# run PORT COUNT: messages a second until Postfix has taken all of them, and until it is rid of them.
run() {
	local start=$EPOCHREALTIME taken
	smtp-source -N -s 10 -m "$2" -l 2000 -f s@client.example -t u@example.com "inet:$mta_ip:$1" ||
		bail_out "smtp-source fails"
	taken=$EPOCHREALTIME
	wait_for mta_queue_is_empty
	echo "$2 $start $taken $EPOCHREALTIME" | awk '{ printf "%.0f %.0f\n", $1 / ($3 - $2), $1 / ($4 - $2) }'
}

# ask_map KIND: Postfix asks that daemon's map from now on; without KIND, none.
ask_map() {
	local maps=
	[ $# = 0 ] || maps=socketmap:unix:$world/$1/map.sock:transport
	postconf -c "$mta" -e "transport_maps=$maps" && postfix -c "$mta" reload 2>/dev/null || bail_out "no reload"
}

measure() { # PORT...
	local port result
	for port in "$@"; do
		# The processes that a reload has ended come back.
		run "$port" 200 >/dev/null
		result=$(run "$port" "$MESSAGES")
		# The first round warms up.
		[ "$round" = 0 ] || echo "$result" >>"$world/rates.$port"
	done
}

for ((round = 0; round <= ROUNDS; round++)); do
	ask_map
	measure 25 26 27
	ask_map both
	measure 28
	ask_map map
	measure 29
done
for kind in both map; do
	daemon=$world/$kind
	[ "$(ctl --json status | jq .map.found)" -ge "$MESSAGES" ] || bail_out "$kind: the map is not queried"
done
median() { # PORT COLUMN
	sort -n -k "$2,$2" "$world/rates.$1" | awk -v column="$2" '{ v[NR] = $column } END { print v[int((NR + 1) / 2)] }'
}
printf '%-24s %10s %8s %12s %8s\n' "$MESSAGES messages of 2 kB" "taken/s" ratio "delivered/s" ratio
for row in "25 no milter, no map" "26 Unix socket" "27 TCP socket" "28 Unix socket, and map" "29 delivery by the map"; do
	echo "$(median "${row%% *}" 1) $(median 25 1) $(median "${row%% *}" 2) $(median 25 2)" |
		awk -v name="${row#* }" '{ printf "%-24s %10d %8.2f %12d %8.2f\n", name, $1, $1 / $2, $3, $3 / $4 }'
done
