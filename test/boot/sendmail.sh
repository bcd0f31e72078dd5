#!/bin/bash
# sendmail: a fresh Debian with Sendmail, from an installation to a routed message, and away with it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Each command of docs/sendmail is done as it stands there.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
use_boot

find_roots bookworm
world_open
boot_make
boot_up
CONFIG=$boot_root/etc/nexthop-milter/routes.cfg

does "Sendmail is installed" "apt-get -qq -y install sendmail"
does "install, with what has been built" "$(document_block README 'Install from source' | grep '^make install')"
does "install: the user" "$(document_block docs/sendmail 'Install')"
{
	document_block docs/sendmail 'Configure'
	document_block README 'Configure' | grep -vE '^(mta|milter_socket|map_socket|socket_group) ' |
		sed "s/exchange = {/& $(document_block docs/sendmail 'Configure' 2)/"
} >"$CONFIG"
does "configure: it is checked and started" "$(document_block docs/sendmail 'Configure' 3)"
{
	document_block docs/sendmail 'Configure' 4
	# Mail goes out however busy the machine is. Of the first of these 0 would mean never.
	printf 'define(`%s'"', \`%s')dnl\n" confQUEUE_LA 10000 confREFUSE_LA 0 confDELAY_LA 0
} >"$world/lines"
sed -i -e "/^MAILER_DEFINITIONS/{
	r $world/lines
	N
}" "$boot_root/etc/mail/sendmail.mc"
contains "wiring: the lines are in sendmail.mc" "$(cat "$boot_root/etc/mail/sendmail.mc")" "$(cat "$world/lines")"
does "wiring" "$(document_block docs/sendmail 'Configure' 5)"

counts() {
	echo "$(boot_count 192.0.2.1) $(boot_count 192.0.2.2) $(boot_count 192.0.2.77)"
}
counts_are() { # COUNTS
	[ "$(counts)" = "$1" ]
}
# goes WHAT COUNTS: one more message makes them these.
goes() {
	ok "$1: a message is sent" inside sh -c "$(document_block docs/sendmail 'See that it works' | head -n 1)"
	wait_for counts_are "$2"
	is "$1: it goes to the host whose turn it is" "$(counts)" "$2"
}
goes "see that it works" "1 0 0"
log_is_whole() {
	log=$(inside sh -c "$(document_block docs/sendmail 'See that it works' | tail -n 1)")
	grep -q 'stat=Sent' <<<"$log"
}
wait_for log_is_whole
document_block docs/sendmail 'See that it works' 2 | while read -r line; do
	# What a host replies is its own affair.
	contains "the log has it: $line" "$log" "${line%% (*}"
done
goes "the next one" "1 1 0"
log_counts() { # N
	inside milterctl --json hosts | jq -es --argjson wanted "$1" '[.[].hosts[].delivered] | add >= $wanted' >/dev/null
}
ok "the journal is read: deliveries are counted" wait_for log_counts 2

inside sed -i.good 's/pool = "exchange"/pool = "exchagne"/' /etc/nexthop-milter/routes.cfg
ok "reload of a bad file fails" not inside systemctl reload nexthop-milter
mv "$CONFIG.good" "$CONFIG"
does "reload of a good file" "systemctl reload nexthop-milter"
pid=$(inside systemctl show -p MainPID --value nexthop-milter)
inside sh -c "kill -KILL $pid"
is_another() {
	local now
	now=$(inside systemctl show -p MainPID --value nexthop-milter)
	[ "$now" != 0 ] && [ "$now" != "$pid" ] && inside milterctl pools >/dev/null 2>&1
}
ok "kill -9: it comes back by itself" wait_for is_another
goes "then" "2 1 0"

does "flush: the unit" "$(document_block docs/sendmail 'Flush')"
is "flush: it is on, as root" "$(inside systemctl show -p ActiveState,User nexthop-milter-flush | sort | xargs)" \
	"ActiveState=active User=root"

boot_again
is "it runs after a reboot" "$(inside systemctl is-active nexthop-milter)" active
goes "after a reboot" "2 2 0"

is "uninstall: no token is in the queue" "$(inside sh -c "$(document_block docs/sendmail 'Uninstall')")" 0
sed -i -e '/^FEATURE(`nexthop/d; /^INPUT_MAIL_FILTER(`nexthop/,/)dnl/d' "$boot_root/etc/mail/sendmail.mc"
does "uninstall" "$(document_block docs/sendmail 'Uninstall' 2)"
ok "a message goes on" inside sh -c "$(document_block docs/sendmail 'See that it works' | head -n 1)"
ok "by the MX of its domain" wait_for counts_are "2 2 1"
tap_done
