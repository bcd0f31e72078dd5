#!/bin/sh
# setup: installs what building and testing nexthop-milter takes, on Debian 12, as root
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/setup.sh [build|test]    build: what the build and the demonstration take; test (default): all
#
# The machine's own mail system is left as it is: where the tests bring in Postfix, nothing of it is
# started and its configuration is not touched.
set -eu

BUILD='gcc libc6-dev make autoconf automake libtool pkg-config mandoc
	libmilter-dev libconfig-dev libevent-dev libjansson-dev libcurl4-openssl-dev libidn2-dev
	libsystemd-dev libpcre2-dev check'
DEMO='postfix postfix-pcre jq swaks'
TEST='miltertest socat curl openssl python3 iproute2 procps xz-utils git systemd-journal-remote
	clang-format clang-tidy cppcheck valgrind'
# Of Sendmail, which scripts/sendmail.sh unpacks: its own packages conflict with Postfix's.
SENDMAIL='m4 util-linux libdb5.3 libldap-2.5-0 libnsl2 libsasl2-2 libssl3 libwrap0'

case "${1:-test}" in
build) wanted="$BUILD $DEMO" ;;
test) wanted="$BUILD $DEMO $TEST $SENDMAIL" ;;
*) sed -n '2s/^# //p;7s/^# //p' "$0" >&2; exit 2 ;;
esac

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

# A policy that starts nothing, unless the machine has its own: Postfix must not begin to listen.
policy=/usr/sbin/policy-rc.d
own_policy=no
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
	own_policy=yes
fi
trap '[ "$own_policy" = no ] || rm -f "$policy"' EXIT

export DEBIAN_FRONTEND=noninteractive
echo "setup.sh: installing$missing"
apt-get -qq update
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
# Words are to be split.
# shellcheck disable=SC2086
apt-get -qq -y --no-install-recommends install $missing </dev/null >/tmp/nexthop-setup.$$ 2>&1 || {
	cat /tmp/nexthop-setup.$$ >&2
	rm -f /tmp/nexthop-setup.$$
	exit 1
}
rm -f /tmp/nexthop-setup.$$
