#!/bin/bash
# sick_host: what one sick host of two costs the mail, with and without memory
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench", as root. 200 messages at 50 a second (BENCH_MESSAGES, BENCH_RATE) to two hosts of
# which the first has a fault, through the same private Postfix: by a static list of its own
# (relayhost); by the milter, with the health settings that hold by default; and by the milter with
# probes, which have had the time to find the fault. Printed: how many messages met the sick host, the
# median and the 99th percentile of Postfix's "delay=", the latter of those that did not meet it, too,
# and attempts that were put off. Postfix waits 5 s for a greeting, longer than all messages take to
# come: that a host is silent shows in time only by what waits for it.
#
# How many meet a silent host depends on the machine: it has to be slower than four times what the
# other host needs, and on a busy machine that is long. At BENCH_RATE=10 (messages a second) the
# timeout bounds it: after 5 s the host is deferred, and 5 a second were chosen for it until then.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MESSAGES=${BENCH_MESSAGES:-200}
RATE=${BENCH_RATE:-50}

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
	faulty_start 11 12
	case "$fault" in
	mail) fault 11 say mail 452 4.3.1 Insufficient system resources ;;
	greeting) fault 11 say greeting 431 4.3.1 Mail system full ;;
	silent) fault 11 silent greeting ;;
	slow) fault 11 slow 2 ;;
	policy) fault 11 say rcpt 451 4.7.1 Service unavailable ;;
	bare) fault 11 say rcpt 451 Temporary local problem ;;
	third) fault 11 every 3 end 451 4.3.0 Error: queue file write error ;;
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
	send --count "$MESSAGES" --rate "$RATE" --parallel 8 --per-connection 10 --to u%n@example.com >/dev/null
	wait_for_seconds 300 mta_queue_is_empty || bail_out "not all are delivered"
	# Messages of which the sick host is spoken have met it; the others are those that it could have spared.
	awk -v sick="$world_net.11[" -v setup="$setup" -v fault="$fault" '
		match($0, /: [0-9A-Z]+: /) {
			id = substr($0, RSTART + 2, RLENGTH - 4)
			if (index($0, sick) > 0 && !(id in met)) { met[id] = 1; touched++ }
			if (/status=deferred/) deferred++
			if (/status=sent/ && match($0, / delay=[0-9.]+/)) delay[id] = substr($0, RSTART + 7, RLENGTH - 7)
		}
		END {
			for (id in delay) print delay[id], (id in met)
			print "sums", touched + 0, deferred + 0
		}' "$mta_log" | sort -n | awk -v setup="$setup" -v fault="$fault" '
		$1 == "sums" { touched = $2; deferred = $3; next }
		{ all[++count] = $1 }
		$2 == 0 { spared[++left] = $1 }
		END {
			printf "%-12s %-10s %8d %9.2f %9.2f %11s %9d\n", setup, fault, touched, all[int((count + 1) / 2)],
				all[int(0.99 * count + 0.5)], left == 0 ? "-" : sprintf("%.2f", spared[int(0.99 * left + 0.5)]), deferred
		}'
}

printf '%-12s %-10s %8s %9s %9s %11s %9s\n' set-up fault "met it" "median s" "99 % s" "others 99 %" deferred
for fault in ${BENCH_FAULTS:-none greeting mail silent slow policy bare third}; do
	for setup in ${BENCH_SETUPS:-static milter probes}; do
		# Probes end before RCPT, and a static list has each message wait for the slow host in turn.
		case "$setup $fault" in
		"probes policy" | "probes bare" | "probes third" | "static slow") continue ;;
		esac
		(run "$setup" "$fault")
	done
done
