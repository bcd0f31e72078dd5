#!/bin/bash
# rules_negotiation: Postfix sends what the rules in force need, and no more
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start yes 11
host_start no 12
daemon_make

rule() { # CONDITIONS [ACTION]
	echo "{ name = \"r\"; when = { $1 }; ${2:-pool = \"yes\";} }"
}
pools_and() { # RULES
	daemon_routes <<-END
		pools = { $(daemon_pool yes 11) $(daemon_pool no 12) };
		rules = ( $1 );
		routes = ( { match = "yes.example"; pool = "yes"; }, { match = "ALL"; pool = "no"; } );
	END
}
# No pools: nothing is to be changed.
refusals_and() { # RULES
	daemon_routes <<-END
		rules = ( $1 );
		routes = ( { match = "gone.example"; action = "reject"; } );
	END
}
pools_and ''
daemon_start
process_start tap python3 "$srcdir/test/lib/milter_tap.py" "$world/tap.sock" "$daemon/milter.sock"
wait_for line_is_in "$world/tap.log" '^listening' || bail_out "nobody listens between the two"
mta_make "unix:$world/tap.sock"
for version in 2 3 4; do
	echo "$mta_ip:$((MTA_PORT + version)) inet n - n - - smtpd -o milter_protocol=$version"
done >>"$mta/master.cf"
mta_start
wait_for line_is_in "$world/tap.log" '^1 end'

# watched OPTION...: one message, by the rules now written. Then $world/tap.log is of this one alone.
watched() {
	daemon_reload || fail "the rules are loaded"
	: >"$world/tap.log"
	send --once --to u@example.com "$@" >"$world/sent"
	wait_for line_is_in "$world/tap.log" '^[0-9]+ end'
}
# The letters of packets, but for macros.
letters() { # mta|milter
	awk -v side="$1" '$2 == side && $3 != "D" { printf "%s%s", sep, $3; sep = " " }' "$world/tap.log"
}
# What the milter answers to the offer: actions, steps and macros.
asked() {
	sed -n 's/^[0-9]* milter O 6 //p' "$world/tap.log"
}
# The names of the macros that come for a letter.
macros() { # LETTER
	awk -v letter="$1" '$2 == "mta" && $3 == "D" && $4 == letter {
		for (i = 5; i <= NF; i++) { sub(/=.*/, "", $i); printf "%s ", $i } exit }' "$world/tap.log"
}
status() { # MEMBER
	curl -s --unix-socket "$daemon/control.sock" http://daemon/v1/status | jq -r ".milter.$1 | join(\" \")"
}

# ---- routes only

watched
is "routes only: what is asked for" "$(asked)" "0x111 0x43f7 R:i T:i,j"
is "routes only: what is sent" "$(letters mta)" "O R E A A Q"
is "routes only: what is answered" "$(letters milter)" "O c i m c"
is "routes only: macros" "$(macros R)/$(macros E)" "/i j "
is "routes only: the steps in the status" "$(status steps)" "rcpt eom"
is "routes only: the macros in the status" "$(status macros)" "i j"
watched --count 2 --per-connection 2
is "routes only: two messages on a connection" "$(letters mta)" "O R E A R E A A Q"

# ---- a rule more, and what it takes

# row WHAT CONDITIONS LETTERS ASKED STEPS MACROS: the last two as the status has them.
row() {
	local what=$1
	pools_and "$(rule "$2")"
	watched
	is "$what: what is sent" "$(letters mta)" "$3"
	is "$what: what is asked for" "$(asked)" "0x111 $4"
	is "$what: the steps in the status" "$(status steps)" "$5"
	is "$what: the macros in the status" "$(status macros)" "$6"
	is "$what: what is answered" "$(letters milter)" "O c i m c"
}
row "sender" 'sender = "x.example";' "O M R E A A Q" "0x43f3 M:i R:i T:i,j" \
	"mail rcpt eom" "i j"
row "recipient" 'recipient = "x.example";' "O R E A A Q" "0x43f7 R:i T:i,j" \
	"rcpt eom" "i j"
row "client" 'client = "192.0.2.0/24";' "O C R E A A Q" "0x53f6 R:i T:i,j" \
	"connect rcpt eom" "i j"
row "client_name" 'client_name = "x.example";' "O C R E A A Q" "0x53f6 R:i T:i,j" \
	"connect rcpt eom" "i j"
row "helo" 'helo = "x.example";' "O H R E A A Q" "0x63f5 R:i T:i,j" \
	"helo rcpt eom" "i j"
row "header" 'header = "X-Tag";' "O R L L L L E A A Q" "0x43d7 R:i T:i,j" "rcpt header eom" "i j"
row "auth_user" 'auth_user = "x";' "O M R E A A Q" "0x43f3 M:i,{auth_authen} R:i T:i,j" \
	"mail rcpt eom" "i {auth_authen} j"
row "tls" 'tls = "x";' "O M R E A A Q" \
	"0x43f3 M:i,{tls_version},{verify},{cert_subject} R:i T:i,j" \
	"mail rcpt eom" "i {tls_version} {verify} {cert_subject} j"
row "listener_port" 'listener_port = 1;' "O M R E A A Q" \
	"0x43f3 M:i,{daemon_name},{daemon_port} R:i T:i,j" \
	"mail rcpt eom" "i {daemon_name} {daemon_port} j"
is "listener_port: its macros" "$(macros M)" "{daemon_name} {daemon_port} "
row "macro" 'macro = "{client_port}";' "O M R E A A Q" \
	"0x43f3 M:i,{client_port} R:i T:i,j,{client_port}" \
	"mail rcpt eom" "i {client_port} j"
is "macro: it comes" "$(macros M)" "{client_port} "
row "percent" 'percent = 0;' "O M R E A A Q" "0x43f3 M:i R:i T:i,j" "mail rcpt eom" "i j"
row "time" 'not = { time = "00:00-24:00"; };' "O R E A A Q" "0x43f7 R:i T:i,j" \
	"rcpt eom" "i j"

# ---- size: the body, if nothing was declared

pools_and "$(rule 'size_over = 5000000;')"
watched --text 1000000
is "size: the body is sent" "$(letters mta | tr -d ' ')" "OMRLLLL$(printf 'B%.0s' {1..16})EAAQ"
is "size: what is asked for" "$(asked)" "0x111 0x47c3 M:i R:i T:i,j"
is "size: the steps in the status" "$(status steps)" "mail rcpt header body eom"
watched --text 1000000 --mail-parameter SIZE=1000000
is "size, declared: the first part of the body, and none after it" "$(letters mta)" "O M R L L L L B E A A Q"
is "size, declared: what is answered" "$(letters milter)" "O c s i m c"
within "size, declared: so much of it" "$(awk '$3 == "B" { print $4 }' "$world/tap.log")" 1 65535
# What decides before leaves the rest of no interest.
pools_and "$(rule 'sender = "client.example";'), { name = \"s\"; when = { size_over = 1; }; pool = \"no\"; }"
watched --text 1000000
is "size, for a rule behind: no more than the first part" "$(letters mta)" "O M R L L L L B E A A Q"

# ---- nor without pools

bare() { # WHAT RULE LETTERS STATUS_STEPS
	refusals_and "$2"
	watched
	is "refusals only, $1: what is sent" "$(letters mta)" "$3"
	is "refusals only, $1: the steps in the status" "$(status steps)" "$4"
}
bare "no rule" '' "O R E A A Q" "rcpt eom"
bare "sender" "$(rule 'sender = "x.example";' 'action = "reject";')" "O M R E A A Q" "mail rcpt eom"
bare "header" "$(rule 'header = "X-Tag";' 'action = "reject";')" "O R L L L L E A A Q" "rcpt header eom"
bare "header, as a shadow" "$(rule 'header = "X-Tag";' 'action = "reject"; mode = "shadow";')" \
	"O R L L L L E A A Q" "rcpt header eom"
bare "size" "$(rule 'size_over = 9999;' 'action = "reject";')" "O M R L L L L B E A A Q" \
	"mail rcpt header body eom"
bare "no rule again" '' "O R E A A Q" "rcpt eom"

# ---- older versions of the protocol, in which less can be asked for

pools_and "$(rule "client = \"$world_net.45\"; helo = \"a.example\"; sender = \"x.example\"; header = \"X-Tag: b\"; \
	size_over = 100000; listener = \"mx.example\"; tls = \"\"; auth_user = \"\";")"
daemon_reload
for version in 2 3 4; do
	here=(--server "$mta_ip:$((MTA_PORT + version))" --to u@example.com --source "$world_net.45"
		--helo a.example --from a@x.example --header 'X-Tag: a' --header 'X-Tag: b')
	before="$(host_count yes) $(host_count no)"
	read -r yes no <<<"$before"
	send --once "${here[@]}" --text 100000 >"$world/sent"
	send --once "${here[@]}" >"$world/sent"
	ok "version $version: delivered" wait_for hosts_have $((yes + no + 2)) yes no
	is "version $version: each to its host" "$(host_count yes) $(host_count no)" "$((yes + 1)) $((no + 1))"
done

is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
