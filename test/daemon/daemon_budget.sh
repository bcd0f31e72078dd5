#!/bin/bash
# daemon_budget: a message that is costly for the rules costs no more than a message may
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
daemon_routes 'health = { log = "none"; };' <<-'END'
	pools = {
		a = { hosts = ( { host = "192.0.2.1"; } ); };
		b = { hosts = ( { host = "192.0.2.2"; } ); };
		c = { hosts = ( { host = "192.0.2.3"; } ); };
	};
	routes = ( { match = "ALL"; pool = "a"; } );
	rules = (
		{ name = "nested"; when = { header = "Subject: /(a+)+b$/"; }; pool = "b"; },
		{ name = "charsets"; when = { header = "Subject: *report*"; }; pool = "b"; },
		{ name = "last"; when = { header = "X-Last: *yes*"; }; pool = "b"; },
		{ name = "other"; when = { sender = "n@client.example"; }; pool = "c"; } );
	END
daemon_start

send() { # OPTION...
	python3 "$srcdir/test/lib/milter_client.py" "$daemon/milter.sock" "$@" | sed "s/:25$//"
}
# Of the daemon, in ms.
processor_time() {
	local fields
	read -ra fields <"/proc/$(daemon_pid)/stat"
	echo $(((fields[13] + fields[14]) * 1000 / $(getconf CLK_TCK)))
}
over_budget() {
	ctl --json rules | jq -c '[.rules[] | {(.name): .over_budget}] | add'
}
nested="Subject: $(printf 'a%.0s' {1..250})b!"

# ---- what is far from it

is "an ordinary message: its rule" "$(send --header 'Subject: the report' --header 'X-Last: no')" \
	"c smtp:[192.0.2.2]"
is "one costly header: what is behind it counts" "$(send --header "$nested" --header 'X-Last: yes')" \
	"c smtp:[192.0.2.2]"
is "nobody's budget is spent" "$(over_budget)" '{"nested":0,"charsets":0,"last":0,"other":0}'
ok "nothing is said of it" not daemon_has_said "costs more"

# ---- 1.1 MB of headers

costly_since=$SECONDS
before=$(processor_time)
is "hostile subjects: by the route" "$(send --header "$nested" --repeat 4300)" "c smtp:[192.0.2.1]"
spent=$(($(processor_time) - before))
note "hostile subjects: $spent ms"
# It was 46 s; with the sanitizers it is slower, but never that slow.
ok "hostile subjects: it takes no seconds" test "$spent" -lt 5000
is "hostile subjects: the rules that were cut short" "$(over_budget)" \
	'{"nested":1,"charsets":1,"last":0,"other":0}'
is "hostile subjects: it is said once, with the first rule" \
	"$(daemon_count 'warning: NOQUEUE: rules: this message costs more .* "nested"')" 1
is "the next message has a budget of its own" "$(send --header "Subject: the report")" "c smtp:[192.0.2.2]"

is "a sender is compared as a whole: its rule holds" \
	"$(send --sender n@client.example --header "$nested" --repeat 4300)" "c smtp:[192.0.2.3]"

charsets=
for charset in koi8-r koi8-u cp1250 cp1251 cp1253 cp1254 cp1255 cp1256; do
	for other in iso-8859-2 iso-8859-3; do
		charsets+=" =?$charset?Q?x?= =?$other?Q?y?="
	done
done
before=$(processor_time)
is "charsets without end: by the route" "$(send --header "Subject:$charsets" --repeat 3000)" "c smtp:[192.0.2.1]"
spent=$(($(processor_time) - before))
note "charsets without end: $spent ms"
ok "charsets without end: it takes no seconds" test "$spent" -lt 5000
is "charsets without end: the rule is cut short" "$(over_budget | jq .charsets)" 3
daemon_rarely "it is not said for each message" 'costs more to look at' 10 "$costly_since"

# ---- explain

many=()
for _ in {1..100}; do
	many+=(--header "$nested")
done
before=$(processor_time)
said=$(ctl --json explain u@example.com "${many[@]}" --header "X-Last: yes")
spent=$(($(processor_time) - before))
note "explain: $spent ms"
is "explain: the same, and it is said" "$(jq -c '[.rule, .pool, .over_budget]' <<<"$said")" '[null,"a",true]'
ok "explain: it takes no seconds" test "$spent" -lt 5000
contains "explain: people are told" "$(ctl explain u@example.com "${many[@]}")" \
	"the message's budget was spent: what is left counts as no match"
is "explain: an ordinary message" \
	"$(ctl --json explain u@example.com --header "Subject: the report" | jq -c '[.rule, .pool, .over_budget]')" \
	'["charsets","b",false]'
is "explain counts for no rule" "$(over_budget)" '{"nested":3,"charsets":3,"last":0,"other":0}'
contains "milterctl rules says what was cut short" "$(ctl rules)" "charsets: cut short by the budget of 3 messages"

ok "it ends well" daemon_stop
tap_done
