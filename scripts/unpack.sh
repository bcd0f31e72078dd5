#!/bin/sh
# unpack: unpacks Debian's Sendmail, Postfix, OpenLDAP or Dovecot, or packages of npm, into a folder, for the tests
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/unpack.sh sendmail|postfix|slapd|dovecot|axe|grafana FOLDER
#
# A machine has room for one MTA: the packages of two conflict. So what the tests need beside the
# machine's own is not installed: it is fetched with apt-get and unpacked, and nothing outside FOLDER
# is changed. So it is with servers of directories and mailboxes, which would otherwise be the machine's. The
# libraries come with scripts/setup.sh. Does nothing if it is there already; several may run at once.
# Each of them makes a copy of its own, and one of these gets the name.
#
# By npm, which verifies them, come axe-core, which looks at the status page for what keeps people from using
# it, and the types that Grafana has of a dashboard, with TypeScript, which judges by them. They are not
# installed, so nothing of theirs is run by that.
set -eu

usage() {
	sed -n '7s/^# //p' "$0" >&2
	exit 2
}

[ $# = 2 ] || usage
folder=$2
case "$1" in
sendmail)
	packages='sendmail-bin sendmail-base sendmail-cf'
	program=usr/libexec/sendmail/sendmail
	;;
postfix)
	packages=postfix
	program=usr/sbin/postfix
	;;
slapd)
	packages=slapd
	program=usr/sbin/slapd
	;;
dovecot)
	packages='dovecot-core dovecot-lmtpd'
	program=usr/lib/dovecot/lmtp
	;;
axe)
	packages=axe-core@4.14.1
	program=axe.min.js
	;;
grafana)
	packages='@grafana/schema@13.2.3 typescript@5.9.3'
	program=node_modules/typescript/lib/tsc.js
	;;
*) usage ;;
esac
[ ! -e "$folder/$program" ] || exit 0

mkdir -p "$(dirname "$folder")"
new=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

case "$1" in
axe | grafana) get='npm pack --silent' ;;
*) get='apt-get -qq download' ;;
esac
fetch() {
	# Words are to be split.
	# shellcheck disable=SC2086
	(cd "$new" && $get $packages) >"$new/log" 2>&1
}

# Package lists may be missing, or older than the packages.
fetch || { [ "${get%% *}" != npm ] && apt-get -qq update >/dev/null 2>&1 && fetch; } || {
	cat "$new/log" >&2
	exit 1
}
mkdir "$new/tree"
# unpack_npm ARCHIVE FOLDER
unpack_npm() {
	mkdir -p "$2"
	tar -C "$2" --strip-components=1 --no-same-owner -xzf "$1"
}
case "$1" in
axe) unpack_npm "$new"/axe-core-*.tgz "$new/tree" ;;
grafana)
	unpack_npm "$new"/grafana-schema-*.tgz "$new/tree/node_modules/@grafana/schema"
	unpack_npm "$new"/typescript-*.tgz "$new/tree/node_modules/typescript"
	;;
*)
	for package in "$new"/*.deb; do
		dpkg-deb -x "$package" "$new/tree"
	done
	;;
esac
[ -e "$new/tree/$program" ] || {
	echo "unpack.sh: the packages have no $program" >&2
	exit 1
}
# For use by root alone, not for "sendmail" or "postdrop" as commands of everybody.
find "$new/tree" -type f -perm /6000 -exec chmod ug-s {} +
# Another one may have been faster.
mv -T "$new/tree" "$folder" 2>/dev/null || [ -e "$folder/$program" ]
