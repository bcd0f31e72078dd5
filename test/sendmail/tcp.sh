#!/bin/bash
# tcp: milter and map over TCP
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# In routes.cfg milter_socket = "inet:10025@ADDRESS" and map_socket = "inet:10026@ADDRESS", in
# sendmail.mc FEATURE(`nexthop', `inet:10026@ADDRESS') and S=inet:10025@ADDRESS.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
host_start own 2
host_start one 11
host_start two 12
daemon_make
daemon_socket=inet:10025@$world_net.3
daemon_routes "map_socket = \"inet:10026@$world_net.3\";" <<END
pools = { $(daemon_pool turns 11 12) $(daemon_pool two 12) };
routes = ( { match = "turns.example"; pool = "turns"; },
	{ match = "two.example"; pool = "two"; } );
END
daemon_start
ok "the map listens on TCP" port_is_open "$world_net.3" 10026
ok "so does the milter" port_is_open "$world_net.3" 10025
mta_make "$daemon_socket" "FEATURE(\`nexthop', \`inet:10026@$world_net.3')dnl"
mta_start
send --count 40 --parallel 2 --per-connection 5 --to u%n@turns.example >"$world/sent"
is "40 messages are accepted" "$(grep -c ' accepted 1 ' "$world/sent")" 40
ok "40 messages arrive" wait_for hosts_have 40 one two
is "by turn" "$(host_count one) $(host_count two)" "20 20"
send --to a@turns.example --to b@two.example --to c@nowhere.example >"$world/sent"
ok "three routes: all arrive" wait_for hosts_have 43 one two own
printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example user@two.example >"$world/by_hand" 2>&1
ok "the sendmail command: by the map" wait_for hosts_have 44 one two own
is "to Sendmail's own relay host only what has no route" "$(host_count own)" 1
# Given up within a session: nobody gets it.
send --count 4 --per-connection 4 --rset --rset-recipient given-up@two.example --to u%n@turns.example >"$world/sent"
ok "RSET: all arrive" wait_for hosts_have 48 one two own
ok "the queue is empty" wait_for mta_queue_is_empty
is "RSET: what was given up does not" "$(cat "$world"/*.d/* | grep -ac given-up)" 0
daemon_stop >"$world/stopped"
contains "no daemon: 451" "$(send --once --to u@two.example)" " kept 1 - 451 4.3.2 "
printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example user@two.example >"$world/by_hand" 2>&1
# The file that got 451 may still be on its way out.
one_waits() {
	[ "$(mta_queue_length)" = 1 ]
}
ok "no daemon: what is sent by hand waits" wait_for one_waits
before=$(host_count two)
daemon_start
ok "the daemon is back: it arrives" wait_for host_has two $((before + 1))
ok "the queue is empty again" wait_for mta_queue_is_empty
is "nobody was told of a failure" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
daemon_end
tap_done
