#!/bin/bash
# sick_host: what one sick host of two costs the mail, with and without memory
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench", as root. 200 messages at 50 a second to two hosts of which the first has a
# fault, through the same private Postfix: by a static list of its own (relayhost); by the milter,
# with the health settings that hold if nothing is said; and by the milter with probes, which have
# had the time to find the fault. Printed: how many messages met the sick host, the median and the
# 99th percentile of Postfix's "delay=", and attempts that were put off. Postfix waits 5 s for a
# greeting, longer than all messages take to come: of a silent host only probes know in time.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MESSAGES=${BENCH_MESSAGES:-200}

find_postfix

probed() { # FAULT
	if [ "$1" = none ]; then
		[ "$(health_member 11 last_success)" != null ]
	else
		health_is 11 deferred
	fi
}

# run SETUP FAULT: in a world of its own.
run() {
	local setup=$1 fault=$2
	world_open nexthop-bench
	host_start own 2
	host_start well 12
	case "$fault" in
	none) host_start sick 11 ;;
	mail) host_start sick 11 -b '452 4.3.1 Insufficient system resources' -r mail ;;
	greeting) host_start sick 11 -b '431 4.3.1 Mail system full' -r connect ;;
	silent)
		process_start sick python3 "$srcdir/test/lib/listeners.py" "$HOST_PORT" "silent=$world_net.11"
		wait_for port_is_open "$world_net.11" "$HOST_PORT" || bail_out "no silent host"
		;;
	esac
	list="[$world_net.11]:$HOST_PORT,[$world_net.12]:$HOST_PORT"
	daemon_make
	probe=
	[ "$setup" != probes ] || probe='probe = { interval = 2; timeout = 2; };'
	daemon_routes "$(health_settings "$probe")" <<-END
		pools = { $(daemon_pool exchange 11 12) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
	daemon_start
	milter=$daemon_socket
	[ "$setup" != static ] || milter=
	mta_make "$milter" "relayhost=$list" smtp_helo_timeout=5s smtp_connection_cache_on_demand=no
	mta_start
	[ "$setup" != probes ] || wait_for probed "$fault" || bail_out "the probes find nothing"
	send --count "$MESSAGES" --rate 50 --parallel 8 --per-connection 10 --to u%n@example.com >/dev/null
	wait_for_seconds 300 mta_queue_is_empty || bail_out "not all are delivered"
	sed -nE 's/.* delay=([0-9.]+), .* status=sent .*/\1/p' "$mta_log" | sort -n |
		awk -v setup="$setup" -v fault="$fault" \
			-v touched="$(grep -E "postfix/smtp\[.*: [0-9A-Z]+: " "$mta_log" | grep -cF "$world_net.11[")" \
			-v deferred="$(count_lines "$mta_log" 'status=deferred')" '
			{ v[NR] = $1 }
			END { printf "%-12s %-10s %8d %9.2f %9.2f %9d\n", setup, fault, touched,
				v[int((NR + 1) / 2)], v[int(0.99 * NR + 0.5)], deferred }'
}

printf '%-12s %-10s %8s %9s %9s %9s\n' set-up fault "met it" "median s" "99 % s" deferred
for fault in none greeting mail silent; do
	for setup in static milter probes; do
		(run "$setup" "$fault")
	done
done
