#!/bin/bash
# steer: what an operator sets for a while is so for mail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start first 11
host_start second 12
host_start backup 13
daemon_make
write_routes() { # [SETTING of the first host]
	daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<-END
		pools = { $(daemon_pool two "11${1:+,$1}" 12 13,priority=10) };
		routes = ( { match = "example.com"; pool = "two"; } );
	END
}
write_routes
mta_make "$daemon_socket"
daemon_start
mta_start

declare -A before=([first]=0 [second]=0 [backup]=0)
# shares WHAT COUNT FIRST SECOND BACKUP: so many messages are sent, and spread so, give or take 1.
shares() {
	local what=$1 count=$2 name
	local -A wanted=([first]=$3 [second]=$4 [backup]=$5)
	is "$what: all are accepted at once" \
		"$(send --count "$count" --parallel 4 --per-connection 5 --to u%n@example.com | grep -c ' accepted 1 ')" "$count"
	ok "$what: all are delivered" wait_for hosts_have \
		$((before[first] + before[second] + before[backup] + count)) first second backup
	ok "$what: the queue is empty" wait_for mta_queue_is_empty
	for name in first second backup; do
		within "$what: host $name" $(($(host_count "$name") - before[$name])) \
			$((wanted[$name] > 0 ? wanted[$name] - 1 : 0)) $((wanted[$name] > 0 ? wanted[$name] + 1 : 0))
		before[$name]=$(host_count "$name")
	done
}
a=$world_net.11:$HOST_PORT
b=$world_net.12:$HOST_PORT

# ---- parts of a weight

shares "as configured" 60 30 30 0
ok "half" quietly ctl weight "$a" 50%
shares "half" 90 30 60 0
daemon_kill
daemon_start
shares "half, after kill -9" 90 30 60 0
ok "a quarter" quietly ctl weight "$a" 25% --for 1h
shares "a quarter" 100 20 80 0
ok "nothing" quietly ctl weight "$a" 0%
shares "nothing" 30 0 30 0
ok "nothing for both" quietly ctl weight "$b" 0%
shares "nothing for the tier: the backup has it" 20 0 0 20
ok "as configured again" quietly ctl weight "$a" 100%
ok "as configured again" quietly ctl weight "$b" 100%
shares "as configured again" 60 30 30 0

# ---- a drain that begins later

is_so() { # HOST STATE
	[ "$(ctl --json hosts | jq -r --arg host "$world_net.$1" '.hosts[] | select(.host == $host).state')" = "$2" ]
}
ok "a drain of later" quietly ctl drain "$a" --at now+1h
shares "a drain of later, before it" 20 10 10 0
ok "a drain of soon in its place" quietly ctl drain "$a" --at now+1s --reason 'patch night'
ok "it begins by itself" wait_for is_so 11 drained
shares "it has begun" 20 0 20 0
ok "it is ended" quietly ctl enable "$a"
shares "as before" 20 10 10 0

# ---- a maintenance window that is open now

write_routes 'maintenance="00:00-24:00"'
ok "a window: a reload" daemon_reload
shares "a window" 20 0 20 0
ok "it is waived" quietly ctl enable "$a"
shares "it is waived" 20 10 10 0
write_routes
ok "no window: a reload" daemon_reload

# A host that has nothing is not left out: it takes what the others do not.
ok "nothing, beside a host that dies" quietly ctl weight "$a" 0%
host_stop second
host_stop backup
is "it is accepted" "$(send --count 3 --to last%n@example.com | grep -c ' accepted 1 ')" 3
ok "the host that has nothing takes it" wait_for hosts_have $((before[first] + 3)) first
ok "the queue is empty" wait_for mta_queue_is_empty
is "nothing is lost, nothing went to Postfix's own relay host" "$(host_count own)" 0
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
