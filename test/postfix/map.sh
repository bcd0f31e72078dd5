#!/bin/bash
# map: each recipient goes its own way, and mail waits for a map that is not there
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
map=$daemon/map.sock
write_routes() { # [MORE ROUTES]
	daemon_routes "map_socket = \"unix:$map\";" 'recipient_delimiter = "+";' <<-END
		pools = { $(daemon_pool first 9 11) $(daemon_pool second 12) };
		routes = ( { match = "example.com"; pool = "first"; },
			{ match = "example.org"; pool = "second"; },
			{ match = "\"odd name\"@example.com"; pool = "second"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "old.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 moved away"; },
			{ match = "later.example"; action = "defer"; text = "4.7.1 not now"; } $* );
	END
}
counts() {
	echo "$(host_count own) $(host_count one) $(host_count two)"
}
write_routes
daemon_start
# Postfix alone: what the milter does is not of interest here.
mta_make "" "transport_maps = socketmap:unix:$map:transport" "recipient_delimiter = +" \
	"transport_retry_time = 1s"
mta_start

# ---- one message, recipients of many kinds

contains "mixed recipients: accepted" "$(send --to a@example.com --to b@example.org --to c@dns.example \
	--to d@old.example --to e@nowhere.example --to '"odd name"@example.com' --to f+x@example.com)" "m1 accepted 1 "
ok "mixed recipients: the queue is empty" wait_for mta_queue_is_empty
recipients_of() { # HOST
	sed -n 's/^X-Rcpt-Args: //p' "$world/$1.d"/* | sed 's/ ORCPT=.*//' | sort | tr '\n' ' '
}
is "mixed recipients: the first pool, past a host that is dead" "$(recipients_of one)" "<a@example.com> <f+x@example.com> "
is "mixed recipients: the second pool" "$(recipients_of two)" '<"odd name"@example.com> <b@example.org> '
is "mixed recipients: dns and no route" "$(recipients_of own)" "<c@dns.example> <e@nowhere.example> "
ok "mixed recipients: one is discarded" wait_for mta_log_has 'postfix/discard\[.*to=<d@old\.example>.*status=sent'

# ---- what Postfix asks

asked() { # KEY: how often, in all
	daemon_said | grep -cF "debug: map=transport key=$1 reply="
}
is "it asks for no domain, and for no address without its extension" \
	"$(asked example.com) $(asked .example.com) $(asked f@example.com)" "0 0 0"
within "it asks for the address" "$(asked f+x@example.com)" 1 4
within "it asks for a sender" "$(asked sender@client.example)" 1 4
within "it asks for all" "$(asked '*')" 1 8
within "a quoted local part is given with its quotes" "$(asked '"odd name"@example.com')" 1 4
is "what is found is not asked for without them" "$(asked 'odd name@example.com')" 0
send --to '"odd name"@nowhere.example' >/dev/null
ok "what is not found is" test "$(asked 'odd name@nowhere.example')" -ge 1

# ---- refusals

contains "reject" "$(send --once --to a@gone.example)" \
	"m1 rejected 1 - 550 5.1.2 <a@gone.example>: Recipient address rejected: moved away"
contains "defer" "$(send --once --to a@later.example)" \
	"m1 kept 1 - 450 4.7.1 <a@later.example>: Recipient address rejected: not now"

# ---- what no milter would see

before=$(host_count two)
sendmail -C "$mta" -f sender@client.example b@example.org <<-END
	Subject: from this machine

	Hello.
END
ok "mail from this machine is routed" wait_for host_has two $((before + 1))
ok "the queue is empty" wait_for mta_queue_is_empty

# ---- ALL

write_routes ", { match = \"ALL\"; pool = \"second\"; }"
daemon_reload
before=$(counts)
read -r own one two <<<"$before"
send --to a@nowhere.example --to b@dns.example >/dev/null
ok "ALL: the queue is empty" wait_for mta_queue_is_empty
is "ALL: takes what has no route, and not what is left to Postfix" "$(counts)" "$((own + 1)) $one $((two + 1))"

# ---- without the daemon

read -r own one two <<<"$(counts)"
host_stop two
contains "its host is down: accepted" "$(send --to b@example.org)" "m1 accepted 1 "
ok "its host is down: it waits" wait_for mta_log_has 'to=<b@example\.org>.*status=deferred'
daemon_kill
# Postfix remembers answers for a while: a new address, and a reload for the queue manager.
contains "killed: new recipients get 451" "$(send --once --to new@example.com)" "m1 kept 1 - 451 4.3.0 "
mark=$(wc -l <"$mta_log")
postfix -c "$mta" reload 2>/dev/null
postqueue -c "$mta" -f
asks_in_vain() {
	tail -n +$((mark + 1)) "$mta_log" | grep -q 'transport_maps lookup failure'
}
ok "killed: Postfix asks in vain" wait_for asks_in_vain
# From here on no answer is left from before: its host may come back.
host_start two 12
mark=$(wc -l <"$mta_log")
postqueue -c "$mta" -f
ok "killed: and again" wait_for asks_in_vain
is "killed: what is in the queue stays there" "$(mta_queue_length) $(counts)" "1 $own $one $two"
send_start patient --count 3 --to u%n@example.com
ok "a client is made to wait" wait_for mta_log_has '451 4\.3\.0 <u1@example\.com>'
daemon_start
ok "started again: a client that has waited gets all through" process_wait patient
ok "started again: the queue is empty" wait_for mta_queue_is_empty
is "nothing is lost, nothing goes elsewhere" "$(counts)" "$own $((one + 3)) $((two + 1))"
lacks "nothing was bounced" "$(cat "$mta_log")" "status=bounced"

daemon_end
tap_done
