#!/bin/bash
# roots: makes the Debian roots that the tests in test/boot boot
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/roots.sh FOLDER [RELEASE...]      RELEASE: bookworm trixie; both if none is named
#
# As root. Makes FOLDER/RELEASE: a minimal Debian with systemd, in which "scripts/setup.sh build" has
# been run, and with the packages that the tests install as its only source, for it is booted without
# a network. They come from where this machine's apt has its own. FOLDER/RELEASE.tools is what lies above
# that where packages are built (scripts/packages.sh). Keeps what is there and made by the same scripts;
# several may run at once.
set -eu

cd "$(dirname "$0")/.."
BASE=systemd,systemd-sysv,dbus,iproute2,netbase
# Each is installed into a root of its own.
MAIL='postfix sendmail exim4-daemon-light rsyslog'
# What packages are built and looked at with.
TOOLS='build-essential debhelper lintian rpm apparmor rsyslog logrotate'

# In the root, as long as it has a network: README's first step; then its only source are the packages
# that the tests install.
fill() { # ROOT
	local packages=$1/var/lib/packages package
	mkdir -p "$1/tmp/scripts" "$packages"
	cp scripts/setup.sh "$1/tmp/scripts/"
	chroot "$1" sh /tmp/scripts/setup.sh build
	for package in $MAIL "$TOOLS" "$(chroot "$1" sh /tmp/scripts/setup.sh demo --list)"; do
		# Words are to be split.
		# shellcheck disable=SC2086
		chroot "$1" apt-get -qq -y --no-install-recommends -d install $package
	done
	rm -r "$1/tmp/scripts"
	mv "$1"/var/cache/apt/archives/*.deb "$packages/"
	(cd "$packages" && dpkg-scanpackages -m . >Packages 2>/dev/null)
	rm -rf "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/*
	echo 'deb [trusted=yes] file:/var/lib/packages ./' >"$1/etc/apt/sources.list"
	chroot "$1" apt-get -qq update
}

# The URI of Debian, as this machine's apt has it.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }'
}

# Its proxies and certificates, as options of mmdebstrap, one a line.
apt_options() {
	apt-config dump | grep -iE '^Acquire::.*(proxy|cainfo|sslcert|sslkey|verify|check-)' | grep -v ' "";$' |
		sed 's/^/--aptopt=/'
}

# The tools are no part of the root that is booted.
make_tools() { # ROOT
	rm -rf "$1.tools" "$1.tools.work" "$1.tools.root"
	mkdir -p "$1.tools" "$1.tools.work" "$1.tools.root"
	# shellcheck disable=SC2016
	unshare -m sh -euc '
		mount -t overlay overlay "$1.tools.root" -o "lowerdir=$1,upperdir=$1.tools,workdir=$1.tools.work"
		mount --rbind /dev "$1.tools.root/dev"
		mount -t proc proc "$1.tools.root/proc"
		exec chroot "$1.tools.root" env -i PATH="$PATH" DEBIAN_FRONTEND=noninteractive \
			apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install $2' - "$1" "$TOOLS"
}

make_root() { # RELEASE
	local root=$folder/$1 options
	exec 9>"$root.lock"
	flock 9
	[ "$(cat "$root.made" 2>/dev/null)" != "$made_by" ] || return 0
	rm -rf "${root:?}" "$root.new" "$root.made"
	mapfile -t options < <(apt_options)
	mmdebstrap --quiet --mode=root --variant=apt --format=directory --include="$BASE" \
		--dpkgopt=force-unsafe-io "${options[@]}" --skip=cleanup/apt \
		--customize-hook='scripts/roots.sh --fill "$1"' \
		"$1" "$root.new" "deb $(mirror) $1 main" >"$root.log" 2>&1 9>&- || {
		tail -n 20 "$root.log" >&2
		return 1
	}
	mv "$root.new" "$root"
	make_tools "$root" >"$root.log" 2>&1 </dev/null || {
		tail -n 20 "$root.log" >&2
		return 1
	}
	echo "$made_by" >"$root.made"
}

case "${1:-}" in
'')
	sed -n '7s/^# //p' "$0" >&2
	exit 2
	;;
--fill)
	fill "$2"
	exit
	;;
esac
mkdir -p "$1"
folder=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bookworm trixie
made_by=$(cat scripts/roots.sh scripts/setup.sh | sha256sum)
# Without package lists nothing says where Debian is.
[ -n "$(mirror)" ] || apt-get -qq update

pids=()
for release in "$@"; do
	make_root "$release" &
	pids+=($!)
done
status=0
for pid in "${pids[@]}"; do
	wait "$pid" || status=1
done
exit "$status"
