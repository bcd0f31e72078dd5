#!/bin/bash
# rules: what Sendmail makes of addresses by our m4 feature, with a map that is not the daemon's
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
host_start own 2
host_start one 11
list="[$world_net.11]:[$world_net.12]"
printf '%s\t%s\n' >"$world/answers" \
	"nexthop pool.0" "OK esmtp:$list" \
	"nexthop Pool-2.17" "OK smtp:[$world_net.13]" \
	"nexthop six.0" "OK esmtp:[IPv6:2001:db8::1]:[$world_net.11]" \
	"nexthop bin.0" "OK nexthop_discard:discard" \
	"nexthop sick.0" "TEMP later" \
	"nexthop u@plain.example" "OK esmtp:$list" \
	"nexthop sender@plain.example" 'OK error:5.1.2:"550 never"' \
	'nexthop "a b"@plain.example' "OK esmtp:[$world_net.12]" \
	"nexthop gone@plain.example" 'OK error:5.1.2:"550 5.1.2 moved (away), 100% > 50%: \"ask\" a@b"' \
	"nexthop u@[192.0.2.1]" "OK esmtp:$list" \
	"nexthop later@plain.example" 'OK error:4.7.1:"451 not now"' \
	"nexthop sick@plain.example" "TEMP later"
map_start() {
	rm -f "$world/map.sock" "$world/map.log"
	process_start map python3 "$srcdir/test/lib/answers.py" "$world/map.sock" "$world/answers"
	wait_for line_is_in "$world/map.log" '^listening' || bail_out "no map"
}
map_start
mta_make "" "FEATURE(\`nexthop', \`local:$world/map.sock')dnl"
printf '%s\n' 'list: u@plain.example, known' 'known: other' >>"$mta/aliases"
mta_start

# Where Sendmail would send it: "MAILER HOST USER", without spaces between the parts of each.
resolve() { # ADDRESS..., answers for the last
	printf '3,0 %s\n' "$@" | (sendmail -bt) 2>/dev/null | sed -n 's/.*parse  *returns: //p' | tail -n 1 |
		sed -E 's/ //g; s/^\$#//; s/\$@/ /; s/\$:/ /'
}

# ---- tokens

pool="esmtp $list"
while IFS='|' read -r token wanted; do
	is "$token" "$(resolve "$token")" "$wanted"
done <<END
u%example.com@pool.0.nexthop|$pool u<@example.com.>
User+Ext%Example.COM@pool.0.nexthop|$pool User+Ext<@Example.COM.>
u%example.com@Pool-2.17.nexthop|smtp [$world_net.13] u<@example.com.>
u%example.com@six.0.nexthop|esmtp [IPv6:2001:db8::1]:[$world_net.11] u<@example.com.>
a%b%example.com@pool.0.nexthop|$pool a%b<@example.com.>
a%b%c%example.com@pool.0.nexthop|$pool a%b%c<@example.com.>
a!b%example.com@pool.0.nexthop|$pool a!b<@example.com.>
a!b%c%example.com@pool.0.nexthop|$pool a!b%c<@example.com.>
"odd"%example.com@pool.0.nexthop|$pool "odd"<@example.com.>
"a@b"%example.com@pool.0.nexthop|$pool "a@b"<@example.com.>
"a%b"%example.com@pool.0.nexthop|$pool "a%b"<@example.com.>
"a\"b"%example.com@pool.0.nexthop|$pool "a\"b"<@example.com.>
":include:/x"%example.com@pool.0.nexthop|$pool ":include:/x"<@example.com.>
/etc/x%example.com@pool.0.nexthop|$pool /etc/x<@example.com.>
a=b/c{d}~\$1%example.com@pool.0.nexthop|$pool a=b/c{d}~\$1<@example.com.>
u%[192.0.2.1]@pool.0.nexthop|$pool u<@[192.0.2.1].>
u%local.example@pool.0.nexthop|$pool u<@local.example.>
u%example.com@bin.0.nexthop|nexthop_discard discard u<@example.com.>
u%example.com@sick.0.nexthop|error 4.4.3 "451nexthop-milterdoesnotanswer"
u@pool.0.nexthop|error 5.1.2 "550Nosuchrecipient"
u%example.com@gone.0.nexthop|esmtp [$world_net.2] u<@example.com.>
a%b%example.com@gone.0.nexthop|esmtp [$world_net.2] a%b<@example.com.>
"a@b"%example.com@gone.0.nexthop|esmtp [$world_net.2] "a@b"<@example.com.>
u%plain.example@gone.0.nexthop|$pool u<@plain.example.>
u%local.example@gone.0.nexthop|local u
u%plain.example@_dns.0.nexthop|esmtp [$world_net.2] u<@plain.example.>
U%Plain.Example@_DNS.0.Nexthop|esmtp [$world_net.2] U<@Plain.Example.>
gone%plain.example@_dns.0.nexthop|esmtp [$world_net.2] gone<@plain.example.>
sick%plain.example@_dns.0.nexthop|esmtp [$world_net.2] sick<@plain.example.>
a%b%example.com@_dns.0.nexthop|esmtp [$world_net.2] a%b<@example.com.>
"a@b"%example.com@_dns.0.nexthop|esmtp [$world_net.2] "a@b"<@example.com.>
u%[192.0.2.1]@_dns.0.nexthop|esmtp [$world_net.2] u<@[192.0.2.1]>
u%local.example@_dns.0.nexthop|local u
u%plain.example%local.example@_dns.0.nexthop|esmtp [$world_net.2] u<@plain.example.>
u@_dns.0.nexthop|error 5.1.2 "550Nosuchrecipient"
u%plain.example@_dns.1.nexthop|$pool u<@plain.example.>
END
# In one process, as in a queue run.
is "after an address without a route there are routes again" \
	"$(resolve 'u%plain.example@_dns.0.nexthop' u@plain.example)" "$pool u<@plain.example.>"

# ---- other recipients

while IFS='|' read -r recipient wanted; do
	is "$recipient" "$(resolve "$recipient")" "$wanted"
done <<END
u@plain.example|$pool u<@plain.example.>
"a b"@plain.example|esmtp [$world_net.12] "ab"<@plain.example.>
v@plain.example|esmtp [$world_net.2] v<@plain.example.>
u@[192.0.2.1]|$pool u<@[192.0.2.1]>
u@local.example|local u
gone@plain.example|error 5.1.2 "5505.1.2moved(away),100%>50%:\"ask\"a@b"
later@plain.example|error 4.7.1 "451notnow"
sick@plain.example|error 4.4.3 "451nexthop-milterdoesnotanswer"
END

# ---- clients

# The last reply to RCPT.
rcpt() { # RECIPIENT [OPTION OF send...]
	local recipient=$1
	shift
	send --once --verbose --to "$recipient" "$@" | awk -F '\t' '$2 ~ /^RCPT/ { print $3 }' | tail -n 1
}

contains "reject: its text" "$(rcpt gone@plain.example)" \
	'550 5.1.2 <gone@plain.example>... moved (away), 100% > 50%: "ask" a@b'
contains "defer: its text" "$(rcpt later@plain.example)" "451 4.7.1 not now"
contains "the map cannot say: 451" "$(rcpt sick@plain.example)" "451 4.4.3 "
contains "the sender's address has no route" "$(rcpt u@plain.example --from sender@plain.example)" "250 "
for token in 'u%example.com@pool.0.nexthop' 'u%example.com@pool.0.NextHop.' \
	'u%example.com%pool.0.nexthop@local.example' 'u%example.com%pool.0.nexthop' \
	'pool.0.nexthop!u%example.com' '@local.example:u%example.com@pool.0.nexthop' \
	'"u%example.com@pool.0.nexthop"@local.example' 'u@nexthop.nexthop' \
	'u%plain.example@_dns.0.nexthop'; do
	contains "a client gives $token: no" "$(rcpt "$token")" "550 5.1.2 "
done
contains "a client's own addresses may look like that" "$(rcpt 'john.nexthop%x@nexthop.example')" "250 "
contains "such a sender: no" "$(send --once --to u@plain.example --from u%x.example@pool.0.nexthop)" "553 5.1.8 "

# ---- mail that no milter has seen

was_told() { # HOST RECIPIENT
	grep -qxF "X-Rcpt-Args: <$2>" "$world/$1.d"/*
}

ok "what clients sent is delivered" wait_for mta_queue_is_empty
one=$(host_count one)
own=$(host_count own)
ok "an alias: accepted" quietly send --once --to list@local.example
ok "an alias: the routed recipient's host has it" wait_for host_has one $((one + 1))
ok "an alias: the local recipient's host has it" wait_for host_has own $((own + 1))
ok "an alias: the host is told the recipient" wait_for was_told one u@plain.example
ok "an alias: the local recipient" wait_for was_told own "other@[$world_net.2]"
ok "the queue is empty" wait_for mta_queue_is_empty
process_stop map
rm -f "$world/map.sock"
contains "no map: a client is put off" "$(rcpt u@plain.example)" "451 4.4.3 "
(printf 'Subject: x\n\nx\n' | sendmail -i -f sender@client.example u@plain.example) >/dev/null 2>&1
# A session that is just ending may have a file of its own there.
one_waits() {
	[ "$(mta_queue_length)" = 1 ]
}
ok "no map: local mail waits" wait_for one_waits
ok "no map: and goes nowhere" never_within 3 host_has own $((own + 2))
map_start
ok "a map again: it is delivered" wait_for host_has one $((one + 2))
ok "the queue is empty" wait_for mta_queue_is_empty
is "nobody gets anything back" "$(count_lines "$mta_log" 'DSN:|postmaster notify')" 0
tap_done
