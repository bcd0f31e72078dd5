#!/bin/bash
# daemon_log: the forms that a log file's lines may have, and one that is not known
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
log=$world/mail.log
: >"$log"
refused="connect to 192.0.2.1[192.0.2.1]:25: Connection refused"
delivered="4bZ1Kq2xYzz9: to=<u@example.com>, relay=192.0.2.2[192.0.2.2]:25, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 ok)"
daemon_routes "health = { log = \"$log\"; };" <<'END'
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
daemon_start

log_member() { # NAME
	ctl --json status | jq -r ".log.$1"
}
lines_are() { # COUNT
	[ "$(log_member lines)" = "$1" ]
}
host_is() { # STATE
	[ "$(ctl --json hosts | jq -r '.hosts[] | select(.host == "192.0.2.1").state')" = "$1" ]
}

# ---- a template of somebody's own

for i in $(seq 9); do
	printf 'at %(%s)T | %s | postfix | smtp | %s\n' -1 "$i" "$refused"
done >>"$log"
ok "nine lines: all are read" wait_for lines_are 9
is "nine lines: none is understood" "$(log_member understood)" 0
is "nine lines: that may be anything" "$(log_member not_understood)" null
printf 'at 3 \033[31m| postfix | smtp | %s\n' "$refused" >>"$log"
ok "ten lines: a warning has the last of them" wait_for daemon_has_said \
	"warning: $log: the form of its lines is not known, so nothing is learned of hosts: \"at 3 \?\[31m\| postfix"
contains "ten lines: it stands in the status" "$(log_member not_understood)" "at 3 ?[31m| postfix"
contains "ten lines: for people, too" "$(ctl status)" "NOT UNDERSTOOD: at 3 ?[31m| postfix"
for i in $(seq 30); do
	echo "no form $i"
done >>"$log"
ok "forty lines: all are read" wait_for lines_are 40
is "forty lines: one warning" "$(daemon_count 'the form of its lines is not known')" 1
contains "forty lines: the status has the last" "$(log_member not_understood)" "no form 30"
ok "the host is up" host_is up

# ---- forms that are known, each with a host that refuses and one that delivers

count=40
now() { # FORMAT
	TZ=UTC date "+$1"
}
while IFS='|' read -r name stamp head; do
	head=$(now "$stamp")$head
	# The delivery by the other host is the end of the attempt: until then more may come.
	printf '%s %s\n' "$head" "$refused" "$head" "$delivered" >>"$log"
	count=$((count + 2))
	ok "$name: understood" wait_for lines_are "$count"
	ok "$name: the host is deferred" wait_for host_is deferred
	is "$name: the status has no other line" "$(log_member not_understood)" null
	ctl reset 192.0.2.1 >"$world/reset"
	host_is up || bail_out "reset: $(cat "$world/reset")"
done <<'END'
a level|%Y-%m-%dT%H:%M:%S.%N+00:00| INFO    postfix/smtp[138]:
the year in front|%Y %b %d %H:%M:%S.%3N| mx postfix/smtp[138]:
OpenWrt|%a %b %e %H:%M:%S %Y| mail.info postfix/smtp[138]:
a host that ends in a colon|%b %e %H:%M:%S| mx: postfix/smtp[138]:
a container|%Y-%m-%dT%H:%M:%S.%NZ| stdout F postfix/smtp[138]:
END
is "all of them are counted" "$(log_member understood)" 10
daemon_end
tap_done
