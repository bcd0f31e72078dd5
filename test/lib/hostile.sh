# hostile: what a stranger writes into an address is no evidence about a host
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh and use_mta. Both MTAs cut, or part, the recipients in their
# log: what is left may look like their own words about any host. The victim is a host of another
# pool, which has no mail.

. "$srcdir/test/lib/client.sh"

hostile_start() {
	find_mta
	world_open
	hosts_start 2 11 12 21
	daemon_make
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings)" <<-END
		pools = { $(daemon_pool mine 11 12) $(daemon_pool victims 21) };
		routes = ( { match = "mine.example"; pool = "mine"; },
			{ match = "victims.example"; pool = "victims"; } );
	END
	daemon_start
	mta_make_wired
	mta_start
	victim=$world_net.21
}

pad() { # LENGTH: so many letters
	printf '%*s' "$1" '' | tr ' ' A
}

# hostile_sends NAME WORDS COUNT LENGTH...: messages with COUNT recipients, each of which has a local
# part of that length in quotes that begins with WORDS; and with such that end with a comma and WORDS.
hostile_sends() {
	local name=$1 words=$2 count=$3 length text i local_part recipients accepted=0
	shift 3
	client_open
	for length; do
		text=$(pad $((length > ${#words} + 3 ? length - ${#words} - 3 : 0)))
		for local_part in "$words$text" "$text,$words"; do
			recipients=()
			for i in $(seq "$count"); do
				recipients+=("\"${local_part:0:1}$i${local_part:1}\"@mine.example")
			done
			client_sends "$name-$length" "${recipients[@]}"
			[[ $reply != 250* ]] || accepted=$((accepted + 1))
		done
	done
	client_close
	is "$name: all are accepted" "$accepted" $(($# * 2))
}

hostile_ends() {
	ok "the queue is empty" wait_for mta_queue_is_empty
	ok "the log is read" wait_for log_is_read
	ok "the log names the victim" mta_log_has "relay=[^ ]*$victim"
	is "the victim is up" "$(health_of 21)" up
	is "it has no failures and no successes" "$(ctl --json hosts |
		jq -r --arg host "$victim" '.hosts[] | select(.host == $host) | "\(.failures) \(.delivered) \(.attempts)"')" "0 0 0"
	is "no event tells of it" "$(ctl --json events | jq -r --arg host "$victim" '[.events[] | select(.host == $host)] | length')" 0
	within "the others have their mail" "$(($(health_member 11 delivered) + $(health_member 12 delivered)))" 1 1000
}
