#!/bin/bash
# daemon_explain: what milterctl explain says is what the milter and the map then do
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
map=$daemon/map.sock
mail_log=$world/mail.log
: >"$mail_log"
many=$(for i in $(seq 64); do
	printf '{ host = "mx%d.a-rather-long-name-for-a-host.example.com"; },' "$i"
done)
write_routes() { # [SETTING...]
	daemon_routes 'recipient_delimiter = "+";' \
		"health = { log = \"$mail_log\"; backoff = 3600; backoff_max = 3600; };" "$@" <<-END
		pools = {
			a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; }, { host = "192.0.2.3"; } ); };
			b = { transport = "relay"; hosts = ( { host = "192.0.2.11"; port = 2525; },
				{ host = "192.0.2.12"; }, { host = "192.0.2.13"; priority = 1; } ); };
			hashed = { balance = "hash"; hosts = ( { host = "192.0.2.21"; }, { host = "192.0.2.22"; } ); };
			sender = { balance = "hash"; hash_on = "sender";
				hosts = ( { host = "192.0.2.31"; }, { host = "192.0.2.32"; } ); };
			late = { hosts = ( { host = "192.0.2.41"; } ); all_deferred = "tempfail"; };
			main = { hosts = ( { host = "192.0.2.51"; }, { host = "192.0.2.52"; } ); fallback = "b"; };
			many = { hosts = ( ${many%,} ); }; };
		routes = ( { match = [ "a.example", ".a.example", "ceo@b.example" ]; pool = "a"; },
			{ match = [ "b.example", "bücher.example", "\"odd name\"@a.example", "boss+x@a.example" ]; pool = "b"; },
			{ match = "hashed.example"; pool = "hashed"; },
			{ match = "sender.example"; pool = "sender"; },
			{ match = "late.example"; pool = "late"; },
			{ match = "main.example"; pool = "main"; },
			{ match = "many.example"; pool = "many"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 moved, 100% away"; },
			{ match = "later.example"; action = "defer"; code = 452; text = "4.2.2 not now"; } ${more_routes:-} );
	END
}

# ---- what both are asked

said=
sender=s@client.example
explain() { # RECIPIENT...
	said=$(ctl --json explain "$@" --sender "$sender")
}
told() { # FILTER
	jq -r "$1" <<<"$said"
}
# One object a recipient, whether there were one or several.
plans() { # FILTER
	told "(.recipients // [.])[] | $1"
}
# Turns, and what each host was given so far.
turns() {
	ctl --json pools | grep -oE '"(pool|messages|host|first|listed|state)":[^,}]*'
}

# What agree compares, of what was said. One jq for all: it needs longer to start than the daemon to answer.
#   $told_what       what becomes of the message, and of each recipient
#   $told_replies    the replies of the map; where it is not asked: nothing
#   $told_questions  for which keys, as socketmap.py takes them
#   $told_milter     what the milter is to answer each recipient, and the message, if there will be one
#   $told_words      what is to be said to those that are refused
#   $told_lists      what the milter is to have the map say from then on
#   $told_again      for which keys
of_message() {
	told_what=
	eval "$(jq -r '
		def lines(each): [each | tostring] | join("\n") | @sh;
		def questions: "\(.map) \(.key // "")" | split("\\") | join("\\\\");
		def is_one_of($words): . as $word | any($words[]; . == $word);
		def chooses: .does | is_one_of(["map", "filter"]);
		def refuses: .does | is_one_of(["refuse", "split"]);
		(.recipients // [.]) as $all | [$all[].doors.milter] as $each |
		"told_what=\("\(.milter // "one"): \($each | map(.does + " ") | join(""))" | @sh)",
		"told_replies=\(lines($all[].doors.map // [] | .[].reply))",
		"told_questions=\(lines($all[].doors.map // [] | .[] | questions))",
		"told_milter=\(lines(
			($each[] | if refuses then "rcpt refused" else "rcpt taken" end),
			(select(any($each[]; refuses | not)) | .doors.milter //
				first($each[] | select(.does | is_one_of(["filter", "discard"]))) // { does: "leave" }
			| if .does == "filter" then "end taken \(.with | ltrimstr("FILTER "))"
			elif .does == "discard" then "end discarded nil" else "end taken nil" end),
			"done"))",
		"told_words=\(lines($each[] | select(refuses).with))",
		"told_lists=\(lines($all[].doors | select(.map != null).milter | select(chooses).with // empty
			| ltrimstr("FILTER ")))",
		"told_again=\(lines($all[].doors | select(.milter | chooses and .with != null).map // [] | .[] | questions))"
		' <<<"$said")"
}

# What the map says to QUESTIONS, one line each.
map_says() { # QUESTIONS
	local requests
	[ -n "$1" ] || return 0
	mapfile -t requests <<<"$1"
	timeout "$WAIT_LIMIT" python3 "$srcdir/test/lib/socketmap.py" "$map" "${requests[@]}"
}
milter_does() { # RECIPIENT...
	printf '%s\n' "$@" >"$world/recipients"
	lua envelope "recipients=$world/recipients" "sender=$sender"
}
# What was said to those that were refused.
refusals() {
	tail -n +$((mark + 1)) "$daemon_log" | sed -n 's/.* reply="\([45].*\)"$/\1/p; s/.* split first=.*/452 4.5.3/p'
}

# agree WHAT WANTED RECIPIENT...: WANTED is what becomes of the message, and what of each recipient.
agree() {
	local what=$1 wanted=$2 before answers
	shift 2
	before=$(turns)
	explain "$@"
	of_message
	# The minute for which a choice is repeated may have ended between the two.
	answers=$(map_says "$told_questions")
	[ "$answers" = "$told_replies" ] || {
		explain "$@"
		of_message
		answers=$(map_says "$told_questions")
	}
	is "$what: told" "$told_what" "$wanted "
	is "$what: the map says what was told" "$answers" "$told_replies"
	is "$what: that has taken no turn" "$(turns)" "$before"
	mark=$(wc -l <"$daemon_log")
	is "$what: the milter does what was told" "$(milter_does "$@")" "$told_milter"
	is "$what: the map repeats what was told" "$(map_says "$told_again" | sed 's/^OK //')" "$told_lists"
	is "$what: in those words" "$(refusals)" "$told_words"
}

# ---- what is the same under every policy: one recipient, or all of one kind

# One word is that of a pool's recipients: filter or map.
singles() { # POLICY WORD
	local policy=$1 word=$2
	agree "$policy: a pool" "one: $word" "u@a.example"
	agree "$policy: the same, the next turn" "one: $word" "u@a.example"
	agree "$policy: another transport" "one: $word" "u@b.example"
	agree "$policy: a pool that chooses by the recipient" "one: $word" "u@hashed.example"
	agree "$policy: a pool that chooses by the sender" "one: $word" "u@sender.example"
	agree "$policy: dns" "one: leave" "u@dns.example"
	agree "$policy: no route" "one: leave" "u@nowhere.example"
	agree "$policy: no route, no domain" "one: leave" "postmaster"
	agree "$policy: discard" "one: discard" "u@void.example"
	agree "$policy: reject" "one: refuse" "u@gone.example"
	agree "$policy: defer" "one: refuse" "u@later.example"
	agree "$policy: several of one pool" "$word: $word $word $word" u1@a.example u2@x.a.example ceo@b.example
	agree "$policy: dns and no route" "leave: leave leave" u@dns.example u@nowhere.example
	agree "$policy: discards" "discard: discard discard" u@void.example v@void.example
	agree "$policy: all are refused" "leave: refuse refuse" u@gone.example u@later.example
	agree "$policy: some are refused" "$word: refuse $word refuse $word" \
		u@gone.example u3@a.example u@later.example u4@a.example
	agree "$policy: the same one twice" "$word: $word $word" u5@a.example u5@a.example
	agree "$policy: quotes" "one: $word" '"odd name"@a.example'
	is "$policy: quotes: the route" "$(told .pool)" b
	agree "$policy: quotes that need not be" "one: $word" '"boss"@a.example'
	agree "$policy: an extension" "one: $word" boss+x@a.example
	is "$policy: an extension: the route" "$(told .pool)" b
	agree "$policy: an extension without a route" "one: $word" boss+y@a.example
	is "$policy: an extension without a route: the route" "$(told .pool)" a
	agree "$policy: case, and a dot at the end" "one: $word" 'U@A.Example.'
	agree "$policy: a domain in UTF-8" "one: $word" u@bücher.example
	agree "$policy: a local part in UTF-8" "one: $word" ü@a.example
	agree "$policy: signs" "one: $word" "a'b/c=d?e#f&g%h{i}@a.example"
}
# Those that differ: what each policy makes of them.
mixed() { # POLICY END POOL OTHER
	local policy=$1 end=$2 pool=$3 other=$4
	agree "$policy: two pools" "$end: $pool $other" v1@a.example v1@b.example
	agree "$policy: two pools, in turns" "$end: $pool $other $pool $other" \
		v2@b.example v2@a.example v3@b.example v3@a.example
	agree "$policy: a pool and dns" "$end: $pool $other" v4@a.example v@dns.example
	agree "$policy: a pool and discard" "$end: $pool $other" v5@a.example v@void.example
	agree "$policy: a pool and no route" "$end: $pool $other" v6@a.example v@nowhere.example
	agree "$policy: two pools, and a reject in front" "$end: refuse $pool $other" \
		v@gone.example v7@a.example v7@b.example
}

# JSON, and the table for people.
write_routes
daemon_start
before=$(turns)
contains "turns: what is compared" "$before" '"messages":'
explain u@a.example
is "one: its names" "$(told 'keys[]' | tr '\n' ' ')" \
	"action candidates doors match nexthop over_budget pool recipient reply rule rules source tags takes "
is "no map: null" "$(told .doors.map)" null
explain u@a.example '<V@B.example>'
is "several: the recipients, as they were given" "$(plans .recipient | tr '\n' ' ')" "u@a.example <V@B.example> "
is "several: their names" "$(told 'keys[]' | tr '\n' ' ')" "milter mixed over_budget recipients rule rules tags "
is "several: each has the names of one" "$(told '[.recipients[] | keys] | unique | length, .[0][]' | tr '\n' ' ')" \
	"1 action candidates doors match nexthop pool recipient reply source takes "
is "several: of those that are taken none has another route" "$(told '.mixed, .recipients[1].doors.milter.does' | tr '\n' ' ')" "false split "
explain u@a.example v@a.example
is "several of one route: not mixed" "$(told .mixed)" false
table=$(ctl explain u@a.example v@gone.example)
is "the table" "$(sed 's,/[^ ]*:[0-9]*,FILE:LINE,' <<<"$table")" "recipient  u@a.example
match      a.example (FILE:LINE)
action     pool
pool       a
  ORDER  HOST          PRIORITY  WEIGHT  STATE
      1  192.0.2.1:25         0       1  up
      2  192.0.2.2:25         0       1  up
      3  192.0.2.3:25         0       1  up
next hop   smtp:[192.0.2.1],[192.0.2.2],[192.0.2.3]
milter     tells Postfix: FILTER smtp:[192.0.2.1],[192.0.2.2],[192.0.2.3]

recipient  v@gone.example
match      gone.example (FILE:LINE)
action     reject
reply      550 5.1.2 moved, 100% away
milter     refuses it: 550 5.1.2 moved, 100% away

message    filter: all its recipients that are taken have one route"
is "the table: mixed" "$(ctl explain u@a.example u@b.example | grep -E '^(milter|message)')" \
	"milter     tells Postfix: FILTER smtp:[192.0.2.1],[192.0.2.2],[192.0.2.3]
milter     has it sent in a message of its own: 452 4.5.3
message    filter: all its recipients that are taken have one route"
is "the table: no route" "$(ctl explain u@nowhere.example)" "recipient  u@nowhere.example
match      none
action     none: left to the MTA's own routing
milter     leaves it to the MTA's own routing"
is "the table: discard" "$(ctl explain u@void.example | tail -n 1)" "milter     throws it away"
is "that has taken no turn" "$(turns)" "$before"

# ---- how many

for pasted in 'Anna <u@a.example>' '"Smith, Anna" <u@a.example>' 'u@a.example (Anna)' ' u@a.example '; do
	is "pasted: $pasted" "$(ctl --json explain "$pasted" | jq -r .recipient)" u@a.example
done
is "a quoted local part is no name" "$(ctl --json explain '"odd, name"@a.example' | jq -r .recipient)" '"odd, name"@a.example'
for pasted in 'u@a.example, v@a.example' 'Anna Smith' 'Anna <u@a.example' 'u@a.example v@a.example'; do
	status=0
	complained=$(ctl explain "$pasted" 2>&1) || status=$?
	is "not one address: $pasted" "$status $complained" "2 milterctl: \"$pasted\" is not one address"
done
numbers=$(seq -f 'u%.0f@a.example' 100)
# Words are to be split.
# shellcheck disable=SC2086
agree "100 recipients" "filter: $(yes filter | head -n 100 | tr '\n' ' ' | sed 's/ $//')" $numbers
status=0
# shellcheck disable=SC2086
complained=$(ctl explain $numbers one@more.example 2>&1) || status=$?
is "101: that is no usage" "$status ${complained%%$'\n'*}" "2 milterctl: unexpected argument \"one@more.example\""
is "101, by HTTP: it says why" "$(curl -sS --unix-socket "$daemon/control.sock" \
	"http://localhost/v1/explain?recipient=$(tr '\n' ' ' <<<"$numbers" | sed 's/ $//; s/ /\&recipient=/g')&recipient=one@more.example" | jq -r .error)" \
	"more than 100 recipients"
status=0
complained=$(ctl explain 2>&1) || status=$?
is "none: that is no usage" "$status ${complained%%$'\n'*}" "2 milterctl: explain requires an ADDRESS or --message FILE"
status=0
complained=$(ctl explain u@a.example "" 2>&1) || status=$?
is "an empty one" "$status $complained" "1 milterctl: recipient or sender is missing or too long"
is "a sender alone" "$(curl -sS --unix-socket "$daemon/control.sock" \
	"http://localhost/v1/explain?sender=u@a.example" | jq -r .error)" "recipient or sender is missing or too long"

# ---- every policy

singles "no map" filter
mixed "no map" filter filter split
# A milter has one FILTER for a message: that of its first recipient.
hashed=(v@hashed.example x@hashed.example k5@hashed.example k1@hashed.example)
one_for_all() { # RECIPIENT...
	explain "$@"
	is "one FILTER for ${*}: the hosts" "$(plans .nexthop | sort -u)" "$(ctl --json explain "$1" | jq -r .nexthop)"
	agree "one FILTER for ${*}" "filter: filter filter filter filter" "$@"
	is "one FILTER for ${*}: told of each" "$(plans .doors.milter.with | sort -u)" "FILTER $(told '.recipients[0].nexthop')"
}
is "alone they have different ones" "$(for name in "${hashed[@]}"; do
	ctl --json explain "$name" | jq -r .nexthop
done | sort -u | wc -l)" 2
one_for_all "${hashed[@]}"
explain u@a.example u@x.a.example ceo@b.example
is "one FILTER: each has its own route" "$(plans .match | tr '\n' ' ')" "a.example .a.example ceo@b.example "
lists=
for sender in s1@client.example s2@client.example s3@client.example s4@client.example; do
	agree "$sender" "filter: filter filter" u6@sender.example u7@sender.example
	lists+="$(plans .nexthop)
"
done
is "the sender decides" "$(sort -u <<<"${lists%?}" | wc -l)" 2
sender=s@client.example
one_for_all "${hashed[3]}" "${hashed[2]}" "${hashed[1]}" "${hashed[0]}"

write_routes 'mixed = "split";'
daemon_reload
mixed "split" filter filter split
is "the table: split" "$(ctl explain u@a.example u@b.example | grep ^milter | tail -n 1)" \
	"milter     has it sent in a message of its own: 452 4.5.3"
agree "split: dns first" "leave: leave split leave" v@dns.example v8@a.example v@nowhere.example
agree "split: discard first" "discard: discard split discard" v@void.example v9@a.example w@void.example
daemon_stop
write_routes "map_socket = \"unix:$map\";"
daemon_start
singles "map" filter
mixed "map" map map map
agree "map: pools, dns, discard, none, reject" "map: map map map map map refuse" \
	w1@a.example w1@b.example w@dns.example w@void.example w@nowhere.example w@gone.example
write_routes "map_socket = \"unix:$map\";" 'mixed = "split";'
daemon_reload
mixed "map, split" filter filter split
write_routes "map_socket = \"unix:$map\";" 'postfix_delivery = "map";'
daemon_reload
singles "only the map" map
mixed "only the map" map map map
agree "64 hosts of a long name" "one: map" z@many.example
is "64 hosts of a long name: the map has all" "$(plans '.doors.map[0].reply' | grep -oF '[mx' | wc -l)" 64
is "64 hosts of a long name: so has the table" "$(ctl explain z@many.example |
	sed -n '/^next hop/,$p' | grep -oF '[mx' | wc -l)" 192
is "only the map: the table" "$(ctl explain z1@a.example z@dns.example | grep ^milter | sed 's/\[.*//')" \
	"milter     leaves it to the map: smtp:
milter     leaves it to the map"
agree "only the map: by the recipient" "map: map map map map" "${hashed[@]}"
agree "only the map: by turns" "map: map map map map" z2@b.example z2@a.example z3@a.example z3@b.example
more_routes=', { match = "ALL"; pool = "a"; }'
write_routes "map_socket = \"unix:$map\";"
daemon_reload
agree "ALL" "one: filter" x@nowhere.example
agree "ALL: no domain" "one: filter" postmaster
agree "ALL: what is left to Postfix is" "map: map map" x1@nowhere.example x1@dns.example

long=$(printf 'x%.0s' $(seq 400))@a.example
agree "ALL: an address that no route can have" "one: filter" "$long"
is "ALL: an address that no route can have: the map is queried for it" "$(told '.doors.map[0] | .key, .reply[:3]')" "$long
OK "
key() { # RECIPIENT KEY
	explain "$1"
	is "the map is queried for $1" "$(told '.doors.map[0].key')" "$2"
}
key u@a.example u@a.example
key '<"odd name"@A.Example.>' '"odd name"@A.Example'
key '"a@b"@a.example' '"a@b"@a.example'
key '"\"u\""@a.example' '"\"u\""@a.example'
key '<@relay.example,@other.example:u@a.example>' u@a.example
key u@bücher.example u@bücher.example
key postmaster null
agree "ALL: quotes that belong to it" "one: filter" '"\"odd name\""@a.example'
is "ALL: quotes that belong to it: the same route for both" "$(told '.nexthop | split(":")[0]')" \
	"$(told '.doors.map[0].reply | ltrimstr("OK ") | split(":")[0]')"

# ---- hosts that are not up

sick() { # ADDRESS: the MTA's log says that it refuses connections
	local head
	head="$(date '+%b %e %T') mx postfix/smtp[4711]:"
	# The second line is the end of the attempt: without it more might come.
	cat >>"$mail_log" <<-END
		$head connect to $1[$1]:25: Connection refused
		$head 4bZ1Kq2xYzz9: to=<u@example.com>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=4.4.1, status=deferred (connect to $1[$1]:25: Connection refused)
	END
	wait_for state_is "$1" deferred
}
state_is() { # ADDRESS STATE
	ctl --json hosts | jq -e --arg host "$1" --arg state "$2" \
		'any(.hosts[]; .host == $host and .state == $state)' >/dev/null
}
sick 192.0.2.41
agree "all deferred, tempfail" "one: refuse" y@late.example
contains "all deferred, tempfail: the words" "$(told .doors.milter.with)" "451 4.4.1 "
agree "all deferred, tempfail: others" "filter: refuse filter" y1@late.example y1@a.example
sick 192.0.2.51
agree "one of two is deferred" "one: filter" y2@main.example
is "one of two is deferred: it is the last" "$(told '.candidates | map(.host + " " + .state) | join(", ")')" \
	"192.0.2.52 up, 192.0.2.51 deferred"
sick 192.0.2.52
agree "a fallback" "one: filter" y3@main.example
is "a fallback: it takes" "$(told '[.pool, .takes] | join(" ")')" "main b"
contains "a fallback: the table says so" "$(ctl explain y@main.example)" "fallback   b: no host of that pool is usable"
explain y4@main.example y4@b.example
is "a fallback, and its own pool: two routes" "$(told '[.milter, (.recipients[] | .takes)] | join(" ")')" "map b b"
quietly ctl drain 192.0.2.2
agree "one is drained" "one: filter" y5@a.example
is "one is drained: it is not there" "$(told '[.candidates[].host] | sort | join(" ")')" "192.0.2.1 192.0.2.3"

# ---- a trial

sed -i 's/backoff = 3600; backoff_max = 3600;/backoff = 1; backoff_max = 1; jitter = 0;/' "$daemon/routes.cfg"
daemon_reload
sick 192.0.2.1
on_trial() { # it is the first
	[ "$(ctl --json explain y6@a.example | jq -r '.candidates[0].host')" = 192.0.2.1 ]
}
ok "the time of a deferred host is over" wait_for on_trial
explain y6@a.example
before=$(told .nexthop)
for i in 1 2 3; do
	explain y6@a.example y7@a.example
done
is "explain takes no trial" "$(told '.recipients[1].nexthop')" "$before"
is "nor does the key for all" "$(map_says 'transport *')" \
	"OK smtp:[192.0.2.3],[192.0.2.1]"
is "the milter has it to give" "$(nexthops 1 y8@a.example)" "$before"

daemon_end
tap_done
