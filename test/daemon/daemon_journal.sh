#!/bin/bash
# daemon_journal: the MTA's log in the systemd journal
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

remote=/lib/systemd/systemd-journal-remote
[ -x "$remote" ] || skip_all "no systemd-journal-remote"
world_open
daemon_make
journal=$world/journal
mkdir "$journal"

# entries FILE FIRST MESSAGE...: a journal of its own, with the entries of Postfix's smtp.
entries() {
	local file=$1 number=$2 message
	shift 2
	for message in "$@"; do
		cat <<-END
			__CURSOR=s=1;i=$number
			__REALTIME_TIMESTAMP=$(date +%s%6N)
			__MONOTONIC_TIMESTAMP=$((1000000 + number))
			_BOOT_ID=0123456789abcdef0123456789abcdef
			PRIORITY=6
			SYSLOG_FACILITY=2
			SYSLOG_IDENTIFIER=postfix/smtp
			SYSLOG_PID=1234
			MESSAGE=$message

		END
		number=$((number + 1))
	done >"$world/entries"
	"$remote" -o "$journal/$file" "$world/entries" >"$world/remote.log" 2>&1 ||
		bail_out "systemd-journal-remote: $(cat "$world/remote.log")"
}

status_is_readable() {
	ctl --json status | jq -e .log.readable >/dev/null
}

state_is() { # HOST STATE
	[ "$(ctl --json hosts | jq -r --arg host "$1" '.hosts[] | select(.host == $host).state')" = "$2" ]
}

daemon_routes "health = { log = \"journal:$journal\"; };" <<'END'
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
entries a.journal 1 "A1: host 192.0.2.2[192.0.2.2] refused to talk to me: 431 4.3.1 Full"
daemon_start
if daemon_has_said 'built without libsystemd'; then
	pass "built without libsystemd: a warning says so"
	daemon_end
	tap_done
	exit
fi
ok "it can be read" wait_for status_is_readable
is "it is followed from its end" "$(ctl --json status | jq .log.seen)" 0
entries b.journal 100 \
	"A2: host 192.0.2.1[192.0.2.1] said: 452 4.3.1 Insufficient system resources (in reply to MAIL FROM command)" \
	"A3: host 192.0.2.1[192.0.2.1] said: 452 4.3.1 Insufficient system resources (in reply to MAIL FROM command)" \
	"A4: host 192.0.2.1[192.0.2.1] said: 452 4.3.1 Insufficient system resources (in reply to MAIL FROM command)"
ok "new entries are read" wait_for state_is 192.0.2.1 deferred
ok "what was there before is not" state_is 192.0.2.2 up
contains "milterctl status says so" "$(ctl status)" "journal:$journal, 3 lines"
daemon_stop
entries c.journal 200 "A5: host 192.0.2.2[192.0.2.2] refused to talk to me: 431 4.3.1 Full"
daemon_start
ok "what came while no daemon ran is read at the next start" wait_for state_is 192.0.2.2 deferred
daemon_stop

daemon_routes "health = { log = \"journal:$world/none\"; };" <<'END'
routes = ( { match = "ALL"; action = "dns"; } );
END
daemon_start
ok "without one a warning says so" wait_for daemon_has_said "warning: .*$world/none"
contains "and milterctl status" "$(ctl status)" "CANNOT BE READ"
daemon_end
tap_done
