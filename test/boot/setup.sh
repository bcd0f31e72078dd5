#!/bin/bash
# setup: scripts/setup.sh and the demonstration leave another mail system alone
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# In a root in which first Sendmail is installed and running, then Exim. Of what a build needs some is
# missing.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
use_boot

find_roots bookworm
world_open
boot_make unbuilt
boot_up
# The mail system's package, its service, and where its settings are.
package=
service=
settings=

installed() {
	inside dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' | grep '^ii'
}
# What differs from run to run: numbers, the folder, how wide a column is.
plain() {
	sed -E 's,/tmp/nexthop-demo\.[^/]*/daemon/,,; s/[0-9]+(\.[0-9]+)*/N/g; s/N (ms|s|min)/N s/g; s/ +/ /g; s/^ //'
}
# What README shows of the demonstration: each command, and what comes below it.
pictures() {
	awk '
		/^== / { at = $2 == "milterctl" ? $3 : ""; next }
		/^All / { at = "" }
		at != "" && NF > 0 { text[at] = text[at] "\n" $0 }
		END { print "# milterctl hosts" text["hosts"] "\n# milterctl pools" text["pools"] }'
}
# What it is, its files that are not as they came, its settings, and whether it runs.
mail_system() {
	inside sh -c 'readlink -f /usr/sbin/sendmail; dpkg -V "$0"; cat /etc/passwd /etc/group
		find "$1" -type f -exec sha256sum {} + | sort; systemctl is-active "$2"' "$package" "$settings" "$service"
}

is_unchanged() { # WHAT
	is "$1: no package has gone" "$(comm -23 <(sort <<<"$before") <(installed | sort))" ""
	lacks "$1: no other mail system has come" "$(installed)" " postfix "
	is "$1: the mail system is as it was, and runs" "$(mail_system)" "$mail_before"
}

# What would remove a package is refused, and named. For that a package of the build comes in a
# version that cannot stand beside the mail system.
make_conflict() {
	inside sh -euc "mkdir -p /tmp/conflict/DEBIAN
		printf '%s\n' 'Package: mandoc' 'Version: 99' 'Architecture: all' 'Conflicts: $package' \
			'Maintainer: nobody <nobody@example.com>' 'Description: conflict' >/tmp/conflict/DEBIAN/control
		cd /var/lib/packages
		cp Packages /tmp/Packages
		dpkg-deb -b /tmp/conflict mandoc_99.deb
		{ echo; cat /tmp/conflict/DEBIAN/control; echo Filename: ./mandoc_99.deb
		echo Size: \$(stat -c %s mandoc_99.deb)
		echo SHA256: \$(sha256sum mandoc_99.deb | cut -d ' ' -f 1); } >>Packages
		apt-get -qq -y remove mandoc" >"$world/conflict.log" 2>&1 || bail_out "$(cat "$world/conflict.log")"
}

mail_system_stays() { # PACKAGE SERVICE SETTINGS
	local package=$1 service=$2 settings=$3 before mail_before refused
	does "$package is installed" "apt-get -qq -y install $package"
	does "$package: some of what a build needs is missing" "apt-get -qq -y remove mandoc check jq; apt-get -qq update"
	before=$(installed)
	mail_before=$(mail_system)
	is "$package: it runs" "$(tail -n 1 <<<"$mail_before")" active

	does "$package: setup.sh build" "scripts/setup.sh build"
	ok "$package: setup.sh build has installed what was missing" inside dpkg-query -W mandoc check
	is_unchanged "$package: setup.sh build"

	does "$package: demo.sh" "scripts/demo.sh"
	is "$package: demo.sh: README has what it prints" "$(plain <<<"$said" | pictures)" \
		"$(document_block README 'What you see' | plain)"
	contains "$package: demo.sh: it has delivered" "$said" "All 30 messages are delivered."
	is_unchanged "$package: demo.sh"
	is "$package: demo.sh: nothing of Postfix is on the machine" "$(inside sh -c \
		'ls -d /etc/postfix /usr/lib/postfix /usr/sbin/smtp-sink /var/spool/postfix; getent passwd postfix' 2>/dev/null)" ""

	make_conflict
	before=$(installed)
	refused=$(inside scripts/setup.sh build 2>&1)
	is "$package: what would remove it is refused" "$?" 1
	contains "$package: what would remove it is refused by name" "$refused" "setup.sh: would remove $package"
	is "$package: then nothing is installed" "$(installed)" "$before"
	is_unchanged "$package: refused"
	inside sh -c 'mv /tmp/Packages /var/lib/packages/Packages; apt-get -qq update'
}

mail_system_stays sendmail-bin sendmail /etc/mail
does "Sendmail goes" "apt-get -qq -y purge sendmail-bin sendmail-base sendmail-cf"
mail_system_stays exim4-daemon-light exim4 /etc/exim4
tap_done
