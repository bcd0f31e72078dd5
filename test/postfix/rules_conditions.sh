#!/bin/bash
# rules_conditions: each condition on an envelope, and what joins conditions, decides where a message goes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/rules.sh" || exit 99

find_postfix
world_open
rules_start
mta_make "$daemon_socket"
mta_start

row "sender: an address" 'sender = "a@x.example";' --from a@x.example or --from b@x.example
row "sender: a domain" 'sender = "x.example";' --from b@X.EXAMPLE or --from b@sub.x.example
row "sender: below a domain" 'sender = ".x.example";' --from b@sub.x.example or --from b@x.example
row "sender: empty" 'sender = "";' --from '' or --from b@x.example
row "sender: a glob" 'sender = "news-*@x.example";' --from news-7@x.example or --from news@x.example
row "sender: a pattern" 'sender = "/^b[0-9]+@x\\.example$/";' --from B12@x.example or --from b12@xxexample
row "sender: a list" 'sender = [ "y.example", "/^a/", "" ];' --from a@x.example or --from b@x.example
row "recipient: one of several" 'recipient = "x.example";' --to v@x.example --to w@y.example or --to v@y.example
row "recipient: not the first" 'recipient = "w@y.example";' --to v@x.example --to w@y.example or --to w@x.example
row "all_recipients" 'all_recipients = [ ".example.com", "example.com" ];' --to v@sub.example.com or \
	--to v@x.example
row "macro: there" 'macro = "j";'
never "macro: not there" 'macro = "{auth_type}";'
row "macro: one letter" 'macro = "j: mx.example";'
never "macro: not this one" 'macro = "j: other.example";'

# The hours around this one, and the days: the clock may turn while this runs.
row "time: an hour" "time = \"$(date -d '-1 hour' +%H:%M)-$(date -d '+1 hour' +%H:%M)\";"
never "time: another hour" "time = \"$(date -d '+6 hours' +%H:%M)-$(date -d '+8 hours' +%H:%M)\";"
row "time: a day" "time = [ \"$(date +%a)\", \"$(date -d tomorrow +%a)\" ];"
never "time: another day" "time = \"$(date -d '+2 days' +%a),$(date -d '+4 days' +%a)\";"
row "percent = 100" 'percent = 100;'
never "percent = 0" 'percent = 0;'

row "all conditions of a group" 'sender = "x.example"; helo = "a.example";' --from b@x.example --helo a.example or \
	--from b@x.example
row "any" 'any = ( { sender = "x.example"; }, { header = "X-Tag"; } );' --header 'X-Tag: a' or
row "all" 'all = ( { header = "X-Tag: a"; }, { header = "X-Tag: b"; } );' --header 'X-Tag: a' --header 'X-Tag: b' or \
	--header 'X-Tag: a'
row "not" 'not = { sender = "x.example"; };' or --from b@x.example
row "nested" 'any = ( { not = { any = ( { sender = "x.example"; }, { helo = "client.example"; } ); }; } );' \
	--helo a.example or --helo a.example --from b@x.example
rules '{ name = "t"; when = { sender = "x.example"; }; action = "continue"; tag = "seen"; },
	{ name = "r"; when = { tag = "seen"; not = { helo = "a.example"; }; }; pool = "yes"; }'
try "tag" --from b@x.example or
try "tag: and more" --from b@x.example or --from b@x.example --helo a.example

rules_arrived

# ---- some percent: always the same ones

rules '{ name = "some"; when = { percent = 40; }; pool = "yes"; }'
daemon_reload
forty() {
	rm -f "$world"/{yes,no}.d/*
	send --count 40 --per-connection 40 --to p%n@example.com >"$world/forty"
	wait_for mta_queue_is_empty
	chosen=$(sed -n 's/^X-Rcpt-Args: <\(p[0-9]*\)@.*/\1/p' "$world/yes.d"/* | sort)
}
forty
first=$chosen
within "percent = 40: some of 40" "$(grep -c p <<<"$chosen")" 8 24
is "percent = 40: the others are not lost" "$(host_count no)" $((40 - $(grep -c p <<<"$chosen")))
forty
is "percent = 40: the same ones again" "$chosen" "$first"

is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
