#!/bin/bash
# daemon_map_sendmail: the maps of Sendmail, their keys and answers
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
mta_kind=sendmail
map=$daemon/map.sock
mail_log=$world/mail.log
: >"$mail_log"
daemon_routes "map_socket = \"unix:$map\";" \
	"health = { log = \"$mail_log\"; backoff = 1; backoff_max = 1; jitter = 0; };" <<END
pools = { sick = { hosts = ( { host = "192.0.2.51"; }, { host = "192.0.2.52"; } ); };
	one = { hosts = ( { host = "192.0.2.1"; } ); };
	two = { transport = "esmtp2525"; hosts = ( { host = "192.0.2.21"; port = 2525; },
		{ host = "2001:db8::22"; port = 2525; }, { host = "mx3.example"; port = 2525; priority = 1; } ); };
	Odd_name = { hosts = ( { host = "192.0.2.3"; } ); }; };
routes = ( { match = "sick.example"; pool = "sick"; }, { match = [ "example.com", "bücher.example" ]; pool = "one"; },
	{ match = ".example.com"; pool = "two"; },
	{ match = "ceo@example.com"; pool = "two"; },
	{ match = "\"odd name\"@example.com"; pool = "two"; },
	{ match = "odd.example"; pool = "Odd_name"; },
	{ match = "place.example"; hosts = ( { host = "192.0.2.4"; } ); },
	{ match = "plain.example.com"; action = "dns"; },
	{ match = "old.example.net"; action = "discard"; },
	{ match = "gone.example.net"; action = "reject"; text = "5.1.2 moved away"; },
	{ match = "full.example.net"; action = "defer"; code = 452; text = "4.2.2 mailbox full"; } );
END
daemon_start
client() {
	timeout "$WAIT_LIMIT" python3 "$srcdir/test/lib/socketmap.py" "$map" "$@" 2>&1
}
one="OK esmtp:[192.0.2.1]"
first="OK esmtp2525:[192.0.2.21]:[IPv6:2001:db8::22]:[mx3.example]"
second="OK esmtp2525:[IPv6:2001:db8::22]:[192.0.2.21]:[mx3.example]"
# by_hash MAP KEY: the answer, without which of two hosts is the first.
by_hash() {
	[ "$1" = "$first" ] || [ "$1" = "$second" ]
}
# answers MAP: standard input has lines of KEY|REPLY.
answers() {
	local map_name=$1 key wanted
	while IFS='|' read -r key wanted; do
		case "$wanted" in
		TWO) ok "$map_name: $key" by_hash "$(client "$map_name $key")" ;;
		NOTFOUND) is "$map_name: $key" "$(client "$map_name $key")" "NOTFOUND " ;;
		*) is "$map_name: $key" "$(client "$map_name $key")" "$wanted" ;;
		esac
	done
}
answers mailertable <<END
example.com|$one
Example.COM|$one
sub.example.com|TWO
bücher.example|$one
.example.com|NOTFOUND
.com|NOTFOUND
.|NOTFOUND
plain.example.com|NOTFOUND
old.example.net|OK nexthop_discard:discard
gone.example.net|OK error:5.1.2:"550 5.1.2 moved away"
full.example.net|OK error:4.2.2:"452 4.2.2 mailbox full"
nowhere.example|NOTFOUND
user@example.com|NOTFOUND
END
token=$(ctl --json explain u@odd.example | jq -r '.doors.map[0].key')
place=$(ctl --json explain u@place.example | jq -r '.doors.map[0].key')
answers nexthop <<END
one.0|$one
ONE.0|$one
one.7|$one
two.0|$first
two.1|$second
two.2|OK esmtp2525:[192.0.2.21]:[IPv6:2001:db8::22]:[mx3.example]
$token|OK esmtp:[192.0.2.3]
$place|OK esmtp:[192.0.2.4]
nothere.0|NOTFOUND
one|NOTFOUND
one.|NOTFOUND
one.x|NOTFOUND
.0|NOTFOUND
user@example.com|$one
CEO@example.com|TWO
"odd name"@example.com|TWO
user@plain.example.com|NOTFOUND
user@old.example.net|OK nexthop_discard:discard
user@gone.example.net|OK error:5.1.2:"550 5.1.2 moved away"
user@full.example.net|OK error:4.2.2:"452 4.2.2 mailbox full"
user@nowhere.example|NOTFOUND
END
is "a pool's name that is none of a domain" "$(grep -cE '^_[0-9a-f]{16}\.0$' <<<"$token")" 1
is "Postfix's map: mail waits" "$(client "transport user@example.com")" 'TEMP routes.cfg has mta = "sendmail"'

# ---- explain

said=$(ctl --json explain user@example.com)
is "explain: the milter's token" "$(jq -r '.doors.milter | .does, .with' <<<"$said" | tr '\n' ' ')" \
	"token <user%example.com@one.0.nexthop> "
is "explain: the keys of the map" "$(jq -r '.doors.map[] | "\(.map) \(.key) \(.reply)"' <<<"$said")" \
	"nexthop one.0 $one
nexthop user@example.com $one"
is "explain: the table" "$(ctl explain user@example.com | grep -E '^(milter|map)')" \
	"milter     puts in its place: <user%example.com@one.0.nexthop>
map        nexthop one.0: $one
map        nexthop user@example.com: $one"
is "explain: discard" "$(ctl --json explain user@old.example.net | jq -r .doors.milter.does)" discard
is "explain: the map of what is refused" "$(ctl --json explain user@gone.example.net | jq -r '.doors.map[].reply')" \
	'OK error:5.1.2:"550 5.1.2 moved away"'
is "explain: several" "$(ctl --json explain user@example.com user@old.example.net user@nowhere.example |
	jq -r '.mixed, .milter, .recipients[].doors.milter.does' | tr '\n' ' ')" "true tokens token discard leave "

# ---- explain takes no trial, whatever key it tells of

echo "$(date '+%b %e %T') mx sm-mta[4711]: 6AONUc0e010021: to=<u@sick.example>, delay=00:00:00, xdelay=00:00:00," \
	"mailer=esmtp, pri=30148, relay=[192.0.2.52] [192.0.2.52], dsn=4.4.1, stat=Deferred: Connection refused by [192.0.2.52]" \
	>>"$mail_log"
candidates_are() { # HOST AND STATE...
	[ "$(ctl --json explain u@sick.example | jq -r '.candidates[] | "\(.host) \(.state)"' | tr '\n' ' ')" = "$* " ]
}
ok "a host on trial comes first" wait_for candidates_are 192.0.2.52 trial 192.0.2.51 up
for i in 1 2 3; do
	said=$(ctl --json explain u@sick.example v@sick.example)
done
is "explain: each key has it first" "$(jq -r '.recipients[].doors.map[].reply' <<<"$said" | sort -u)" \
	"OK esmtp:[192.0.2.52]:[192.0.2.51]"
is "explain takes no trial" "$(client "nexthop w@sick.example" "nexthop w@sick.example" "nexthop x@sick.example")" \
	"OK esmtp:[192.0.2.51]:[192.0.2.52]
OK esmtp:[192.0.2.52]:[192.0.2.51]
OK esmtp:[192.0.2.51]:[192.0.2.52]"

# ---- another MTA takes a restart

mta_kind=postfix
daemon_routes "map_socket = \"unix:$map\";" <<END
routes = ( { match = "example.com"; action = "dns"; } );
END
status=0
said=$(ctl reload --force 2>&1) || status=$?
is "a reload with another mta fails" "$status" 1
contains "a reload with another mta: why" "$(daemon_said)" "mta has changed: that requires a restart"
is "a reload with another mta: the one before is in force" "$(client "nexthop one.0")" "$one"
daemon_end
tap_done
