#!/bin/bash
# package_mtas: the Debian package beside Sendmail, and before there is any MTA
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# What it is beside a Postfix that was there first is in package.sh.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
use_boot

find_roots bookworm
world_open
boot_packages
boot_make bare
cp -r "$packages" "$boot_root/var/tmp/ours"
boot_up
CONFIG=$boot_root/etc/nexthop-milter/routes.cfg
OLDER="/var/tmp/ours/older/*.deb"
NEWER="/var/tmp/ours/nexthop-milter_*.deb"

counts() {
	echo "$(boot_count 192.0.2.1) $(boot_count 192.0.2.2) $(boot_count 192.0.2.77)"
}
counts_are() { # COUNTS
	[ "$(counts)" = "$1" ]
}
main_pid() {
	inside systemctl show -p MainPID --value nexthop-milter
}

# ---- beside Sendmail

does "Sendmail is installed" 'apt-get -qq -y install sendmail'
does "Sendmail: the package is installed" "apt-get -qq -y --no-install-recommends install $OLDER"
lacks "Sendmail: no other MTA has come" "$(inside dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n')" "ii  postfix"
contains "Sendmail: it says what its configuration lacks" "$said" "not started: make /etc/nexthop-milter/routes.cfg good"
{
	document_block docs/sendmail 'Configure'
	cat <<-END
		pools = { exchange = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
} >"$CONFIG"
does "Sendmail: with what docs/sendmail says it starts" 'nexthop-milter -t; systemctl start nexthop-milter'
{
	document_block docs/sendmail 'Configure' 4
	# Mail goes out however busy the machine is. Of the first of these 0 would mean never.
	printf 'define(`%s'"', \`%s')dnl\n" confQUEUE_LA 10000 confREFUSE_LA 0 confDELAY_LA 0
} >"$world/lines"
sed -i -e "/^MAILER_DEFINITIONS/{
	r $world/lines
	N
}" "$boot_root/etc/mail/sendmail.mc"
does "Sendmail: wiring" "$(document_block docs/sendmail 'Configure' 5)"
is "Sendmail: doctor finds nothing" "$(inside milterctl --json doctor | jq -r '.findings[] | select(.severity != "hint") | .id + ": " + .what')" ""
goes() { # WHAT COUNTS
	ok "$1: a message is sent" inside sh -c "$(document_block docs/sendmail 'See that it works' | head -n 1)"
	wait_for counts_are "$2"
	is "$1: it goes there" "$(counts)" "$2"
}
goes "Sendmail" "1 0 0"
does "Sendmail: a host is drained" 'milterctl drain 192.0.2.2 --reason "new disks"'
before=$(main_pid)
does "Sendmail: upgrade" "apt-get -qq -y install $NEWER"
ok "Sendmail: another daemon runs" [ "$(main_pid)" != "$before" ]
contains "Sendmail: what was drained is drained" "$(inside milterctl hosts)" "new disks"
goes "Sendmail: after the upgrade" "2 0 0"

does "Sendmail: it is removed" 'apt-get -qq -y remove nexthop-milter'
ok "Sendmail: the daemon has ended" not inside systemctl --quiet is-active nexthop-milter
contains "Sendmail: it says that Sendmail still uses it" "$said" "Sendmail still uses it"
contains "Sendmail: and what is to be heeded first" "$said" "once no recipient in the queue ends in .nexthop"
cp "$boot_root/etc/mail/sendmail.mc" "$world/wired.mc"
lines=$(tr -d '\r' <<<"$said" | sed -nE 's,^    take out of /etc/mail/sendmail.mc\, line ([0-9]+): .*,\1,p')
is "Sendmail: it says which lines" "$(sed -n "$(sed 's/$/p/' <<<"$lines")" "$boot_root/etc/mail/sendmail.mc")" \
	"$(head -n 3 "$world/lines")"
sed -i "$(sed 's/$/d/' <<<"$lines")" "$boot_root/etc/mail/sendmail.mc"
does "Sendmail: its commands are followed" "$(tr -d '\r' <<<"$said" | sed -nE 's/^    (make|systemctl) /\1 /p')"
does "Sendmail: it is purged" 'apt-get -qq -y purge nexthop-milter'
lacks "Sendmail: then nothing is said of it" "$said" "still uses"
is "Sendmail: nothing of the package is left" \
	"$(inside sh -c 'find /etc /usr /var /run -name "*nexthop-milter*" -o -name "*milterctl*" | grep -vE "^/(var/log|var/tmp|usr/src|run/systemd)/"')" ""
goes "Sendmail: without it, by the MX of its domain" "2 0 1"

# ---- before there is an MTA

does "Sendmail goes, and its files stay" 'apt-get -qq -y remove sendmail-bin sendmail-base sendmail-cf sensible-mda rmail'
cp "$world/wired.mc" "$boot_root/etc/mail/sendmail.mc"
does "alone: the package is installed" "apt-get -qq -y --no-install-recommends install $NEWER"
is "alone: no daemon" "$(inside systemctl is-active nexthop-milter)" inactive
postfix_comes() { # WHAT
	does "$1: Postfix is installed" 'echo "postfix postfix/main_mailer_type select Internet Site" | debconf-set-selections
		echo "postfix postfix/mailname string mx.example" | debconf-set-selections
		apt-get -qq -y --no-install-recommends install postfix'
	is "$1: the folder of the sockets" "$(inside stat -c '%a %U:%G' /var/spool/postfix/nexthop-milter)" "2750 nexthop-milter:postfix"
	is "$1: the daemon runs" "$(inside systemctl is-active nexthop-milter)" active
	ok "$1: its sockets are there" inside test -S /var/spool/postfix/nexthop-milter/milter.sock
}
postfix_comes "Postfix"
does "Postfix goes, and its folders" 'apt-get -qq -y purge postfix'
postfix_comes "Postfix again"
# Of Debian's main.cf and the sample it leaves what its administrator must decide.
inside milterctl doctor --fix --yes >"$world/doctor.log" 2>&1
is "Postfix again: doctor wires it" "$(inside postconf -h smtpd_milters)" "unix:nexthop-milter/milter.sock"
ok "Postfix again: a message is sent" inside smtp-source -f you@example.net -t user@example.com localhost:25
wait_for counts_are "2 1 1"
is "Postfix again: it is routed" "$(counts)" "2 1 1"
does "it is removed" 'apt-get -qq -y remove nexthop-milter'
contains "it says that Postfix still uses it" "$said" "but Postfix still uses it"
lacks "it says nothing of a Sendmail that has gone" "$said" "Sendmail"
does "it is installed again" "apt-get -qq -y --no-install-recommends install $NEWER"
is "then the daemon runs again" "$(inside systemctl is-active nexthop-milter)" active
tap_done
