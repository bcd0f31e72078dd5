#!/bin/bash
# doctor: each fault is found on a Postfix that has it, and mended without harm to what else is there
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
# What the daemon may open, wherever this runs.
ulimit -n 4096
world_open
host_start own 2
host_start well 11
daemon_make
mta_make "" milter_header_checks= relay_domains=example.com
mta_write_services y
sed -i 's/^\(rewrite .*-  -  \)n/\1y/' "$mta/master.cf"
cp "$srcdir/etc/postfix/postfix_header_checks" "$daemon/"
sockets=$mta/queue/nexthop-milter
daemon_socket=unix:$sockets/milter.sock
write_routes() { # [SETTING...]
	daemon_routes "map_socket = \"unix:$sockets/map.sock\";" \
		"health = { log = \"$mta_log\"; };" "$@" <<-END
		pools = { $(daemon_pool exchange 11 12,priority=10) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}
write_routes
mta_start

# Without a daemon its user is not known.
user=root
config=$daemon/routes.cfg
doctor() { # [OPTION...]
	"${before_it[@]}" "$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" doctor --config "$config" ${user:+--user $user} --postfix-config "$mta" "$@"
}
before_it=()
# Looks; what it has found that is no hint, in order.
found() {
	doctor --json >"$world/found"
	jq -r '[.findings[] | select(.severity != "hint") | .id] | join(" ")' "$world/found"
}
# A member of the finding of that kind that was found last.
of() { # ID MEMBER
	jq -r --arg id "$1" "[.findings[] | select(.id == \$id)][0].$2 | if type == \"array\" then .[] else . end" "$world/found"
}
setting() { # NAME
	postconf -c "$mta" -h "$1"
}
set_main() { # SETTING...
	local setting
	for setting; do
		postconf -c "$mta" -e "$setting"
	done
}
mends() { # [OPTION...]
	doctor --fix --yes "$@" >"$world/mended" 2>&1
}

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
cp "$mta/main.cf" "$world/main.cf"
cp "$mta/master.cf" "$world/master.cf"
mends
contains "nothing to mend: it says so" "$(cat "$world/mended")" "nothing to be run"
ok "nothing to mend: main.cf is as it was" cmp "$mta/main.cf" "$world/main.cf"
postfix -c "$mta" reload 2>/dev/null
wait_for mta_log_has 'reload -- version'
quietly send --to user@example.com
ok "mail is routed through the chroot" wait_for host_has well 1

# ---- each fault by itself

# fault WHAT ID: what was done since the last reset is found as ID, and nothing else is.
reset() {
	cp "$world/main.cf" "$world/master.cf" "$mta/"
}
fault() {
	is "$1: found" "$(found)" "$2"
}
# mended WHAT: --fix --yes leaves nothing.
mended() {
	ok "$1: mended" mends
	is "$1: nothing is left" "$(found)" ""
}

set_main 'milter_default_action = accept'
fault "milter_default_action = accept" default_action
mended "milter_default_action = accept"
is "milter_default_action: that of other milters stays" "$(setting milter_default_action)" accept
is "milter_default_action: ours has its own" "$(setting smtpd_milters)" \
	"{ unix:nexthop-milter/milter.sock, default_action=tempfail }"

reset
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

reset
service=$mta_ip:$MTA_PORT/inet
postconf -c "$mta" -P "$service/smtpd_milters=inet:192.0.2.1:9999"
fault "overridden in master.cf" overridden
mended "overridden in master.cf"
is "overridden: what was there stays" "$(postconf -c "$mta" -P -h "$service/smtpd_milters" | sed 's/.*= //')" \
	"inet:192.0.2.1:9999,unix:nexthop-milter/milter.sock"
reset
postconf -c "$mta" -P "$service/smtpd_milters="
fault "overridden by nothing" overridden
not mends
is "overridden by nothing: may be meant, and stays" "$(postconf -c "$mta" -P -h "$service/smtpd_milters" | sed 's/.*= *//')" ""
reset
postconf -c "$mta" -P "cleanup/unix/milter_header_checks="
fault "milter_header_checks overridden" overridden
mended "milter_header_checks overridden"
reset
postconf -c "$mta" -P "$service/receive_override_options=no_milters"
fault "no_milters" no_milters
reset
echo "/^X-Nexthop-Route:/ IGNORE" >"$world/other_checks"
set_main "milter_header_checks = regexp:$world/other_checks, regexp:$daemon/postfix_header_checks"
fault "another table eats the header" no_header_checks
reset
set_main "content_filter = smtp:[$world_net.2]:$HOST_PORT"
fault "content_filter" content_filter
reset
set_main "transport_maps = inline:{ a.example=smtp:[$world_net.2] }, socketmap:unix:nexthop-milter/map.sock:transport"
fault "another table goes first" other_map_first

# ---- hosts and domains

reset
set_main 'relay_domains ='
fault "a domain that is not relayed" relay_domain
not mends
is "a domain that is not relayed: who may relay is not ours to say" "$(setting relay_domains)" ""
contains "a domain that is not relayed: what to do" "$(of relay_domain fix)" "relay_domains = example.com"
reset
set_main 'smtp_helo_timeout = 20m'
fault "a long timeout" timeout
doctor --json >"$world/found"
contains "a timeout as it comes is a hint" "$(of timeout_as_shipped what)" "smtp_connect_timeout = 30s"
reset
set_main "smtp_tls_policy_maps = texthash:$world/keys"
echo "[$world_net.11] encrypt" >"$world/keys"
fault "a TLS policy of another text" tls_policy
echo "[$world_net.11]:$HOST_PORT verify" >"$world/keys"
fault "certificates are checked, and names not logged" tls_names
mended "certificates are checked, and names not logged"
reset
set_main "smtp_sasl_password_maps = texthash:$world/keys"
echo "[$world_net.11]:587 user:password" >"$world/keys"
fault "a password of another text" password
reset
set_main 'default_process_limit = 100000'
fault "more processes than the machine is made for" "descriptors backlog"
reset
set_main "maillog_file = $mta/log/other.log"
fault "Postfix writes another log" log_elsewhere

# ---- configurations that are not the daemon's

other() { # SED
	sed "$1" "$daemon/routes.cfg" >"$daemon/other.cfg"
	touch -d "1 hour ago" "$daemon/other.cfg"
	config=$daemon/other.cfg
}
reset
set_main 'maillog_file =' 'recipient_delimiter = +'
other 's/x/x/'
fault "another configuration" other_config
other 's/exchange = {/& transport = "nowhere";/'
fault "a transport that master.cf does not have" "no_transport other_config"
other 's/"example.com"/"user@example.com"/'
fault "another delimiter" "other_config delimiter"
echo '{ "json": 1 }' >"$world/maillog"
other "s,$mta_log,$world/maillog,"
fault "a log of another form" "other_config log_strange"
: >"$world/maillog"
fault "a log that nobody writes" "other_config log_empty"
chmod 600 "$world/maillog"
echo 'Nov 24 03:21:12 mx postfix/smtp[5007]: x' >"$world/maillog"
user=nobody
doctor --json >"$world/found"
contains "a log that the daemon's user may not read" "$(of log_access what)" "$world/maillog: Permission denied"
user=
other "s/$world_net.12/nowhere.invalid/"
# Nobody answers there.
echo "nameserver $world_net.9" >"$world/resolv.conf"
before_it=(unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$world/resolv.conf")
fault "a host without an address" "other_config host_unresolved"
before_it=()
echo 'pools = {' >"$daemon/other.cfg"
fault "a configuration with a fault" no_config
config=$daemon/routes.cfg
touch -d '1 hour' "$config"
fault "a configuration that the daemon has not read" stale_config
touch -d '1 hour ago' "$config"

# ---- sockets

reset
chmod 700 "$sockets"
fault "a folder that Postfix may not go into" socket_refused
mended "a folder that Postfix may not go into"
chgrp root "$sockets/milter.sock"
fault "a socket that Postfix may not connect to" socket_refused
mended "a socket that Postfix may not connect to"
daemon_stop
daemon_socket=unix:$daemon/milter.sock
write_routes
daemon_start
set_main "smtpd_milters = $daemon_socket"
fault "a socket outside the chroot" socket_unseen
contains "a socket outside the chroot: what to write" "$(of socket_unseen advice)" \
	"milter_socket = \"unix:$sockets/milter.sock\""
daemon_stop
daemon_end
tap_done
