#!/bin/bash
# postfix: a fresh Debian, from README's first line to a routed message, and what comes then
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: postfix.sh RELEASE      of Debian, see scripts/roots.sh
#
# Postfix is as Debian brings it, chrooted. Each command of README, and those of
# docs/postfix that need a whole machine, is done as it stands there.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
use_boot

find_roots "${1:-bookworm}"
world_open
boot_make
boot_up
CONFIG=$boot_root/etc/nexthop-milter/routes.cfg

# ---- README: install, configure

does "Postfix is installed" 'echo "postfix postfix/main_mailer_type select Internet Site" | debconf-set-selections
	echo "postfix postfix/mailname string mx.example" | debconf-set-selections
	apt-get -qq -y install postfix'
is "chroot: docs/postfix has the command" "$(inside sh -c "$(document_block docs/postfix 'Chroot')")" "smtp/inet/chroot = y"
does "install, with what has been built" "$(document_block README 'Install from source' | grep '^make install')"
does "install: user and folder" "$(document_block README 'Install from source' 2)"
does "install: docs/postfix has the same folder" "$(document_block docs/postfix 'Chroot' 2)"
does "configure: the sample is good as it stands" "$(document_block README 'Install from source' 3 | grep -e ' -t ')"
document_block README 'Configure' >"$CONFIG"
does "configure: it is checked and started" "$(document_block README 'Install from source' 3)"
is "it runs" "$(inside systemctl is-active nexthop-milter)" active
# A Postfix as it comes, of whatever release, has none of ours, and does not accept without a milter.
is "wiring: nothing is there" "$(inside postconf smtpd_milters milter_header_checks transport_maps)" \
	"$(printf '%s =\n' smtpd_milters milter_header_checks transport_maps)"
contains "wiring: milter_default_action" "tempfail shutdown" "$(inside postconf -h milter_default_action)"
does "wiring" "$(document_block README 'Install from source' 4)"

# ---- README: see that it works: a message goes where explain says

send_one() {
	inside smtp-source -f you@example.net -t user@example.com localhost:25
}
# How many messages the hosts have got, 192.0.2.1 first; the last is not one of the pool.
counts() {
	echo "$(boot_count 192.0.2.1) $(boot_count 192.0.2.2) $(boot_count 192.0.2.77)"
}
counts_are() { # COUNTS
	[ "$(counts)" = "$1" ]
}
# goes WHAT COUNTS: one more message makes them these.
goes() {
	ok "$1: a message is sent" send_one
	wait_for counts_are "$2"
	is "$1: it goes to the host whose turn it is" "$(counts)" "$2"
}

does "see: a message" "$(document_block README 'See that it works' | head -n 2)"
wait_for counts_are "1 0 0"
is "see: the first host has it" "$(counts)" "1 0 0"
log_is_whole() {
	said=$(inside sh -c "$(document_block README 'See that it works' | tail -n 1)")
	grep -q 'relay=.*status=sent' <<<"$said"
}
ok "see: the log tells of it" wait_for log_is_whole
# The lines of the document, with numbers and the end of a long line left out.
see_line() { # WORDS
	grep "$1" | tail -n 1 | sed -E 's/\[[0-9]+\]: [0-9A-Z]+:/[N]: ID:/; s/, delay=.*/ …/; s/ from .*//; s/.*(postfix\/)/\1/'
}
wanted=$(document_block README 'See that it works' 2)
is "see: the list that the milter has chosen" "$(see_line milter-header-filter <<<"$said")" \
	"$(see_line milter-header-filter <<<"$wanted")"
is "see: where it went" "$(see_line relay= <<<"$said")" "$(see_line relay= <<<"$wanted")"
goes "the next one" "1 1 0"

log_counts() { # N
	inside milterctl --json hosts |
		jq -es --argjson wanted "$1" '[.[].hosts[].delivered] | add >= $wanted' >/dev/null
}
ok "the journal is read: deliveries are counted" wait_for log_counts 2
ok "the map is queried" [ "$(inside milterctl --json status | jq '.map.requests > 0')" = true ]

# ---- wiring that is wrong: explain cannot know it, but the log shows it

filtered() {
	inside journalctl -t postfix/cleanup -o cat | grep -c milter-header-filter
}
had=$(filtered)
does "without milter_header_checks" "postconf -X milter_header_checks; postfix reload"
goes "the map still has the list" "2 1 0"
is "but the log shows it: no line of the filter" "$(filtered)" "$had"
does "nor transport_maps" "postconf -X transport_maps; postfix reload"
ok "a message is sent" send_one
wait_for counts_are "2 1 1"
is "the log shows it: it goes to another host" "$(counts)" "2 1 1"
contains "explain does not know it" "$(inside milterctl explain user@example.com)" 192.0.2.1
does "wired again" "$(document_block README 'Install from source' 4)"

# ---- passwords: the unit reads, locks and answers them, as docs/postfix has it

main_pid() {
	inside systemctl show -p MainPID --value nexthop-milter
}
secret=$(document_block docs/postfix 'Outgoing SMTP authentication' 2 | sed -n 's/^ *secret_socket = "\(.*\)";$/\1/p')
login() {
	inside postmap -q '[192.0.2.1]' "proxy:socketmap:$secret:sasl"
}
echo first >"$boot_root/etc/nexthop-milter/gw1.pass"
does "passwords: the file's group and mode" "$(document_block docs/postfix 'Outgoing SMTP authentication')"
cp "$CONFIG" "$CONFIG.plain"
sed -i -e "1i secret_socket = \"$secret\";" \
	-e 's,exchange = {,& auth = { user = "gw1"; password_file = "/etc/nexthop-milter/gw1.pass"; };,' "$CONFIG"
does "passwords: start, and Postfix" "$(document_block docs/postfix 'Outgoing SMTP authentication' 3)"
is "passwords: Postfix is told, through proxymap" "$(login)" gw1:first
within "passwords: kB that are locked" "$(inside awk '/^VmLck:/ { print $2 }' "/proc/$(main_pid)/status")" 1 64
lacks "passwords: no warning of that" "$(inside journalctl -u nexthop-milter -o cat)" "cannot be locked"
echo second >"$boot_root/etc/nexthop-milter/gw1.pass"
does "passwords: a changed file" "systemctl reload nexthop-milter"
is "passwords: it is told" "$(login)" gw1:second
mv "$CONFIG.plain" "$CONFIG"
does "passwords: without them again" "postconf -X smtp_sasl_auth_enable smtp_sasl_tls_security_options \
	smtp_sasl_password_maps smtp_tls_security_level; systemctl restart nexthop-milter; postfix reload"

# ---- reload, good and bad

sed -i 's/match = "example.com"/match = [ "example.com", "example.org" ]/' "$CONFIG"
does "reload of a good file" "systemctl reload nexthop-milter"
contains "it is in force" "$(inside milterctl explain user@example.org)" 192.0.2.1
sed -i.good 's/pool = "exchange"/pool = "exchagne"/' "$CONFIG"
ok "reload of a bad file fails" not inside systemctl reload nexthop-milter
fault_is_logged() {
	inside journalctl -u nexthop-milter -o cat | grep -q 'routes.cfg:[0-9]*: .*exchagne'
}
ok "the journal has the fault, with file and line" wait_for fault_is_logged
is "it runs on" "$(inside systemctl is-active nexthop-milter)" active
goes "after a bad reload" "3 1 1"

# ---- a bad file at a start, kill -9, reboot

ok "start with a bad file fails" not inside systemctl restart nexthop-milter
mv "$CONFIG.good" "$CONFIG"
is_active() {
	[ "$(inside systemctl is-active nexthop-milter)" = active ]
}
ok "it starts by itself when the file is mended" wait_for is_active
goes "then" "3 2 1"
before=$(main_pid)
inside sh -c "kill -KILL $before"
# 0: systemd has seen the end of one, and there is no other yet.
is_another() {
	local pid
	pid=$(main_pid)
	[ "$pid" != 0 ] && [ "$pid" != "$before" ] && is_active
}
ok "kill -9: it comes back by itself" wait_for is_another
goes "then" "4 2 1"

boot_again
is "it runs after a reboot" "$(inside systemctl is-active nexthop-milter)" active
since() { # UNIT
	inside systemctl show -p ActiveEnterTimestampMonotonic --value "$1"
}
unit=postfix@-.service
[ "$(inside systemctl show -p ActiveState --value "$unit")" = active ] || unit=postfix.service
ok "it was there before Postfix" [ "$(since nexthop-milter)" -lt "$(since "$unit")" ]
goes "after a reboot" "4 3 1"

exposure=$(inside systemd-analyze security --no-pager nexthop-milter | sed -n 's/.*exposure level.*: \([0-9.]*\).*/\1/p')
within "exposure by systemd-analyze security, in tenths" "${exposure/./}" 1 15
is "its lines are of the mail facility" \
	"$(inside journalctl -u nexthop-milter -o json -t nexthop-milter | jq -r .SYSLOG_FACILITY | sort -u)" 2

# ---- the log by rsyslog

does "rsyslog is installed" 'apt-get -qq -y install rsyslog && systemctl restart rsyslog'
sed -i 's,log = "journal",log = "/var/log/mail.log",' "$CONFIG"
does "the file can be read, and it starts with it" "$(document_block docs/postfix 'The log')
nexthop-milter -t --user nexthop-milter"
had=$(inside milterctl --json hosts | jq '[.hosts[].delivered] | add')
goes "with rsyslog" "5 3 1"
ok "the file is read: the delivery is counted" wait_for log_counts "$((had + 1))"

# ---- alerts

does "alerts: the example and its unit" "$(document_block docs/postfix 'Alerts')"
has_alerts() {
	inside journalctl -u nexthop-milter-alert -o cat | grep -q ' start '
}
ok "alerts: they are on" wait_for has_alerts
sed -i.good 's/pool = "exchange"/pool = "exchagne"/' "$CONFIG"
ok "alerts: a reload fails" not inside systemctl reload nexthop-milter
mv "$CONFIG.good" "$CONFIG"
is_alerted() {
	grep -q '^Subject: nexthop-milter on .*: reload_failed' "$boot_root/var/mail/root" 2>/dev/null
}
ok "alerts: root has mail" wait_for is_alerted
does "alerts: away" "systemctl disable --now nexthop-milter-alert
	rm /etc/systemd/system/nexthop-milter-alert.service /etc/nexthop-milter/alert"

# ---- flush

does "flush: the unit" "$(document_block docs/postfix 'Flush')"
sed -i.good 's/exchange = {/& on_recovery = "flush";/' "$CONFIG"
does "flush: a pool has it" 'systemctl reload nexthop-milter'
is "flush: it is on, and follows" "$(inside systemctl is-active nexthop-milter-flush)
$(inside milterctl --json status | jq '[.condition.reasons[] | select(.about == "flush")] | length')" "active
0"
# As the unit's user: postqueue may be run, and there is a queue to look into.
does "flush: its user may run postqueue" 'setpriv --reuid nexthop-milter --regid nexthop-milter --init-groups postqueue -p'
mv "$CONFIG.good" "$CONFIG"
does "flush: away" "systemctl reload nexthop-milter
	systemctl disable --now nexthop-milter-flush
	rm /etc/systemd/system/nexthop-milter-flush.service"

# ---- upgrade

does "upgrade: installed again" "make install"
does "upgrade: restarted" "$(document_block docs/postfix 'Upgrade')"
goes "after an upgrade: the turn goes on" "5 4 1"

# ---- several instances

instances() {
	does "an instance is made" "postmulti -e init
		postmulti -I postfix-out -G mta -e create
		postmulti -i postfix-out -x postconf -e master_service_disable= 'inet_protocols = ipv4'
		postmulti -i postfix-out -x postconf -MX smtp/inet
		postmulti -i postfix-out -x postconf -M '10025/inet=10025 inet n - y - - smtpd'
		postmulti -i postfix-out -e enable
		postmulti -i postfix-out -p start"
	sed -i.one 's,/var/spool/postfix/nexthop,/var/spool/postfix-out/nexthop,' "$CONFIG"
	does "several instances: the folder and the wiring" "$(document_block docs/postfix 'Several instances')"
	does "several instances: the unit" "$(document_block docs/postfix 'Several instances' 2)"
	ok "several instances: a message is sent" wait_for inside \
		smtp-source -f you@example.net -t user@example.com localhost:10025
	wait_for counts_are "6 4 1"
	is "several instances: it goes to the host whose turn it is" "$(counts)" "6 4 1"
	does "one instance again" "postmulti -i postfix-out -p stop; postmulti -i postfix-out -e disable
		rm -r /etc/systemd/system/nexthop-milter.service.d /var/spool/postfix-out/nexthop-milter
		mv '/etc/nexthop-milter/routes.cfg.one' /etc/nexthop-milter/routes.cfg
		systemctl daemon-reload; systemctl restart nexthop-milter"
}
# Once is enough.
before=5
[ "$boot_release" != bookworm ] || { instances; before=6; }

# ---- away with it

ours() {
	inside sh -c 'find /etc /usr /var /run -name "*nexthop-milter*" ! -path "/usr/src/*"
		find /usr/bin /usr/share/man /usr/share/sendmail -name "milterctl*" -o -name "routes.cfg*" -o -name "nexthop.m4"' | sort
}
does "uninstall" "$(document_block docs/postfix 'Uninstall')"
is "what is left: what was configured, and the state" "$(ours)" "/etc/nexthop-milter
/var/lib/nexthop-milter
/var/spool/postfix/nexthop-milter"
ok "a message goes on" send_one
ok "by the MX of its domain" wait_for counts_are "$before 4 2"
tap_done
