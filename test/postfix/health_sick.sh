#!/bin/bash
# health_sick: a host that is out of space is left alone, tried, and trusted again
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# With the health settings that hold by default: 3 failures, a back-off of 30 s give or take
# 20 percent, 2 successes.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
full='452 4.3.1 Insufficient system resources'
host_start sick 11 -b "$full" -r mail
host_start well 12
daemon_make
daemon_routes "$(health_settings)" <<END
pools = { $(daemon_pool exchange 11 12) };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_start
# A cached connection would have a host tried at MAIL without a line about its greeting.
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
mta_start

# ---- 200 messages, half of which would meet the sick host first

is "200 messages: all are accepted" \
	"$(send --count 200 --rate 40 --parallel 2 --per-connection 5 --to u%n@example.com | grep -c ' accepted 1 ')" 200
ok "200 messages: all are delivered" wait_for host_has well 200
ok "200 messages: the queue is empty" wait_for mta_queue_is_empty
is "200 messages: none is bounced" "$(count_lines "$mta_log" 'status=bounced|from=<>')" 0
is "200 messages: none is deferred" "$(count_lines "$mta_log" 'status=deferred')" 0
# Three failures, and what was under way to it when the third was read: how many, is the machine's
# affair. None that was given its list afterwards.
first_before=$(daemon_said | awk -v first="nexthop=smtp:[$world_net.11]" \
	'/ up->deferred / { exit } index($0, first) { count++ } END { print count + 0 }')
is "200 messages: only those that were sent to it before it was deferred have met the sick host" \
	"$(touched 11)" "$first_before"
ok "200 messages: these are three at least" test "$first_before" -ge 3
note "messages that met the sick host: $(touched 11)"
is "it is deferred" "$(health_of 11)" deferred
is "for the reason" "$(health_member 11 reason)" system_4.3
contains "with its reply" "$(health_member 11 text)" "$full"
is "the other one is up" "$(health_of 12)" up
is "deliveries are counted" "$(health_member 12 delivered)" 200
is "none by the sick one" "$(health_member 11 delivered)" 0
contains "explain puts it last" "$(ctl --json explain user@example.com | jq -r .nexthop)" \
	"smtp:[$world_net.12]:$HOST_PORT,[$world_net.11]:$HOST_PORT"
is "one line tells it" "$(daemon_count "info: host=$world_net.11:$HOST_PORT up->deferred ")" 1
ok "and all of it" wait_for daemon_has_said \
	"up->deferred reason=system_4\.3 reply=\"$full.*\" failures=3 until=(2[4-9]|3[0-6])s delivered=0"
is "so does one event" "$(ctl --json events | jq -r '[.events[] | select(.host != null) | .event] | join(" ")')" deferred

# ---- it is well again

host_stop sick
rm -rf "$world/sick.d"
host_start sick 11
start=$SECONDS
ok "the back-off ends in a trial" wait_for_seconds 40 health_is 11 trial
note "after $((SECONDS - start)) s"
before=$(host_count well)
deliver_one example.com
is "the trial is one message to that host" "$(host_count sick) $(host_count well)" "1 $before"
one_success() {
	[ "$(health_member 11 delivered)" = 1 ]
}
ok "the trial's success is seen" wait_for one_success
is "one success is not enough" "$(health_of 11)" trial
deliver_one example.com
ok "the second one makes it up" wait_for health_is 11 up
ok "a line tells it" wait_for daemon_has_said "host=$world_net.11:$HOST_PORT trial->up reason=recovered "

sick=$(host_count sick)
well=$(host_count well)
is "100 more: all are accepted" \
	"$(send --count 100 --parallel 5 --per-connection 5 --to u%n@example.com | grep -c ' accepted 1 ')" 100
ok "100 more: all are delivered" wait_for hosts_have $((sick + well + 100)) sick well
within "100 more: it takes its half again" $(($(host_count sick) - sick)) 49 51
is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "the events tell the story" \
	"$(ctl --json events | jq -r '[.events[] | select(.host != null) | .event] | join(" ")')" "deferred trial up"

daemon_end
tap_done
