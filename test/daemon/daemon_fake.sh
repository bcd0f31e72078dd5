#!/bin/bash
# daemon_fake: milterctl against what is no daemon of ours
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# NEXTHOP_TEST_MUTATIONS: so many wrong answers to each verb [10].

. "${srcdir:-.}/test/lib/load.sh" || exit 99

MUTATIONS=${NEXTHOP_TEST_MUTATIONS:-10}
memory_is_measured
world_open
daemon_make
: >"$world/mail.log"
daemon_routes "health = { log = \"$world/mail.log\"; };" <<END
pools = { a = { balance = "hash"; hosts = ( { host = "192.0.2.1"; }, { host = "b.example"; port = 26; } ); }; };
routes = ( { match = "example.com"; pool = "a"; }, { match = "no.example"; action = "reject"; text = "5.1.2 gone"; } );
rules = ( { name = "big"; when = { size_over = 1000; }; pool = "a"; } );
END
daemon_start
ctl drain b.example --reason "a disk" >/dev/null
# A message that there is something to tell of.
for result in "deferred (host 192.0.2.1[192.0.2.1] said: 451 4.7.1 Not now (in reply to RCPT TO command))" \
	"sent (250 2.0.0 Ok)"; do
	printf '%s mx postfix/smtp[71]: 4AbC: to=<u@example.com>, relay=192.0.2.1[192.0.2.1]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.0.0, status=%s\n' \
		"$(TZ=UTC date '+%Y-%m-%dT%H:%M:%S.%N+00:00')" "$result"
done >>"$world/mail.log"
message_is_known() {
	ctl trace 4AbC >/dev/null 2>&1
}
wait_for message_is_known || bail_out "nothing is learned of the message"

fake=$world/fake
mkdir "$fake"
process_start fake_daemon python3 "$srcdir/test/lib/fake_daemon.py" "$world/fake.sock" "$fake"
wait_for line_is_in "$world/fake_daemon.log" '^ready' || bail_out "nobody answers"

# Each verb, as its words.
verbs=(
	status pools hosts routes rules events "explain u@example.com" "explain u@example.com v@no.example"
	"simulate 10 u@example.com" "trace 4AbC" "flush a --dry-run" "drain b.example" "enable b.example" reload
)

# asks VERB...: $status, and what is said in $world/said.
asks() {
	status=0
	timeout 30 "$MILTERCTL_PROGRAM" --socket "$world/fake.sock" "$@" >"$world/said" 2>&1 || status=$?
	cat "$world/said" >>"$world/all.log"
}
# What a terminal would obey, or show other than it is: but for the end of a line.
hidden='[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf'
is_clean() {
	! LC_ALL=C grep -aqP "$hidden" "$1"
}

# wrong WHAT ANSWER: all verbs come to an end with 0 or 1, and say nothing that a terminal would obey.
wrong() {
	local what=$1 verb bad=
	printf '%s' "$2" >"$fake/answer"
	for verb in "${verbs[@]}"; do
		asks $verb
		[ "$status" -le 1 ] && is_clean "$world/said" || bad="$bad $verb: status $status;"
	done
	is "$what" "$bad" ""
}

# ---- answers by hand

esc_json='\u001b[31m\u009b\u202e\u200b\u007f'
name=$(printf 'x%.0s' {1..253})
colons=$(printf ':%.0s' {1..253})
wrong "an array" '[]'
wrong "an empty object" '{}'
wrong "a string" '"x"'
wrong "null" null
wrong "no JSON" 'x'
wrong "nothing" ''
wrong "JSON that is cut" '{"hosts": [ {'
wrong "not UTF-8" "$(printf '{"error": "\377\376"}')"
wrong "100,000 arrays within each other" "$(printf '[%.0s' {1..100000})"
# Each port, and each host.
for pair in "$name 1" "$colons 2147483647" "$esc_json -1" "$name -9223372036854775808" "$colons 9999999999" \
	"$esc_json \"25\"" "$name null" "$colons 1.5"; do
	host=${pair% *} port=${pair##* }
	one="{\"host\": \"$host\", \"port\": $port, \"state\": \"$esc_json\", \"until\": \"$esc_json\",
		\"pools\": [\"$esc_json\", 1, null], \"text\": \"$esc_json\", \"time\": \"$esc_json\",
		\"event\": \"$esc_json\", \"match\": \"$esc_json\", \"hosts\": [ {\"host\": \"$host\", \"port\": $port} ],
		\"pool\": \"$esc_json\", \"hash_on\": \"$esc_json\", \"name\": \"$esc_json\", \"result\": \"yes\",
		\"does\": \"$esc_json\", \"tag\": \"$esc_json\", \"mode\": \"$esc_json\"}"
	wrong "a host ${host:0:10} of port $port" "{\"hosts\": [$one], \"pools\": [$one], \"events\": [$one],
		\"routes\": [$one], \"rules\": [$one], \"recipients\": [$one], \"candidates\": [$one], \"last\": $port,
		\"next\": null, \"tags\": [\"$esc_json\"], \"pool\": \"$esc_json\", \"recipient\": \"$esc_json\",
		\"nexthop\": \"$esc_json\", \"doors\": {\"milter\": {\"does\": \"$esc_json\", \"with\": \"$esc_json\"},
		\"map\": [{\"map\": \"$esc_json\", \"key\": \"$esc_json\", \"reply\": \"$esc_json\"}]},
		\"milter\": {\"steps\": [\"$esc_json\"], \"macros\": [\"$esc_json\"]}, \"sockets\": {\"map\": \"$esc_json\"},
		\"log\": {\"source\": \"$esc_json\", \"error\": \"$esc_json\"}, \"faults\": [{\"file\": \"$esc_json\",
		\"text\": \"$esc_json\", \"line\": $port}], \"error\": \"$esc_json\", \"version\": \"$esc_json\"}"
done
for json in '[{"x": 1e308}]' '{"x": {}}' '[[[]]]' '"text"' 12; do
	wrong "the wrong type: $json" "{\"hosts\": $json, \"pools\": $json, \"events\": $json, \"routes\": $json, \"rules\": $json,
		\"recipients\": $json, \"doors\": $json, \"milter\": $json, \"faults\": $json, \"log\": $json, \"next\": $json}"
done

# says WHAT STATUS PART VERB...
says() {
	local what=$1 wanted=$2 part=$3
	shift 3
	asks "$@"
	is "$what: the status" "$status" "$wanted"
	contains "$what: is said" "$(cat "$world/said")" "$part"
}
printf '{"routes": [], "next": 0}' >"$fake/answer"
says "the same page of routes again" 1 "lists the same routes again" routes
printf '{"routes": [], "next": -5}' >"$fake/answer"
says "a page before the first" 1 "lists the same routes again" routes

for id in '"-f"' '"4A;id"' '""' '"../4A"' null 1; do
	printf '{"mta": "postfix", "usable": 1, "messages": [{"queue_id": %s}], "next": null}' "$id" >"$fake/answer"
	says "what is no queue id is no argument: $id" 1 "the daemon's answer makes no sense" flush a --dry-run
done
printf '{"mta": "postfix", "usable": 1, "messages": [], "next": @N@}' >"$fake/answer"
says "what waits, without end" 1 "the daemon's answer makes no sense" flush a --dry-run
printf '{"mta": "exim", "usable": 1, "messages": [], "next": null}' >"$fake/answer"
says "an MTA that there is not" 1 "the daemon's answer makes no sense" flush a

# Routes without end: what is printed is not kept.
row='{"match": "x", "action": "dns", "source": "f:1", "pool": null, "reply": null}'
printf '{"routes": [%s], "next": @N@000}' "$(printf "$row,%.0s" {1..500})$row" >"$fake/answer"
process_start endless "$MILTERCTL_PROGRAM" --socket "$world/fake.sock" routes
has_much() {
	[ "$(stat -c %s "$world/endless.log")" -gt "$1" ]
}
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/${world_pids[endless]}/status"
}
ok "routes without end: they come" wait_for has_much 200000
before=$(resident)
ok "routes without end: more come" wait_for has_much 4000000
within "routes without end: kB more in memory" "$(($(resident) - before))" -100000 2000
process_stop endless || :

printf 'HTTP/1.1 200 OK\r\n\r\n' >"$fake/raw"
head -c 1000000 /dev/zero | tr '\0' x >"$fake/then"
says "an answer without end" 1 "the daemon's answer is longer than 16 MB" status
printf 'HTTP/1.1 200 OK\r\nX: ' >"$fake/raw"
says "a header without end" 1 "does not answer in HTTP" status
rm "$fake/then"
printf 'SSH-2.0-OpenSSH_9.2\r\n' >"$fake/raw"
says "no HTTP" 1 "does not answer in HTTP" status
printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{' >"$fake/raw"
says "an answer that breaks off" 3 "no daemon at" status
printf '' >"$fake/raw"
says "closed without a word" 3 "no daemon at" status
printf 'HTTP/1.1 500 x\r\nContent-Length: 40\r\n\r\n{"error": "%s"}           ' "$esc_json" >"$fake/raw"
says "an error" 1 "milterctl: " status
ok "an error: nothing that a terminal would obey" is_clean "$world/said"
printf 'HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n' >"$fake/raw"
says "somewhere else" 1 "answers 302" status
rm "$fake/raw"

# ---- answers that a daemon gave, with something changed in them

: >"$fake/mutate"
for verb in "${verbs[@]}"; do
	bad=
	ctl --json $verb >"$fake/answer"
	for ((i = 0; i < MUTATIONS; i++)); do
		asks $verb
		[ "$status" -le 1 ] && is_clean "$world/said" ||
			bad="$bad status $status: $(tail -n 1 "$world/fake_daemon.log" | cut -c 1-300)"
	done
	is "$MUTATIONS wrong answers to $verb" "$bad" ""
done
rm "$fake/mutate"

# ---- JSON on a terminal

printf '{"hosts": [{"host": "%s"}]}' "$(printf '\302\233\342\200\256')" >"$fake/answer"
if command -v script >/dev/null; then
	ok "JSON, on a terminal" quietly script -qec "$MILTERCTL_PROGRAM --socket $world/fake.sock --json hosts" "$world/typed"
	ok "JSON, on a terminal: nothing that it would obey" is_clean <(tr -d '\r' <"$world/typed" | grep host)
fi
is "JSON, in a pipe: as it is" "$(timeout 30 "$MILTERCTL_PROGRAM" --socket "$world/fake.sock" --json hosts | jq -r '.hosts[0].host')" \
	"$(printf '\302\233\342\200\256')"
daemon_end
tap_done
