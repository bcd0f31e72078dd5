#!/bin/bash
# wiring: mail that goes elsewhere than it was routed, as main.cf does not follow the milter
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 12
host_start other 13
daemon_make
write_routes() { # [SETTING...]
	daemon_routes "$(health_settings)" "$@" <<-END
		pools = { $(daemon_pool exchange 12 13) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}
write_routes
daemon_start
mta_make "$daemon_socket" milter_header_checks=
mta_start
sent=0
some() { # N
	local before=$(($(host_count own) + $(host_count well) + $(host_count other)))
	sent=$((sent + 1))
	send --count "$1" --to "u$sent-%n@example.com" --id "s$sent-" >"$world/sent"
	wait_for hosts_have $((before + $1)) own well other && wait_for mta_queue_is_empty
}
postfix_set() { # SETTING...
	local setting
	for setting in "$@"; do
		postconf -c "$mta" -e "$setting"
	done
	postfix -c "$mta" reload >/dev/null 2>&1
	wait_for port_is_open "$mta_ip" "$MTA_PORT"
}
reasons() {
	ctl --json status | jq -r '.condition.reasons[] | select(.about == "wiring") | .text'
}
reason_has() { # PATTERN
	reasons | grep -qE "$1"
}
told() {
	daemon_count 'warning: .* did not go to the hosts chosen for them'
}
has_told() { # TIMES
	[ "$(told)" -ge "$1" ]
}

# ---- without milter_header_checks

ok "no milter_header_checks: two messages" some 2
is "no milter_header_checks: they go by relayhost" "$(host_count own)" 2
ok "no milter_header_checks: one more" some 1
ok "no milter_header_checks: the log says it" wait_for has_told 1
ok "no milter_header_checks: status says where, and where to look" \
	reason_has "went to $world_net.2: see milter_header_checks in main.cf"
ok "no milter_header_checks: the exit status of status" not quietly ctl status
ok "no milter_header_checks: check-health" not quietly ctl check-health
is "no milter_header_checks: one event" "$(ctl --json events | jq '[.events[] | select(.event == "elsewhere")] | length')" 1
ok "no milter_header_checks: ten more" some 10
is "no milter_header_checks: the log says it once an hour" "$(told)" 1

# ---- mended

postfix_set "milter_header_checks=regexp:$mta/header_checks"
ok "wired: 20 messages" some 20
is "wired: none goes by relayhost" "$(host_count own)" 13
ok "wired: no reason is left" wait_for not reason_has .
ok "wired: status is content" quietly ctl status

# ---- overridden by another FILTER

cat >"$world/recipient_filter" <<END
/./ FILTER smtp:[$world_net.2]:$HOST_PORT
END
postfix_set "milter_header_checks=" "smtpd_recipient_restrictions=check_recipient_access regexp:$world/recipient_filter, permit"
ok "another FILTER: three messages" some 3
ok "another FILTER: status says where" wait_for reason_has "went to $world_net.2"
postfix_set "milter_header_checks=regexp:$mta/header_checks" smtpd_recipient_restrictions=

# ---- the map, which is not asked

write_routes "map_socket = \"unix:$daemon/map.sock\";" 'postfix_delivery = "map";'
daemon_stop
daemon_start
ok "the map is not queried: three messages" some 3
ok "the map is not queried: status says where to look" wait_for reason_has 'see transport_maps in main.cf'
postfix_set "transport_maps=socketmap:unix:$daemon/map.sock:transport"
ok "the map is queried: 20 messages" some 20
before=$(host_count own)
is "the map is queried: they go where they should" "$before" 19
# By the map it can only be told from a result that it is right: those come.
ok "the map is queried: no reason is left" wait_for not reason_has .

# ---- the map is queried, but not for this mail

map="socketmap:unix:$daemon/map.sock:transport"
postfix_set "content_filter=smtp:[$world_net.2]:$HOST_PORT"
ok "a content_filter: three messages" some 3
ok "a content_filter: status says where" wait_for reason_has "went to $world_net.2: .* content_filter"
postfix_set content_filter=
ok "no content_filter: 20 messages" some 20
ok "no content_filter: no reason is left" wait_for not reason_has .
echo "/@example\\.com\$/ smtp:[$world_net.2]:$HOST_PORT" >"$world/before_it"
postfix_set "transport_maps=regexp:$world/before_it, $map"
ok "another table goes first: three messages" some 3
ok "another table goes first: status says where" wait_for reason_has "went to $world_net.2: see transport_maps"
postfix_set "transport_maps=$map"
ok "the map goes first: 20 messages" some 20
ok "the map goes first: no reason is left" wait_for not reason_has .

# ---- what is not elsewhere: aliases of another route, mail that is deleted, mail that waits

postfix_set "virtual_alias_maps=inline:{ alias@example.com=someone@nowhere.example }"
before=$(host_count own)
for i in 1 2 3 4; do
	send --to alias@example.com >"$world/sent"
done
ok "an alias of another route: delivered" wait_for host_has own $((before + 4))
wait_for mta_queue_is_empty
is "an alias of another route: it went where it should" "$(reasons)" ""

postfix_set "defer_transports=smtp"
send --count 5 --to "w%n@example.com" >"$world/sent"
wait_for line_is_in "$mta_log" 'to=<w5@example.com>.*status=deferred'
mta_forget
wait_for mta_queue_is_empty
is "deleted mail went nowhere" "$(reasons)" ""
daemon_end
tap_done
