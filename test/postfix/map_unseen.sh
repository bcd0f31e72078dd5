#!/bin/bash
# map_unseen: mail that no milter sees takes the same routes, by the map
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
host_start refuser 12 -B '550 5.1.1 no such user' -f rcpt
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { $(daemon_pool one 11) $(daemon_pool refuser 12) };
routes = ( { match = "example.com"; pool = "one"; },
	{ match = "sender.example"; pool = "one"; },
	{ match = "virtual@real.example"; pool = "one"; },
	{ match = "example.org"; pool = "refuser"; } );
END
daemon_start
# As an administrator may have it: proxymap(8) is not chrooted where trivial-rewrite(8) is.
mta_make "$daemon_socket" "transport_maps=proxy:socketmap:unix:$daemon/map.sock:transport" \
	'smtp_connection_cache_on_demand=no' \
	'virtual_alias_maps=inline:{ list@alias.example=virtual@real.example }' \
	'virtual_alias_domains=alias.example'
mta_start
newest() { # HOST
	cat "$(ls -t "$world/$1.d"/* | head -n 1)"
}

# From the command line: no milter, pickup(8).
printf 'Subject: local\n\ntext\n' | sendmail -C "$mta" -f me@local.example user@example.com
ok "the sendmail command: by the route" wait_for host_has one 1
is "the sendmail command: no milter has seen it" "$(ctl --json status | jq .messages.total)" 0
contains "the sendmail command: it is that message" "$(newest one)" "Subject: local"

# A bounce to a sender whose domain has a route.
send --from back@sender.example --to gone@example.org >"$world/sent"
ok "a bounce: by the route of the sender" wait_for host_has one 2
contains "a bounce: it is one" "$(newest one)" "X-Mail-Args: <>"
contains "a bounce: to the sender" "$(newest one)" "back@sender.example"

# An alias that Postfix expands after the milter.
send --to list@alias.example >"$world/sent"
ok "an alias: by the route of what it stands for" wait_for host_has one 3
contains "an alias: to that one" "$(newest one)" "virtual@real.example"

is "nothing went to Postfix's own relay host" "$(host_count own)" 0
ok "the queue is empty" wait_for mta_queue_is_empty
daemon_end
tap_done
