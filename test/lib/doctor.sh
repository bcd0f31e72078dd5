# doctor: milterctl doctor on a private Postfix, for what is set up wrong in it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh; "use_doctor" does it.
#
#   $config       the routes.cfg that doctor reads
#   $control      the control socket that it asks
#   $user         the daemon's user; empty: that of the daemon that runs
#   $hints        not empty: found() has hints, too
#   $before_it    a command that runs doctor, as an array
#   $sockets      the folder of the daemon's sockets, in Postfix's queue directory

config=
control=
user=
hints=
before_it=()
sockets=

# As Debian ships it: chrooted, and nothing wired. With two hosts, no daemon, and no folder of its sockets.
doctor_make() {
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
	config=$daemon/routes.cfg
	control=$daemon/control.sock
	doctor_routes
}

doctor_routes() { # [SETTING...]
	daemon_routes "map_socket = \"unix:$sockets/map.sock\";" "health = { log = \"$mta_log\"; };" "$@" <<-END
		pools = { $(daemon_pool exchange 11 12,priority=10) };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}

# Wired by hand, with the folder and a daemon: nothing is wrong, and nothing is to be hinted at.
doctor_make_well() {
	doctor_make
	install -d -g postfix -m 2750 "$sockets"
	set_main 'smtpd_milters = unix:nexthop-milter/milter.sock' \
		'transport_maps = socketmap:unix:nexthop-milter/map.sock:transport' \
		"milter_header_checks = regexp:$daemon/postfix_header_checks" \
		'relay_recipient_maps = inline:{ user@example.com=x }'
	postconf -c "$mta" -P smtp/unix/smtp_connect_timeout=10s smtp/unix/smtp_helo_timeout=60s
	mta_start
	daemon_start
	doctor_keep
	hints=yes
	is "to begin with nothing is wrong" "$(found)" ""
}

doctor() { # [OPTION...]
	"${before_it[@]}" "$MILTERCTL_PROGRAM" --socket "$control" doctor --config "$config" \
		${user:+--user $user} --postfix-config "$mta" "$@"
}

# Looks; what it has found, in order.
found() {
	doctor --json >"$world/found"
	jq -r --arg hints "$hints" '[.findings[] | select($hints != "" or .severity != "hint") | .id] | join(" ")' "$world/found"
}

# A member of the finding of that kind that was found last.
of() { # ID MEMBER
	jq -r --arg id "$1" "[.findings[] | select(.id == \$id)][0].$2 | if type == \"array\" then .[] else . end" "$world/found"
}

setting() { # NAME
	postconf -c "$mta" -h "$1"
}

set_main() { # SETTING...
	postconf -c "$mta" -e "$@"
}

mends() { # [OPTION...]
	doctor --fix --yes "$@" >"$world/mended" 2>&1
}

# main.cf and master.cf as they are now are what doctor_reset brings back.
doctor_keep() {
	cp "$mta/main.cf" "$world/main.cf"
	cp "$mta/master.cf" "$world/master.cf"
}

doctor_reset() {
	cp "$world/main.cf" "$world/master.cf" "$mta/"
}

# fault WHAT ID...: what was done since the last doctor_reset is found as that, and nothing else is.
fault() {
	is "$1: found" "$(found)" "$2"
}

# remedy WHAT ID TEXT: that is said of what to do against the finding that was found last.
remedy() {
	contains "$1: what to do" "$(of "$2" fix; of "$2" advice)" "$3"
}

# mended WHAT: --fix --yes leaves nothing.
mended() {
	ok "$1: mended" mends
	is "$1: nothing is left" "$(found)" ""
}

# cured WHAT COMMAND...: once a person has done that, nothing is left.
cured() {
	local what=$1
	shift
	ok "$what: a person mends it" "$@"
	is "$what: nothing is left" "$(found)" ""
}

# obeyed WHAT ID: the same, with the commands of the finding that was found last.
obeyed() {
	of "$2" fix >"$world/commands"
	cured "$1" sh -euc "$(cat "$world/commands")"
}
