#!/bin/sh
# setup: installs what building and testing nexthop-milter needs, on Debian 12, as root
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/setup.sh [build|demo|test] [--list]
#
# build: compiler and libraries; demo: also what the demonstration needs; test (default): all.
# --list only prints the packages.
#
# No package is ever removed: an installation that would remove one is refused. The machine's own mail
# system is left as it is. "build" brings none. Where there is none, the demonstration and the tests
# install Postfix, of which nothing is started or configured; where there is another one,
# scripts/unpack.sh unpacks a Postfix for them into a folder.
set -eu

BUILD='gcc libc6-dev make autoconf automake libtool pkg-config mandoc
	libmilter-dev libconfig-dev libevent-dev libjansson-dev libcurl4-openssl-dev libidn2-dev
	libsystemd-dev libpcre2-dev libncurses-dev check'
DEMO='jq swaks'
TEST='miltertest socat curl openssl python3 iproute2 procps xz-utils git systemd-journal-remote
	clang-format clang-tidy cppcheck valgrind mmdebstrap systemd-container dpkg-dev
	libsasl2-modules sasl2-bin zsh prometheus tmux libodbc2 libltdl7 chromium chromium-driver'
# What programs need that scripts/unpack.sh unpacks.
POSTFIX='libc6 libdb5.3 libicu72 libnsl2 libsasl2-2 libssl3'
SENDMAIL='m4 util-linux libdb5.3 libldap-2.5-0 libnsl2 libsasl2-2 libssl3 libwrap0'

DOVECOT='libcap2 libcrypt1 libgcrypt20 libgssapi-krb5-2 liblz4-1 liblzma5 libpam0g libsodium23 libssl3 libsystemd0
	libtirpc3 libunwind8 libzstd1'

# The installed mail system, if there is one.
mail_system() {
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
		awk '$1 == "installed" && /[ ,]mail-transport-agent/ { print $2; exit }'
}

postfix() {
	case "$(mail_system)" in
	postfix | '') echo "postfix $1" ;;
	*) echo "$POSTFIX" ;;
	esac
}

# scripts/unpack.sh needs it for axe-core and Grafana's types; Debian's does not go with a Node.js of others.
npm() {
	command -v npm >/dev/null || echo npm
}

what="test"
list=no
for argument in "$@"; do
	case "$argument" in
	build | demo | test) what=$argument ;;
	--list) list=yes ;;
	*) sed -n '2s/^# //p;7s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
case "$what" in
build) wanted=$BUILD ;;
demo) wanted="$BUILD $DEMO $(postfix "")" ;;
test) wanted="$BUILD $DEMO $(postfix postfix-ldap) $TEST $(npm) $SENDMAIL $DOVECOT" ;;
esac
# Words are to be split, here and below.
# shellcheck disable=SC2086
[ "$list" = no ] || {
	printf '%s\n' $wanted
	exit 0
}

missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "setup.sh: these packages are missing; install them as root:$missing" >&2
	exit 1
fi

log=$(mktemp)
own_policy=no
policy=/usr/sbin/policy-rc.d
trap 'rm -f "$log"; [ "$own_policy" = no ] || rm -f "$policy"' EXIT

# apt COMMAND...: quietly, unless it fails.
apt() {
	apt-get -qq -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null || {
		cat "$log" >&2
		exit 1
	}
}

export DEBIAN_FRONTEND=noninteractive
apt update
# shellcheck disable=SC2086
apt -s install $missing
removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' "$log" | tr '\n' ' ')
if [ -n "$removed" ]; then
	cat >&2 <<-END
		setup.sh: would remove ${removed% }: nothing is installed. Missing are:$missing
		Install them by hand, or use another machine.
	END
	exit 1
fi

# A policy that starts nothing, unless the machine has its own: neither Postfix nor Prometheus may begin to
# listen.
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	own_policy=yes
fi
echo "setup.sh: installing$missing"
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
# shellcheck disable=SC2086
apt --no-remove install $missing
# Only its programs are wanted, at the next start of the machine, too.
case " $missing " in
*' prometheus '*) rm -f /etc/systemd/system/multi-user.target.wants/prometheus.service ;;
esac
