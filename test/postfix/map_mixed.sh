#!/bin/bash
# map_mixed: map and milter: each recipient of a message goes to its own hosts, in turn
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start a1 11
host_start a2 12
host_start b1 13
host_start b2 14
host_start b3 15
daemon_make
map_routes() { # [SETTING...]
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$@" <<-END
		pools = { $(daemon_pool a 11 12) $(daemon_pool b 13 14 15) };
		routes = (
			{ match = [ "example.com", "a.example" ]; pool = "a"; },
			{ match = "example.org"; pool = "b"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "no.example"; action = "reject"; },
			{ match = "later.example"; action = "defer"; } );
	END
}
map_routes
daemon_start
mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" \
	'smtp_connection_cache_on_demand=no'
mta_start

counts() {
	echo "a $(($(host_count a1) + $(host_count a2))) b $(($(host_count b1) + $(host_count b2) + $(host_count b3))) own $(host_count own)"
}
wanted_a=0
wanted_b=0
wanted_own=0
is_delivered() {
	mta_queue_is_empty && [ "$(counts)" = "a $wanted_a b $wanted_b own $wanted_own" ]
}
# mixed WHAT A B OWN RECIPIENT...: one message arrives at so many hosts of each.
mixed() {
	local what=$1 to=() name
	wanted_a=$((wanted_a + $2))
	wanted_b=$((wanted_b + $3))
	wanted_own=$((wanted_own + $4))
	shift 4
	for name in "$@"; do
		to+=(--to "$name")
	done
	replies=$(send --verbose --once --deadline 10 --id "r$tap_count-" "${to[@]}")
	ok "$what: delivered" wait_for is_delivered
	is "$what: where each goes" "$(counts)" "a $wanted_a b $wanted_b own $wanted_own"
}
filtered() {
	count_lines "$mta_log" 'milter-header-filter: header X-Nexthop-Route'
}

mixed "two pools" 1 1 0 u@example.com u@example.org
mixed "two pools, the second first" 1 1 0 u@example.org v@example.com
mixed "two pools, several of each" 1 1 0 u@example.com w@example.org v@example.com x@example.org
mixed "a pool and dns" 1 0 1 u@example.com u@dns.example
mixed "a pool and no route" 0 1 1 u@nowhere.example u@example.org
mixed "a pool and discard" 1 0 0 u@void.example u@example.com
mixed "pools, dns, discard and no route" 1 1 1 u@dns.example a@example.com u@void.example b@example.org v@nowhere.example
is "a message for several routes has no FILTER" "$(filtered)" 0
mixed "one rejected" 1 1 0 u@example.com u@no.example u@example.org
contains "one rejected: it is told" "$replies" "550 5.7.1"
mixed "one deferred" 1 1 0 u@example.com u@later.example u@example.org
# The map has told Postfix before the milter was asked.
contains "one deferred: it is told" "$replies" "450 4.7.1 <u@later.example>"
is "milterctl counts them" "$(ctl --json status | jq .messages.mixed)" 9
mixed "one pool" 1 0 0 u@example.com v@a.example
is "one pool: FILTER" "$(filtered)" 1

# ---- the turn

declare -A before
for name in a1 a2 b1 b2 b3; do
	before[$name]=$(host_count "$name")
done
wanted_a=$((wanted_a + 60))
wanted_b=$((wanted_b + 60))
send --count 60 --parallel 2 --per-connection 10 --to a%n@example.com --to b%n@example.org --id turn >"$world/sent"
ok "60 messages for two pools: all delivered" wait_for is_delivered
for name in a1 a2; do
	is "rotation of the first pool is exact: $name" "$(($(host_count $name) - before[$name]))" 30
done
for name in b1 b2 b3; do
	is "rotation of the second pool is exact: $name" "$(($(host_count $name) - before[$name]))" 20
done

# ---- only the map

map_routes 'postfix_delivery = "map";'
daemon_reload
before_filter=$(filtered)
for name in a1 a2; do
	before[$name]=$(host_count "$name")
done
wanted_a=$((wanted_a + 40))
send --count 40 --parallel 2 --per-connection 10 --to a%n@example.com --id only >"$world/sent"
ok "postfix_delivery = map: all delivered" wait_for is_delivered
is "postfix_delivery = map: no FILTER" "$(filtered)" "$before_filter"
for name in a1 a2; do
	is "postfix_delivery = map: rotation is exact over recipients: $name" \
		"$(($(host_count $name) - before[$name]))" 20
done
mixed "postfix_delivery = map: several routes" 1 1 0 u@example.com u@example.org
is "postfix_delivery = map: no trace of the milter" \
	"$(grep -l X-Nexthop "$world"/*.d/* 2>/dev/null | wc -l)" 0

# Postfix's own content_filter takes effect with it.
printf 'From: a@b.example\nX-Nexthop-Route: smtp:[192.0.2.1]\n\ntext\n' >"$world/forged"
wanted_a=$((wanted_a + 1))
send --to forged@example.com --file "$world/forged" >"$world/sent"
ok "a forged header: delivered" wait_for is_delivered
is "a forged header: it stays, and does nothing" \
	"$(grep -h 'X-Nexthop' "$world"/*.d/* 2>/dev/null)" "X-Nexthop-Route: smtp:[192.0.2.1]"
postconf -c "$mta" -e "content_filter=smtp:[$world_net.2]:$HOST_PORT"
postfix -c "$mta" reload >/dev/null 2>&1
wanted_own=$((wanted_own + 1))
filter_is_on() {
	send --to filtered@example.com --id filtered >"$world/sent"
	wait_for mta_queue_is_empty
	[ "$(host_count own)" -ge "$wanted_own" ]
}
ok "postfix_delivery = map: content_filter can be used" wait_for filter_is_on

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
