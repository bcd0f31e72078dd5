#!/bin/bash
# content_rules: rules of routes.cfg on messages that Sendmail takes: who gets them
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/arrivals.sh" || exit 99
. "$srcdir/test/lib/client.sh" || exit 99

use_mta sendmail
find_mta
world_open
# own: what Sendmail routes itself; route: what routes lead to.
hosts=(own bulk slow route)
host_start own 2
host_start bulk 11
host_start slow 12
host_start route 13
daemon_make
# The pools that no rule leads to are named by routes.
routes() { # RULES [POOLS]
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<-END
		pools = { $(daemon_pool bulk 11) $(daemon_pool slow 12) $(daemon_pool route 13) ${2:-} };
		rules = ( $1 );
		routes = ( { match = "routed.example"; pool = "route"; },
			{ match = "bulk.example"; pool = "bulk"; },
			{ match = "slow.example"; pool = "slow"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 gone"; } );
	END
}
rules() { # RULES [POOLS]
	routes "$@"
	daemon_reload || fail "the rules are loaded"
}
to_bulk() { # CONDITIONS: one rule
	rules "{ name = \"r\"; when = { $1 }; pool = \"bulk\"; }"
}
routes '{ name = "r"; when = { sender = "bulk@x.example"; }; pool = "bulk"; }'
daemon_start

# Local mail is kept in a file for each message, named after the user.
mkdir -p "$world/local.d"
chmod 1777 "$world/local.d"
printf '%s\n' '#!/bin/sh' 'for user; do :; done' "exec cat >\"$world/local.d/\$user.\$\$\"" >"$world/deliver"
chmod 755 "$world/deliver"
mta_make_wired "undefine(\`MAIL_HUB')dnl" \
	"define(\`LOCAL_MAILER_PATH', \`$world/deliver')define(\`LOCAL_MAILER_ARGS', \`deliver \$u')dnl" \
	"DAEMON_OPTIONS(\`Name=submission, Family=inet, Addr=$world_net.1, Port=587')dnl"
printf '%s\n' 'people: bin, u@routed.example, v@nowhere.example' >>"$mta/aliases"
mta_start

# goes WHAT WANTED OPTION...: sends a message and sees who gets it; the reply stays in $reply.
goes() {
	local what=$1 wanted=$2
	shift 2
	mark
	reply=$(send --once --deadline 10 "$@")
	is "$what" "$(told)" "$wanted"
}
file() { # HEADER: a message with that one, in $world/message
	printf '%b\nSubject: test\n\ntext\n' "$1" >"$world/message"
}
hits() {
	curl -sS --unix-socket "$daemon/control.sock" http://localhost/v1/rules | jq -r '[.rules[].hits] | join(" ")'
}
milter_status() { # FILTER
	ctl --json status | jq -r ".milter.$1 | join(\" \")"
}
at=(--to u@routed.example)
bulk="bulk u@routed.example,"
route="route u@routed.example,"

# ---- conditions

goes "sender" "$bulk" "${at[@]}" --from bulk@x.example
goes "another sender" "$route" "${at[@]}" --from other@x.example
is "sender: what is asked for" "$(milter_status steps)" "mail rcpt eom"
to_bulk 'sender = "";'
goes "no sender" "$bulk" "${at[@]}" --from ''
to_bulk 'recipient = "boss@x.example";'
goes "recipient: all go with it" "bulk boss@x.example,bulk u@routed.example,bulk v@nowhere.example," \
	"${at[@]}" --to v@nowhere.example --to boss@x.example
goes "not that recipient" "own v@nowhere.example,$route" "${at[@]}" --to v@nowhere.example
to_bulk 'all_recipients = "routed.example";'
goes "all recipients" "bulk u@routed.example,bulk v@routed.example," "${at[@]}" --to v@routed.example
goes "all recipients but one" "own v@nowhere.example,$route" "${at[@]}" --to v@nowhere.example
goes "all recipients that are taken" "$bulk" "${at[@]}" --to v@gone.example
to_bulk 'client = "127.0.0.0/8";'
goes "client" "$bulk" "${at[@]}"
is "client: what is asked for" "$(milter_status steps)" "connect mail rcpt eom"
to_bulk 'client = "192.0.2.0/24";'
goes "another client" "$route" "${at[@]}"
to_bulk 'client_name = "localhost";'
goes "client's name" "$bulk" "${at[@]}"
to_bulk 'helo = "*.EXAMPLE";'
goes "HELO" "$bulk" "${at[@]}"
is "HELO: what is asked for" "$(milter_status steps)" "helo mail rcpt eom"
to_bulk 'helo = "other.example";'
goes "another HELO" "$route" "${at[@]}"
to_bulk 'listener = "submission"; listener_port = 587;'
goes "listener" "$bulk" "${at[@]}" --server "$mta_ip:587"
goes "another listener" "$route" "${at[@]}"
to_bulk 'auth_user = ""; tls = ""; tls_verified = false;'
goes "neither authenticated nor encrypted" "$bulk" "${at[@]}"
to_bulk 'macro = [ "{mail_addr}: *@x.example", "{no_such}" ];'
goes "a macro" "$bulk" "${at[@]}" --from s@x.example
goes "a macro with another value" "$route" "${at[@]}" --from s@y.example
contains "a macro: what is asked for" "$(milter_status macros)" "{mail_addr} {no_such}"

to_bulk 'header = [ "List-Unsubscribe", "Subject: b\xc3\xbccher und mehr", "X-Empty:" ];'
is "header: what is asked for" "$(milter_status steps)" "mail rcpt header eom"
while IFS='|' read -r what header wanted; do
	file "$header"
	goes "header: $what" "$wanted u@routed.example," "${at[@]}" --file "$world/message"
done <<'END'
it is there|LIST-unsubscribe: <mailto:x@y>|bulk
it is not|List-Unsubscribed: no|route
encoded|Subject: =?utf-8?B?YsO8Y2hlcg==?= und mehr|bulk
encoded and folded|Subject: =?iso-8859-1?q?b=FCcher?=\n und\n mehr|bulk
another value|Subject: b=C3=BCcher|route
one of several|Subject: a\nSubject: b\nSubject: =?utf-8?q?b=C3=BCcher_und?= mehr|bulk
empty|X-Empty:|bulk
not empty|X-Empty: x|route
END

# ---- sizes

size() { # CONDITION
	rules "{ name = \"big\"; when = { $1 }; action = \"reject\"; text = \"5.3.4 too big\"; }"
}
printf 'Subject: big\n\n%6000s\n' x >"$world/message"
goes "how large it is to Sendmail" "$route" "${at[@]}" --file "$world/message"
octets=$(mta_log_of "$(echo "$reply" | cut -d ' ' -f 4)" | sed -n 's/.* from=.* size=\([0-9]*\),.*/\1/p')
note "size: $octets; on the wire: $((15 + 6004))"
size 'size_over = 6000;'
is "size: neither headers nor body are asked for" "$(milter_status steps)" "mail rcpt eom"
contains "size: Sendmail is asked for it" "$(milter_status macros)" " {msg_size}"
goes "size, declared: nobody has it" "" "${at[@]}" --file "$world/message" --mail-parameter SIZE=6019
contains "size, declared: refused with RCPT" "$reply" " rejected 1 - 550 5.3.4 "
goes "size, declared, not over" "$route" "${at[@]}" --mail-parameter SIZE=600
goes "size, declared: it is believed" "$route" "${at[@]}" --file "$world/message" --mail-parameter SIZE=600
goes "size, not declared: nobody has it" "" "${at[@]}" --file "$world/message"
contains "size, not declared: refused" "$reply" " rejected 1 - 550 5.3.4 too big"
goes "size, not declared, not over" "$route" "${at[@]}"
size "size_over = $((octets - 1));"
goes "size: over to the octet" "" "${at[@]}" --file "$world/message"
size "size_over = $octets;"
goes "size: not over to the octet" "$route" "${at[@]}" --file "$world/message"
to_bulk "macro = \"{msg_size}: $octets\";"
goes "size: the macro itself" "$bulk" "${at[@]}" --file "$world/message"

# ---- actions

file 'X-Rule: yes'
ruled=(--file "$world/message")
to_bulk 'header = "X-Rule: yes";'
goes "pool: for all recipients, whatever their routes say" \
	"bulk a@nowhere.example,bulk b@void.example,bulk bin@local.example,bulk u@routed.example," \
	"${at[@]}" --to a@nowhere.example --to b@void.example --to bin@local.example "${ruled[@]}"
is "pool: one message" "$(arrived bulk)" 1
lacks "pool: no trace is left" "$(sent_to bulk)" nexthop.
goes "pool: DSN parameters" "$bulk" "${at[@]}" "${ruled[@]}" --mail-parameter RET=HDRS --mail-parameter ENVID=e1 \
	--rcpt-parameter NOTIFY=FAILURE,DELAY --rcpt-parameter 'ORCPT=rfc822;orig@list.example'
contains "pool: DSN parameters of the recipient" "$(sent_to bulk)" \
	"X-Rcpt-Args: <u@routed.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;orig@list.example"
contains "pool: DSN parameters of the message" "$(sent_to bulk)" "ENVID=e1"
rules '{ name = "r"; when = { header = "X-Rule"; }; hosts = ( { host = "'"$world_net.12"'"; } ); }'
goes "a pool in place" "slow u@routed.example," "${at[@]}" "${ruled[@]}"

rules '{ name = "r"; when = { header = "X-Rule"; }; action = "dns"; }'
goes "dns: whatever the routes say" "own a@nowhere.example,own u@routed.example," "${at[@]}" --to a@nowhere.example "${ruled[@]}"
lacks "dns: no trace is left" "$(sent_to own)" nexthop
goes "dns: local recipients and aliases" "local bin,local sys,own v@nowhere.example,$route" \
	--to sys@local.example --to people@local.example "${ruled[@]}"
goes "dns: DSN parameters" "own u@routed.example," "${at[@]}" "${ruled[@]}" --rcpt-parameter 'ORCPT=rfc822;orig@list.example'
contains "dns: DSN parameters of the recipient" "$(sent_to own)" "ORCPT=rfc822;orig@list.example"
goes "dns: odd local parts" 'own "a b"@routed.example,own a%b@routed.example,' \
	--to '"a b"@routed.example' --to a%b@routed.example "${ruled[@]}"
rules '{ name = "r"; when = { header = "X-Rule"; }; action = "discard"; }'
goes "discard: nobody has it" "" "${at[@]}" --to a@nowhere.example "${ruled[@]}"
contains "discard: the client gets 250" "$reply" " accepted 1 "

while IFS='|' read -r action text when wanted; do
	rules "{ name = \"r\"; when = { $when }; action = \"$action\"; text = \"$text\"; }"
	goes "$action, $when nobody has it" "" "${at[@]}" --to a@nowhere.example "${ruled[@]}"
	contains "$action, $when the reply" "$reply" "$wanted ${text%% *} "
	contains "$action, $when the reply's text" "$reply" "${text#* }"
done <<'END'
reject|5.7.2 100% never|sender = "*";| rejected 1 - 550
defer|4.7.2 not today|sender = "*";| kept 1 - 451
reject|5.7.2 100% never|header = "X-Rule";| rejected 1 - 550
defer|4.7.2 not today|header = "X-Rule";| kept 1 - 451
END
is "what was refused is not in the queue" "$(mta_queue_length)" 0

rules '{ name = "mark"; when = { header = "X-Rule"; }; action = "continue"; tag = "marked"; log = true; },
	{ name = "both"; when = { tag = "marked"; sender = "s@x.example"; }; pool = "slow"; log = true; },
	{ name = "shadow"; mode = "shadow"; when = { header = "X-Rule"; }; action = "reject"; }'
goes "a tag, and what it is for" "slow u@routed.example," "${at[@]}" --from s@x.example "${ruled[@]}"
ok "a tag is in the log" wait_for daemon_has_said "rule=both does=pool pool=slow .* tags=marked$"
goes "a tag alone decides nothing" "$route" "${at[@]}" "${ruled[@]}"
goes "no tag" "$route" "${at[@]}" --from s@x.example
is "all are counted, the shadow as well" "$(hits)" "2 1 1"
rules '{ name = "other"; mode = "shadow"; when = { size_over = 6000; }; action = "reject"; }'
printf 'Subject: big\n\n%6000s\n' x >"$world/big"
goes "a shadow for large mail does nothing" "$route" "${at[@]}" --file "$world/big"
goes "nor for small mail" "$route" "${at[@]}"
is "it is counted once" "$(hits)" 1

# ---- one connection

rules '{ name = "header"; when = { header = "X-Rule: yes"; }; pool = "bulk"; },
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
client_from=sender@client.example
client_header='X-Rule: never'
client_sends four four@routed.example
contains "one connection: the fourth message is refused at its end" "$reply" "550 5.7.2 never"
client_header=
# What is reset is forgotten: its sender, and its recipients.
client_says 'MAIL FROM:<s@x.example>'
client_says 'RCPT TO:<reset@routed.example>'
client_says RSET
client_sends five five@routed.example
client_header='X-Rule: yes'
client_sends six six@nowhere.example
client_close
is "one connection: each by its own facts" "$(told)" \
	"bulk one@routed.example,bulk six@nowhere.example,route five@routed.example,route two@routed.example,slow three@routed.example,"

# A connection that is older than what rules ask for now.
rules '{ name = "r"; when = { sender = "s@x.example"; }; pool = "slow"; }'
client_header=
mark
client_open
client_sends before before@routed.example
is "rules that ask for more: before them" "$(told)" "route before@routed.example,"
to_bulk 'helo = "client.example";'
client_says 'MAIL FROM:<s@x.example>'
client_says 'RCPT TO:<u@routed.example>'
contains "rules that ask for more: the client is to come again" "$reply" "451 4.3.5 "
client_close
goes "rules that ask for more: a new connection" "bulk after@routed.example," \
	--to after@routed.example

# A size that was declared is none of the next message's.
size 'size_over = 6000;'
mark
client_open
client_says 'MAIL FROM:<s@x.example> SIZE=6001'
client_says 'RCPT TO:<u@routed.example>'
contains "sizes of one connection: refused as declared" "$reply" "550 5.3.4 "
client_says RSET
client_sends small small@routed.example
contains "sizes of one connection: small mail is not" "$reply" "250 2.0.0 "
client_header="X-Large: $(printf '%0900d' 0)"
client_says 'MAIL FROM:<s@x.example> SIZE=100'
client_says 'RCPT TO:<declared@routed.example>'
client_says RSET
size 'size_over = 900;'
client_sends large large@routed.example
contains "sizes of one connection: nor was what is large declared small" "$reply" "550 5.3.4 too big"
client_header=
client_close
is "sizes of one connection: who has what" "$(told)" "route small@routed.example,"

# ---- in the queue

# queued OPTION...: a message that no host takes, in the queue.
queued() {
	mark
	reply=$(send --once --deadline 10 "$@" "${ruled[@]}")
	contains "$what: accepted" "$reply" " accepted 1 "
	ok "$what: it waits" wait_for mta_log_has "$(echo "$reply" | cut -d ' ' -f 4): to=.* stat=Deferred"
}

what="dns, in a queue run"
rules '{ name = "r"; when = { header = "X-Rule"; }; action = "dns"; }'
host_stop own
queued "${at[@]}" --to a@nowhere.example --to sys@local.example --rcpt-parameter 'ORCPT=rfc822;orig@list.example'
is "$what: what is local has gone" "$(cd "$world/local.d" && ls | cut -d . -f 1)" sys
host_start own 2
is "$what: it goes by Sendmail's own routing" "$(told)" "local sys,own a@nowhere.example,own u@routed.example,"
contains "$what: DSN parameters" "$(sent_to own)" "ORCPT=rfc822;orig@list.example"

# What goes by the map, in the same run as what does not.
what="dns and a route, in a queue run"
host_stop own
host_stop route
queued "${at[@]}"
reply=$(send --once "${at[@]}" --to b@nowhere.example)
contains "$what: another message" "$reply" " accepted 1 "
ok "$what: it waits" wait_for mta_log_has "$(echo "$reply" | cut -d ' ' -f 4): to=.* stat=Deferred"
host_start own 2
host_start route 13
is "$what: each by what is right for it" "$(told)" "own b@nowhere.example,own u@routed.example,$route"

what="a pool that leaves"
rules '{ name = "r"; when = { header = "X-Rule"; }; pool = "away"; }' "$(daemon_pool away 41)"
queued "${at[@]}" --to a@nowhere.example
rules '{ name = "r"; when = { header = "X-Rule"; }; pool = "slow"; }'
is "$what: by the routes of today" "$(told)" "own a@nowhere.example,$route"
what="a pool with other hosts"
rules '{ name = "r"; when = { header = "X-Rule"; }; pool = "away"; }' "$(daemon_pool away 41)"
queued "${at[@]}" --to a@nowhere.example
rules '{ name = "r"; when = { header = "X-Rule"; }; pool = "away"; }' "$(daemon_pool away 12)"
is "$what: they have it" "$(told)" "slow a@nowhere.example,slow u@routed.example,"
is "nobody was told of a failure" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
daemon_end
tap_done
