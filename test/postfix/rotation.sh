#!/bin/bash
# rotation: equal hosts get equal numbers of messages, whatever happens meanwhile
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
for name in a b c; do
	host_start "$name" "$(printf '%d' "'$name")"
done
host_start heavy 31
host_start light 32
daemon_make

# The routes, with or without a pool in front of the others: rotation is carried over by name.
write_routes() { # [MORE POOLS]
	daemon_routes <<-END
		pools = { $* $(daemon_pool three 97 98 99)
			$(daemon_pool weighted 31,weight=3 32) };
		routes = ( { match = "example.com"; pool = "three"; },
			{ match = "weights.example"; pool = "weighted"; } );
	END
}
write_routes
daemon_start
mta_make "$daemon_socket"
mta_start

# What each of a, b, c has got since the last call, and since the start; and how many turns the
# daemon has taken since the last call.
declare -A before=([a]=0 [b]=0 [c]=0) all=()
turns_before=0
phase() { # WHAT [COUNT]
	local what=$1 count=${2:-300} name turns lost now
	ok "$what: all messages are delivered" wait_for hosts_have "$((before[a] + before[b] + before[c] + count))" a b c
	ok "$what: the queue is empty" wait_for mta_queue_is_empty
	turns=$(daemon_first three | awk '{ sum += $2 } END { print sum }')
	# A turn that was taken for a message that the MTA then did not accept: only a kill does that.
	lost=$((turns - turns_before - count))
	turns_before=$turns
	[ "$lost" = 0 ] || note "turns lost by the kill: $lost"
	[ -n "${may_lose:-}" ] || is "$what: no turn is lost" "$lost" 0
	for name in a b c; do
		now=$(host_count "$name")
		within "$what: host $name has got a third, give or take 1" $((now - before[$name])) \
			$((count / 3 - 1 - lost)) $(((count + 2) / 3 + 1 + lost))
		before[$name]=$now
	done
	turns_are_even "$what"
}

# The daemon's own count: exact over all that has been, kills included.
turns_are_even() { # WHAT
	local low high
	read -r low high <<<"$(daemon_first three | awk '{ print $2 }' | sort -n | sed -n '1p;$p' | tr '\n' ' ')"
	within "$1: the turns of the three hosts differ by 1 at most" $((high - low)) 0 1
}

is "one sender: all are accepted at once" \
	"$(send --count 300 --per-connection 10 --to u%n@example.com | grep -c ' accepted 1 ')" 300
phase "one sender"

is "ten senders: all are accepted at once" \
	"$(send --count 300 --parallel 10 --per-connection 7 --to u%n@example.com | grep -c ' accepted 1 ')" 300
phase "ten senders"

# ---- kill -9 in the middle

has_chosen() { # N messages since the daemon's start
	[ "$(daemon_count 'debug: .*pool=three .*nexthop=')" -ge "$1" ]
}

send_start senders --count 300 --parallel 10 --per-connection 5 --to u%n@example.com
ok "kill -9: a third of the messages is through" wait_for has_chosen $((600 + 100))
daemon_kill
is "kill -9: with messages still to come" \
	"$([ "$(count_lines "$world/senders.log" ' accepted ')" -lt 300 ] && echo yes)" yes
daemon_start
ok "kill -9: the state file was good" not daemon_has_said 'state file'
ok "kill -9: all are accepted in the end" process_wait senders
is "kill -9: each once" "$(count_lines "$world/senders.log" ' accepted ')" 300
may_lose=yes
phase "kill -9"
may_lose=

# ---- 20 reloads

rm -f "$world/senders.log"
mark=$(daemon_count 'debug: .*pool=three .*nexthop=')
# It does not end before the reloads are done.
send_start senders --count 300 --parallel 10 --per-connection 5 --rate 40 --until "$world/reloaded" \
	--to u%n@example.com
for round in $(seq 20); do
	wait_for has_chosen $((mark + 5 * round)) || break
	if [ $((round % 2)) = 1 ]; then
		write_routes "$(daemon_pool another 98 41 42 99)"
	else
		write_routes
	fi
	daemon_reload || break
done
now=$(daemon_count 'debug: .*pool=three .*nexthop=')
ok "20 reloads: and messages come still" wait_for has_chosen $((now + 1))
: >"$world/reloaded"
is "20 reloads: they are done" "$(daemon_count 'info: reloaded ')" 20
ok "20 reloads: all are accepted" process_wait senders
sent=$(count_lines "$world/senders.log" ' accepted ')
is "20 reloads: all were accepted at once" "$(count_lines "$world/senders.log" ' accepted 1 ')" "$sent"
phase "20 reloads" "$sent"

third=$(((900 + sent) / 3))
is "over all, host a has a third, give or take 1 and the turns lost" \
	"$(v=$((before[a] - third)) && [ ${v#-} -le $((2 + turns_before - 900 - sent)) ] && echo yes)" yes

# ---- weights

is "weights 3:1: all are accepted at once" \
	"$(send --count 300 --parallel 10 --to u%n@weights.example | grep -c ' accepted 1 ')" 300
ok "weights 3:1: all are delivered" wait_for hosts_have 300 heavy light
within "weights 3:1: the heavy host has 225, give or take 1" "$(host_count heavy)" 224 226
within "weights 3:1: the light host has 75, give or take 1" "$(host_count light)" 74 76

# ---- a host that the operator takes out

ok "drain: milterctl does it" quietly ctl drain "$world_net.98" --reason upgrade
send --count 30 --to u%n@example.com >/dev/null
ok "drain: 30 messages are delivered" wait_for hosts_have $((before[a] + before[b] + before[c] + 30)) a b c
is "drain: none to the drained host" "$(host_count b)" "${before[b]}"
within "drain: half to one of the others, give or take 1" $(($(host_count a) - before[a])) 14 16
is "drain: the rest to the other" $(($(host_count a) + $(host_count c))) $((before[a] + before[c] + 30))
ok "drain: milterctl ends it" quietly ctl enable "$world_net.98"
send --count 30 --to u%n@example.com >/dev/null
ok "enabled again: it has its share" wait_for host_has b $((before[b] + 9))

is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "nothing was tried twice" "$(count_lines "$mta_log" 'status=deferred')" 0
daemon_end
tap_done
