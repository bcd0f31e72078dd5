#!/bin/bash
# trace: what has become of a message of two pools, on real Sendmail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
host_start own 2
faulty_start 21 22 23
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings)" <<END
pools = { $(daemon_pool two 21 22,priority=20) $(daemon_pool one 23) };
routes = (
	{ match = "two.example"; pool = "two"; },
	{ match = "one.example"; pool = "one"; }
);
END
daemon_start
mta_make_wired
mta_start

# Of the message's attempt for a pool.
trace() { # POOL FILTER
	ctl --json trace "$id" 2>/dev/null | jq -r --arg pool "$1" '.attempts[] | select(.pool == $pool) | '"$2"
}
trace_is() { # POOL FILTER VALUE
	[ "$(trace "$1" "$2")" = "$3" ]
}
line_of() { # TEXT
	grep -nF "$1" "$daemon/routes.cfg" | cut -d : -f 1
}

# Sendmail writes nothing of a host that it passes over.
fault 21 say greeting 421 4.3.2 Closing
id=$(send --to u@two.example --to u@one.example | awk '$2 == "accepted" { print $4 }')
place='"\(.now.place) \(.now.at.host)"'
ok "one: delivered" wait_for trace_is one "$place" "delivered $world_net.23"
ok "two: delivered by the second" wait_for trace_is two "$place" "delivered $world_net.22"
is "two: the first was passed over" "$(trace two '.words[0] | "\(.host) \(.class) \(.reason)"')" \
	"$world_net.21 host passed_over"
for pool in one two; do
	is "$pool: the line that decided" "$(trace "$pool" '.source | split(":")[-1]')" \
		"$(line_of "match = \"$pool.example\"")"
	is "$pool: taken up once" "$(trace "$pool" .tries)" 1
done
daemon_end
tap_done
