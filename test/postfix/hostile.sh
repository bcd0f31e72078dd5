#!/bin/bash
# hostile: a recipient in quotes, which Postfix's log cuts, is no evidence about a host
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

. "$srcdir/test/lib/hostile.sh"
hostile_start
peer="$victim[$victim]:$HOST_PORT"
fields="delay=0.1, delays=0/0/0/0.1"
# The line is cut at 2,000 octets: in the quotes, or in the real fields after them.
hostile_sends deferred "x>, relay=$peer, $fields, dsn=4.3.2, status=deferred (host $victim[$victim] said: 421 4.3.2 go (in reply to MAIL FROM command))" \
	1 200 1700 1980 1995
hostile_sends sent "x>, relay=$peer, $fields, dsn=2.0.0, status=sent (250 2.0.0 Ok)" 1 200 1900 1995
hostile_sends connect "connect to $peer: Connection refused" 1 200 1995
ok "a line was cut in the quotes" wait_for mta_log_has "to=<\"x1>, relay=$victim.*A$"
hostile_ends
daemon_end
tap_done
