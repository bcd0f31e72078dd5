#!/bin/bash
# split: without a map and without a word of it, the client sends recipients of different routes in messages of their own
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
routes = ( { match = [ "example.com", ".example.com" ]; pool = "one"; },
	{ match = "example.org"; pool = "two"; },
	{ match = "void.example"; action = "discard"; },
	{ match = "no.example"; action = "reject"; } );
END
# It is what holds without a map.
sed -i '/^mixed/d' "$daemon/routes.cfg"
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

reply_to() { # RECIPIENT
	echo "$replies" | awk -F '\t' -v command="RCPT TO:<$1>" '$2 == command { print $3 }'
}
sent() { # RECIPIENT...
	local to=() name
	for name in "$@"; do
		to+=(--to "$name")
	done
	replies=$(send --verbose --once --deadline 5 --id "m$tap_count-" "${to[@]}")
}

sent u@example.com v@example.org w@sub.example.com x@nowhere.example
is "the first decides" "$(reply_to u@example.com | cut -c 1-3)" 250
is "another pool: 452 4.5.3" "$(reply_to v@example.org | cut -c 1-9)" "452 4.5.3"
is "the same pool, another domain: taken" "$(reply_to w@sub.example.com | cut -c 1-3)" 250
is "no route: 452 4.5.3" "$(reply_to x@nowhere.example | cut -c 1-9)" "452 4.5.3"
ok "the message goes to the first's pool" wait_for host_has one 1
sent a@nowhere.example b@example.com
is "no route first: a pool is put off" "$(reply_to b@example.com | cut -c 1-9)" "452 4.5.3"
ok "no route first: left to Postfix" wait_for host_has own 1
sent a@void.example b@example.com c@void.example
is "discard first: a pool is put off" "$(reply_to b@example.com | cut -c 1-9)" "452 4.5.3"
contains "discard first: taken" "$replies" " accepted "
sent a@no.example b@example.com c@example.org
is "a rejected one does not decide" "$(reply_to a@no.example | cut -c 1-3) $(reply_to b@example.com | cut -c 1-3) $(reply_to c@example.org | cut -c 1-3)" "550 250 452"
ok "a rejected one does not decide: delivered" wait_for host_has one 2
is "milterctl counts them" "$(ctl --json status | jq '.recipients.split, .messages.mixed' | tr '\n' ' ')" "5 0 "

# A mail server as the client: it keeps what it is not told 250 for, and comes again.
cat >"$world/relay.py" <<'END'
import smtplib
import sys

host, port = sys.argv[1].rsplit(":", 1)
left = sys.argv[2:]
messages = 0
while left and messages < 10:
    messages += 1
    with smtplib.SMTP(host, int(port)) as client:
        left = list(client.sendmail("s@client.example", left, "Subject: split\n\ntext\n"))
print(messages)
END
turns=$(python3 "$world/relay.py" "$mta_ip:$MTA_PORT" r1@example.com r2@example.org r3@nowhere.example r4@example.org)
is "a client that comes again is done after three messages" "$turns" 3
ok "each arrives where it belongs: first" wait_for host_has one 3
ok "each arrives where it belongs: second" wait_for host_has two 1
ok "each arrives where it belongs: own" wait_for host_has own 2
is "both of one pool in one message" \
	"$(grep -h '^X-Rcpt-Args' "$world/two.d"/* | grep -o '<[^>]*>' | tr '\n' ' ')" \
	"<r2@example.org> <r4@example.org> "
wait_for mta_queue_is_empty
is "and once" "one $(host_count one) two $(host_count two) own $(host_count own)" "one 3 two 1 own 2"

# Postfix counts each of them as an error of the client.
postconf -c "$mta" -e smtpd_hard_error_limit=4
postfix -c "$mta" stop >"$mta/log/stop" 2>&1
wait_for mta_is_gone
mta_start
sent a@example.com b{1..6}@example.org
contains "more of them than smtpd_hard_error_limit: the session is ended" "$replies" "421 4.7.0 "
lacks "more of them than smtpd_hard_error_limit: the message is not taken" "$replies" " accepted "
daemon_end
tap_done
