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

unit=postfix@-.service
user=0
# entries FILE FIRST MESSAGE...: a journal of its own, with the entries of Postfix's smtp, written by
# $user in $unit.
entries() {
	local file=$1 number=$2 message
	shift 2
	for message in "$@"; do
		cat <<-END
			__CURSOR=s=1;i=$number
			__REALTIME_TIMESTAMP=$(date +%s%6N)
			__MONOTONIC_TIMESTAMP=$((1000000 + number))
			_BOOT_ID=0123456789abcdef0123456789abcdef
			_UID=$user
			_SYSTEMD_UNIT=$unit
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

# ---- what others write with Postfix's words

trusting() { # [SETTING...]: a journal of its own is followed, with these settings
	journal=$world/journal2
	mkdir -p "$journal"
	daemon_routes "health = { log = \"journal:$journal\"; $* };" <<-'END'
		pools = { a = { hosts = ( { host = "192.0.2.3"; }, { host = "192.0.2.4"; } ); }; };
		routes = ( { match = "ALL"; pool = "a"; } );
	END
}
others=
forged() { # HOST: ten entries, which are of no use to whoever writes them
	local i
	for i in $(seq 10); do
		others=$((others + 1))
		entries "other$others.journal" $((1000 + others)) "F$others: host $1[$1] refused to talk to me: 431 4.3.1 Full"
	done
}
log_member() { # NAME
	ctl --json status | jq -r ".log.$1"
}
number_is() { # NAME NUMBER
	[ "$(log_member "$1")" = "$2" ]
}
trusting
rm -f "$daemon/state"
unit=session-3.scope
entries begin.journal 900 "B1: begun"
daemon_start
ok "it is followed" wait_for status_is_readable
forged 192.0.2.3
ok "another unit: a warning names it" wait_for daemon_has_said "warning: journal:.*: the entries of mail are by unit session-3.scope, user 0, so "
contains "another unit: so does the status" "$(log_member not_understood)" "by unit session-3.scope, user 0"
unit=postfix@-.service
user=65000
forged 192.0.2.3
user=0
entries true.journal 2000 "T1: host 192.0.2.4[192.0.2.4] refused to talk to me: 431 4.3.1 Full"
ok "Postfix's own counts" wait_for state_is 192.0.2.4 deferred
ok "the others did not" state_is 192.0.2.3 up
is "one line was read" "$(log_member lines)" 1
is "and understood" "$(log_member understood) $(log_member not_understood)" "1 null"
trusting 'journal_units = [ "mail-*.service", "session-?.scope" ]; journal_users = "65000";'
daemon_signal HUP
ok "other units are configured: reloaded" wait_for daemon_has_said 'info: reloaded'
unit=session-4.scope
user=65000
ok "other units: followed" wait_for status_is_readable
entries more.journal 3000 "M1: host 192.0.2.3[192.0.2.3] refused to talk to me: 431 4.3.1 Full"
ok "other units: count" wait_for state_is 192.0.2.3 deferred
daemon_stop

daemon_routes "health = { log = \"journal:$world/none\"; };" <<'END'
routes = ( { match = "ALL"; action = "dns"; } );
END
daemon_start
ok "without one a warning says so" wait_for daemon_has_said "warning: .*$world/none"
contains "and milterctl status" "$(ctl status)" "CANNOT BE READ"
daemon_end
tap_done
