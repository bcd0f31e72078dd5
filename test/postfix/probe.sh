#!/bin/bash
# probe: what is found of real and of odd hosts, and how politely
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

PROBE_PROGRAM=${top_builddir:-.}/test/lib/probe_once
find_postfix
[ -x "$PROBE_PROGRAM" ] || bail_out "no $PROBE_PROGRAM"
world_open

# probe OPTION... HOST PORT...: sets $found to what is found.
probe() {
	found=$(timeout 60 "$PROBE_PROGRAM" --resolv-conf "$world/resolv.conf" "$@" 2>>"$world/probe.log")
}

# finds WHAT PATTERN OPTION... HOST PORT
finds() {
	local what=$1 pattern=$2
	shift 2
	probe "$@"
	found_is "$what" "$pattern"
}

found_is() { # WHAT PATTERN
	if grep -qE -e "$2" <<<"$found"; then
		pass "$1"
	else
		fail "$1"
		note "found:  $found"
		note "wanted: $2"
	fi
}

# The ms of the conversation, or of the connection if there was none.
took() {
	sed -E 's/.* connect=([0-9]+) talk=(-1|[0-9]+) .*/\2 \1/; s/^-1 //; s/ .*//' <<<"$found"
}

: >"$world/resolv.conf"

# ---- Postfix's smtpd

long=$(printf 'x%.0s' {1..60})
busy='check_recipient_access inline:{ { later@local.example = 450 4.2.1 mailbox is busy } }'
mta_make "" "smtpd_recipient_restrictions = $busy, permit_mynetworks, reject" \
	"notify_classes ="
cat >>"$mta/master.cf" <<END
$mta_ip:26 inet n - n - - smtpd
	-o syslog_name=postfix/full -o queue_minfree=1000000000000000
$mta_ip:28 inet n - n - - smtpd
	-o syslog_name=postfix/tells -o queue_minfree=1000000000000000 -o notify_classes=resource
$mta_ip:27 inet n - n - 1 postscreen
	-o syslog_name=postfix/screen -o postscreen_access_list=
	-o postscreen_greet_wait=1s -o postscreen_upstream_proxy_protocol=
smtpd pass - - n - - smtpd
	-o syslog_name=postfix/screened
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
END
mta_start

mta_has_seen_off() { # N
	[ "$(count_lines "$mta_log" 'postfix/smtpd\[.*: disconnect from ')" -ge "$1" ]
}

commands=(
	connect "disconnect from .* quit=1 commands=1$"
	greeting "disconnect from .* quit=1 commands=1$"
	ehlo "disconnect from .* ehlo=1 quit=1 commands=2$"
	mail "disconnect from .* ehlo=1 mail=1 rset=1 quit=1 commands=4$"
	rcpt "disconnect from .* ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5$"
)
# The port was looked at, before.
wait_for mta_has_seen_off 1
seen=$(count_lines "$mta_log" 'postfix/smtpd\[.*: disconnect from ')
quiet_from=$(wc -l <"$mta_log")
for ((i = 0; i < ${#commands[@]}; i += 2)); do
	depth=${commands[i]}
	finds "smtpd, $depth: passes" "what=reply stage=$depth outcome=sent" \
		--depth "$depth" --recipient known@local.example "$mta_ip" "$MTA_PORT"
	seen=$((seen + 1))
	ok "smtpd, $depth: has seen it off" wait_for mta_has_seen_off "$seen"
	contains "smtpd, $depth: what it was told" "$(tail -n 1 "$mta_log" | grep -oE "${commands[i + 1]}")" \
		"disconnect from"
done
finds "smtpd: an unknown recipient" "what=reply stage=rcpt outcome=passed_on code=550 enhanced=5.1.1" \
	--depth rcpt --recipient nobody@local.example "$mta_ip" "$MTA_PORT"
finds "smtpd: a restriction on recipients" \
	"what=reply stage=rcpt outcome=passed_on code=450 enhanced=4.2.1 .*mailbox is busy" \
	--depth rcpt --recipient later@local.example "$mta_ip" "$MTA_PORT"
finds "smtpd: the same at depth mail is well" "what=reply stage=mail outcome=sent" \
	--depth mail --recipient later@local.example "$mta_ip" "$MTA_PORT"
finds "smtpd: a long sender and name" "what=reply stage=mail outcome=sent code=250" \
	--helo "$long.example" --sender "$long@$long.example" "$mta_ip" "$MTA_PORT"
ok "smtpd: has seen all off" wait_for mta_has_seen_off $((seen + 4))
is "smtpd has no complaint" "$(tail -n +$((quiet_from + 1)) "$mta_log" |
	grep -cE 'lost connection after|timeout after|improper command pipelining|warning:')" 0

# A disk that is full: what a check that ends at EHLO does not see.
finds "smtpd, full: EHLO is well" "stage=ehlo outcome=sent" --depth ehlo "$mta_ip" 26
finds "smtpd, full, with notify_classes as shipped: 452 at MAIL" "stage=mail outcome=passed_on code=452" "$mta_ip" 28
ok "it writes to its postmaster" wait_for mta_log_has 'to=<postmaster@'
finds "smtpd, full: 452 at MAIL" \
	"what=reply stage=mail outcome=passed_on code=452 enhanced=4.3.1 .*Insufficient system storage" \
	--depth mail "$mta_ip" 26

# postscreen says "220-" and waits whether the client is patient.
finds "postscreen: the whole greeting is waited for" "stage=mail outcome=sent" --depth mail "$mta_ip" 27
within "postscreen: so it was" "$(took)" 900 9000
is "postscreen has no complaint" "$(count_lines "$mta_log" '(PREGREET|HANGUP|COMMAND) ')" 0

# ---- smtp-sink, sick in every way

full='452 4.3.1 Insufficient system resources'
hard='554 5.7.1 Go away'
sick=(
	greeting "what=reply stage=greeting outcome=passed_on code=452 enhanced=4.3.1" "-b|$full|-r|connect"
	ehlo "what=reply stage=ehlo outcome=passed_on code=452" "-b|$full|-r|ehlo"
	mail "what=reply stage=mail outcome=passed_on code=452 enhanced=4.3.1 .*\"$full\"" "-b|$full|-r|mail"
	rcpt "what=reply stage=rcpt outcome=passed_on code=452 enhanced=4.3.1" "-b|$full|-r|rcpt"
	greeting5 "what=reply stage=greeting outcome=passed_on code=554 enhanced=5.7.1" "-B|$hard|-f|connect"
	ehlo5 "what=reply stage=rcpt outcome=sent" "-B|$hard|-f|ehlo"
	helo5 "what=reply stage=ehlo outcome=passed_on code=554" "-B|$hard|-f|ehlo,helo"
	mail5 "what=reply stage=mail outcome=passed_on code=554 enhanced=5.7.1" "-B|$hard|-f|mail"
	rcpt5 "what=reply stage=rcpt outcome=passed_on code=554 enhanced=5.7.1" "-B|$hard|-f|rcpt"
	greeting421 "what=reply stage=greeting outcome=passed_on code=421" "-Q|connect"
	ehlo421 "what=reply stage=ehlo outcome=passed_on code=421" "-Q|ehlo"
	mail421 "what=reply stage=mail outcome=passed_on code=421" "-Q|mail"
	rcpt421 "what=reply stage=rcpt outcome=passed_on code=421" "-Q|rcpt"
	lost_at_connect "what=lost stage=greeting outcome=passed_on code=0" "-q|connect"
	lost_at_ehlo "what=lost stage=ehlo outcome=passed_on" "-q|ehlo"
	lost_at_mail "what=lost stage=mail outcome=passed_on" "-q|mail"
	lost_at_rcpt "what=lost stage=rcpt outcome=passed_on" "-q|rcpt"
	lost_at_rset "what=reply stage=rcpt outcome=sent" "-q|rset"
	rset421 "what=reply stage=rcpt outcome=sent" "-Q|rset"
	quit4 "what=reply stage=rcpt outcome=sent" "-r|quit"
	no_esmtp "what=reply stage=rcpt outcome=sent" "-e"
	pix "what=reply stage=rcpt outcome=sent" "-P"
	data "what=reply stage=rcpt outcome=sent" "-b|$full|-r|data"
	end421 "what=reply stage=rcpt outcome=sent" "-Q|."
)
hosts=()
number=20
for ((i = 0; i < ${#sick[@]}; i += 3)); do
	IFS='|' read -ra options <<<"${sick[i + 2]}"
	host_start "${sick[i]}" "$number" "${options[@]}"
	hosts+=("$world_net.$number" "$HOST_PORT")
	number=$((number + 1))
done
probe --depth rcpt --recipient postmaster "${hosts[@]}"
number=20
for ((i = 0; i < ${#sick[@]}; i += 3)); do
	found_is "smtp-sink, ${sick[i]}" "^host=$world_net.$number:$HOST_PORT ${sick[i + 1]}"
	number=$((number + 1))
done
is "smtp-sink: one result each" "$(wc -l <<<"$found")" $((${#sick[@]} / 3))
finds "nobody listens" "what=refused stage=connect outcome=passed_on code=0 .*Connection refused" \
	"$world_net.19" "$HOST_PORT"
host_start idle 18 -w 1 -W mail:60
finds "no answer to MAIL" "what=timeout stage=mail outcome=passed_on" --timeout 500 "$world_net.18" "$HOST_PORT"

# ---- odd ones

process_start odd python3 "$srcdir/test/lib/listeners.py" "$HOST_PORT" \
	"silent=$world_net.100" "drip=$world_net.101" "long=$world_net.102" "many=$world_net.103" \
	"close=$world_net.104" "reset=$world_net.105" "junk=$world_net.106" "early=$world_net.107" \
	"goodbye=$world_net.108" "full=$world_net.109" "slow=$world_net.110"
wait_for line_is_in "$world/odd.log" '^ready' || bail_out "the odd hosts do not listen"

# odd WHAT PATTERN LOW HIGH NUMBER OPTION...: and the ms that it may take.
odd() {
	local what=$1 pattern=$2 low=$3 high=$4 number=$5
	shift 5
	finds "$what" "$pattern" "$@" "$world_net.$number" "$HOST_PORT"
	within "$what: in its time" "$(took)" "$low" "$high"
}

odd "silent" "what=timeout stage=greeting outcome=passed_on code=0" 950 9000 100 --timeout 1000
odd "silent, connect" "what=reply stage=connect outcome=sent" 0 900 100 --timeout 1000 --depth connect
odd "an octet a second" "what=timeout stage=greeting outcome=passed_on" 2450 12000 101 --timeout 2500
odd "10 MB in a line" "what=no_smtp stage=greeting outcome=passed_on code=0 .*too much of an answer: 220 xxx" \
	0 5000 102
odd "10 MB in lines" "what=no_smtp stage=greeting outcome=passed_on .*a reply of too many lines: 220-listener" \
	0 5000 103
wait_for line_is_in "$world/odd.log" '^sent many'
is "10 MB: most of it was never read" \
	"$(awk '$1 == "sent" && $3 > 9000000' "$world/odd.log" | wc -l)" 0
odd "closed after accept" "what=lost stage=greeting .*connection closed" 0 5000 104
odd "reset after accept" "what=lost stage=(greeting|connect)" 0 5000 105
odd "another protocol" "what=no_smtp stage=greeting .*no SMTP reply: SSH-2.0" 0 5000 106
odd "421 before it was asked" "what=reply stage=ehlo outcome=passed_on code=421 enhanced=4.3.2" 0 5000 107
odd "no answer to QUIT" "what=reply stage=mail outcome=sent" 0 900 108 --timeout 1000
is "no answer to QUIT: what it was told" "$(sed -n 's/^said goodbye //p' "$world/odd.log" | paste -sd ,)" \
	"EHLO probe.example,MAIL FROM:<>,RSET,QUIT"
odd "no room for a connection" "what=timeout stage=connect outcome=passed_on" 950 9000 109 --timeout 1000

# ---- IPv6 and names

process_start six python3 "$srcdir/test/lib/listeners.py" 0 slow=::1
wait_for line_is_in "$world/six.log" '^ready' || not process_is_running six
six_port=$(sed -n 's/^listening slow ::1 //p' "$world/six.log")
if [ -n "$six_port" ]; then
	finds "IPv6" "^host=\[::1\]:$six_port what=reply stage=mail outcome=sent .*address=::1 " ::1 "$six_port"
fi

full_ip=$world_net.109
well_ip=$world_net.110
gone_ip=$world_net.19
process_start dns python3 "$srcdir/test/lib/nameserver.py" "$world_net.53" \
	"well.example=$well_ip" "second.example=$gone_ip,$well_ip" "hung.example=$full_ip,$well_ip" \
	"gone.example=$gone_ip" "half.example=half:$well_ip" "servfail.example=servfail" \
	"silent.example=silent" "empty.example=::1" "mixed.example=$full_ip,$gone_ip" \
	"six.example=::1" \
	"many.example=$(for n in {1..9}; do printf '%s.%s,' "$world_net" "$n"; done)$well_ip"
wait_for line_is_in "$world/dns.log" '^ready' || bail_out "no name server"
echo "nameserver $world_net.53" >"$world/resolv.conf"

finds "a name" "^host=well.example:$HOST_PORT what=reply stage=mail outcome=sent .*address=$well_ip " \
	WELL.example "$HOST_PORT"
finds "the second address of a name" "outcome=sent .*address=$well_ip " second.example "$HOST_PORT"
finds "the second address, when the first hangs" "outcome=sent .*address=$well_ip " \
	--timeout 4000 hung.example "$HOST_PORT"
finds "of a time-out and a refusal, the refusal" "what=refused stage=connect .*address=$gone_ip " \
	--timeout 1000 mixed.example "$HOST_PORT"
finds "no more than five addresses" "what=refused .*address=$world_net.[1-5] " many.example "$HOST_PORT"
finds "IPv6 does not answer, IPv4 does" "outcome=sent .*address=$well_ip " half.example "$HOST_PORT"
if [ -n "$six_port" ]; then
	finds "a name with IPv6 alone" "outcome=sent .*address=::1 " six.example "$six_port"
fi
finds "no such name" "what=no_address stage=connect outcome=passed_on code=0" nosuch.example "$HOST_PORT"
finds "a server that fails" "what=no_address stage=connect outcome=passed_on" servfail.example "$HOST_PORT"
finds "a server that is silent" "what=no_address stage=connect .*no answer from DNS in time" \
	--timeout 1000 silent.example "$HOST_PORT"
within "a server that is silent: in its time" "$(took)" 950 9000
process_stop dns || :
finds "no server" "what=no_address stage=connect outcome=passed_on" --timeout 1000 well.example "$HOST_PORT"
: >"$world/dns.log"
process_start dns python3 "$srcdir/test/lib/nameserver.py" "$world_net.53" "*.example=nxdomain"
wait_for line_is_in "$world/dns.log" '^ready'
finds "a name of /etc/hosts" "^host=localhost:1 what=refused .*address=(127.0.0.1|::1) " localhost 1
finds "an address" "outcome=sent .*address=$well_ip " "$well_ip" "$HOST_PORT"
is "DNS was queried for neither" "$(count_lines "$world/dns.log" '^asked')" 0

# ---- many

hosts=()
modes=()
for n in {1..200}; do
	hosts+=("$world_net.$n" 2526)
	modes+=("slow=$world_net.$n")
done
process_start crowd python3 "$srcdir/test/lib/listeners.py" 2526 "${modes[@]}"
wait_for line_is_in "$world/crowd.log" '^ready' || bail_out "the crowd does not listen"
probe "${hosts[@]}"
is "200 hosts: all pass" "$(grep -c ' stage=mail outcome=sent ' <<<"$found")" 200
is "200 hosts: each once" "$(grep -oE '^host=[^ ]+' <<<"$found" | sort -u | wc -l)" 200
is "200 hosts: 64 at once" "$(awk '$1 == "open" && $3 > n { n = $3 } END { print n }' "$world/crowd.log")" 64
: >"$world/crowd.log"
probe --limit 7 "${hosts[@]:0:60}"
is "30 hosts: all pass" "$(grep -c ' stage=mail outcome=sent ' <<<"$found")" 30
is "30 hosts: 7 at once" "$(awk '$1 == "open" && $3 > n { n = $3 } END { print n }' "$world/crowd.log")" 7

# Descriptors run out: no host is to blame, and it is said once.
: >"$world/probe.log"
found=$(ulimit -n 20 && "$PROBE_PROGRAM" "${hosts[@]:0:80}" 2>>"$world/probe.log")
within "no descriptors: some are ours" "$(grep -c ' what=ours stage=connect outcome=passed_on' <<<"$found")" 1 39
is "no descriptors: all others pass" "$(grep -cE 'what=ours|outcome=sent' <<<"$found")" 40
is "no descriptors: it is said once" "$(count_lines "$world/probe.log" 'warning: probe: .*Too many open files')" 1

# A network without a way out, if one can be had.
if unshare -n true 2>/dev/null; then
	found=$(unshare -n "$PROBE_PROGRAM" --resolv-conf "$world/resolv.conf" 192.0.2.1 25)
	found_is "no network" "what=no_network stage=connect outcome=passed_on"
fi

ok "no sanitizer has complained" daemon_is_sound
tap_done
