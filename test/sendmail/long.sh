#!/bin/bash
# long: pools with more hosts than Sendmail takes in one list
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# It takes 254 octets, some 15 hosts by their addresses, and cuts the rest off anywhere. If none of
# those listens, the last one, of which alone its log tells, moves to the end, and
# another one gets into the list of the next attempt. Probes find them all at once.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
host_start own 2
# The block of addresses differs in length; all numbers below have three digits.
room=$((255 / (${#world_net} + 7)))
all() { # FIRST LAST
	seq "$1" "$2" | tr '\n' ' '
}
well=$(all 100 119)
turns=$(all 120 139)
ranked=$(all 140 159)
probed=$(all 160 179)
named=$(all 200 207)
# Those that listen: of the ranked ones, the last one that has room; of the probed ones none that has.
ranked_well=$(all $((139 + room)) 159)
probed_well=$(all $((160 + room)) 179)
# Words are to be split.
# shellcheck disable=SC2086
hosts_start $well $(all 136 139) $ranked_well $probed_well 206 207
daemon_make
# Of 38 octets, of which six have room: longer ones Sendmail shortens in its log ("h00...3.example").
long_name() { # NUMBER
	printf 'h%029d.example' "$1"
}
# A pool of these hosts, each with a priority of its own.
by_rank() { # NAME NUMBER...
	local name=$1 first=$2 number hosts=()
	shift
	for number; do
		hosts+=("$number,priority=$((number - first))")
	done
	daemon_pool "$name" "${hosts[@]}"
}
# shellcheck disable=SC2086
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'jitter = 0;')" <<END
pools = { $(daemon_pool well $well) $(daemon_pool turns $turns) $(by_rank ranked $ranked)
	$(by_rank probed $probed | sed 's/); };$/); health = { probe = { interval = 1; }; }; };/')
	$(by_rank named $named | sed "s/$world_net\./NAME/g") };
routes = ( { match = "well.example"; pool = "well"; },
	{ match = "turns.example"; pool = "turns"; },
	{ match = "ranked.example"; pool = "ranked"; },
	{ match = "probed.example"; pool = "probed"; },
	{ match = "named.example"; pool = "named"; } );
END
for number in $named; do
	sed -i "s/NAME$number/$(long_name "$number")/" "$daemon/routes.cfg"
done
said=$("$DAEMON_PROGRAM" -c "$daemon/routes.cfg" -t 2>&1)
is "-t warns of each" "$(grep -c 'warning: pool [a-z]*: Sendmail uses 254 octets of hosts' <<<"$said")" 5
contains "-t says how many have room" "$said" "about $room of its 20 are tried for one message"
daemon_start
mta_make_wired
for number in $named; do
	echo "$world_net.$number $(long_name "$number")"
done >>"$mta/hosts"
mta_start

count_of() { # NUMBER...: how many messages these hosts have, together
	local number sum=0
	for number; do
		sum=$((sum + $(find "$world/hosts.d/$world_net.$number" -type f ! -name '*.new' 2>/dev/null | wc -l)))
	done
	echo "$sum"
}
have() { # COUNT NUMBER...
	[ "$(count_of "${@:2}")" -ge "$1" ]
}
deferrals() { # POOL
	count_lines "$mta_log" "to=[^,]*@?$1[.@].* stat=Deferred"
}

# ---- all are well

send --count 40 --parallel 2 --to u%n@well.example >"$world/sent"
is "20 hosts: all are accepted" "$(grep -c ' accepted 1 ' "$world/sent")" 40
# shellcheck disable=SC2086
ok "20 hosts: all are delivered" wait_for have 40 $well
is "20 hosts: each has been the first in its turn" "$(for i in $well; do count_of "$i"; done | sort -u)" 2
longest=$(grep -o ' reply="OK esmtp:[^"]*' "$daemon_log" | sed 's/.*OK esmtp://' | awk '{ print length }' | sort -n | tail -n 1)
within "20 hosts: as many as have room" "$longest" 230 254

# ---- four of 20 listen, in turn with those that do not

send --count 20 --parallel 2 --to u%n@turns.example >"$world/sent"
is "4 of 20: all are accepted" "$(grep -c ' accepted 1 ' "$world/sent")" 20
ok "4 of 20: all are delivered" wait_for have 20 136 137 138 139
ok "4 of 20: the queue is empty" wait_for mta_queue_is_empty
is "4 of 20: each once" "$(count_of 136 137 138 139)" 20
note "4 of 20: $(deferrals turns) failed attempts"

# ---- a list has one host that listens, the last one

send --count 4 --to u%n@ranked.example >"$world/sent"
# shellcheck disable=SC2086
ok "the last of $room: all are delivered" wait_for have 4 $ranked_well
is "the last of $room: at once" "$(deferrals ranked) $(count_of $((139 + room)))" "0 4"

# ---- none of the first listens

ok "probes: all are found" wait_for health_is $((159 + room)) deferred
send --count 4 --to u%n@probed.example >"$world/sent"
# shellcheck disable=SC2086
ok "probes: all are delivered" wait_for have 4 $probed_well
is "probes: at once" "$(deferrals probed) $(count_of $((160 + room)))" "0 4"
send --to u@named.example >"$world/sent"
ok "no probes: delivered" wait_for have 1 206 207
ok "no probes: the queue is empty" wait_for mta_queue_is_empty
is "no probes: at the second attempt" "$(deferrals named) $(count_of 206)" "1 1"
is "nothing is bounced" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
is "nothing went to Sendmail's own relay host" "$(host_count own)" 0
daemon_end
tap_done
