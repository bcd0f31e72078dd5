#!/bin/bash
# rules_message: what rules do with messages of many recipients, on one connection, during reloads
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/arrivals.sh" || exit 99
. "$srcdir/test/lib/client.sh" || exit 99

find_postfix
world_open
# own: where Postfix itself sends to.
hosts=(own bulk slow route)
host_start own 2
host_start bulk 11
host_start slow 12
host_start route 13
daemon_make
settings=()
rules() { # RULES
	daemon_routes "${settings[@]}" <<-END
		pools = { $(daemon_pool bulk 11) $(daemon_pool slow 12) $(daemon_pool route 13)
			late = { hosts = ( { host = "$world_net.31"; port = $HOST_PORT; } ); all_deferred = "tempfail"; }; };
		rules = ( $1 );
		routes = ( { match = "routed.example"; pool = "route"; },
			{ match = "bulk.example"; pool = "bulk"; },
			{ match = "slow.example"; pool = "slow"; },
			{ match = "late.example"; pool = "late"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 gone"; } );
	END
	[ -z "${world_pids[daemon]:-}" ] || daemon_reload || fail "the rules are loaded"
}
settings=("$(health_settings 'failures = 1; messages = 1;')")
rules '{ name = "r"; when = { sender = "bulk@x.example"; }; pool = "bulk"; }'
mkdir -p "$world/postfix/log"
daemon_start
mta_make "$daemon_socket" "smtp_tcp_port=$HOST_PORT" 'smtp_connection_cache_on_demand=no' \
	'transport_retry_time=1s' smtpd_soft_error_limit=1000 smtpd_hard_error_limit=1000
mta_start

# goes WHAT WANTED OPTION...: sends a message and sees who gets it; the replies stay in $reply.
goes() {
	local what=$1 wanted=$2
	shift 2
	mark
	reply=$(send --once --deadline 10 --verbose "$@")
	is "$what" "$(told)" "$wanted"
}
hits() {
	curl -sS --unix-socket "$daemon/control.sock" http://daemon/v1/rules | jq -r '[.rules[].hits] | join(" ")'
}
at=(--to u@routed.example)
ruled=(--header 'X-Rule: yes')
header_rule() { # WHAT IT DOES
	rules "{ name = \"r\"; when = { header = \"X-Rule: yes\"; }; $1 }"
}
sender_rule() {
	rules "{ name = \"r\"; when = { sender = \"s@x.example\"; }; $1 }"
}

# ---- many recipients

many=("${at[@]}" --to a@nowhere.example --to b@bulk.example --to c@void.example)
sender_rule 'pool = "slow";'
goes "recipients of several routes: one rule for all" \
	"slow a@nowhere.example,slow b@bulk.example,slow c@void.example,slow u@routed.example," "${many[@]}" --from s@x.example
goes "recipients of several routes: no rule, no map" "route u@routed.example," "${many[@]}"
hundred=()
for i in {1..50}; do
	hundred+=(--to "a$i@routed.example" --to "b$i@bulk.example")
done
mark
send --once "${hundred[@]}" --from s@x.example >"$world/sent"
is "100 recipients" "$(told | tr ',' '\n' | grep -c '^slow ')" 100
is "a message is counted once" "$(hits)" 2
rules '{ name = "r"; when = { recipient = "b50@bulk.example"; }; pool = "slow"; }'
mark
send --once "${hundred[@]}" >"$world/sent"
# The others with its route have been put off by then.
is "100 recipients: the last one decides" "$(told | tr ',' '\n' | grep -c '^slow ')" 51

# ---- one connection

rules '{ name = "evil"; when = { sender = "evil@x.example"; }; action = "reject"; text = "5.7.3 evil"; },
	{ name = "header"; when = { header = "X-Rule: yes"; }; pool = "bulk"; },
	{ name = "from"; when = { sender = "s@x.example"; }; pool = "slow"; },
	{ name = "never"; when = { header = "X-Rule: never"; }; action = "reject"; text = "5.7.2 never"; }'
mark
client_open
client_header='X-Rule: yes'
client_sends one one@routed.example
client_header=
client_sends two two@routed.example
client_from=s@x.example
client_sends three three@routed.example
client_from=evil@x.example
client_says "MAIL FROM:<$client_from>"
client_says 'RCPT TO:<no@routed.example>'
contains "one connection: a recipient is refused" "$reply" "550 5.7.3 "
client_says RSET
client_from=sender@client.example
client_header='X-Rule: never'
client_sends four four@routed.example
contains "one connection: a message is refused at its end" "$reply" "550 5.7.2 never"
client_header=
client_says 'MAIL FROM:<s@x.example>'
client_says 'RCPT TO:<reset@routed.example>'
client_says RSET
client_sends five five@routed.example
client_header='X-Rule: yes'
client_sends six six@nowhere.example
client_header=
client_close
is "one connection: each by its own facts" "$(told)" \
	"bulk one@routed.example,bulk six@nowhere.example,route five@routed.example,route two@routed.example,slow three@routed.example,"
is "one connection: what was counted" "$(hits)" "1 2 1 1"

# ---- actions

while IFS='|' read -r action text when wanted; do
	rules "{ name = \"r\"; when = { $when }; action = \"$action\"; text = \"$text\"; }"
	goes "$action, $when nobody has it" "" "${at[@]}" --to a@nowhere.example "${ruled[@]}"
	contains "$action, $when the reply" "$reply" "$wanted"
done <<'END'
reject|5.7.2 100% never|sender = "*";|RCPT TO:<u@routed.example>	550 5.7.2 100% never
defer|4.7.2 not today|sender = "*";|RCPT TO:<u@routed.example>	451 4.7.2 not today
reject|5.7.2 100% never|header = "X-Rule";|.	550 5.7.2 100% never
defer|4.7.2 not today|header = "X-Rule";|.	451 4.7.2 not today
END
header_rule 'action = "discard";'
goes "discard: nobody has it" "" "${at[@]}" --to a@nowhere.example "${ruled[@]}"
contains "discard: the client gets 250" "$reply" " accepted 1 "
sender_rule 'action = "discard";'
goes "discard, known early: nobody has it" "" "${at[@]}" --from s@x.example
sender_rule 'action = "dns";'
# The relay host, and for the second one local delivery, are the host "own".
goes "dns: Postfix's own routing, whatever the routes say" "own known@local.example,own u@routed.example," \
	"${at[@]}" --to known@local.example --from s@x.example
# However long it is, an address is in its domain.
long=$(printf 'x%.0s' {1..600})
rules '{ name = "r"; when = { sender = "x.example"; }; action = "reject"; text = "5.7.2 never"; }'
goes "a sender of 600 octets: its domain's rule holds" "" "${at[@]}" --from "$long@x.example"
contains "a sender of 600 octets: the reply" "$reply" "550 5.7.2 never"
goes "a sender of 600 octets, quoted: its domain's rule holds" "" "${at[@]}" --from "\"$long@y.example\"@x.example"
goes "a recipient of 600 octets: its domain's route holds" "route $long@routed.example," --to "$long@routed.example"
sender_rule 'pool = "bulk";'
goes "a route's reject: for a message that no rule decides" "" --to u@gone.example
contains "a route's reject: the reply" "$reply" "550 5.1.2 "
goes "a route's reject: not if a rule has decided" "bulk u@gone.example," --to u@gone.example --from s@x.example
header_rule 'pool = "bulk";'
goes "a route's reject: if the rule decides only afterwards" "" --to u@gone.example "${ruled[@]}"

rules '{ name = "mark"; when = { header = "X-Rule"; }; action = "continue"; tag = "marked"; log = true; },
	{ name = "both"; when = { tag = "marked"; sender = "s@x.example"; }; pool = "slow"; log = true; },
	{ name = "shadow"; mode = "shadow"; when = { header = "X-Rule"; }; action = "reject"; log = true; }'
goes "a tag, and what it is for" "slow u@routed.example," "${at[@]}" --from s@x.example "${ruled[@]}"
id=$(sed -n 's/.* accepted 1 \([^ ]*\) .*/\1/p' <<<"$reply")
ok "log: the tag" wait_for daemon_has_said " info: $id: rule=mark does=continue source=.*:[0-9]+ tags=marked$"
ok "log: the rule that decides" \
	daemon_has_said " info: $id: rule=both does=pool pool=slow source=.*:[0-9]+ tags=marked$"
goes "a tag alone decides nothing, nor does a shadow" "route u@routed.example," "${at[@]}" "${ruled[@]}"
ok "log: a shadow" wait_for daemon_has_said ' info: [^ ]*: rule=shadow shadow does=reject '
goes "none of them" "route u@routed.example," "${at[@]}" --from s@x.example
is "all are counted, the shadow as well" "$(hits)" "2 1 1"
is "no line of log for what does not hold" "$(daemon_count ' info: .*: rule=')" 4

# ---- a reload in the middle

header_rule 'pool = "bulk";'
mark
send_start between --once "${at[@]}" "${ruled[@]}" --gate "$world/gate"
has_data() {
	[ "$(curl -sS --unix-socket "$daemon/control.sock" http://daemon/v1/status | jq .milter.in_flight)" = 1 ]
}
ok "a message has begun" wait_for has_data
header_rule 'pool = "slow";'
goes "a reload: what begins then goes by the new rules" "slow v@routed.example," --to v@routed.example "${ruled[@]}"
mark
: >"$world/gate"
ok "a reload in the middle: accepted" process_wait between
is "a reload in the middle: it goes by the rules that it began with" "$(told)" "bulk u@routed.example,"

# A connection that is older than what rules ask for now.
mark
client_open
client_sends before before@routed.example
is "rules that ask for more: before them" "$(told)" "route before@routed.example,"
rules '{ name = "r"; when = { helo = "client.example"; }; pool = "bulk"; }'
client_says 'MAIL FROM:<s@x.example>'
client_says 'RCPT TO:<u@routed.example>'
contains "rules that ask for more: the client is to come again" "$reply" "451 4.3.5 "
client_close
goes "rules that ask for more: a new connection" "bulk after@routed.example," --to after@routed.example

# ---- a pool whose hosts are all deferred

sender_rule 'pool = "late";'
reply=$(send --once "${at[@]}" --from s@x.example)
contains "tempfail: the first message is accepted" "$reply" " accepted 1 "
ok "tempfail: its host is deferred" wait_for health_is 31 deferred
contains "tempfail, known early: 451" "$(send --once "${at[@]}" --from s@x.example)" "kept 1 - 451 4.4.1 "
header_rule 'pool = "late";'
contains "tempfail, known at the end: 451" "$(send --once "${at[@]}" "${ruled[@]}")" "kept 1 - 451 4.4.1 "
contains "tempfail: others are not touched" "$(send --once "${at[@]}")" " accepted 1 "
mta_forget

# ---- mixed = "split"

settings=('mixed = "split";')
sender_rule 'pool = "slow";'
goes "split: a rule that decides at once" "slow b@bulk.example,slow u@routed.example," "${at[@]}" --to b@bulk.example \
	--from s@x.example
header_rule 'pool = "slow";'
goes "split: a rule that decides at the end, for those that were taken" "slow u@routed.example," "${at[@]}" \
	--to b@bulk.example "${ruled[@]}"
contains "split: the others are to be sent by themselves" "$reply" "RCPT TO:<b@bulk.example>	452 4.5.3 "

# ---- with the map

settings=("map_socket = \"unix:$daemon/map.sock\";")
header_rule 'pool = "slow";'
daemon_stop
daemon_start
postconf -c "$mta" -e "transport_maps=socketmap:unix:$daemon/map.sock:transport"
postfix -c "$mta" reload 2>/dev/null
goes "map: one rule for all" \
	"slow a@nowhere.example,slow b@bulk.example,slow c@void.example,slow u@routed.example," "${many[@]}" "${ruled[@]}"
# Such a message would be told FILTER, which holds for local recipients, too, or be answered by the map.
reloaded_with() { # WHAT IT DOES: the error
	daemon_routes "${settings[@]}" < <(sed -n '/pools = {/,$p' "$daemon/routes.cfg" |
		sed "s/pool = \"slow\"; } );/$1 } );/")
	ctl reload 2>&1
}
contains "map: no rule with dns" "$(reloaded_with 'action = "dns";')" 'action = "dns" requires a Postfix without map_socket'
header_rule 'pool = "slow";'
goes "map: no rule" "bulk b@bulk.example,own a@nowhere.example,route u@routed.example," "${many[@]}"
sender_rule 'pool = "bulk";'
# Postfix has it from the map, and refuses the recipient before it asks the milter.
goes "map: a route's reject, although a rule has decided" "" --to u@gone.example --from s@x.example
contains "map: a route's reject, the reply" "$reply" "<u@gone.example>: Recipient address rejected: gone"
settings+=('postfix_delivery = "map";')
header_rule 'pool = "slow";'
goes "postfix_delivery = map: one rule for all" \
	"slow a@nowhere.example,slow b@bulk.example,slow c@void.example,slow u@routed.example," "${many[@]}" "${ruled[@]}"
goes "postfix_delivery = map: no rule" "bulk b@bulk.example,own a@nowhere.example,route u@routed.example," "${many[@]}"

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
