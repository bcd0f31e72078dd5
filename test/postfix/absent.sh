#!/bin/bash
# absent: without the milter the client keeps its mail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 11
daemon_make
daemon_routes <<END
pools = { $(daemon_pool exchange 11) };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
mta_make "$daemon_socket" milter_command_timeout=3s milter_connect_timeout=3s
mta_start

try_once() {
	send --once --deadline 1 --id "$1" --to user@example.com
}

contains "never started: the client gets 4xx" "$(try_once a)" "a1 kept 1 - 451 4."
daemon_start
contains "started: the message passes" "$(try_once b)" "b1 accepted 1 "
daemon_kill
contains "killed: the client gets 4xx" "$(try_once c)" "c1 kept 1 - 451 4."
daemon_start
contains "started again: the message passes" "$(try_once d)" "d1 accepted 1 "
ok "stopped: cleanly" daemon_stop
contains "stopped: the client gets 4xx" "$(try_once e)" "e1 kept 1 - 451 4."
daemon_start
daemon_signal STOP
contains "hanging: the client gets 4xx" "$(try_once f)" "f1 kept 1 - 451 4."
daemon_signal CONT
contains "going on: the message passes" "$(try_once g)" "g1 accepted 1 "

ok "what was accepted is delivered" wait_for host_has well 3
ok "the queue is empty" wait_for mta_queue_is_empty
is "nothing else was" "$(host_count well) $(host_count own)" "3 0"

# A client that keeps its mail gets it through when the daemon is back.
ok "stopped once more" daemon_stop
send_start patient --verbose \
	--count 5 --parallel 5 --to u%n@example.com
ok "a client is made to wait" wait_for line_is_in "$world/patient.log" '	451 4\.'
daemon_start
ok "a client that has waited gets all through" process_wait patient
ok "these are delivered" wait_for host_has well 8
ok "by the milter's choice" wait_for mta_queue_is_empty
is "each once" "$(host_count well) $(host_count own)" "8 0"

daemon_end
tap_done
