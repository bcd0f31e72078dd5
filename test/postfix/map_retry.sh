#!/bin/bash
# map_retry: what Postfix tries again goes by the hosts' health of that moment
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
daemon_make
map_routes() { # HOST...
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" 'postfix_delivery = "map";' \
		"$(health_settings 'jitter = 0;')" <<-END
		pools = { $(daemon_pool pool "$@") };
		routes = ( { match = "example.com"; pool = "pool"; } );
	END
}
map_routes 11,priority=0 12,priority=10
daemon_start
mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" \
	'smtp_connection_cache_on_demand=no'
mta_start
tried() { # NUMBER: how often Postfix has tried that host in vain
	count_lines "$mta_log" "connect to $world_net.$1\[.*:$HOST_PORT: Connection refused"
}
tried_at_least() { # NUMBER COUNT
	[ "$(tried "$1")" -ge "$2" ]
}

# The queue manager keeps the last answer for 30 seconds. With two recipients, neither is the last.

# No host listens: the message waits, and the hosts are known to be sick.
send --to user@example.com --to user2@example.com >"$world/sent"
ok "all hosts fail: the message waits" wait_for mta_log_has 'to=<user@example.com>, .* status=deferred'
ok "all hosts fail: both are deferred" wait_for health_is 12 deferred
wait_for health_is 11 deferred
# The operator knows that the first one is not to be used; the second comes back.
ctl drain "$world_net.11" >"$world/drained"
ok "the retry asks again" wait_for daemon_has_said \
	"map=transport key=user@example.com reply=\"OK smtp:\[$world_net.12\]:$HOST_PORT\"\$"
before=$(tried 11)
host_start second 12
ok "the retry finds the host that came back" wait_for host_has second 1
ok "and the queue is empty" wait_for mta_queue_is_empty
is "the drained host is not tried any more" "$(tried 11)" "$before"
ctl enable "$world_net.11" >"$world/enabled"
ctl reset "$world_net.12" >"$world/reset"

# A message that waits for hosts that fail is given to one that came into the pool afterwards.
host_stop second
send --to other@example.com --to other2@example.com >"$world/sent"
ok "all hosts fail again: the message waits" wait_for mta_log_has 'to=<other@example.com>, .* status=deferred'
host_start third 13
map_routes 11,priority=0 12,priority=10 13,priority=20
daemon_reload
ok "the retry goes to the new host" wait_for host_has third 1
ok "and the queue is empty again" wait_for mta_queue_is_empty

# Without the daemon Postfix waits, and loses nothing.
host_stop third
send --to last@example.com --to last2@example.com >"$world/sent"
ok "a third message waits" wait_for mta_log_has 'to=<last@example.com>, .* status=deferred'
daemon_stop
is "the daemon has stopped" "$(process_is_running daemon && echo running)" ""
ok "Postfix cannot ask" wait_for mta_log_has 'socketmap:unix:.*map.sock'
host_start third_again 13
ok "nothing is delivered by another way" never_within 4 host_has third_again 1
is "it is in the queue" "$(mta_queue_length)" 1
daemon_start
ok "the daemon is back: delivered" wait_for host_has third_again 1
ok "the queue is empty at last" wait_for mta_queue_is_empty

# A message with FILTER is frozen; requeued, it goes by the map.
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'jitter = 0;')" <<END
pools = { $(daemon_pool pool 14) };
routes = ( { match = "example.com"; pool = "pool"; } );
END
daemon_reload
send --to frozen@example.com --to frozen2@example.com >"$world/sent"
ok "a filtered message waits" wait_for mta_log_has 'to=<frozen@example.com>, .* status=deferred'
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'jitter = 0;')" <<END
pools = { $(daemon_pool pool 13) };
routes = ( { match = "example.com"; pool = "pool"; } );
END
daemon_reload
postsuper -c "$mta" -r ALL >/dev/null 2>&1
# pickup(8) would look once a minute.
postkick -c "$mta" public pickup W
ok "requeued, it goes by the map" wait_for host_has third_again 2
ok "and is gone from the queue" wait_for mta_queue_is_empty

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
