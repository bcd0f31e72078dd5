#!/bin/bash
# doctor: a Postfix that is not wired to the daemon, or cannot reach it, is found, and mended without harm
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_doctor

find_postfix
doctor_make
mta_start
# Without a daemon its user is not known.
user=root

# ---- as Debian ships it: chrooted, and nothing wired

is "as shipped: what is wrong" "$(found)" "daemon_down socket_folder not_wired no_header_checks no_map"
is "as shipped: the folder, as it has to be" "$(of socket_folder 'fix')" \
	"install -d -o root -g postfix -m 2750 $sockets"
doctor >"$world/said"
is "as shipped: the exit status" "$?" 1
contains "as shipped: one line for monitoring systems" "$(sed -n 1p "$world/said")" \
	"NEXTHOP WARNING - no daemon answers at unix:$daemon/control.sock; and 4 more | errors=5 warnings=0 hints="
doctor --fix >"$world/script"
is "as shipped: --fix is status 0" "$?" 0
ok "as shipped: what it prints is a script" sh -n "$world/script"
is "as shipped: while there is no daemon, Postfix is not told to ask it" \
	"$(grep -v '^#' "$world/script" | grep -c postconf)" 0
before=$(cat "$mta/main.cf" "$mta/master.cf")
is "as shipped: --fix has changed nothing" "$(cat "$mta/main.cf" "$mta/master.cf"; ls "$mta/queue" | grep nexthop)" "$before"
mends
ok "no daemon: the folder is made" test -d "$sockets"
is "no daemon: with its mode and group" "$(stat -c '%a %G' "$sockets")" "2750 postfix"
contains "no daemon: wiring is left alone" "$(cat "$world/mended")" "left alone: Postfix does not reach the daemon's sockets"
is "no daemon: main.cf is as it was" "$(cat "$mta/main.cf" "$mta/master.cf")" "$before"

daemon_start
user=
is "a daemon: what is wrong" "$(found)" "not_wired no_header_checks no_map"
set_main 'smtpd_milters = inet:192.0.2.1:9999' "transport_maps = inline:{ other.example=smtp:[$world_net.2]:$HOST_PORT }"
mends
is "mended: the exit status" "$?" 0
is "mended: milters that were there stay, ours is the last" "$(setting smtpd_milters)" \
	"inet:192.0.2.1:9999, unix:nexthop-milter/milter.sock"
is "mended: tables that were there stay, ours is the first" "$(setting transport_maps)" \
	"socketmap:unix:nexthop-milter/map.sock:transport, inline:{ other.example=smtp:[$world_net.2]:$HOST_PORT }"
is "mended: the header checks" "$(setting milter_header_checks)" "regexp:$daemon/postfix_header_checks"
is "mended: nothing is left" "$(found)" ""
doctor >"$world/said"
is "mended: status 0" "$?" 0
contains "mended: it says so" "$(sed -n 1p "$world/said")" "NEXTHOP OK - nothing is wrong | errors=0 warnings=0 hints="
set_main 'smtpd_milters = unix:nexthop-milter/milter.sock' 'transport_maps = socketmap:unix:nexthop-milter/map.sock:transport'
doctor_keep
mends
contains "nothing to mend: it says so" "$(cat "$world/mended")" "nothing to be run"
ok "nothing to mend: main.cf is as it was" cmp "$mta/main.cf" "$world/main.cf"
postfix -c "$mta" reload 2>/dev/null
wait_for mta_log_has 'reload -- version'
quietly send --to user@example.com
ok "mail is routed through the chroot" wait_for host_has well 1

# ---- each fault by itself

set_main 'milter_default_action = accept'
fault "milter_default_action = accept" default_action
mended "milter_default_action = accept"
is "milter_default_action: that of other milters stays" "$(setting milter_default_action)" accept
is "milter_default_action: ours has its own" "$(setting smtpd_milters)" \
	"{ unix:nexthop-milter/milter.sock, default_action=tempfail }"

doctor_reset
set_main 'milter_default_action = accept'
mkdir "$world/bin"
cat >"$world/bin/postfix" <<END
#!/bin/sh
case " \$* " in *" reload "*) exit 1 ;; esac
exec $(command -v postfix) "\$@"
END
chmod 755 "$world/bin/postfix"
before_it=(env "PATH=$world/bin:$PATH")
ok "what Postfix does not read anew is not mended" not mends
contains "what Postfix does not read anew: it says so" "$(cat "$world/mended")" "FAILED: "
before_it=()

doctor_reset
service=$mta_ip:$MTA_PORT/inet
postconf -c "$mta" -P "$service/smtpd_milters=inet:192.0.2.1:9999"
fault "overridden in master.cf" overridden
mended "overridden in master.cf"
is "overridden: what was there stays" "$(postconf -c "$mta" -P -h "$service/smtpd_milters" | sed 's/.*= //')" \
	"inet:192.0.2.1:9999,unix:nexthop-milter/milter.sock"
doctor_reset
postconf -c "$mta" -P "$service/smtpd_milters="
fault "overridden by nothing" overridden
not mends
is "overridden by nothing: may be meant, and stays" "$(postconf -c "$mta" -P -h "$service/smtpd_milters" | sed 's/.*= *//')" ""
remedy "overridden by nothing" overridden "only if mail that comes in there is to be routed"
obeyed "overridden by nothing" overridden
doctor_reset
postconf -c "$mta" -P "cleanup/unix/milter_header_checks="
fault "milter_header_checks overridden" overridden
mended "milter_header_checks overridden"
doctor_reset
postconf -c "$mta" -P "$service/receive_override_options=no_milters"
fault "no_milters" no_milters
remedy "no_milters" no_milters "take no_milters out"
cured "no_milters" postconf -c "$mta" -P "$service/receive_override_options=no_address_mappings"
doctor_reset
echo "/^X-Nexthop-Route:/ IGNORE" >"$world/other_checks"
set_main "milter_header_checks = regexp:$world/other_checks, regexp:$daemon/postfix_header_checks"
fault "another table eats the header" no_header_checks
remedy "another table eats the header" no_header_checks "postfix_header_checks come first"
cured "another table eats the header" \
	set_main "milter_header_checks = regexp:$daemon/postfix_header_checks, regexp:$world/other_checks"
doctor_reset
set_main "content_filter = smtp:[$world_net.2]:$HOST_PORT"
fault "content_filter" content_filter
remedy "content_filter" content_filter 'set postfix_delivery = "map"'
by_map() {
	doctor_routes 'postfix_delivery = "map";' && ctl reload >/dev/null
}
cured "content_filter" by_map
doctor_routes
ctl reload >/dev/null
doctor_reset
set_main "transport_maps = inline:{ a.example=smtp:[$world_net.2] }, socketmap:unix:nexthop-milter/map.sock:transport"
fault "another table goes first" other_map_first
remedy "another table goes first" other_map_first "put socketmap:unix:nexthop-milter/map.sock:transport first"
cured "another table goes first" set_main \
	"transport_maps = socketmap:unix:nexthop-milter/map.sock:transport, inline:{ a.example=smtp:[$world_net.2] }"

# ---- sockets

doctor_reset
chmod 700 "$sockets"
fault "a folder that Postfix may not go into" socket_refused
mended "a folder that Postfix may not go into"
chgrp root "$sockets/milter.sock"
fault "a socket that Postfix may not connect to" socket_refused
mended "a socket that Postfix may not connect to"
daemon_stop
daemon_socket=unix:$daemon/milter.sock
doctor_routes
daemon_start
set_main "smtpd_milters = $daemon_socket"
fault "a socket outside the chroot" socket_unseen
contains "a socket outside the chroot: what to write" "$(of socket_unseen advice)" \
	"milter_socket = \"unix:$sockets/milter.sock\""
daemon_stop
daemon_socket=unix:$sockets/milter.sock
doctor_routes
daemon_start
fault "once it is in the chroot" not_wired
remedy "once it is in the chroot" not_wired "put unix:nexthop-milter/milter.sock in its place"
cured "once it is in the chroot" set_main 'smtpd_milters = unix:nexthop-milter/milter.sock'
daemon_stop
daemon_end
tap_done
