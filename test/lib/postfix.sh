# postfix: a private Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh. The machine's own mail system is not touched: the instance
# has its own configuration, queue, data and log under $world, and only reads what the package
# installed, or what was unpacked where another mail system is installed.
#
#   $mta_kind        postfix
#   $mta             the instance's folder (main.cf, master.cf, queue, log)
#   $mta_log         its log
#   $mta_ip          where it listens, on port $MTA_PORT
#
# What the milter does not route goes to the host on $world_net.2.

mta=
mta_log=
mta_ip=
mta_kind=postfix
MTA_PORT=25
HOST_PORT=2525
POSTFIX_ROOT=${NEXTHOP_POSTFIX:-$top_builddir/postfix}

find_mta() {
	find_postfix
}

# To be called first, for it may begin the script anew: SCRIPT is what "$0" and "$@" are.
find_postfix() { # [SCRIPT [ARGUMENT...]]
	PATH=$PATH:/usr/sbin:/sbin
	[ "$(id -u)" = 0 ] || skip_all "a private Postfix needs root"
	postfix_is_there || postfix_unpack "${@:-$0}"
	daemon_group=postfix
}

postfix_is_there() {
	command -v postfix smtp-sink smtp-source >/dev/null && [ -r /etc/postfix/postfix-files ]
}

# Where another mail system is installed: unpacks a Postfix, and runs the script in a mount namespace
# of its own in which /usr and /etc have it, with its users. For its programs, libraries and tables
# have paths that were compiled in. Nothing else sees any of that, and the machine's files stay.
postfix_unpack() { # SCRIPT [ARGUMENT...]
	[ -z "${POSTFIX_IS_UNPACKED:-}" ] || skip_all "no Postfix (with smtp-sink) in $POSTFIX_ROOT"
	sh "$srcdir/scripts/unpack.sh" postfix "$POSTFIX_ROOT" || skip_all "no Postfix in $POSTFIX_ROOT"
	mkdir -p "$POSTFIX_ROOT/copy"
	export POSTFIX_IS_UNPACKED=yes
	exec unshare -m bash -c '
		copy=$0/copy
		mount -t tmpfs none "$copy" && cp -a "$0/usr" "$0/etc" "$copy/" || exit 99
		# The second hides the first path, if that is below /usr.
		for name in etc usr; do
			mkdir "$copy/$name.work" && mount -t overlay overlay "/$name" \
				-o "lowerdir=/$name,upperdir=$copy/$name,workdir=$copy/$name.work" || exit 99
		done
		for name in postfix postdrop; do
			getent group "$name" || groupadd --system "$name" || exit 99
		done >/dev/null
		id postfix >/dev/null 2>&1 || useradd --system --no-create-home --gid postfix postfix || exit 99
		exec bash "$@"' "$(realpath "$POSTFIX_ROOT")" "$@"
}

# Makes the instance. $1: where the milter listens, as Postfix writes it; empty: no milter.
# Further arguments: lines for main.cf.
mta_make() {
	local milter=$1 line
	shift
	mta=$world/postfix
	mta_log=$mta/log/mail.log
	mta_ip=$world_net.1
	mkdir -p "$mta/queue" "$mta/data" "$mta/log"
	chown postfix "$mta/data"
	cp "$srcdir/etc/postfix/postfix_header_checks" "$mta/header_checks"
	# Postfix knows only 127.0.0.1 as an address of its own: master.cf says where to listen.
	cat >"$mta/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $mta/queue
		data_directory = $mta/data
		meta_directory = /etc/postfix
		maillog_file = $mta_log
		maillog_file_prefixes = $mta/log
		syslog_name = postfix
		myhostname = mx.example
		mydestination = local.example
		local_recipient_maps = inline:{ known=x }
		alias_maps =
		alias_database =
		inet_interfaces = loopback-only
		inet_protocols = ipv4
		mynetworks = 127.0.0.0/8
		smtpd_relay_restrictions = permit_mynetworks, reject
		smtp_dns_support_level = disabled
		smtp_tls_security_level = none
		smtpd_tls_security_level = none
		smtpd_peername_lookup = no
		local_transport = relay:[$world_net.2]:$HOST_PORT
		relayhost = [$world_net.2]:$HOST_PORT
		biff = no
		minimal_backoff_time = 2s
		maximal_backoff_time = 2s
		queue_run_delay = 2s
		smtpd_milters = $milter
		milter_default_action = tempfail
		milter_header_checks = regexp:$mta/header_checks
		milter_connect_timeout = 10s
	END
	# postconf sees to it that each setting stands once.
	for line in "$@"; do
		postconf -c "$mta" -e "$line" || bail_out "main.cf: $line"
	done
	mta_write_services n
}

# $1: whether smtpd is chrooted, y or n.
mta_write_services() {
	cat >"$mta/master.cf" <<-END
		$mta_ip:$MTA_PORT inet n - $1 - - smtpd
		pickup    unix  n  -  n  60    1  pickup
		cleanup   unix  n  -  n  -     0  cleanup
		qmgr      unix  n  -  n  300   1  qmgr
		rewrite   unix  -  -  n  -     -  trivial-rewrite
		bounce    unix  -  -  n  -     0  bounce
		defer     unix  -  -  n  -     0  bounce
		trace     unix  -  -  n  -     0  bounce
		verify    unix  -  -  n  -     1  verify
		flush     unix  n  -  n  1000? 0  flush
		proxymap  unix  -  -  n  -     -  proxymap
		smtp      unix  -  -  n  -     -  smtp
		relay     unix  -  -  n  -     -  smtp -o syslog_name=postfix/relay
		lmtp      unix  -  -  n  -     -  lmtp
		showq     unix  n  -  n  -     -  showq
		error     unix  -  -  n  -     -  error
		retry     unix  -  -  n  -     -  error
		discard   unix  -  -  n  -     -  discard
		anvil     unix  -  -  n  -     1  anvil
		scache    unix  -  -  n  -     1  scache
		postlog   unix-dgram n - n -   1  postlogd
	END
}

mta_start() {
	at_close mta_stop
	postfix -c "$mta" start >"$mta/log/start" 2>&1 || {
		note "$(cat "$mta/log/start" "$mta_log" 2>/dev/null)"
		bail_out "Postfix does not start"
	}
	wait_for port_is_open "$mta_ip" "$MTA_PORT" || bail_out "Postfix does not listen"
}

# The number of the master process, if it runs.
mta_pid() {
	local pid=
	[ -r "$mta/queue/pid/master.pid" ] || return 1
	read -r pid <"$mta/queue/pid/master.pid" || :
	[ -n "$pid" ] && ! process_is_gone "$pid" && echo "$pid"
}

mta_is_gone() {
	! mta_pid >/dev/null
}

mta_stop() {
	mta_is_gone || postfix -c "$mta" stop >>"$mta/log/stop" 2>&1
	wait_for_seconds 20 mta_is_gone || {
		postfix -c "$mta" abort >>"$mta/log/stop" 2>&1
		echo "# Postfix had to be aborted" >&2
	}
}

mta_log_has() { # PATTERN
	line_is_in "$mta_log" "$1"
}

# The lines of the log that are about one message; without dates.
mta_log_of() { # QUEUEID
	grep -E "\]: $1:" "$mta_log" | sed -E 's/^[A-Z][a-z]{2} +[0-9]+ [0-9:]+ [^ ]+ //'
}

mta_queue_length() {
	postqueue -c "$mta" -j 2>/dev/null | wc -l
}

mta_queue_is_empty() {
	[ "$(mta_queue_length)" = 0 ]
}

# Empties the queue.
mta_forget() {
	postsuper -c "${mta:?}" -d ALL >/dev/null 2>&1
}

# ---- what every MTA has

# Wired to the daemon's milter and map; further arguments: lines for main.cf. list@local.example stands
# for alias@two.example.
mta_make_wired() {
	mta_make "$daemon_socket" "transport_maps=socketmap:unix:$daemon/map.sock:transport" \
		'smtp_connection_cache_on_demand=no' \
		'virtual_alias_maps=inline:{ list@local.example=alias@two.example }' "$@"
}

# How often a message was tried: lines with a status, each for one recipient in one attempt.
attempts_of() { # QUEUEID
	mta_log_of "$1" | grep -c 'status='
}

pattern_deferred() { # RECIPIENT
	echo "to=<$1>, .* status=deferred"
}

pattern_bounce() {
	echo 'status=bounced'
}

# The sendmail command: OPTION... RECIPIENT...
mta_command() {
	sendmail -C "$mta" "$@"
}
