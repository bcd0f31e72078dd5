#!/bin/bash
# dsn: what a sender is told of recipients that have a route
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
host_start own 2
host_start dsn 11
host_start plain 12 -N
host_start strict1 21 -B '550 5.1.1 no such user here' -f rcpt
host_start strict2 22 -B '550 5.1.1 no such user here' -f rcpt
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { $(daemon_pool dsn 11) $(daemon_pool plain 12) $(daemon_pool strict 21 22) $(daemon_pool later 41 42) };
routes = ( { match = "dsn.example"; pool = "dsn"; },
	{ match = "plain.example"; pool = "plain"; },
	{ match = "strict.example"; pool = "strict"; },
	{ match = "later.example"; pool = "later"; } );
END
daemon_start
mta_make_wired
mta_start

newest() { # NAME
	cat "$(ls -t "$world/$1.d"/* | head -n 1)"
}
# sent OPTION...: sends a message and waits until Sendmail has no more to do with it. $reports: how
# many reports have come to the sender.
sent() {
	before=$(host_count own)
	send "$@" >"$world/sent"
	wait_for mta_queue_is_empty || fail "the queue is empty"
	reports=$(($(host_count own) - before))
}

# ---- failures

# One after the other for both hosts of the pool: the address itself has one of them first.
: >"$world/all"
for i in 1 2; do
	sent --to "u$i@strict.example" --rcpt-parameter "ORCPT=rfc822;orig$i@list.example"
	is "failure $i: one report" "$reports" 1
	said=$(newest own)
	contains "failure $i: the recipient is the original one" "$said" "Final-Recipient: RFC822; u$i@strict.example"
	contains "failure $i: what the client has called it" "$said" "Original-Recipient: rfc822;orig$i@list.example"
	contains "failure $i: the host's words" "$said" "Diagnostic-Code: SMTP; 550 5.1.1 no such user here"
	contains "failure $i: what the host was told" "$said" ">>> RCPT To:<u$i@strict.example>"
	echo "$said" >>"$world/all"
done
# In the text for people a token may stand in the place of the address.
note "$(grep -a nexthop "$world/all")"
lacks "the fields for machines show no token" "$(grep -E '^[A-Z][A-Za-z-]*: ' "$world/all")" ".nexthop"
sent --to u@strict.example --rcpt-parameter NOTIFY=NEVER
is "NOTIFY=NEVER: no report" "$reports" 0
sent --to u@strict.example --rcpt-parameter NOTIFY=SUCCESS
is "NOTIFY=SUCCESS: no report of a failure" "$reports" 0

# ---- successes

sent --to u@dsn.example --rcpt-parameter NOTIFY=SUCCESS --rcpt-parameter 'ORCPT=rfc822;orig@list.example' \
	--mail-parameter ENVID=e1
is "success, to a host that has DSN: no report of ours" "$reports" 0
contains "success, to a host that has DSN: it is asked for one" "$(newest dsn)" \
	"X-Rcpt-Args: <u@dsn.example> NOTIFY=SUCCESS ORCPT=rfc822;orig@list.example"
contains "success, to a host that has DSN: with the client's name of it" "$(newest dsn)" "ENVID=e1"
sent --to u@plain.example --rcpt-parameter NOTIFY=SUCCESS --rcpt-parameter 'ORCPT=rfc822;orig@list.example' \
	--mail-parameter ENVID=e1
is "success, to a host without DSN: one report" "$reports" 1
said=$(newest own)
contains "success, to a host without DSN: that it was handed on" "$said" "Action: relayed"
contains "success, to a host without DSN: of the original recipient" "$said" "Final-Recipient: RFC822; u@plain.example"
contains "success, to a host without DSN: what the client has called it" "$said" "Original-Recipient: rfc822;orig@list.example"
contains "success, to a host without DSN: and the message" "$said" "Original-Envelope-Id: e1"
sent --to u@plain.example --to v@strict.example --rcpt-parameter NOTIFY=NEVER
is "NOTIFY=NEVER for two: no report" "$reports" 0

# ---- through a queue run

before=$(host_count own)
for i in 1 2; do
	send --to "u$i@later.example" --rcpt-parameter NOTIFY=FAILURE,DELAY \
		--rcpt-parameter "ORCPT=rfc822;orig$i@list.example" >"$world/sent"
	ok "later $i: no host listens" wait_for mta_log_has "$(pattern_deferred "u$i@later.example")"
done
host_start later 41
ok "later: both arrive" wait_for host_has later 2
ok "later: the queue is empty" wait_for mta_queue_is_empty
for i in 1 2; do
	contains "later $i: as the client gave it" "$(cat "$world/later.d"/*)" \
		"X-Rcpt-Args: <u$i@later.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;orig$i@list.example"
done
is "later: no report" $(($(host_count own) - before)) 0
daemon_end
tap_done
