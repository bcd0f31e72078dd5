#!/bin/bash
# daemon_control: every verb of milterctl, for people and as JSON
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
write_routes() {
	daemon_routes 'recipient_delimiter = "+";' <<-'END'
		pools = {
			two = { hosts = ( { host = "mx1.example.net"; }, { host = "mx2.example.net"; port = 2525; },
				{ host = "mx3.example.net"; priority = 10; } ); };
			ports = { hosts = ( { host = "192.0.2.7"; port = 25; }, { host = "192.0.2.7"; port = 26; },
				{ host = "2001:db8::7"; }, { host = "bücher.example.net"; } ); };
			heavy = { hosts = ( { host = "192.0.2.8"; weight = 3; }, { host = "192.0.2.9"; } ); };
			hashed = { balance = "hash"; hash_on = "sender"; transport = "relay";
				hosts = ( { host = "192.0.2.10"; }, { host = "192.0.2.11"; } ); };
		};
		routes = (
			{ match = "ceo@example.com"; pool = "two"; },
			{ match = "ceo+vip@example.com"; pool = "ports"; },
			{ match = "example.com"; pool = "two"; },
			{ match = ".example.com"; pool = "ports"; },
			{ match = "bücher.example"; pool = "two"; },
			{ match = "heavy.example"; pool = "heavy"; },
			{ match = "hashed.example"; pool = "hashed"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 moved away"; },
			{ match = "later.example"; action = "defer"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "place.example"; hosts = ( { host = "192.0.2.12"; } ); },
			@include "more.cfg"
			{ match = "ALL"; pool = "two"; } );
	END
	printf '\n{ match = "included.example"; action = "dns"; },\n' >"$daemon/more.cfg"
}
write_routes
daemon_start

# verb VERB...: $said, $complained and $status.
verb() {
	status=0
	said=$(ctl "$@" 2>"$world/complained") || status=$?
	complained=$(cat "$world/complained")
}

# keys FILTER WANTED...: the names of an object in $said.
keys() {
	local filter=$1
	shift
	is "$what: the names of $filter" "$(jq -r "$filter | keys[]" <<<"$said" | tr '\n' ' ')" \
		"$(printf '%s\n' "$@" | sort | tr '\n' ' ')"
}

# The whole answer is one JSON object.
is_json() {
	[ "$(jq -sr 'length, (.[0] | type)' <<<"$said" | tr '\n' ' ')" = "1 object " ]
}

json() { # VERB...
	what="--json $*"
	verb --json "$@"
	is "$what: status 0" "$status" 0
	ok "$what: one object" is_json
}

table() { # VERB...
	what="$*"
	verb "$@"
	is "$what: status 0" "$status" 0
	is "$what: nothing on standard error" "$complained" ""
}

# ---- what is

nexthops 3 a@example.com >/dev/null
nexthops 1 a@gone.example >/dev/null
host_names="host port pools priority weight state since until reason failures attempts delivered
	deferred text first listed last_success last_failure waiting usual silent_since busy_until
	down_since down_reason outages downtime weight_percent weight_until weight_text
	drain_at drain_until drain_text waived_until quota"

json status
keys . version pid started config mta state_file sockets pools hosts routes rules reload messages recipients milter \
	map log observations descriptors condition debug
keys .debug on until
keys .log source readable error behind lines offset understood not_understood seen last_line
keys .condition status ok reasons more hosts
keys .observations hosts strangers
keys .sockets milter map control status
keys .map clients requests found not_found refused
keys .reload time ok count
keys .descriptors open limit
keys .messages total routed unrouted mixed discarded refused faults
keys .recipients rejected deferred put_off split
keys .milter sessions in_flight steps macros answers silent_since
is "$what: the table" "$(jq -c '[.pools, .hosts, .routes]' <<<"$said")" "[5,12,14]"
is "$what: the counters" "$(jq -c '[.messages.routed, .recipients.rejected]' <<<"$said")" "[3,1]"
is "$what: the process" "$(jq .pid <<<"$said")" "$(daemon_pid)"
is "$what: the steps" "$(jq -c .milter.steps <<<"$said")" '["mail","rcpt","eom"]'
ok "$what: a time" test "$(date -d "$(jq -r .started <<<"$said")" +%s)" -gt $(($(date +%s) - 3600))
table status
contains "$what: the table" "$said" "5 pools, 12 hosts, 14 routes"
contains "$what: no reload yet" "$said" "none yet"

json pools
keys . pools
keys '.pools[0]' pool transport balance hash_on all_deferred on_recovery source messages hosts
# Words are to be split.
# shellcheck disable=SC2086
keys '.pools[0].hosts[0]' $host_names auth tls
is "$what: their names" "$(jq -r '.pools[].pool' <<<"$said" | tr '\n' ' ')" \
	"two ports heavy hashed route:place.example "
is "$what: where they stand" "$(jq -r '.pools[0].source' <<<"$said")" \
	"$daemon/routes.cfg:$(grep -n 'two = ' "$daemon/routes.cfg" | cut -d : -f 1)"
is "$what: round robin" "$(jq -c '.pools[0] | [.transport, .balance, .hash_on, .messages]' <<<"$said")" \
	'["smtp","round-robin",null,3]'
is "$what: hash" "$(jq -c '.pools[3] | [.transport, .balance, .hash_on]' <<<"$said")" '["relay","hash","sender"]'
is "$what: first and listed" "$(jq -c '[.pools[0].hosts[] | [.first, .listed]]' <<<"$said")" '[[2,3],[1,3],[0,3]]'
table pools
ok "$what: a line for each host" grep -qE '^ +mx2\.example\.net:2525 +0 +1 +up .* 1 +33\.3% +3$' <<<"$said"

json hosts
keys . hosts condition
use_names="in_use pending pending_since pending_why"
# shellcheck disable=SC2086
keys '.hosts[0]' $host_names $use_names
is "$what: each once" "$(jq -r '.hosts[] | "\(.host):\(.port)"' <<<"$said" | sort | uniq -d)" ""
is "$what: nothing was seen of them" "$(jq -c '[.hosts[] | .failures, .attempts, .delivered, .deferred, .last_success] | unique' <<<"$said")" '[null,0]'
is "$what: all are up, of no reason" "$(jq -c '[.hosts[] | [.state, .reason, .until]] | unique' <<<"$said")" '[["up","none",null]]'
is "$what: a name in A-labels" "$(jq -r '.hosts[].host' <<<"$said" | grep xn--)" xn--bcher-kva.example.net
table hosts
is "$what: a line for each, and titles" "$(wc -l <<<"$said")" 13

json routes
keys . routes
keys '.routes[0]' match action pool reply source
is "$what: all" "$(jq '.routes | length' <<<"$said")" 14
is "$what: a reply" "$(jq -r '.routes[] | select(.match == "gone.example").reply' <<<"$said")" "550 5.1.2 moved away"
table routes
ok "$what: match, pool and place" grep -qE "^heavy\.example +pool +heavy +$daemon/routes\.cfg:[0-9]+\$" <<<"$said"
json routes example.com
is "$what: those whose match contains it" "$(jq -r '.routes[].match' <<<"$said" | tr '\n' ' ')" \
	"ceo@example.com ceo+vip@example.com example.com .example.com "
json routes no-such-thing
is "$what: none" "$said" "$(printf '{\n  "routes": []\n}')"

# ---- explain: every kind of match, with its file and line

line_of() { # PATTERN [FILE]
	grep -nF -e "$1" "$daemon/${2:-routes.cfg}" | cut -d : -f 1
}
# explains ADDRESS MATCH ACTION POOL SOURCE
explains() {
	is "explain $1" "$(ctl --json explain "$1" | jq -r '[.match, .action, .pool, .source] | map(. // "-") | join(" ")')" \
		"$2 $3 $4 $5"
}
in_file() {
	echo "$daemon/routes.cfg:$(line_of "\"$1\"")"
}
explains ceo@example.com ceo@example.com pool two "$(in_file ceo@example.com)"
explains CEO@Example.COM ceo@example.com pool two "$(in_file ceo@example.com)"
explains ceo+vip@example.com ceo+vip@example.com pool ports "$(in_file ceo+vip@example.com)"
explains ceo+news@example.com ceo@example.com pool two "$(in_file ceo@example.com)"
explains user@example.com example.com pool two "$(in_file example.com)"
explains '<user@example.com.>' example.com pool two "$(in_file example.com)"
explains user@a.b.example.com .example.com pool ports "$(in_file .example.com)"
explains user@bücher.example xn--bcher-kva.example pool two "$(in_file bücher.example)"
explains user@xn--bcher-kva.example xn--bcher-kva.example pool two "$(in_file bücher.example)"
explains user@place.example place.example pool route:place.example "$(in_file place.example)"
explains user@gone.example gone.example reject - "$(in_file gone.example)"
explains user@later.example later.example defer - "$(in_file later.example)"
explains user@void.example void.example discard - "$(in_file void.example)"
explains user@dns.example dns.example dns - "$(in_file dns.example)"
explains user@included.example included.example dns - "$daemon/more.cfg:2"
explains user@elsewhere.example ALL pool two "$(in_file ALL)"
explains postmaster ALL pool two "$(in_file ALL)"

json explain user@example.com
keys . recipient match source action pool takes candidates nexthop reply doors rule rules tags over_budget
keys .doors milter map
keys .doors.milter does with
keys '.candidates[0]' host port pool priority weight weight_percent state until quota auth tls
is "$what: the recipient as asked" "$(jq -r .recipient <<<"$said")" user@example.com
next=$(nexthops 1 user@example.com)
is "$what: that is what the next message gets" "$(jq -r .nexthop <<<"$said")" "$next"
is "$what: the candidates in that order" \
	"smtp:$(jq -r '[.candidates[] | "[\(.host)]:\(.port)"] | join(",") | gsub(":25\\b"; "")' <<<"$said")" "$next"
is "explain advances nothing" "$(for i in 1 2 3; do ctl --json explain user@example.com; done | jq -r .nexthop | sort -u | wc -l)" 1
is "explain --sender: the sender decides" "$(for i in $(seq 20); do
	ctl --json explain user@hashed.example --sender "s$i@client.example"
done | jq -r .nexthop | sort -u | wc -l)" 2
table explain user@example.com
contains "$what: the source" "$said" "match      example.com ($(in_file example.com))"
ok "$what: the candidates" grep -qE '^ +3  mx3\.example\.net:25 +10 +1  up$' <<<"$said"
table explain user@gone.example
contains "$what: the reply" "$said" "reply      550 5.1.2 moved away"
lacks "$what: no pool" "$said" "next hop"
table explain $'a\x1b[2J\xff@example.com'
lacks "$what: what a terminal would obey is masked" "$said" $'\x1b'
contains "$what: it is shown" "$said" "recipient  a?[2J?@example.com"

# ---- simulate

simulates() { # N ADDRESS FIRSTS
	json simulate "$1" "$2"
	keys . recipient pool action count hosts rule
	is "$what: it adds up" "$(jq '[.hosts[].first] | add' <<<"$said")" "$1"
	is "$what: the shares" "$(jq -c '[.hosts[].first]' <<<"$said")" "$3"
}
before=$(ctl --json pools | jq -c '[.pools[] | [.messages, (.hosts[] | .first, .listed)]]')
simulates 1000 user@example.com '[500,500,0]'
keys '.hosts[0]' host port first share
is "$what: a share" "$(jq '.hosts[0].share' <<<"$said")" 0.5
simulates 400 user@heavy.example '[300,100]'
simulates 1 user@place.example '[1]'
simulates 100000 user@a.example.com '[25000,25000,25000,25000]'
is "simulate advances nothing" "$(ctl --json pools | jq -c '[.pools[] | [.messages, (.hosts[] | .first, .listed)]]')" "$before"
json simulate 10 user@hashed.example --sender s@client.example
is "$what: one host has all" "$(jq -c '[.hosts[].first] | sort' <<<"$said")" '[0,10]'
table simulate 10 user@gone.example
is "$what: no pool" "$said" "no pool: action reject"
table simulate 1000 user@heavy.example
ok "$what: a line" grep -qE '^ +192\.0\.2\.8:25 +750 +75\.0%$' <<<"$said"

# ---- drain and enable

state_of() { # HOST [PORT]
	ctl --json hosts | jq -r --arg host "$1" --argjson port "${2:-25}" \
		'.hosts[] | select(.host == $host and .port == $port) | .state'
}
has_state() { # HOST PORT STATE
	[ "$(state_of "$1" "$2")" = "$3" ]
}

json drain mx1.example.net --reason 'new disks, äöü'
keys . hosts
# shellcheck disable=SC2086
keys '.hosts[0]' $host_names $use_names before trial_by warnings
keys '.hosts[0].before' state since until reason text failures last_success last_failure drain_at
is "$what: it is drained by the operator" "$(jq -c '.hosts[0] | [.state, .reason, .text, .until]' <<<"$said")" \
	'["drained","operator","new disks, äöü",null]'
is "drained: messages go to the others" "$(nexthops 4 a@example.com | sort -u)" \
	"smtp:[mx2.example.net]:2525,[mx3.example.net]"
contains "drained: hosts says why" "$(ctl hosts)" "new disks, äöü"
on_terminal() { # WIDTH ARGUMENT...
	local width=$1
	shift
	script -qec "stty cols $width; '$MILTERCTL_PROGRAM' --socket '$daemon/control.sock' $*" /dev/null | tr -d '\r'
}
long=$(ctl hosts | LC_ALL=C.UTF-8 wc -L)
narrow=$(on_terminal $((long - 1)) hosts)
is "hosts on a terminal: lines end where the screen does" \
	"$(LC_ALL=C.UTF-8 wc -L <<<"$narrow")" $((long - 1))
contains "hosts on a terminal: a line that was cut says so" "$narrow" "…"
contains "hosts --wide: with counters" "$(ctl hosts --wide)" "DELIVERED"
ok "hosts --wide: one clock, with its offset" \
	grep -qE '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} [+-][0-9]{4}' <(ctl hosts --wide)
ok "events: the same clock" grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} \+0530' <(TZ=Asia/Kolkata ctl events)
ok "events: UTC in JSON" grep -qE '"time":.*Z"' <(ctl --json events)
ok "drained: the log says so" daemon_has_said \
	'info: host=mx1\.example\.net:25 up->drained reason=operator text="new disks, äöü" failures=0 delivered=0 by uid=0 pid=[1-9][0-9]*$'
daemon_kill
daemon_start
is "drained: also after kill -9" "$(state_of mx1.example.net)" drained
is "drained: messages go to the others after kill -9" "$(nexthops 2 a@example.com | sort -u)" \
	"smtp:[mx2.example.net]:2525,[mx3.example.net]"
table enable MX1.example.net.
is "$what: it says so" "$said" "mx1.example.net:25 up, by your word and not checked; nothing was seen of it yet"
is "enabled: it has its turns again" "$(nexthops 4 a@example.com | grep -c '^smtp:\[mx1')" 2

json drain 192.0.2.7:26 192.0.2.7:25
is "$what: both, as they were named" "$(jq -c '[.hosts[] | [.port, .state]]' <<<"$said")" '[[26,"drained"],[25,"drained"]]'
json enable 192.0.2.7:26
is "$what: only that port" "$(state_of 192.0.2.7 25) $(state_of 192.0.2.7 26)" "drained up"
json enable 192.0.2.7:25
is "$what: the other, too" "$(state_of 192.0.2.7 25) $(state_of 192.0.2.7 26)" "up up"
for host in 2001:db8::7 2001:DB8:0:0::7 '[2001:db8::7]' '[2001:db8::7]:25' bücher.example.net \
	xn--bcher-kva.example.net:25 BÜCHER.example.net; do
	ok "drain $host" quietly ctl drain "$host"
	is "drain $host: that one is" "$(ctl --json hosts | jq '[.hosts[] | select(.state == "drained")] | length')" 1
	quietly ctl enable "$host"
done
is "all are up again" "$(ctl --json hosts | jq -c '[.hosts[].state] | unique')" '["up"]'
verb drain 192.0.2.8 192.0.2.9
is "a pool whose hosts are all drained goes on" "$(nexthops 4 a@heavy.example | grep -c '^smtp:\[192.0.2.[89]\],\[192')" 4
quietly ctl enable 192.0.2.8
quietly ctl enable 192.0.2.9

table drain mx2.example.net --for 1s
ok "$what: it says until when" grep -qE '^mx2\.example\.net:2525 drained until 2[0-9-]{9} [0-9:]{8} [+-][0-9]{4}, [01] s left: no new messages, ' <<<"$said"
ok "drain --for: it ends by itself" wait_for has_state mx2.example.net 2525 up
ok "drain --for: the log says so" daemon_has_said 'info: host=mx2\.example\.net:2525 drained->up reason=drain_ended text="" failures=0 delivered=0$'
is "drain --for: so does an event" "$(ctl --json events | jq -r '.events[-1] | [.event, .host, .from, .to] | join(" ")')" \
	"drain_ended mx2.example.net drained up"
quietly ctl drain mx2.example.net --for 2s
daemon_kill
daemon_start
ok "drain --for: it ends by itself after kill -9, too" wait_for has_state mx2.example.net 2525 up
json drain mx2.example.net --for 1d12h
within "$what: until when" $(($(date -d "$(jq -r '.hosts[0].until' <<<"$said")" +%s) - $(date +%s))) 129000 129600
json drain mx2.example.net
is "a second drain has its own time" "$(jq '.hosts[0].until' <<<"$said")" null
quietly ctl enable mx2.example.net

# ---- events

json events
keys . events last
keys '.events[0]' id time event host port from to reason text until failures delivered by
is "$what: the last id" "$(jq .last <<<"$said")" "$(jq '.events[-1].id' <<<"$said")"
is "$what: they are in order" "$(jq -c '[.events[].id]' <<<"$said")" "$(jq -c '[range(1; (.events | length) + 1)]' <<<"$said")"
is "$what: what is about no host" "$(jq -c '.events[0] | [.event, .host, .port, .from, .to]' <<<"$said")" \
	'["start",null,null,null,null]'
is "$what: who asked for the drain is the user" "$(jq -r '[.events[] | select(.event == "drain").by][0]' <<<"$said" | cut -d ' ' -f 1)" \
	"uid=$(id -u)"
is "$what: nobody asked for the start" "$(jq -c '[.events[] | select(.event == "start").by] | unique' <<<"$said")" '[null]'
is "$what: nobody asked for the end of a drain" "$(jq -c '[.events[] | select(.event == "drain_ended").by] | unique' <<<"$said")" '[null]'
table events
ok "$what: who asked is shown" grep -qE " drain .* by uid=$(id -u) pid=[1-9][0-9]*\$" <<<"$said"
ok "$what: one line each" grep -qE '^2[0-9-]{9} [0-9:]{8} [+-][0-9]{4}  drain  host=mx2\.example\.net:2525 up->drained reason=operator' <<<"$said"

ctl_start follow --json events --follow
followed() { # FILTER COUNT: so many events are as the filter says
	[ "$(jq -cR "fromjson? | select($1)" "$world/follow.log" | wc -l)" -ge "$2" ]
}
ok "events --follow: what was" wait_for followed '.event == "start"' 1
quietly ctl drain 192.0.2.9 --reason one
ok "events --follow: what comes" wait_for followed '.text == "one" and .event == "drain"' 1
daemon_stop
ok "events --follow: the daemon is gone" wait_for line_is_in "$world/follow.log" '^milterctl: the daemon is gone$'
daemon_start
ok "events --follow: it is back" wait_for line_is_in "$world/follow.log" '^milterctl: the daemon is back$'
ok "events --follow: its start" wait_for followed '.event == "start"' 2
quietly ctl drain 192.0.2.9 --reason two
ok "events --follow: what comes after the restart" wait_for followed '.text == "two"' 1
daemon_kill
daemon_start
# As many events as before: only the start's time tells.
ok "events --follow: through kill -9, too" wait_for followed '.event == "start"' 3
quietly ctl enable 192.0.2.9
ok "events --follow: what comes after that" wait_for followed '.event == "enable" and .host == "192.0.2.9"' 1
ok "events --follow: nothing twice" test "$(grep -c '"one"' "$world/follow.log")" = 1
status=0
process_stop follow || status=$?
is "events --follow: until interrupted" "$status" 143

# ---- reload, check and state are told by their own tests; here: status and form

table reload
is "$what" "$said" reloaded
json reload
keys . ok faults
table check "$daemon/routes.cfg" --user "$(id -un)"
is "$what" "$said" "$daemon/routes.cfg: good, as user $(id -un): 5 pools, 14 routes, 0 rules"
json check "$daemon/routes.cfg" --user "$(id -un)"
keys . ok user verdict faults
is "$what" "$(jq -c '[.ok, .user, .faults]' <<<"$said")" "[true,\"$(id -un)\",[]]"
echo 'nonsense = 1;' >"$daemon/bad.cfg"
verb check "$daemon/bad.cfg"
is "check, bad: status 1" "$status" 1
contains "check, bad: FILE:LINE: TEXT" "$said" "$daemon/bad.cfg:1: unknown key \"nonsense\""
verb --json check "$daemon/bad.cfg"
is "--json check, bad: status 1" "$status" 1
is "--json check, bad" "$(jq -c '[.ok, (.faults[0] | [.file, .line, .warning])]' <<<"$said")" \
	"[false,[\"$daemon/bad.cfg\",1,false]]"
json state "$daemon/state"
keys . pools hosts
table state "$daemon/state"

# ---- the answer is no: 1

no() { # TEXT VERB...
	local text=$1
	shift
	verb "$@"
	is "$*: status 1" "$status" 1
	is "$*: nothing on standard output" "$said" ""
	contains "$*: it says why" "$complained" "$text"
}
no "milterctl: no pool has host mx9.example.net: did you mean mx1.example.net:25? There are mx1.example.net:25, mx2" \
	drain mx9.example.net
no "milterctl: no pool has host mx1.example.net:26: that name has mx1.example.net:25" drain mx1.example.net:26
no "milterctl: no pool has host no-such-host: there are mx1.example.net:25, " enable no-such-host
no "milterctl: 192.0.2.7 has several ports, name those that you mean: 192.0.2.7:25, 192.0.2.7:26" reset 192.0.2.7
no "milterctl: no pool has host mx9.example.net" drain mx1.example.net mx9.example.net
no "milterctl: reason is longer than 199 octets" drain mx1.example.net --reason "$(printf 'x%.0s' $(seq 200))"
no "milterctl: recipient or sender is missing or too long" explain ""
no "milterctl: recipient or sender is missing or too long" explain "$(printf 'x%.0s' $(seq 1001))@example.com"
no "milterctl: recipient or sender is missing or too long" explain "$(printf 'x%.0s' $(seq 20000))"
no "milterctl: $daemon/none: cannot read: No such file or directory" state "$daemon/none"
is "nobody was drained by that" "$(ctl --json hosts | jq -c '[.hosts[].state] | unique')" '["up"]'
status=0
ctl status >/dev/full 2>"$world/complained" || status=$?
is "what cannot be written: status 1" "$status" 1
contains "what cannot be written: it says so" "$(cat "$world/complained")" "No space left on device"

# ---- usage: 2

usage() { # TEXT ARGUMENT...
	local text=$1
	shift
	verb "$@"
	is "usage, $*: status 2" "$status" 2
	is "usage, $*: nothing on standard output" "$said" ""
	contains "usage, $*: it says how" "$complained" "$text"
}
usage "no verb is given"
usage 'there is no verb "frobnicate"' frobnicate
usage 'there is no verb "stauts": did you mean "status"?' stauts
usage 'there is no option "--frobnicate"' --frobnicate status
usage 'there is no option "-x"' -x status
usage 'there is no option "--folow": did you mean "--follow"?' events --folow
usage "--for requires a value" drain mx1.example.net --for
usage "Try milterctl --help." --frobnicate status
usage 'unexpected argument "now"' status now
usage "drain requires HOST[:PORT]" drain
usage "hosts has no option --follow" hosts --follow
usage "usage: milterctl [--socket PATH] [--json] status" status now
usage "usage: milterctl [--socket PATH] [--json] explain [ADDRESS ...]" explain
usage "usage: milterctl [--socket PATH] [--json] simulate N ADDRESS" simulate 10
usage "usage: milterctl [--socket PATH] [--json] hosts" hosts --follow
usage "usage: milterctl [--socket PATH] [--json] enable HOST[:PORT] ..." enable mx1.example.net --for 2h
usage '"none" is not a number of messages' simulate none user@example.com
usage '"100001" is not a number of messages' simulate 100001 user@example.com
usage '"0" is not a number of messages' simulate 0 user@example.com
usage '"soon" is not a duration such as 90s, 2h or 1d12h' drain mx1.example.net --for soon
usage '"0s" is not a duration' drain mx1.example.net --for 0s
usage '--for 2: a unit is required: 2s, 2m, 2h or 2d' drain mx1.example.net --for 2
usage '"1h30" is not a duration' drain mx1.example.net --for 1h30
usage '"soon" is not a time: HH:MM, YYYY-MM-DDTHH:MM or now+DURATION' drain mx1.example.net --until soon
usage '"noon" is not a time: HH:MM, YYYY-MM-DDTHH:MM or now+DURATION' drain mx1.example.net --at noon
usage "weight has no option --at" weight mx1.example.net 50% --at 14:30
usage "milterctl: --for and --until: the end is one of them" drain mx1.example.net --until 14:30 --for 1h
usage '"50" is not a part of the weight: 0% to 1000%' weight mx1.example.net 50
usage '"1001%" is not a part of the weight' weight mx1.example.net 1001%
usage '"%" is not a part of the weight' weight mx1.example.net %
usage "weight requires HOST[:PORT]" weight
usage "usage: milterctl [--socket PATH] [--json] weight HOST[:PORT] [PERCENT%]" weight mx1.example.net --for 1h
usage '--for 2: a unit is required' weight mx1.example.net 50% --for 2
usage '"mx1:port" is not a HOST' drain mx1.example.net mx1:port
usage '"mx1:port" is not a HOST or HOST:PORT' drain mx1:port
for name in $(ctl --help | awk 'NF == 0 { part++ } part == 1 && NF > 0 { print $1 }'); do
	verb "$name" --help
	is "$name --help: status 0" "$status" 0
	contains "$name --help: usage" "$said" "usage: milterctl [--socket PATH] [--json] $name"
done
verb --version
is "--version" "$status $said" "0 milterctl ($("$DAEMON_PROGRAM" --version))"

# ---- which socket; no daemon: 3

is "MILTERCTL_SOCKET" "$(MILTERCTL_SOCKET=$daemon/control.sock "$MILTERCTL_PROGRAM" --json status | jq .pid)" "$(daemon_pid)"
is "--socket comes before it" "$(MILTERCTL_SOCKET=$daemon/none ctl --json status | jq .pid)" "$(daemon_pid)"
is "a proxy is none of its affair" "$(http_proxy=http://192.0.2.1:9 ctl --json status | jq .pid)" "$(daemon_pid)"
not_answered() { # STATUS WHAT TEXT COMMAND...
	local wanted=$1 what=$2 text=$3
	shift 3
	status=0
	said=$("$@" 2>"$world/complained") || status=$?
	is "$what: status $wanted" "$status" "$wanted"
	is "$what: nothing on standard output" "$said" ""
	contains "$what: it says why" "$(cat "$world/complained")" "$text"
}
nobody_there() { # WHAT TEXT COMMAND...
	not_answered 3 "$@"
}
nobody_there "no socket" "milterctl: no daemon at $daemon/none: No such file or directory" \
	"$MILTERCTL_PROGRAM" --socket "$daemon/none" status
if [ "$(id -u)" = 0 ]; then
	cp "$MILTERCTL_PROGRAM" "$world/milterctl"
	not_answered 1 "a socket of others" \
		"milterctl: not allowed to query the daemon at $daemon/control.sock: Permission denied: be root, or in " \
		setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
		"$world/milterctl" --socket "$daemon/control.sock" status
fi
ok "check and state need no daemon" quietly "$MILTERCTL_PROGRAM" --socket "$daemon/none" state "$daemon/state"

# ---- more routes than one answer has

{
	daemon_settings
	echo 'routes = ('
	seq -f '{ match = "r%.0f.example"; action = "dns"; },' 2500
	echo '{ match = "ALL"; action = "dns"; } );'
} >"$daemon/routes.cfg"
table reload --force
json routes
is "$what: 2501 of 2501" "$(jq '.routes | length' <<<"$said")" 2501
is "$what: each once, in order" "$(jq -r '.routes[].match' <<<"$said" | cksum)" "$({ seq -f 'r%.0f.example' 2500; echo ALL; } | cksum)"
json routes r77
is "$what: those that contain it" "$(jq '.routes | length' <<<"$said")" "$(seq 2500 | grep -c '^77')"

daemon_kill
nobody_there "a daemon that was killed" "milterctl: no daemon at $daemon/control.sock: Connection refused" ctl status
ok "no sanitizer has complained" daemon_is_sound
tap_done
