#!/bin/bash
# packages: builds the packages, each in the Debian that it is for
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/packages.sh FOLDER RELEASE      RELEASE: bookworm or trixie
#
# As root, in a root of scripts/roots.sh, which is in FOLDER and is not changed. In FOLDER/RELEASE.packages
# are then
#
#   nexthop-milter_VERSION_ARCHITECTURE.deb, and older/, the same with a lower version
#   lintian          what lintian says of it
#   installed        the files of "make install", one a line
#   checked          what AppArmor, rsyslog and logrotate say of the examples, nothing if all is well
#   *.rpm            on bookworm; rpm.files: the files in it
#
# Keeps what is there and made of the same sources. "scripts/packages.sh --pack" writes these, as they
# are, without what was built, as a tar archive that is always the same.
set -eu

cd "$(dirname "$0")/.."
SOURCES=/usr/src/nexthop-milter

pack() {
	find . -type f ! -path './.git/*' ! -path './build*' ! -name .git \
		! -path './autom4te.cache/*' ! -path '*/__pycache__/*' ! -name configure ! -name Makefile.in \
		! -name aclocal.m4 ! -name config.h.in -print0 | sort -z |
		tar --null -T - --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -cf -
}

# In the root: what is built and looked at there.
build() {
	local jobs=parallel=$(nproc) name version deb
	cd "$SOURCES"
	DEB_BUILD_OPTIONS="$jobs nocheck noautodbgsym" dpkg-buildpackage -us -uc -b
	name=$(basename ../nexthop-milter_*.changes)
	# As a user; warnings are to be seen, not to stop it.
	lintian --allow-root --fail-on none "../$name" >../lintian
	make install DESTDIR=/tmp/installed >/dev/null
	(cd /tmp/installed && find . ! -type d | sed 's/^\.//' | sort) >../installed
	{
		apparmor_parser -QST etc/apparmor/usr.sbin.nexthop-milter 2>&1 >/dev/null | grep -v '^Cache read/write disabled' || :
		rsyslogd -N1 -f etc/rsyslog/nexthop-milter.conf 2>&1 | grep -iE 'error|warning' || :
		logrotate -d etc/rsyslog/nexthop-milter.logrotate 2>&1 | grep -i error || :
	} >../checked

	# Only the version of the older one differs.
	deb=$(basename ../nexthop-milter_*.deb)
	version=$(dpkg-deb -f "../$deb" Version)
	mkdir -p ../older
	dpkg-deb -R "../$deb" /tmp/older
	sed -i "s/^Version: .*/Version: $version~older/" /tmp/older/DEBIAN/control
	dpkg-deb -Znone -b /tmp/older "../older/${deb/$version/$version~older}"

	[ "$(. /etc/os-release && echo "$VERSION_CODENAME")" = bookworm ] || return 0
	make dist >/dev/null
	# Quick rather than good, and without asking for the packages of another distribution.
	rpmbuild -bb --nodeps --quiet --define "_topdir /tmp/rpm" --define "_sourcedir $PWD" \
		--define "_smp_mflags -j$(nproc)" --define 'optflags -O0 -g0' nexthop-milter.spec
	cp /tmp/rpm/RPMS/*/nexthop-milter-0*.rpm ..
	rpm -qp --qf "[%{FILEMODES:perms} %{FILENAMES}\n]" ../nexthop-milter-0*.rpm | sed -n "s/^-[^ ]* //p" >../rpm.files
}

case "${1:-}" in
--pack)
	pack
	exit
	;;
--build)
	build
	exit
	;;
esac
[ $# = 2 ] || {
	sed -n '7s/^# //p' "$0" >&2
	exit 2
}
:
root=$(realpath "$1")/$2
work=$root.packages.work
exec 9>"$root.packages.lock"
flock 9
sources=$(mktemp)
trap 'rm -f "$sources"' EXIT
pack >"$sources"
made_by="$(sha256sum <"$sources") $(cat "$root.made")"
[ "$(cat "$root.packages.made" 2>/dev/null)" != "$made_by" ] || exit 0
rm -rf "$root.packages" "$work" "$root.packages.made"
mkdir -p "$root.packages" "$work/upper/$SOURCES" "$work/work" "$work/merged"
tar -C "$work/upper/$SOURCES" -xf "$sources"
# shellcheck disable=SC2016
unshare -m sh -euc '
	mount -t overlay overlay "$2/merged" -o "lowerdir=$1.tools:$1,upperdir=$2/upper,workdir=$2/work"
	mount --rbind /dev "$2/merged/dev"
	mount -t proc proc "$2/merged/proc"
	exec chroot "$2/merged" env -i PATH="$PATH" LC_ALL=C.UTF-8 TERM=dumb "$3/scripts/packages.sh" --build' \
	- "$root" "$work" "$SOURCES" >"$root.packages.log" 2>&1 </dev/null 9>&- || {
	tail -n 30 "$root.packages.log" >&2
	exit 1
}
(cd "$work/upper/$(dirname "$SOURCES")" && mv ./*.deb ./*.rpm older lintian installed checked rpm.files "$root.packages" 2>/dev/null) || :
rm -rf "$work"
echo "$made_by" >"$root.packages.made"
