#!/bin/bash
# health_kept: what was learned outlives restarts; the log is followed through all that befalls it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
full='452 4.3.1 Insufficient system resources'
host_start own 2
host_start sick 11 -b "$full" -r mail
for number in 12 13; do
	host_start "well$number" "$number"
done
for number in 21 22 23 24; do
	host_start "sick$number" "$number" -b "431 4.3.1 Full" -r connect
done
daemon_make
pools="$(daemon_pool exchange 11 12) $(daemon_pool drained 13 12)"
routes='{ match = "example.com"; pool = "exchange"; }, { match = "drained.example"; pool = "drained"; }'
for number in 21 22 23 24; do
	pools="$pools $(daemon_pool "p$number" "$number" 12)"
	routes="$routes, { match = \"p$number.example\"; pool = \"p$number\"; }"
done
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { $pools };
routes = ( $routes );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

# ---- restarts

send --count 8 --to u%n@example.com >/dev/null
ok "the sick host is deferred" wait_for health_is 11 deferred
until_before=$(health_member 11 until)
wait_for mta_queue_is_empty
ok "restart: it ends cleanly" daemon_stop
daemon_start
is "restart: it is still deferred" "$(health_of 11)" deferred
is "restart: until the same time" "$(health_member 11 until)" "$until_before"
daemon_kill
daemon_start
is "kill -9: it is still deferred" "$(health_of 11)" deferred
is "kill -9: until the same time" "$(health_member 11 until)" "$until_before"
before=$(touched 11)
send --count 4 --to u%n@example.com >/dev/null
wait_for mta_queue_is_empty
is "kill -9: no message meets it" "$(touched 11)" "$before"

# What Postfix writes while no daemon runs is read at the next start.
ok "written while away: enabled first" quietly ctl enable "$world_net.11"
daemon_stop
now=$(date '+%b %e %H:%M:%S')
for number in 1 2 3; do
	echo "$now mx postfix/smtp[1]: A000000$number: host $world_net.11[$world_net.11] said: $full (in reply to MAIL FROM command)"
done >>"$mta_log"
daemon_start
ok "written while away: it is read at the next start" wait_for health_is 11 deferred

# ---- a Postfix that is restarted

postfix -c "$mta" stop >/dev/null 2>&1
ok "Postfix stops" wait_for mta_is_gone
postfix -c "$mta" start >/dev/null 2>&1
ok "Postfix starts again" wait_for port_is_open "$mta_ip" "$MTA_PORT"
send --to u@p21.example >/dev/null
ok "Postfix restarted: its log is followed" wait_for health_is 21 deferred

# ---- the log is rotated and emptied under load

send_start load --count 400 --rate 25 --parallel 4 --per-connection 5 --to u%n@example.com
has_sent() { # N
	[ "$(count_lines "$world/load.log" ' accepted ')" -ge "$1" ]
}
ok "rotation: mail flows" wait_for has_sent 50
# Postfix's own way: postlogd opens the new file at once.
mv "$mta_log" "$mta_log.1"
postfix -c "$mta" reload >/dev/null 2>&1
ok "rotation: mail goes on" wait_for has_sent 150
send --to u@p22.example >/dev/null
ok "rotation: the new file is followed" wait_for health_is 22 deferred
# copytruncate
cp "$mta_log" "$mta_log.2"
: >"$mta_log"
ok "copytruncate: mail goes on" wait_for has_sent 250
send --to u@p23.example >/dev/null
ok "copytruncate: it is followed from its beginning" wait_for health_is 23 deferred
# gone, and back
mv "$mta_log" "$mta_log.3"
ok "gone: mail goes on" wait_for has_sent 350
postfix -c "$mta" reload >/dev/null 2>&1
ok "all are accepted" process_wait load
send --to u@p24.example >/dev/null
ok "back: it is followed" wait_for health_is 24 deferred
ok "all is delivered" wait_for mta_queue_is_empty

# ---- a drain during load

rm -f "$world/load.log"
send_start load --count 200 --rate 40 --parallel 4 --per-connection 5 --to u%n@drained.example
ok "drain: mail flows" wait_for has_sent 60
ok "drain: milterctl does it" quietly ctl drain "$world_net.13" --reason 'new disks'
first=$(daemon_first drained | sed -n "s/^$world_net.13 //p")
ok "drain: all are accepted" process_wait load
is "drain: no new first choices, at once" "$(daemon_first drained | sed -n "s/^$world_net.13 //p")" "$first"
is "drain: it is in no list" "$(ctl --json explain u@drained.example | jq -r .nexthop)" "smtp:[$world_net.12]:$HOST_PORT"
daemon_kill
daemon_start
is "drain: it outlives kill -9" "$(health_of 13)" drained
is "drain: with its reason" "$(health_member 13 text)" 'new disks'
ok "drain: all is delivered" wait_for mta_queue_is_empty

is "nothing is bounced" "$(cat "$mta_log"* | grep -c 'status=bounced')" 0
is "nothing went to Postfix's own relay host" "$(host_count own)" 0
daemon_end
tap_done
