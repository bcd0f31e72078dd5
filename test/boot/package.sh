#!/bin/bash
# package: the Debian package, from its installation to its purge, beside a Postfix as Debian brings it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: package.sh RELEASE      of Debian, see scripts/roots.sh and scripts/packages.sh

. "${srcdir:-.}/test/lib/load.sh" || exit 99
use_boot

find_roots "${1:-bookworm}"
world_open
boot_packages

# ---- what was built

is "lintian has no errors and no warnings" "$(grep -E '^[EW]:' "$packages/lintian")" ""
is "the examples are what their programs read" "$(cat "$packages/checked")" ""
# Names by kind, whatever a distribution does with them.
names() {
	sed -E 's/\.gz$//; s,^/lib/,/usr/lib/,; s,zsh/(site-functions|vendor-completions),zsh,; /\/COPYING$/d' | sort -u
}
is "the package has what make install installs" \
	"$(dpkg-deb --fsys-tarfile "$packages"/nexthop-milter_*.deb | tar -tf - | grep -v '/$' | sed 's/^\.//' |
		grep -vE '/(copyright|changelog\.Debian\.gz)$|/share/lintian/' | names)" "$(names <"$packages/installed")"
[ "$boot_release" != bookworm ] ||
	is "the RPM has what make install installs" "$(names <"$packages/rpm.files")" \
		"$(names <"$packages/installed")"

# scripts/packages.sh has built it where README's packages are, and by its command.
document_block README 'Install' | while read -r command; do
	case "$command" in
	"scripts/setup.sh build") ;;
	"apt-get install "*) tr ' ' '\n' <<<"${command#apt-get install }" |
		grep -vxFf <(sed -n "s/^TOOLS='\(.*\)'/\1/p" "$srcdir/scripts/roots.sh" | tr ' ' '\n') ;;
	*) grep -qF -e "$command" "$srcdir/scripts/packages.sh" || echo "$command" ;;
	esac
done | none "README: how it is built"

# ---- the older one is installed

boot_make bare
cp -r "$packages" "$boot_root/var/tmp/ours"
cp "$srcdir/debian/tests/chrooted-postfix" "$boot_root/var/tmp/ours/"
boot_up
CONFIG=$boot_root/etc/nexthop-milter/routes.cfg
does "Postfix is installed" 'echo "postfix postfix/main_mailer_type select Internet Site" | debconf-set-selections
	echo "postfix postfix/mailname string mx.example" | debconf-set-selections
	apt-get -qq -y install postfix'
is "smtpd is chrooted" "$(inside postconf -F smtp/inet/chroot)" "smtp/inet/chroot = y"
does "the older package is installed" 'apt-get -qq -y --no-install-recommends install /var/tmp/ours/older/*.deb'
is "its daemon runs" "$(inside systemctl is-active nexthop-milter)" active
is "and will at the next boot" "$(inside systemctl is-enabled nexthop-milter)" enabled
is "the folder of its sockets" "$(inside stat -c '%a %U:%G' /var/spool/postfix/nexthop-milter)" "2750 nexthop-milter:postfix"
is "nothing of Postfix has changed" "$(inside postconf -h smtpd_milters milter_header_checks transport_maps)" "$(printf '\n\n')"

# What apt shows of maintainer scripts has the line ends of a terminal.
lines_said() {
	tr -d '\r' <<<"$said"
}

# ---- it routes

cp "$srcdir/etc/routes.cfg" "$world/sample"
ok "routes.cfg is the sample" cmp -s "$CONFIG" "$world/sample"
echo '# mine' >>"$CONFIG"
# README's commands, and what they say.
said=$(inside sh -c "$(document_block README 'Install' 3)")
note "$said"
is "doctor has wired Postfix" "$(inside postconf -h smtpd_milters milter_header_checks transport_maps)" \
	"unix:nexthop-milter/milter.sock
regexp:/etc/nexthop-milter/postfix_header_checks
socketmap:unix:nexthop-milter/map.sock:transport"
# Debian's main.cf has recipient_delimiter = +, and the sample has a route for one address.
is "and leaves only what its administrator must decide" \
	"$(inside milterctl --json doctor | jq -r '.findings[] | select(.severity != "hint") | .id')" "relay_domain
delimiter"
counts() {
	echo "$(boot_count 192.0.2.1) $(boot_count 192.0.2.2) $(boot_count 192.0.2.77)"
}
counts_are() { # COUNTS
	[ "$(counts)" = "$1" ]
}
goes() { # WHAT COUNTS
	ok "$1: a message is sent" inside smtp-source -f you@example.net -t user@example.com localhost:25
	wait_for counts_are "$2"
	is "$1: it goes there" "$(counts)" "$2"
}
goes "the first message" "0 1 0"
does "a host is drained" 'milterctl drain 192.0.2.2 --reason "new disks"'
goes "then" "1 1 0"

# ---- upgrade

main_pid() {
	inside systemctl show -p MainPID --value nexthop-milter
}
before=$(main_pid)
cp "$CONFIG" "$world/good.cfg"
echo 'nonsense = 1;' >>"$CONFIG"
does "upgrade with a configuration that is not good" 'apt-get -qq -y install /var/tmp/ours/nexthop-milter_*.deb'
contains "it says that the version before goes on" "$said" "the version before goes on running"
is "the daemon before runs on" "$(main_pid)" "$before"
goes "meanwhile" "2 1 0"
cp "$world/good.cfg" "$CONFIG"
does "the older one again" 'apt-get -qq -y --allow-downgrades install /var/tmp/ours/older/*.deb'
does "upgrade" 'apt-get -qq -y install /var/tmp/ours/nexthop-milter_*.deb'
ok "another daemon runs" [ "$(main_pid)" != "$before" ]
ok "what was written to routes.cfg is kept" cmp -s "$CONFIG" "$world/good.cfg"
contains "what was drained is drained" "$(inside milterctl hosts)" "new disks"
goes "after the upgrade" "3 1 0"

# ---- away with it

does "it is removed" 'apt-get -qq -y remove nexthop-milter'
contains "it says that Postfix still uses" "$said" "but Postfix still uses it"
ok "its daemon has ended" not inside systemctl --quiet is-active nexthop-milter
commands=$(lines_said | sed -n 's/^    \(post.*\)/\1/p')
is "it says the commands" "$commands" "postconf -X milter_header_checks
postconf -X smtpd_milters
postconf -X transport_maps
postfix reload"
does "its commands are followed" "$commands"
does "it is purged" 'apt-get -qq -y purge nexthop-milter'
lacks "then nothing is said of Postfix" "$said" "Postfix still uses"
is "nothing of it is left" \
	"$(inside sh -c 'find /etc /usr /var /run -name "*nexthop-milter*" -o -name "*milterctl*" | grep -vE "^/(var/log|var/tmp|usr/src|run/systemd)/"')" ""
ok "a message goes on" inside smtp-source -f you@example.net -t user@example.com localhost:25
ok "by the MX of its domain" wait_for counts_are "3 1 1"

# ---- as a new user has it, who comes from another gateway

does "README: it is installed" "cd /var/tmp/ours/older
	$(document_block README 'Install' 2 | sed 's/apt-get install/& -qq -y/')"
echo 'example.com 192.0.2.1/pri=10, 192.0.2.2/pri=0' >"$boot_root/var/tmp/smtproutes.txt"
does "README: routes are imported" "cd /var/tmp
	$(document_block README 'Move to it' | grep ' esa ')
	cp esa.cfg /etc/nexthop-milter/routes.cfg"
inside sh -c "$(document_block README 'Install' 3)" >"$world/doctor"
goes "as imported" "3 2 1"
does "README: how to see it" "milterctl explain user@example.com"
contains "the hosts by their priorities" "$said" "smtp:[192.0.2.2],[192.0.2.1]"

# ---- and its own test

does "nothing is wired" "postconf -X smtpd_milters milter_header_checks transport_maps
	postfix reload"
does "the package's own test" "sh /var/tmp/ours/chrooted-postfix"
tap_done
