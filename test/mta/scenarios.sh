#!/bin/bash
# scenarios: what holds on every MTA, one table for all of them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scenarios.sh postfix|sendmail [SCENARIO...]
#
# Each MTA has milter and map wired as README says. A scenario is a function; what it says of hosts
# and messages is the same for both. Each has a pool and a domain of its own: NAME.example.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

kind=${1:?postfix or sendmail}
shift
use_mta "$kind"
find_mta
world_open
daemon_make

# ---- the hosts, and what is wrong with them

full='452 4.3.1 Insufficient system resources'
hosts=(
	"own 2"
	"well 11"
	"other 12"
	"third 13"
	"greeting 21 -b|431 4.3.1 example.com ESMTP Mail system full|-r|connect"
	"mail 22 -b|$full|-r|mail"
	"rcpt 23 -b|$full|-r|rcpt"
	"data 24 -b|$full|-r|data"
	"end 25 -b|$full|-r|."
	"closing 26 -Q|connect"
	"lost 27 -q|mail"
	"strict 28 -B|550 5.1.1 no such user here|-f|rcpt"
)
for entry in "${hosts[@]}"; do
	read -r name number options <<<"$entry"
	IFS='|' read -ra options <<<"$options"
	host_start "$name" "$number" "${options[@]}"
done
hosts_start 31

# ---- the routes

# Sendmail's log tells only of the last host of a list: probes find the others.
probed() {
	sed 's/^); };$/); health = { probe = { interval = 1; depth = "mail"; }; }; };/'
}
# Nothing listens on .90 and .91, and on .41 and .42 only now and then.
pools="$(daemon_pool reference 21,priority=0 11,priority=10)
	$(daemon_pool turns 11 12 13)
	$(daemon_pool one 11) $(daemon_pool two 12) $(daemon_pool faithful 31)
	$(daemon_pool waiting 41 42 | probed) $(daemon_pool fresh 41,priority=0 42,priority=10 | probed)
	$(daemon_pool strict 28) $(daemon_pool heavy 11,weight=1 12,weight=3)"
stages=(greeting mail rcpt data end closing lost refused)
number=21
for stage in "${stages[@]}"; do
	[ "$stage" != refused ] || number=90
	pools="$pools $(daemon_pool "at-$stage" "$number,priority=0" 11,priority=10)"
	number=$((number + 1))
done
routes=
for name in reference turns waiting fresh strict heavy faithful $(printf 'at-%s ' "${stages[@]}"); do
	routes="$routes { match = [ \"$name.example\", \".$name.example\" ]; pool = \"$name\"; },"
done
write_routes() { # [SETTING...]
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$(health_settings 'jitter = 0;')" "$@" <<-END
		pools = { $pools };
		routes = ( $routes
			{ match = "one.example"; pool = "one"; },
			{ match = "two.example"; pool = "two"; },
			{ match = "boss@one.example"; pool = "two"; },
			{ match = "place.example"; hosts = ( { host = "$world_net.13"; port = $HOST_PORT; } ); },
			{ match = "dns.example"; action = "dns"; },
			{ match = "dns@one.example"; action = "dns"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 moved (away) to 100% \"elsewhere\", \$x"; },
			{ match = "later.example"; action = "defer"; text = "4.2.1 not today"; } );
	END
}
write_routes
daemon_start
mta_make_wired
mta_start

# ---- what scenarios say

declare -A had=()
# Remembers how many messages each host has.
mark() {
	local name
	for name in own well other third; do
		had[$name]=$(host_count "$name")
	done
}
# arrived NAME: how many since the last mark.
arrived() {
	echo $(($(host_count "$1") - had[$1]))
}
has_arrived() { # NAME COUNT
	[ "$(arrived "$1")" -ge "$2" ]
}
all_of() {
	echo "own $(arrived own) well $(arrived well) other $(arrived other) third $(arrived third)"
}
# message NAME OPTION...: sends one message; sets $reply and $id.
message() {
	local name=$1
	shift
	reply=$(send --id "$name-" "$@")
	id=$(echo "$reply" | cut -d ' ' -f 4)
}
settled() {
	wait_for mta_queue_is_empty
}
newest() { # NAME
	cat "$(ls -t "$world/$1.d"/* | head -n 1)"
}
rcpt_of() { # NAME: the recipients that its newest message has, one line each
	newest "$1" | sed -n 's/^X-Rcpt-Args: \(<.*>\).*/\1/p'
}

# ---- the table

reference() {
	mark
	message reference --to user@reference.example
	contains "the sender gets 250" "$reply" " accepted 1 "
	ok "the second host has the message" wait_for has_arrived well 1
	ok "the queue is empty" settled
	is "it is delivered once" "$(all_of)" "own 0 well 1 other 0 third 0"
	is "in the first attempt" "$(attempts_of "$id")" 1
	lacks "no trace is left in it" "$(newest well)" "X-Nexthop"
	lacks "no trace is left in its envelope" "$(newest well | head -n 5)" "nexthop."
	is "the recipient is the original one" "$(rcpt_of well)" "<user@reference.example>"
}

every_stage() {
	local stage
	for stage in "${stages[@]}"; do
		mark
		message "$stage" --to "user@at-$stage.example"
		ok "$stage: the next host has it" wait_for has_arrived well 1
		settled
		is "$stage: once, and no other" "$(all_of)" "own 0 well 1 other 0 third 0"
		is "$stage: in the first attempt" "$(attempts_of "$id")" 1
	done
}

rotation() {
	mark
	send --count 100 --parallel 4 --per-connection 5 --to user%n@turns.example --id turn >"$world/sent"
	is "100 messages are accepted" "$(grep -c ' accepted ' "$world/sent")" 100
	all_turns() { [ $(($(arrived well) + $(arrived other) + $(arrived third))) -ge 100 ]; }
	ok "100 messages arrive" wait_for all_turns
	settled
	is "each of three hosts has a third of them, by turn" \
		"$(printf '%s\n' "$(arrived well)" "$(arrived other)" "$(arrived third)" | sort | tr '\n' ' ')" "33 33 34 "
	mark
	send --count 40 --to user%n@heavy.example --id heavy >"$world/sent"
	all_heavy() { [ $(($(arrived well) + $(arrived other))) -ge 40 ]; }
	ok "40 messages arrive" wait_for all_heavy
	settled
	is "by their weights, 1 to 3" "$(all_of)" "own 0 well 10 other 30 third 0"
}

mixed() {
	mark
	message mixed --to a@one.example --to b@two.example --to c@place.example --to d@nowhere.example
	ok "four routes: all arrive" wait_for has_arrived own 1
	settled
	is "four routes: each where it belongs" "$(all_of)" "own 1 well 1 other 1 third 1"
	is "four routes: the recipient of the first" "$(rcpt_of well)" "<a@one.example>"
	is "four routes: the recipient of the second" "$(rcpt_of other)" "<b@two.example>"
	is "four routes: the recipient of the third" "$(rcpt_of third)" "<c@place.example>"
	mark
	message mixed2 --to a@one.example --to b@one.example --to boss@one.example --to x@void.example
	ok "an address of its own, and one to throw away: all arrive" wait_for has_arrived other 1
	settled
	is "an address of its own, and one to throw away: where they belong" "$(all_of)" "own 0 well 1 other 1 third 0"
	is "two recipients of one pool: one message" "$(rcpt_of well | sort | tr '\n' ' ')" "<a@one.example> <b@one.example> "
	mark
	message mixed3 --to a@one.example --to gone@gone.example --to b@two.example
	ok "one is rejected, the others arrive" wait_for has_arrived other 1
	settled
	is "one is rejected, the others arrive where they belong" "$(all_of)" "own 0 well 1 other 1 third 0"
	mark
	message mixed4 --to dns@one.example --to a@one.example
	ok "one is left to the MTA" wait_for has_arrived own 1
	settled
	is "one is left to the MTA, the other is not" "$(all_of)" "own 1 well 1 other 0 third 0"
}

actions() {
	mark
	message dns --to user@dns.example
	ok "dns: left to the MTA" wait_for has_arrived own 1
	message none --to user@nowhere.example
	ok "no route: left to the MTA" wait_for has_arrived own 2
	message void --to user@void.example
	contains "discard: the client gets 250" "$reply" " accepted 1 "
	message gone --to user@gone.example --once --deadline 5
	contains "reject: at RCPT, with its text" "$reply" " rejected 1 - 550 5.1.2 "
	contains "reject: its text as it stands" "$reply" "moved (away) to 100% \"elsewhere\", \$x"
	message later --to user@later.example --once --deadline 5
	contains "defer: at RCPT, with its text" "$reply" " 4.2.1 "
	contains "defer: with its text" "$reply" "not today"
	settled
	is "no other host has any of these" "$(all_of)" "own 2 well 0 other 0 third 0"
}

all_fail_and_recover() {
	mark
	message waiting --to user@waiting.example
	contains "the client gets 250" "$reply" " accepted 1 "
	ok "all hosts fail: the message waits" wait_for mta_log_has "$(pattern_deferred user@waiting.example)"
	ok "the hosts are known to fail" wait_for health_is 41 deferred
	ok "both of them" wait_for health_is 42 deferred
	host_start back 42
	ok "one is back: the message is there" wait_for host_has back 1
	ok "the queue is empty" settled
	is "it came once, to no other" "$(host_count back) $(all_of)" "1 own 0 well 0 other 0 third 0"
	is "nobody was told of a failure" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
	host_stop back
	ctl reset "$world_net.41" >"$world/reset"
	ctl reset "$world_net.42" >"$world/reset"
}

queue_has_one() {
	[ "$(mta_queue_length)" = 1 ]
}
map_down() {
	mark
	message down --to user@fresh.example --to user@nowhere.example
	ok "all hosts fail: the message waits" wait_for mta_log_has "$(pattern_deferred user@fresh.example)"
	daemon_stop >"$world/stopped"
	host_start late 42
	ok "without the daemon it waits" never_within 5 host_has late 1
	# While it is being tried Sendmail has another file of it.
	ok "it is in the queue" wait_for queue_has_one
	daemon_start
	ok "the daemon is back: the message is there" wait_for host_has late 1
	ok "the queue is empty" settled
	is "it went to no other" "$(arrived well) $(arrived other) $(arrived third)" "0 0 0"
	host_stop late
	ctl reset "$world_net.41" >"$world/reset"
	ctl reset "$world_net.42" >"$world/reset"
}

# A host that the operator takes away, and one that comes, while a message waits.
fresh_retry() {
	local before
	# Postfix queries the map for a message of several routes, and keeps the last answer for a while.
	message fresh --to fresh1@fresh.example --to fresh2@fresh.example --to user@nowhere.example
	ok "all hosts fail: the message waits" wait_for mta_log_has "$(pattern_deferred fresh1@fresh.example)"
	ctl drain "$world_net.41" >"$world/drained"
	before=$(count_lines "$mta_log" "$(pattern_deferred fresh1@fresh.example)")
	has_asked_again() {
		[ "$(count_lines "$mta_log" "$(pattern_deferred fresh1@fresh.example)")" -ge $((before + 2)) ]
	}
	ok "it is tried again without the host that was drained" wait_for has_asked_again
	host_start first 41
	ctl reset "$world_net.42" >"$world/reset"
	host_start second 42
	ok "the retry goes by what is known now" wait_for host_has second 1
	ok "the queue is empty" settled
	is "the host that was drained has not got it" "$(host_count first)" 0
	ctl enable "$world_net.41" >"$world/enabled"
	host_stop first
	host_stop second
}

local_parts() {
	local address addresses=('"odd name"@faithful.example' 'a%b@faithful.example' 'a!b@faithful.example'
		'a%b%c@faithful.example' '"a@b"@faithful.example' 'user+ext@faithful.example' 'UPPER@FAITHFUL.EXAMPLE'
		"o'neil=x/y#1@faithful.example" 'user@sub.faithful.example' '"quo\"te"@faithful.example')
	local count=0
	for address in "${addresses[@]}"; do
		count=$((count + 1))
		message local --to "$address" --once --deadline 10
		faithful_has() { [ -e "$world/hosts.d/$world_net.31/$count" ]; }
		ok "$address: delivered" wait_for faithful_has
		is "$address: the host is told just that" \
			"$(sed -n 's/^RCPT TO:\(<.*>\).*/\1/Ip' "$world/hosts.d/$world_net.31/$count" 2>/dev/null | tr -d '\r')" "<$address>"
	done
	settled
}

dsn_parameters() {
	mark
	message dsn --to user@one.example --rcpt-parameter 'NOTIFY=SUCCESS,DELAY' \
		--rcpt-parameter 'ORCPT=rfc822;original+2Buser@list.example' \
		--mail-parameter 'RET=HDRS' --mail-parameter 'ENVID=env-1'
	ok "a message with DSN parameters arrives" wait_for has_arrived well 1
	settled
	contains "NOTIFY is kept" "$(newest well)" "NOTIFY="
	contains "NOTIFY is kept, with SUCCESS" "$(newest well | grep NOTIFY)" "SUCCESS"
	contains "ORCPT is kept" "$(newest well)" "ORCPT=rfc822;original+2Buser@list.example"
	contains "ENVID is kept" "$(newest well)" "ENVID=env-1"
	settled
}

forged() {
	mark
	printf 'Subject: forged\nX-Nexthop-Route: smtp:[%s.12]:%s\n\ntext\n' "$world_net" "$HOST_PORT" >"$world/forged"
	message forged --to user@one.example --file "$world/forged"
	ok "a header of ours from a client: delivered" wait_for has_arrived well 1
	settled
	is "a header of ours from a client: to no other host" "$(all_of)" "own 0 well 1 other 0 third 0"
	local token
	for token in 'user%one.example@two.0.nexthop' 'user%one.example@two.0.NEXTHOP' \
		'user%one.example%two.0.nexthop@mx.example' '@two.0.nexthop:user%one.example@mx.example'; do
		message token --to "$token" --once --deadline 5
		# To Postfix they are names like any other.
		[ "$kind" != sendmail ] ||
			contains "$token from a client: refused" "$reply" " rejected 1 - 550 5."
	done
	settled
	is "none of these reaches the hosts of a pool" "$(arrived well) $(arrived other) $(arrived third)" "1 0 0"
}

sick_host() {
	local i
	for i in 1 2 3 4; do
		message "sick$i" --to "sick$i@at-rcpt.example"
		settled
	done
	ok "a host that says 452 is deferred, by the MTA's log" wait_for health_is 23 deferred
	before=$(touched 23)
	for i in 5 6 7; do
		message "sick$i" --to "sick$i@at-rcpt.example"
		settled
	done
	is "what follows does not meet it" "$(touched 23)" "$before"
	is "greylisting and unknown users defer nobody" "$(health_of 28)" up
	message strict --to user@strict.example
	ok "550 from the host is told to the sender" wait_for mta_log_has "$(pattern_bounce)"
	is "and defers nobody" "$(health_of 28)" up
}

unseen() {
	mark
	printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example user@one.example
	ok "the sendmail command: by the route" wait_for has_arrived well 1
	printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example boss@one.example
	ok "the sendmail command: an address of its own" wait_for has_arrived other 1
	printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example user@void.example
	settled
	message back --from back@one.example --to gone@strict.example
	ok "a bounce: by the route of the sender" wait_for has_arrived well 2
	settled
	contains "a bounce: it is one" "$(newest well)" "X-Mail-Args: <>"
	message alias --to list@local.example
	ok "an alias: by the route of what it stands for" wait_for has_arrived other 2
	settled
	is "an alias: to that one" "$(rcpt_of other)" "<alias@two.example>"
	settled
	is "and to no other host" "$(all_of)" "own 0 well 2 other 2 third 0"
}

# What rules decide about the whole message, whatever its recipients' routes say.
by_rules() {
	write_routes "rules = (
		{ name = \"people\"; when = { sender = \"boss@client.example\"; }; pool = \"two\"; },
		{ name = \"bulk\"; when = { header = \"Subject: bücher*\"; not = { sender = \"\"; }; }; pool = \"one\"; },
		{ name = \"large\"; when = { size_over = 5000; };
			hosts = ( { host = \"$world_net.13\"; port = $HOST_PORT; } ); },
		{ name = \"spam\"; when = { header = \"X-Spam: yes\"; }; action = \"reject\"; text = \"5.7.2 no spam\"; },
		{ name = \"void\"; when = { header = \"X-Void\"; }; action = \"discard\"; },
		{ name = \"slow\"; when = { client = \"127.0.0.0/8\"; recipient = \"slow@one.example\"; };
			action = \"defer\"; text = \"4.7.2 slowly\"; } );"
	daemon_reload || fail "the rules are loaded"
	printf 'Subject: =?utf-8?q?b=C3=BC?=\n =?utf-8?q?cher?= und mehr\n\ntext\n' >"$world/bulk"
	printf 'Subject: large\n\n%6000s\n' x >"$world/large"
	printf 'Subject: spam\nX-Spam: yes\n\ntext\n' >"$world/spam"
	printf 'Subject: void\nX-Void: x\n\ntext\n' >"$world/void"
	mark
	message sender --from boss@client.example --to a@one.example --to b@nowhere.example --to c@void.example
	settled
	is "sender: all recipients go to the rule's pool" "$(all_of)" "own 0 well 0 other 1 third 0"
	is "sender: each is told as it was" "$(rcpt_of other | sort | tr '\n' ' ')" \
		"<a@one.example> <b@nowhere.example> <c@void.example> "
	lacks "sender: no trace is left" "$(newest other)" "X-Nexthop"
	mark
	message header --to user@two.example --file "$world/bulk"
	settled
	is "header, folded and encoded: the rule's pool" "$(all_of)" "own 0 well 1 other 0 third 0"
	mark
	message size --to user@one.example --to user@nowhere.example --file "$world/large"
	settled
	is "size in the end: the rule's own pool" "$(all_of)" "own 0 well 0 other 0 third 1"
	mark
	message declared --to user@one.example --file "$world/large" --mail-parameter SIZE=6020
	settled
	is "size as declared: the rule's own pool" "$(all_of)" "own 0 well 0 other 0 third 1"
	mark
	message spam --to user@one.example --file "$world/spam" --once --deadline 5
	contains "reject: in the end, with its text" "$reply" " rejected 1 - 550 5.7.2 "
	message void --to user@one.example --file "$world/void"
	contains "discard: the client gets 250" "$reply" " accepted 1 "
	message slow --to slow@one.example --once --deadline 5
	contains "defer: at RCPT, with its text" "$reply" " 4.7.2 "
	settled
	is "nobody has any of these" "$(all_of)" "own 0 well 0 other 0 third 0"
	message plain --to a@one.example --to b@two.example
	settled
	is "no rule: by the routes" "$(all_of)" "own 0 well 1 other 1 third 0"
	write_routes
	daemon_reload || fail "the rules are gone"
}

rules_in_shadow() {
	write_routes 'rules = (
		{ name = "early-shadow"; mode = "shadow"; when = { sender = "boss@client.example"; }; pool = "two"; },
		{ name = "late-shadow"; mode = "shadow"; when = { header = "X-Spam"; }; action = "reject"; },
		{ name = "large-shadow"; mode = "shadow"; when = { size_over = 5000; }; action = "discard"; } );'
	daemon_reload || fail "the rules are loaded"
	printf 'Subject: spam\nX-Spam: yes\n\n%6000s\n' x >"$world/spam"
	mark
	message shadow --from boss@client.example --to user@one.example --file "$world/spam"
	message shadow2 --to user@one.example --file "$world/spam"
	message shadow3 --to user@one.example
	settled
	is "rules in shadow: all go by the routes" "$(all_of)" "own 0 well 3 other 0 third 0"
	is "rules in shadow: how often each would have held" "$(curl -sS --unix-socket "$daemon/control.sock" \
		http://localhost/v1/rules | jq -r '[.rules[].hits] | join(" ")')" "1 2 2"
	write_routes
	daemon_reload || fail "the rules are gone"
}

scenarios=(reference every_stage rotation mixed actions all_fail_and_recover map_down fresh_retry
	local_parts dsn_parameters forged sick_host unseen
	by_rules rules_in_shadow)
[ $# = 0 ] || scenarios=("$@")
for scenario in "${scenarios[@]}"; do
	note "$kind: $scenario"
	"$scenario"
	# What it has set going, a bounce as well, is not for the next one to count.
	settled
done
daemon_end
tap_done
