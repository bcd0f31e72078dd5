#!/bin/bash
# daemon_rules_ctl: milterctl's side of rules: explain with facts and messages, rules, mailboxes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
write_routes() { # RULE...
	daemon_routes 'health = { log = "none"; };' <<-END
		pools = {
			a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); };
			b = { hosts = ( { host = "192.0.2.11"; }, { host = "192.0.2.12"; }, { host = "192.0.2.13"; } ); };
			slow = { hosts = ( { host = "192.0.2.21"; } ); };
		};
		routes = ( { match = "a.example"; pool = "a"; }, { match = "also.example"; pool = "a"; }, { match = "b.example"; pool = "b"; },
			{ match = "s.example"; pool = "slow"; } );
		${1:+rules = ( $1 );}
	END
}
explain() { # WORD...
	said=$(ctl --json explain "$@")
}
told() { # FILTER
	jq -r "$1" <<<"$said"
}
turns() {
	ctl --json pools | jq -c '[.pools[] | [.messages, (.hosts[] | .first, .listed)]]'
}
# no_usage WHAT TEXT VERB...: the command line is wrong, and nobody has to be asked to see that.
no_usage() {
	local what=$1 text=$2 status=0
	shift 2
	complained=$(ctl "$@" 2>&1 >/dev/null) || status=$?
	is "$what: status 2" "$status" 2
	contains "$what: it says why" "$complained" "$text"
}
# fails WHAT TEXT VERB...: the answer is no.
fails() {
	local what=$1 text=$2 status=0
	shift 2
	complained=$(ctl "$@" 2>&1 >/dev/null) || status=$?
	is "$what: status 1" "$status" 1
	contains "$what: it says why" "$complained" "$text"
}

# ---- the command line

no_usage "explain: nobody" "usage: milterctl" explain
no_usage "explain: nobody, with facts" "usage: milterctl" explain --client 192.0.2.7
no_usage "--mbox is simulate's" "usage: milterctl" explain u@a.example --mbox "$world/mbox"
no_usage "--message is explain's" "usage: milterctl" simulate 3 u@a.example --message "$world/mbox"
no_usage "simulate: nothing" "usage: milterctl" simulate
no_usage "simulate: one word" "usage: milterctl" simulate 3
no_usage "simulate: facts are a mailbox's" "usage: milterctl" simulate 3 u@a.example --client 192.0.2.7
no_usage "simulate: so is a recipient" "usage: milterctl" simulate 3 u@a.example --recipient u@a.example
no_usage "simulate: a mailbox and a number" "usage: milterctl" simulate 3 u@a.example --mbox "$world/mbox"
no_usage "rules takes nothing" "usage: milterctl" rules x
for value in mx1.example 192.0.2 192.0.2.0/24 "" 2001:db8::g; do
	no_usage "a client \"$value\"" "--client: \"$value\" is not an IP address" explain u@a.example --client "$value"
done
for value in 1k -1 "" 99999999999999999999; do
	no_usage "a size \"$value\"" "--size: \"$value\" is not a number of octets" explain u@a.example --size "$value"
done
for value in Subject ": x" "a b: c" ""; do
	no_usage "a header \"$value\"" "--header: \"$value\" is not a header" explain u@a.example --header "$value"
done
for value in "{x}" ""; do
	no_usage "a macro \"$value\"" "--macro: \"$value\" is not a macro" explain u@a.example --macro "$value"
done
for value in 08:30 "Mon 8:30" "Mon 08:3" "Mon 24:30" "Mon 08:60" "Xyz 08:30" "Monday 08:30" "Friday1:2" "Mon 08:30 " ""; do
	no_usage "a time \"$value\"" "--time: \"$value\" is not a time" explain u@a.example --time "$value"
done
for value in 0 65536 smtp; do
	no_usage "a port \"$value\"" "--listener-port: \"$value\" is not a port" explain u@a.example --listener-port "$value"
done
no_usage "--tls-verified has no value" "--tls-verified" explain u@a.example --tls-verified=no

# ---- no rules: as ever

write_routes
daemon_start
is "no rules: explain begins with the recipient" "$(ctl explain u@a.example | sed -n 1p)" "recipient  u@a.example"
is "no rules: of several, too" "$(ctl explain u@a.example u@b.example | sed -n 1p)" "recipient  u@a.example"
is "no rules: milterctl rules" "$(ctl rules)" "NAME  MODE  DOES  TAG  HITS  LAST HIT  SOURCE"
is "no rules: JSON" "$(ctl --json rules | jq -c .rules)" "[]"
contains "no rules: status" "$(ctl status)" "4 routes, 0 rules"

# ---- each fact reaches the daemon

fact_rules='{ name = "from"; when = { sender = "s@client.example"; }; pool = "b"; },
	{ name = "bounce"; when = { sender = ""; }; pool = "b"; },
	{ name = "to"; when = { recipient = "vip@a.example"; }; pool = "b"; },
	{ name = "net"; when = { client = "192.0.2.0/24"; }; pool = "b"; },
	{ name = "name"; when = { client_name = "*.client.example"; }; pool = "b"; },
	{ name = "helo"; when = { helo = "client.example"; }; pool = "b"; },
	{ name = "user"; when = { auth_user = "jo"; }; pool = "b"; },
	{ name = "plain"; when = { tls = ""; }; pool = "b"; },
	{ name = "verified"; when = { tls_verified = true; }; pool = "b"; },
	{ name = "crypt"; when = { tls = "TLSv1.3"; }; pool = "b"; },
	{ name = "listener"; when = { listener = "submission"; }; pool = "b"; },
	{ name = "port"; when = { listener_port = "587"; }; pool = "b"; },
	{ name = "bulk"; when = { header = "List-Unsubscribe"; }; pool = "b"; },
	{ name = "subject"; when = { header = "Subject: *fold and more*"; }; pool = "b"; },
	{ name = "large"; when = { size_over = 1000000; }; pool = "slow"; },
	{ name = "site"; when = { macro = "{site}: *north"; }; pool = "b"; },
	{ name = "night"; when = { time = "Sun 22:00-23:00"; }; pool = "b"; }'
write_routes "$fact_rules"
daemon_reload
before=$(turns)
# One option for each rule, in its order.
decides() { # RULE OPTION...
	local rule=$1
	shift
	explain u@a.example "$@"
	is "${*//[$'\r\n']/ }: $rule decides" "$(told '[.rule, .match] | tojson')" "[\"$rule\",null]"
}
decides from --sender s@client.example
simulated() { # FILTER ARGUMENT...
	local filter=$1
	shift
	ctl --json simulate 10 "$@" | jq -c "$filter"
}
is "simulate: a rule decides" "$(simulated '[.rule, .pool]' u@a.example --sender s@client.example)" '["from","b"]'
is "simulate: a rule about the recipient" "$(simulated '[.rule, .pool]' vip@a.example)" '["to","b"]'
is "simulate: no rule decides" "$(simulated '[.rule, .pool]' u@a.example --sender t@client.example)" '[null,"a"]'
contains "simulate: the table" "$(ctl simulate 10 vip@a.example)" "10 messages to vip@a.example, rule to, pool b"
decides bounce --sender ''
explain vip@a.example
is "the recipient" "$(told .rule)" to
decides net --client 192.0.2.7
decides name --client-name mx.client.example
decides helo --helo client.example
decides user --auth-user jo
decides plain --tls ''
decides verified --tls-verified
decides crypt --tls TLSv1.3
decides listener --listener submission
decides port --listener-port 587
decides bulk --header 'List-Unsubscribe: <mailto:u@example.net>'
decides bulk --header 'List-Unsubscribe:' --header 'X-One: 1'
decides bulk --header 'X-One: 1' --header 'list-unsubscribe:'
decides subject --header $'Subject: a\r\n fold and more'
decides large --size 1000001
decides site --macro '{other}: x' --macro '{site}: the north'
decides night --time 'Sun 22:30'
explain u@a.example --time 'Mon 22:30'
is "another time: the route decides" "$(told '[.rule, .match] | tojson')" '[null,"a.example"]'
explain u@a.example --size 1 --size 1000001
is "given twice: the last one counts" "$(told .rule)" large
explain u@a.example --size 0
is "a size of nothing" "$(told '[.rule, .rules[14].result] | tojson')" '[null,"no"]'
explain u@a.example u@b.example --client 192.0.2.7
is "several recipients: one rule" "$(told '[.rule, (.recipients[] | .pool)] | join(" ")')" "net b b"
explain u@a.example --header "X-Long: $(printf 'x%.0s' $(seq 30000))" --client 192.0.2.7
is "what no URL can hold" "$(told .rule)" net
fails "a recipient that no URL can hold" "recipient or sender is missing or too long" explain \
	"$(printf 'x%.0s' $(seq 20000))"
is "that has taken no turn" "$(turns)" "$before"
is "that has hit nothing" "$(ctl --json rules | jq -c '[.rules[].hits] | unique')" "[0]"

# ---- the tables

write_routes '{ name = "bulk"; when = { header = "List-Unsubscribe"; }; pool = "b"; },
	{ name = "marked"; when = { header = "X-Mark"; }; action = "continue"; tag = "mark"; },
	{ name = "trial"; mode = "shadow"; when = { header = "X-Mark"; }; pool = "slow"; },
	{ name = "large"; when = { size_over = 20000000; }; pool = "slow"; },
	{ name = "customer"; when = { auth_user = "/@acme\\.example$/"; }; pool = "a"; }'
daemon_reload
without_files() {
	sed -E 's,[^ (]*routes\.cfg:[0-9]+,F,; s/ +/ /g; s/ $//'
}
is "the table: what each rule says, and which decides" \
	"$(ctl explain u@b.example --header 'X-Mark: 1' --auth-user jo@acme.example | without_files | sed -n '1,/^action/p')" \
	'rules
 RULE SOURCE RESULT DOES, OR CONDITION
 bulk F open header = "List-Unsubscribe": not given
 marked F yes continue, tag mark
 trial F yes shadow: pool slow
 large F open size_over = 20000000: not given
 customer F yes pool a <- decides
tags mark

recipient u@b.example
rule customer (F)
action pool'
is "the table: no rule decides" "$(ctl explain u@b.example --size 1 --auth-user '' --header 'X: y' | without_files | sed -n '/^ large/,/^match/p')" \
	' large F no size_over = 20000000
 customer F no auth_user = "/@acme\\.example$/"

recipient u@b.example
match b.example (F)'
is "the table: several recipients, one rule" \
	"$(ctl explain u@a.example u@b.example --auth-user jo@acme.example | grep -c '^rule       customer (')" 2
is "JSON: the names of a rule" "$(ctl --json explain u@a.example | jq -c '[.rules[] | keys] | unique')" \
	'[["condition","does","mode","name","result","source","tag"]]'
table=$(ctl rules | without_files)
is "rules: the table" "$table" 'NAME MODE DOES TAG HITS LAST HIT SOURCE
bulk on pool b - 0 - F
marked on continue mark 0 - F
trial shadow pool slow - 0 - F
large on pool slow - 0 - F
customer on pool a - 0 - F'
is "rules: JSON" "$(ctl --json rules | jq -c 'keys, (.rules[0] | keys), (.patterns | keys)' | tr '\n' ' ')" \
	'["patterns","rules"] ["does","hits","last_hit","mode","name","over_budget","source","tag"] ["compiled","count","over_limit"] '
contains "status: how many" "$(ctl status)" "4 routes, 5 rules"

# ---- a message

message=$world/message
printf 'Return-Path: <s@client.example>\r\nX-Original-To: u@b.example\r\nTo: other@nowhere.example\r\nX-Mark: \xff\r\n 1\r\n\r\nbody\r\n' >"$message"
explain --message "$message"
is "a message: its recipient" "$(told .recipient)" u@b.example
is "a message: its headers are all that there are, and its size is known" \
	"$(told '[.rules[] | .result] | join(" ")')" "no yes yes no open"
explain --message - <"$message"
is "a message: from standard input" "$(told .recipient)" u@b.example
printf 'To: u@a.example\nX-Mark: 1\0 2\nList-Unsubscribe: \0\n\n\0\n' >"$world/nul"
explain --message "$world/nul"
is "a message: NULs" "$(told .rule)" bulk
explain v@a.example w@a.example --message "$message" --header 'List-Unsubscribe: x'
is "a message: recipients of the command line, and one more header" \
	"$(told '[.rule, (.recipients[] | .recipient)] | join(" ")')" "bulk v@a.example w@a.example"
explain --message "$message" --size 20000001
is "a message: a size of the command line" "$(told .rule)" large
{
	printf 'To: u@a.example\n\n'
	head -c 10000100 /dev/zero | tr '\0' '\n'
} >"$world/lines"
explain --message "$world/lines"
is "a message: its size is that with CRLF" "$(told .rule)" large
printf 'Subject: nobody\n\n' >"$world/nobody"
fails "a message without a recipient" "the message names no recipient" explain --message "$world/nobody"
fails "an empty one" "the message names no recipient" explain --message /dev/null
fails "none" "$world/none: No such file" explain --message "$world/none"
{
	printf 'To: u@a.example\n'
	yes "X-Header: $(printf 'x%.0s' $(seq 1000))" | head -n 1025
	printf '\nbody\n'
} >"$world/headers"
explain --message "$world/headers"
is "1 MB of headers" "$(told .recipient)" u@a.example
yes "X-Header: $(printf 'x%.0s' $(seq 1000))" | head -n 1050 >"$world/headers"
fails "more" "its headers have more than 1048576 octets" explain u@a.example --message "$world/headers"
printf 'From s@client.example Mon Nov  2 08:30:00 2026\nX-Mark: 1\nTo: u@a.example, Jo <v@b.example>\n\n' >"$message"
explain --message "$message"
is "To, behind a From line" "$(told '[.recipients[].recipient] | join(" ")')" "u@a.example v@b.example"
write_routes '{ name = "from"; when = { sender = "s@client.example"; }; pool = "b"; },
	{ name = "bounce"; when = { sender = ""; }; pool = "slow"; }'
daemon_reload
explain --message "$message"
is "the sender, by the From line" "$(told .rule)" from
explain --message "$message" --sender ''
is "the sender, by the command line" "$(told .rule)" bounce
explain --message - <<<$'Return-Path: <>\nTo: u@a.example\n'
is "the sender, by Return-Path" "$(told .rule)" bounce

# ---- a mailbox

write_routes '{ name = "bulk"; when = { header = "List-Unsubscribe"; }; pool = "b"; },
	{ name = "large"; when = { size_over = 5000; }; pool = "slow"; },
	{ name = "inside"; when = { client = "192.0.2.0/24"; }; action = "discard"; }'
daemon_reload
# Two routes of one message lead to one pool: that takes one turn for it.
both() {
	printf 'To: u@a.example, v@also.example\n\nbody\n'
}
# Of 30 messages 6 are bulk, 3 large, 1 names nobody, 1 goes nowhere, 2 have two pools.
letter() { # NUMBER
	case $1 in
	1) printf 'Subject: nobody\n' ;;
	2) printf 'To: u@nowhere.example\n' ;;
	3 | 4) printf 'To: u%d@a.example, v%d@b.example\n' "$1" "$1" ;;
	*) printf 'To: u%d@a.example\n' "$1" ;;
	esac
	[ $(($1 % 5)) != 0 ] || printf 'List-Unsubscribe: <x>\n'
	printf '\nbody\n'
	[ $(($1 % 10)) != 9 ] || head -c 5000 /dev/zero | tr '\0' x
}
mkdir -p "$world/maildir/cur" "$world/maildir/new" "$world/maildir/tmp" "$world/folder"
for i in $(seq 30); do
	echo "From s@client.example Mon Nov  2 08:30:00 2026"
	letter "$i"
	printf '\n\n'
	letter "$i" >"$world/folder/$i"
	part=$([ $((i % 2)) = 0 ] && echo cur || echo new)
	letter "$i" >"$world/maildir/$part/$i.host:2,S"
done >"$world/mbox"
letter 7 >"$world/maildir/tmp/7.host"
before=$(turns)
spread=$(printf '%s\n' '29 1' '19 19 - pool a' '6 6 bulk pool b' '3 3 large pool slow' '2 2 - pool b' '1 1 - none -' \
	'a 19: 10 9' 'b 8: 3 3 2' 'slow 3: 3')
simulate() { # FILE [OPTION...]
	ctl --json simulate --mbox "$@" 2>"$world/complained" | jq -r '"\(.messages) \(.skipped)",
		(.rules[] | "\(.messages) \(.recipients) \(.rule // "-") \(.action) \(.pool // "-")"),
		(.pools | sort_by(.pool)[] | "\(.pool) \(.messages): \([.hosts[].first] | sort | reverse | join(" "))")'
}
for box in mbox maildir folder; do
	is "$box: how it would spread" "$(simulate "$world/$box")" "$spread"
	contains "$box: what is skipped" "$(cat "$world/complained")" "skipped: 1 that name no recipient"
done
is "standard input" "$(simulate - <"$world/mbox")" "$spread"
is "one message" "$(simulate "$world/folder/7" | tr '\n' ';')" "1 0;1 1 - pool a;a 1: 1 0;"
is "two routes, one pool" "$(both | simulate - | tr '\n' ';')" "1 0;1 2 - pool a;a 1: 1 0;"
for i in $(seq 100001); do
	printf 'From s@client.example Mon Nov  2 08:30:00 2026\nTo: u@s.example\n\n\n'
done >"$world/many"
is "more than one question can ask for" "$(simulate "$world/many" | tail -n 1)" "slow 100001: 100001"
is "a recipient for those that name none" "$(simulate "$world/mbox" --recipient u@s.example | grep -e ' 0$' -e slow | tr '\n' ';')" \
	"30 0;3 3 large pool slow;1 1 - pool slow;slow 4: 4;"
is "a fact for all" "$(simulate "$world/mbox" --client 192.0.2.7 | tr '\n' ';')" \
	"29 1;20 22 inside discard -;6 6 bulk pool b;3 3 large pool slow;b 6: 2 2 2;slow 3: 3;"
table=$(ctl simulate --mbox "$world/mbox" 2>/dev/null | sed -E 's/ +/ /g; s/^ //')
contains "the table: messages" "$table" "29 messages, 1 skipped"
contains "the table: a rule" "$table" "bulk pool b 6 6 20.7%"
contains "the table: routes" "$table" "(routes) pool a 19 19 65.5%"
contains "the table: nothing" "$table" "(no route) none - 1 1 3.4%"
contains "the table: a pool" "$table" "pool slow: 3 messages"
contains "the table: its host" "$table" "192.0.2.21:25 3 100.0%"
mkdir "$world/empty"
is "an empty folder" "$(simulate "$world/empty")" "0 0"
: >"$world/nothing"
is "an empty file" "$(simulate "$world/nothing")" "0 0"
fails "no such mailbox" "$world/none: No such file" simulate --mbox "$world/none"
is "that has taken no turn" "$(turns)" "$before"
is "that has hit nothing" "$(ctl --json rules | jq -c '[.rules[].hits] | unique')" "[0]"

daemon_end
status=0
ctl simulate --mbox "$world/mbox" >/dev/null 2>"$world/complained" || status=$?
is "no daemon: status 3, said once" "$status $(wc -l <"$world/complained")" "3 1"
tap_done
