#!/bin/sh
# unpack: unpacks Debian's Sendmail, Postfix or OpenLDAP, or axe-core, into a folder, for the tests
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/unpack.sh sendmail|postfix|slapd|axe FOLDER
#
# A machine has room for one MTA: the packages of two conflict. So what the tests need beside the
# machine's own is not installed: it is fetched with apt-get and unpacked, and nothing outside FOLDER
# is changed. So it is with a directory server, which would otherwise be one of the machine's. The
# libraries come with scripts/setup.sh. Does nothing if it is there already; several may run at once.
# Each of them makes a copy of its own, and one of these gets the name.
#
# axe-core looks at the status page for what keeps people from using it; it comes by npm, which verifies it.
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
axe)
	packages=axe-core@4.14.1
	program=axe.min.js
	;;
*) usage ;;
esac
[ ! -e "$folder/$program" ] || exit 0

mkdir -p "$(dirname "$folder")"
new=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

fetch() {
	[ "$1" != axe ] || {
		(cd "$new" && npm pack --silent "$packages") >"$new/log" 2>&1
		return
	}
	# Words are to be split.
	# shellcheck disable=SC2086
	(cd "$new" && apt-get -qq download $packages) >"$new/log" 2>&1
}

# Package lists may be missing, or older than the packages.
fetch "$1" || { [ "$1" != axe ] && apt-get -qq update >/dev/null 2>&1 && fetch "$1"; } || {
	cat "$new/log" >&2
	exit 1
}
mkdir "$new/tree"
if [ "$1" = axe ]; then
	tar -C "$new/tree" --strip-components=1 --no-same-owner -xzf "$new"/axe-core-*.tgz
else
	for package in "$new"/*.deb; do
		dpkg-deb -x "$package" "$new/tree"
	done
fi
[ -e "$new/tree/$program" ] || {
	echo "unpack.sh: the packages have no $program" >&2
	exit 1
}
# For use by root alone, not for "sendmail" or "postdrop" as commands of everybody.
find "$new/tree" -type f -perm /6000 -exec chmod ug-s {} +
# Another one may have been faster.
mv -T "$new/tree" "$folder" 2>/dev/null || [ -e "$folder/$program" ]
