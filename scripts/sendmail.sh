#!/bin/sh
# sendmail: unpacks Debian's Sendmail into a folder, for the tests
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/sendmail.sh FOLDER
#
# Its packages conflict with those of Postfix, so they are not installed: they are fetched with
# apt-get and unpacked, and nothing outside FOLDER is changed. The libraries and m4 that it takes
# come with scripts/setup.sh. Does nothing if it is there already; several may run at once. Each of
# them makes a copy of its own, and one of these takes the name.
set -eu

[ $# = 1 ] || {
	sed -n '6s/^# //p' "$0" >&2
	exit 2
}
folder=$1
program=usr/libexec/sendmail/sendmail
[ ! -x "$folder/$program" ] || exit 0

mkdir -p "$(dirname "$folder")"
new=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

fetch() {
	(cd "$new" && apt-get -qq download sendmail-bin sendmail-base sendmail-cf) >"$new/log" 2>&1
}

# Package lists may be missing, or older than the packages.
fetch || { apt-get -qq update >/dev/null 2>&1 && fetch; } || {
	cat "$new/log" >&2
	exit 1
}
mkdir "$new/tree"
for package in "$new"/*.deb; do
	dpkg-deb -x "$package" "$new/tree"
done
[ -x "$new/tree/$program" ] || {
	echo "sendmail.sh: the packages have no $program" >&2
	exit 1
}
# For use by root alone, not for "sendmail" as a command of everybody.
chmod g-s "$new/tree/$program"
# Another one may have been faster.
mv -T "$new/tree" "$folder" 2>/dev/null || [ -x "$folder/$program" ]
