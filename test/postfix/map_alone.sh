#!/bin/bash
# map_alone: transport_maps alone, with no milter: every action, and hosts that fail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
host_start two 12
host_start full 13 -b '452 4.3.1 Insufficient system resources' -r mail
daemon_make
map_settings=("map_socket = \"unix:$daemon/map.sock\";" 'recipient_delimiter = "+";' "$(health_settings 'jitter = 0;')")
map_routes() {
	daemon_routes "${map_settings[@]}" <<-END
		pools = { $(daemon_pool pair 11 12) $(daemon_pool sick 13,priority=0 11,priority=10)
			$(daemon_pool two 12) };
		routes = (
			{ match = [ "example.com", ".example.com" ]; pool = "pair"; },
			{ match = "boss@example.com"; pool = "two"; },
			{ match = "dns@example.com"; action = "dns"; },
			{ match = "example.org"; pool = "sick"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "no.example"; action = "reject"; text = "5.1.2 moved, away"; },
			{ match = "later.example"; action = "defer"; text = "4.2.1 not today, perhaps tomorrow"; } $1 );
	END
}
map_routes ''
daemon_start
static="inline:{ static.example=smtp:[$world_net.12]:$HOST_PORT, example.com=smtp:[$world_net.2]:$HOST_PORT }"
mta_make '' "transport_maps=socketmap:unix:$daemon/map.sock:transport, $static" \
	'smtp_connection_cache_on_demand=no' recipient_delimiter=+
mta_start

declare -A sums=([one]=0 [two]=0 [own]=0)
# goes WHAT HOST RECIPIENT [OPTION OF send...]: one message arrives there and nowhere else.
goes() {
	local what=$1 host=$2 recipient=$3
	shift 3
	send --to "$recipient" --id "m$tap_count-" "$@" >"$world/sent"
	sums[$host]=$((sums[$host] + 1))
	ok "$what: delivered" wait_for host_has "$host" "${sums[$host]}"
	wait_for mta_queue_is_empty
	is "$what: by the right host" "one $(host_count one) two $(host_count two) own $(host_count own)" \
		"one ${sums[one]} two ${sums[two]} own ${sums[own]}"
}

goes "an address of its own" two boss@example.com
goes "in another case" two BOSS@Example.COM
goes "with an extension" two boss+news@example.com
goes "an address that is left to Postfix, in a domain that is not" own dns@example.com
goes "a domain that is left to Postfix" own user@dns.example
goes "a static map after it, for what it does not know" two user@static.example
goes "no route" own user@nowhere.example
goes "a sender with a route, a recipient without" own user@nowhere.example --from boss@example.com
goes "a sick host loses the message to the next" one user@example.org

# ---- the hosts of a pool share by a hash of the address

send --count 60 --parallel 3 --per-connection 20 --to user%n@example.com --id spread >"$world/sent"
ok "60 recipients: all delivered" wait_for hosts_have $((60 + sums[one] + sums[two])) one two
wait_for mta_queue_is_empty
share=$(($(host_count one) - sums[one]))
note "60 recipients: $share to the first host"
within "60 recipients: both hosts have their part" "$share" 15 45
sums[one]=$(host_count one)
sums[two]=$(host_count two)
# The same address goes to the same host.
host=$(ctl --json explain user1@example.com | jq -r '.doors.map[0].reply')
is "a recipient's list stays the same" "$(ctl --json explain USER1@example.com | jq -r '.doors.map[0].reply')" "$host"
is "no answer takes a turn" "$(ctl --json pools | jq '[.pools[].messages] | add')" 0

# ---- no host

send --to user@void.example --id void >"$world/sent"
ok "discard: thrown away" wait_for mta_log_has 'to=<user@void.example>, relay=none, .* status=sent'
contains "reject: at RCPT" "$(send --once --deadline 5 --to user@no.example)" "550 5.1.2"
contains "reject: with its text" "$(send --once --deadline 5 --to user@no.example)" "moved, away"
contains "defer: at RCPT, with its text" "$(send --once --deadline 5 --to user@later.example)" \
	"450 4.2.1 <user@later.example>: Recipient address rejected: not today, perhaps tomorrow"
echo | sendmail -C "$mta" -f me@client.example user@later.example
ok "defer: what is in the queue waits, with its text" wait_for mta_log_has \
	'to=<user@later.example>, relay=none, .* dsn=4.2.1, status=deferred \(not today, perhaps tomorrow\)'
is "defer: in the queue" "$(mta_queue_length)" 1
echo | sendmail -C "$mta" -f '<>' user@no.example
ok "reject: what is in the queue bounces, with its text" wait_for mta_log_has \
	'to=<user@no.example>, relay=none, .* dsn=5.1.2, status=bounced \(moved, away\)'
mta_forget

# ---- a host that fails is remembered, and comes back by one recipient

deliveries=0
sick_is() {
	deliveries=$((deliveries + 1))
	send --to "user$deliveries@example.org" --id "sick$deliveries-" >"$world/sent"
	wait_for mta_queue_is_empty
	health_is 13 "$1"
}
ok "the sick host is deferred" wait_for sick_is deferred
before=$(touched 13)
send --count 5 --to user%n@example.org --id after >"$world/sent"
wait_for mta_queue_is_empty
is "and not met by the mail that follows" "$(touched 13)" "$before"

# ---- ALL

map_routes ', { match = "ALL"; pool = "two"; }'
daemon_reload
sums[one]=$(host_count one)
sums[two]=$(host_count two)
goes "ALL" two user@nowhere.example
goes "ALL: a more specific one wins" own user@dns.example

is "nothing is bounced but what the routes reject" \
	"$(grep 'status=bounced' "$mta_log" | grep -vc no.example)" 0
daemon_end
contains "no daemon: a map after it is not asked" "$(send --once --deadline 5 --to later@static.example)" " kept 1 - 451 4.3.0 "
tap_done
