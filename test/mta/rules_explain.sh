#!/bin/bash
# rules_explain: of a message file, milterctl explain says what the rules say of it in a real MTA
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: rules_explain.sh postfix|sendmail
#
# All rules are shadow rules: which of them hold for a message is seen by their hits.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

kind=${1:?postfix or sendmail}
use_mta "$kind"
find_mta
world_open
host_start own 2
daemon_make
rules=
rule() { # NAME CONDITIONS
	rules="$rules${rules:+, }{ name = \"$1\"; mode = \"shadow\"; when = { $2 }; pool = \"own\"; }"
}
rule subject 'header = "Subject";'
rule exact 'header = "Subject: A word or two";'
rule glob 'header = "Subject: a*two";'
rule whole 'header = "Subject: /^A word or two$/";'
rule blanks 'header = "Subject: /^\\s|\\s$|\\s\\s/";'
rule tab 'header = "Subject: /\\t/";'
rule line 'header = "Subject: /[\\r\\n]/";'
rule control 'header = "Subject: /[\\x00-\\x08]/";'
rule no-subject 'not = { header = "Subject"; };'
rule subject-empty 'header = "Subject:";'
rule eight 'header = [ "X-Eight: /[^ -~]/", "X-Utf8: /[^ -~]/" ];'
rule utf8 'header = "X-Utf8: bücher";'
rule word 'header = "X-Good: /b.cher/";'
rule nul 'header = "X-Nul: before";'
rule nul-behind 'header = "X-Nul: /behind/";'
rule after 'header = "X-After: here";'
rule behind 'header = "X-Behind: b";'
rule empty 'header = "X-Empty:";'
rule blank 'header = "X-Blank:";'
rule broken 'header = "X-Mime: broken";'
rule types 'header = "Content-Type: text/";'
rule last 'header = "X-H1000: value 1000";'
rule same 'header = "X-Same: value 1000";'
rule big 'header = "X-Big: /^first/";'
rule big-50000 'header = "X-Big: / 000700 x/";'
rule bcc 'header = "Bcc: hidden@x.example";'
rule path 'header = "Return-Path: <other@x.example>";'
rule route 'header = "X-Nexthop-Route";'
rule to 'header = "To: a@x.example (me), \"b, c\" <d@x.example>";'
rule odd 'header = "X_a.b!c: odd";'
rule received 'header = "Received";'
rule from 'header = "From";'
rule date 'header = "Date: Sat, 31 Jan 2026 12:00:00 +0000";'
rule id 'header = "Message-ID: <x@client.example>";'
rule sender 'sender = "client.example"; recipient = "u@example.com";'
rule share 'percent = 50;'
rule over-1k 'size_over = 1000;'
rule under-50k 'size_under = 50000;'
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<-END
	pools = { $(daemon_pool own 2) };
	rules = ( $rules );
	routes = ( { match = "ALL"; pool = "own"; } );
END
daemon_start
# Else Postfix adds headers that lack: we are a local client.
settings=()
[ "$kind" = sendmail ] || settings=('local_header_rewrite_clients=')
mta_make_wired "${settings[@]}"
mta_start
python3 "$srcdir/test/lib/messages.py" "$world" || bail_out "no messages"

hits() {
	ctl --json rules | jq -r '.rules[] | "\(.name) \(.hits)"'
}
# held: which rules got a hit since $world/before.
held() {
	hits | diff "$world/before" - | sed -n 's/^> \([^ ]*\) .*/\1/p' | xargs
}
has_seen_one_more() {
	[ "$(ctl --json status | jq .messages.total)" -gt "$seen" ]
}
same() { # FILE
	local told
	hits >"$world/before"
	seen=$(ctl --json status | jq .messages.total)
	told=$(ctl --json explain u@example.com --sender s@client.example --message "$world/$1" |
		jq -r '[.rules[] | select(.result == "yes") | .name] | join(" ")')
	send --once --from s@client.example --to u@example.com --file "$world/$1" >"$world/sent"
	contains "$1: it is taken" "$(cat "$world/sent")" "m1 accepted 1 "
	wait_for has_seen_one_more
	is "$1: explain says what is so" "$told" "$(held)"
}

# A lone CR is a space to Postfix, and a reason to refuse to Sendmail. To Postfix a text begins with
# a line that is longer than line_length_limit, before any colon.
but=" spaces-cr names "
# Sendmail refuses more than 32,768 octets of headers (MaxHeadersLength), drops a NUL, and takes a
# name as long as these for text.
[ "$kind" = postfix ] || but="$but whole folded unfolded beyond nul name "
files=(whole folded unfolded beyond thousand same words mime nul eight utf8 empty name names none text nothing)
for file in "$world"/spaces-*; do
	files+=("${file##*/}")
done
for file in "${files[@]}"; do
	[[ $but == *" $file "* ]] || same "$file"
done
daemon_end
tap_done
