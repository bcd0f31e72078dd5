#!/bin/bash
# postfix: what the milter costs a real Postfix, in messages a second
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench", as root. The same messages go through the same private Postfix without a
# milter, with the milter on a Unix socket, and on a TCP socket, in turns; the medians and their
# ratios to the run without are printed. Smaller is slower.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MESSAGES=${BENCH_MESSAGES:-1500}
ROUNDS=${BENCH_ROUNDS:-5}

find_postfix
world_open nexthop-bench
process_start sink smtp-sink -u nobody "inet:$world_net.11:$HOST_PORT" 256
wait_for port_is_open "$world_net.11" "$HOST_PORT" || bail_out "no host"
daemon_make
tcp="inet:10025@$world_net.3"
for kind in unix tcp; do
	daemon=$world/$kind
	mkdir -p "$daemon"
	daemon_socket=unix:$daemon/milter.sock
	[ "$kind" = unix ] || daemon_socket=$tcp
	daemon_routes <<-END
		pools = { $(daemon_pool exchange 11) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
	process_start "daemon-$kind" "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
done
mta_make "" relayhost="[$world_net.11]:$HOST_PORT"
cat >>"$mta/master.cf" <<END
$mta_ip:26 inet n - n - - smtpd
	-o smtpd_milters=unix:$world/unix/milter.sock
$mta_ip:27 inet n - n - - smtpd
	-o smtpd_milters=inet:$world_net.3:10025
END
mta_start
wait_for line_is_in "$world/daemon-unix.log" 'started ' || bail_out "no daemon"
wait_for line_is_in "$world/daemon-tcp.log" 'started ' || bail_out "no daemon"

# rate PORT: messages a second until Postfix has taken all of them.
rate() {
	local start=$EPOCHREALTIME
	smtp-source -s 10 -m "$MESSAGES" -l 2000 -f s@client.example -t u@example.com "inet:$mta_ip:$1" ||
		bail_out "smtp-source fails"
	echo "$MESSAGES $start $EPOCHREALTIME" | awk '{ printf "%.0f\n", $1 / ($3 - $2) }'
	wait_for mta_queue_is_empty
}

for ((round = 0; round <= ROUNDS; round++)); do
	for port in 25 26 27; do
		result=$(rate "$port")
		# The first round warms up.
		[ "$round" = 0 ] || echo "$result" >>"$world/rates.$port"
	done
done
median() {
	sort -n "$world/rates.$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
none=$(median 25)
printf '%-24s %10s %8s\n' "$MESSAGES messages of 2 kB" messages/s ratio
for row in "25 no milter" "26 Unix socket" "27 TCP socket"; do
	printf '%-24s %10s %8s\n' "${row#* }" "$(median "${row%% *}")" \
		"$(echo "$(median "${row%% *}") $none" | awk '{ printf "%.2f", $1 / $2 }')"
done
