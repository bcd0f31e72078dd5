#!/bin/bash
# doctor: what is wrong with a sendmail.cf, made by Sendmail's own m4
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
daemon_make
write_routes() { # TRANSPORT
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "health = { log = \"$world/maillog\"; };" <<-END
		pools = { exchange = { transport = "$1"; hosts = ( { host = "$world_net.11"; } ); }; };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}
write_routes esmtp
echo 'Nov 24 03:21:12 mx sm-mta[5007]: x' >"$world/maillog"
daemon_start
found() {
	ctl doctor --json --config "$daemon/routes.cfg" --sendmail-config "$mta/sendmail.cf" >"$world/found"
	jq -r '[.findings[] | select(.severity != "hint") | .id] | join(" ")' "$world/found"
}
milter=local:$daemon/milter.sock
feature="FEATURE(\`nexthop', \`local:$daemon/map.sock')dnl"

mta_make "$milter" "$feature"
is "wired: nothing is wrong" "$(found)" ""
is "wired: status 0" "$(ctl doctor --config "$daemon/routes.cfg" --sendmail-config "$mta/sendmail.cf" | sed -n 1p)" \
	"NEXTHOP OK - nothing is wrong | errors=0 warnings=0 hints=0"
mta_make "" "$feature"
is "no INPUT_MAIL_FILTER" "$(found)" not_wired
contains "no INPUT_MAIL_FILTER: what to write" "$(jq -r '.findings[0].advice' "$world/found")" \
	"INPUT_MAIL_FILTER(\`nexthop-milter', \`S=$milter, F=T, T=S:30s;R:30s')dnl"
mta_make "$milter"
is "no FEATURE(nexthop)" "$(found)" no_map
mta_make "$milter" "FEATURE(\`nexthop')dnl"
is "FEATURE(nexthop) with another socket" "$(found)" no_map
mta_make "" "$feature" "INPUT_MAIL_FILTER(\`nexthop-milter', \`S=$milter, T=R:30s')dnl"
is "F is not T" "$(found)" default_action
mta_make "$milter" "$feature"
chmod g+w "$daemon"
is "a folder that a group may write to" "$(found)" socket_unsafe
chmod g-w "$daemon"
write_routes nowhere
is "a mailer that there is not" "$(found | sed 's/ stale_config//')" no_transport
daemon_stop
is "no daemon, and no sendmail.cf" "$(mta=$world/nowhere found)" "no_mta daemon_down"
daemon_start
daemon_end
tap_done
