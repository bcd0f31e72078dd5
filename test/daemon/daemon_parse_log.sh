#!/bin/bash
# daemon_parse_log: milterctl parse-log, on the lines of the corpora
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
[ -x "$MILTERCTL_PROGRAM" ] || bail_out "no $MILTERCTL_PROGRAM"

# run OPTION...: sets $said, $complained and $status.
run() {
	"$MILTERCTL_PROGRAM" "$@" >"$world/said" 2>"$world/complained"
	status=$?
	said=$(cat "$world/said")
	complained=$(cat "$world/complained")
}

for mta in postfix sendmail; do
	corpus=$srcdir/test/corpus/log_$mta.txt
	wanted=$(grep -a '^=> ' "$corpus" | grep -avc '^=> -$')
	run --json parse-log "$corpus" --mta "$mta"
	is "$mta: status 0" "$status" 0
	is "$mta: one object for each line that says something" "$(jq -s length "$world/said")" "$wanted"
	is "$mta: the names" "$(jq -sc '[.[] | keys] | unique | map(join(" "))' "$world/said")" \
		'["address class code delays enhanced host line outcome port queue_id reason stage text time what"]'
	run parse-log --mta "$mta" <"$corpus"
	is "$mta: from standard input, for people" "$(wc -l <"$world/said")" "$wanted"
done

log=$world/log
cat >"$log" <<'END'
Nov 24 03:21:12 mx postfix/smtp[5007]: 199E2A7298C: host mx1.example[192.0.2.1] said: 452 4.3.1 Insufficient system resources (in reply to MAIL FROM command)
Nov 24 03:21:12 mx postfix/qmgr[5007]: 199E2A7298C: removed
Nov 24 03:21:15 mx postfix/smtp[5007]: 716E8A7298D: host mx1.example[192.0.2.1] said: 450 4.2.0 Greylisted (in reply to RCPT TO command)
Nov 24 03:20:51 mx postfix/smtp[5007]: 8916DA720DE: to=<u@example.com>, relay=mx2.example[192.0.2.2]:25, delay=0.11, delays=0.1/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)
END
printf 'Nov 24 03:21:16 mx postfix/smtp[5007]: connect to mx3.example[192.0.2.3]:25: Connection refused' >>"$log"
run --json parse-log "$log"
is "whose fault it was" "$(jq -rs '[.[].class] | join(" ")' "$world/said")" "host recipient success host_at_once"
is "and why" "$(jq -rs '[.[].reason] | join(" ")' "$world/said")" \
	"system_4.3 greylisted delivered connection_refused"
is "with the number of the line" "$(jq -rs '[.[].line] | join(" ")' "$world/said")" "1 3 4 5"
is "and what it says" "$(jq -c '[.queue_id, .host, .address, .stage, .code, .enhanced, .outcome]' "$world/said" | head -n 1)" \
	'["199E2A7298C","mx1.example","192.0.2.1","mail",452,"4.3.1","passed_on"]'
run parse-log "$log"
contains "for people" "$said" "199E2A7298C host=mx1.example stage=mail class=host reason=system_4.3 outcome=passed_on"

cat >"$world/routes.cfg" <<'END'
health = { classify = ( { code = 450; text = "greylisted"; class = "host"; } ); };
pools = { a = { hosts = ( { host = "mx1.example"; }, { host = "mx3.example"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
run --json parse-log "$log" --config "$world/routes.cfg"
is "with the rules of a configuration" "$(jq -rs '[.[].reason] | join(" ")' "$world/said")" \
	"system_4.3 classified delivered connection_refused"

# What is no log, and what cannot be read.
head -c 300000 /dev/urandom >"$world/junk"
run parse-log "$world/junk"
is "junk: status 0" "$status" 0
is "junk: nothing is said" "$said$complained" ""
run parse-log "$world/none"
is "no such file: status 1" "$status" 1
contains "no such file: says so" "$complained" "$world/none: No such file"
run parse-log "$world"
is "a folder: status 1" "$status" 1
contains "a folder: says so" "$complained" "Is a directory"
echo 'nonsense = 1;' >"$world/bad.cfg"
run parse-log "$log" --config "$world/bad.cfg"
is "a bad configuration: status 1" "$status" 1
contains "a bad configuration: says so" "$complained" "$world/bad.cfg:1: unknown key"
run parse-log "$log" --mta exim
is "another MTA: status 2" "$status" 2
tap_done
