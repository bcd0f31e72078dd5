#!/bin/bash
# version: the same wherever a release has it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

version=$(sed -nE 's/^AC_INIT\(\[nexthop-milter\], \[([^]]+)\].*/\1/p' "$srcdir/configure.ac")
ok "configure.ac: it has a version" grep -qE '^[0-9]+\.[0-9]+\.[0-9]+$' <<<"$version"
# Debian's own number of the package comes after the last hyphen.
is "debian/changelog" "$(sed -nE '1s/^nexthop-milter \(([^)]+)-[^-)]+\).*/\1/p' "$srcdir/debian/changelog")" "$version"
is "nexthop-milter.spec" "$(sed -nE 's/^Version:[[:space:]]+//p' "$srcdir/nexthop-milter.spec")" "$version"
is "NEWS" "$(sed -nE '1s/^nexthop-milter ([^ ,]+).*/\1/p' "$srcdir/NEWS")" "$version"
is "the programs" "$("$DAEMON_PROGRAM" --version; "$MILTERCTL_PROGRAM" --version)" "nexthop-milter $version
milterctl (nexthop-milter $version)"
tap_done
