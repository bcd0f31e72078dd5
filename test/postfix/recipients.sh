#!/bin/bash
# recipients: what becomes of a message with several recipients
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
host_start two 12
daemon_make
daemon_routes <<END
pools = { $(daemon_pool one 11) $(daemon_pool two 12) };
routes = (
	{ match = [ "example.com", ".example.com" ]; pool = "one"; },
	{ match = "example.org"; pool = "two"; },
	{ match = "dns.example"; action = "dns"; },
	{ match = "void.example"; action = "discard"; },
	{ match = "void2.example"; action = "discard"; },
	{ match = "no.example"; action = "reject"; },
	{ match = "later.example"; action = "defer"; },
	{ match = "local.example"; pool = "two"; },
	{ match = "forbidden.example"; pool = "two"; } );
END
daemon_start
relayed='example.com, sub.example.com, example.org, dns.example, void.example, void2.example'
relayed="$relayed, no.example, later.example, unrouted.example"
# The client is nobody that may relay: only to these domains.
mta_make "$daemon_socket" mynetworks=192.0.2.1 \
	"relay_domains=$relayed" \
	'smtpd_relay_restrictions=reject_unauth_destination'
mta_start

declare -A sums=([one]=0 [two]=0 [own]=0)
# expect WHAT HOST RECIPIENT...: one message to those recipients arrives at HOST, whole, and
# nowhere else. HOST "none": nowhere. Sets $replies and $id.
expect() {
	local what=$1 host=$2 to=() name got wanted
	shift 2
	for name in "$@"; do
		to+=(--to "$name")
	done
	replies=$(send --verbose --once --deadline 5 --id "r$((tap_count + 1))-" "${to[@]}")
	id=$(echo "$replies" | sed -n 's/.* accepted 1 \([^ ]*\) .*/\1/p')
	[ "$host" = none ] || sums[$host]=$((sums[$host] + 1))
	if [ "$host" != none ]; then
		ok "$what: delivered" wait_for host_has "$host" "${sums[$host]}"
	fi
	wait_for mta_queue_is_empty
	wanted="one ${sums[one]} two ${sums[two]} own ${sums[own]}"
	got="one $(host_count one) two $(host_count two) own $(host_count own)"
	is "$what: by the right host" "$got" "$wanted"
}

newest() { # HOST
	ls -t "$world/$1.d"/* | head -n 1
}

reply_to() { # RECIPIENT
	echo "$replies" | awk -F '\t' -v command="RCPT TO:<$1>" '$2 == command { print $3 }'
}

is_put_off() { # RECIPIENT
	[[ $(reply_to "$1") == "452 4.5.3 "* ]]
}

expect "one pool" one a@example.com b@example.com c@sub.example.com
is "one pool: one message with three recipients" "$(grep -c '^X-Rcpt-Args' "$(newest one)")" 3

# There is no map: whoever has another route than the first comes in a message of his own.
expect "two pools" one a@example.com b@example.org
ok "two pools: the other is put off" is_put_off b@example.org
expect "pool and dns" one a@example.com b@dns.example
ok "pool and dns: the other is put off" is_put_off b@dns.example
expect "no route and pool" own a@unrouted.example b@example.com
ok "no route and pool: the other is put off" is_put_off b@example.com
expect "dns and no route" own a@unrouted.example b@dns.example
is "dns and no route: both are delivered" "$(grep -c '^X-Rcpt-Args' "$(newest own)")" 2

expect "one rejected" one a@example.com b@no.example c@example.com
is "one rejected: that recipient is told" "$(reply_to b@no.example | cut -c 1-3)" 550
is "one rejected: the others are not" "$(reply_to a@example.com) $(reply_to c@example.com)" \
	"250 2.1.5 Ok 250 2.1.5 Ok"
expect "one rejected, first" one b@no.example a@example.com
expect "one deferred" one a@example.com b@later.example
is "one deferred: that recipient is told" "$(reply_to b@later.example | cut -c 1-3)" 451
expect "all rejected" none a@no.example b@no.example
contains "all rejected: so is the message" "$replies" "rejected 1 - 550"

expect "discard for all" none a@void.example b@void.example c@void2.example
contains "discard for all: the client gets 250" "$replies" " accepted 1 "
expect "discard for some" one a@example.com b@void.example
ok "discard for some: that one is put off" is_put_off b@void.example
expect "discard, and one rejected" none a@void.example b@no.example

expect "one whom Postfix may not relay for" one a@forbidden.example b@example.com
contains "one whom Postfix may not relay for: is refused by Postfix" "$(reply_to a@forbidden.example)" \
	"Relay access denied"
expect "one unknown to Postfix" one nobody@local.example b@example.com
contains "one unknown to Postfix: is refused by Postfix" "$(reply_to nobody@local.example)" "550 5.1.1"
expect "one known to Postfix" two known@local.example
expect "one known to Postfix, and another pool" two known@local.example a@example.com
ok "one known to Postfix, and another pool: put off" is_put_off a@example.com
expect "nobody whom Postfix takes" none nobody@local.example a@forbidden.example

is "milterctl counts those put off" "$(ctl --json status | jq .recipients.split)" 5
is "milterctl counts the rejected recipients" "$(ctl --json status | jq .recipients.rejected)" 5
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
