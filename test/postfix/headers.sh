#!/bin/bash
# headers: of all headers only ours is acted on and removed, and others of its name cost nothing
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 11
daemon_make
no_rule='rules = ();'
header_rule='rules = ( { name = "tag"; when = { header = "X-Tag"; }; pool = "exchange"; } );'
write_routes() { # RULES
	daemon_routes <<-END
		pools = { $(daemon_pool exchange 11) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
		$1
	END
}
write_routes "$no_rule"
daemon_start
# The milter before ours adds headers that look as if they were not ours.
process_start before python3 "$srcdir/test/lib/header_milter.py" "$world/before.sock" \
	X-Nexthop-Route "none of ours"
wait_for line_is_in "$world/before.log" '^listening' || bail_out "the milter before ours does not listen"
mta_make "$daemon_socket"
for version in 2 3 4 6; do
	echo "$mta_ip:$((MTA_PORT + version)) inet n - n - - smtpd -o milter_protocol=$version"
done >>"$mta/master.cf"
cat >>"$mta/master.cf" <<END
$mta_ip:40 inet n - n - - smtpd
	-o { smtpd_milters = unix:$world/before.sock, $daemon_socket }
END
mta_start

for name in Nexthop Unknown; do
	{
		printf 'X-%s-Route: smtp:[192.0.2.66]\n' "$name"
		printf 'From: a@client.example\nTo: user@example.com\nDate: Sat, 31 Jan 2026 12:00:00 +0000\n'
		printf 'x-%s-route:smtp:[192.0.2.67]\nSubject: three\n' "$name"
		printf 'X-%s-Route:\n one\n two\nMessage-ID: <three@client.example>\n\ntext\n' "$name"
	} >"$world/$name"
done
# Those of our name, in the order of the message, without what smtp-sink and Postfix add.
of_our_name() { # FILE
	sed -n '/^$/q; p' "$1" | grep -ia -A2 '^x-nexthop-route' | grep -iE '^(x-nexthop|[ \t]*(one|two))'
}
taken=0
delivered() { # PORT OPTION...
	local port=$1
	shift
	taken=$((taken + 1))
	send --once --server "$mta_ip:$port" --to user@example.com "$@" >"$world/sent"
	wait_for host_has well "$taken" && wait_for mta_queue_is_empty
}
newest() {
	ls -t "$world/well.d"/* | head -n 1
}
theirs=$(of_our_name "$world/Nexthop")
for rules in no_rule header_rule; do
	write_routes "${!rules}"
	daemon_reload
	for version in 2 3 4 6; do
		what="version $version, $rules"
		ok "$what: delivered by the pool" delivered $((MTA_PORT + version)) --file "$world/Nexthop"
		is "$what: the client's headers are as they were, and ours is gone" \
			"$(of_our_name "$(newest)")" "$theirs"
	done
	ok "headers of a milter before, $rules: delivered by the pool" delivered 40 --file "$world/Nexthop"
	is "headers of a milter before, $rules: all but ours are there" "$(of_our_name "$(newest)")" \
		"X-Nexthop-Route: none of ours
$theirs
X-Nexthop-Route: none of ours"
done
is "none of them is acted on" "$(count_lines "$mta_log" '192\.0\.2\.6[67]')" 0
is "nothing went another way" "$(host_count own)" 0

# ---- many of them

cleanup_pids() {
	pgrep -P "$(mta_pid)" -x cleanup
}
# The processor time of all cleanup processes, in ticks.
cleanup_ticks() {
	local pid
	for pid in $(cleanup_pids); do
		awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat"
	done | awk '{ sum += $1 } END { print sum + 0 }'
}
for name in Nexthop Unknown; do
	{
		printf 'From: a@client.example\nSubject: many\nMessage-ID: <many@client.example>\n'
		for i in $(seq 16000); do
			echo "X-$name-Route: x"
		done
		printf '\ntext\n'
	} >"$world/many.$name"
done
for rules in no_rule header_rule; do
	write_routes "${!rules}"
	daemon_reload
	declare -A ticks=()
	for name in Unknown Nexthop; do
		before=$(cleanup_ticks)
		ok "320 kB of X-$name-Route, $rules: delivered by the pool" delivered "$MTA_PORT" \
			--file "$world/many.$name"
		ticks[$name]=$(($(cleanup_ticks) - before))
	done
	note "ticks of cleanup, $rules: of our name ${ticks[Nexthop]}, of another ${ticks[Unknown]}"
	ok "320 kB of headers of our name, $rules: cost no more than others" \
		[ "${ticks[Nexthop]}" -le $((3 * ticks[Unknown] + 50)) ]
done

is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
