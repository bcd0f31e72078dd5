# sendmail: a private Sendmail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh; "use_mta sendmail" does it. The same functions as in
# postfix.sh, for Debian's Sendmail as scripts/unpack.sh unpacks it: its configuration, queue and
# log are under $world, and it runs in namespaces of its own, where /dev/log is the socket of a logger
# that writes $mta_log. So it logs on machines without a syslog daemon, and into no other log on
# those with one.
#
#   $mta_kind        sendmail
#   $mta             the instance's folder (sendmail.mc, sendmail.cf, queue, log)
#   $mta_log         its log
#   $mta_ip          where it listens, on port $MTA_PORT
#
# What the milter does not route goes to the host on $world_net.2, local mail when its aliases are
# expanded. A list of hosts has no ports: all hosts listen on 25. A client on 127.0.0.1 may relay,
# others may not.

mta=
mta_log=
mta_ip=
mta_kind=sendmail
MTA_PORT=25
HOST_PORT=25
SENDMAIL_RETRY=1s
SENDMAIL_ROOT=${NEXTHOP_SENDMAIL:-$top_builddir/sendmail}
SENDMAIL_PROGRAM=$SENDMAIL_ROOT/usr/libexec/sendmail/sendmail
sendmail_namespace=
sendmail_namespace_fd=

find_mta() {
	find_sendmail
}

find_sendmail() {
	PATH=$PATH:/usr/sbin:/sbin
	[ "$(id -u)" = 0 ] || skip_all "a private Sendmail needs root"
	# Its smtp-sink is what the hosts are.
	postfix_is_there || postfix_unpack "$0"
	command -v m4 unshare >/dev/null || skip_all "no m4, or no unshare"
	unshare -m -u true 2>/dev/null || skip_all "no namespaces"
	[ -x "$SENDMAIL_PROGRAM" ] || sh "$srcdir/scripts/unpack.sh" sendmail "$SENDMAIL_ROOT" ||
		skip_all "no Sendmail in $SENDMAIL_ROOT"
	! ldd "$SENDMAIL_PROGRAM" | grep -q 'not found' || skip_all "libraries of Sendmail are missing"
	SENDMAIL_PROGRAM=$(realpath "$SENDMAIL_PROGRAM")
}

# Makes the instance. $1: where the milter listens, as Sendmail writes it; empty: no milter. Further
# arguments: lines for sendmail.mc, before its mailers.
mta_make() {
	local milter=$1
	shift
	mta=$world/sendmail
	mta_log=$mta/log/mail.log
	mta_ip=$world_net.1
	mkdir -p "$mta/queue" "$mta/log" "$mta/dev"
	chmod 700 "$mta/queue"
	: >"$mta_log"
	printf '%s\n' '127.0.0.1 localhost' "$mta_ip mx.example mx" >"$mta/hosts"
	printf '%s\n' 'passwd files' 'hosts files' 'aliases files' >"$mta/service.switch"
	[ -e "$mta/aliases" ] || printf '%s: root\n' postmaster MAILER-DAEMON >"$mta/aliases"
	sendmail_write_mc "$milter" "$@" >"$mta/sendmail.mc"
	sendmail_write_cf
}

# The features are Sendmail's and ours, as after an installation.
sendmail_write_cf() {
	local cf=$SENDMAIL_ROOT/usr/share/sendmail/cf
	if [ ! -d "$mta/cf" ]; then
		mkdir -p "$mta/cf/feature"
		ln -s "$(realpath "$cf")"/{m4,ostype,mailer,sh} "$mta/cf/"
		ln -s "$(realpath "$cf")"/feature/*.m4 "$mta/cf/feature/"
		ln -s "$(realpath "$srcdir")/etc/sendmail/nexthop.m4" "$mta/cf/feature/"
	fi
	m4 "-D_CF_DIR_=$mta/cf/" "$mta/cf/m4/cf.m4" "$mta/sendmail.mc" >"$mta/sendmail.cf" 2>"$mta/log/m4" ||
		bail_out "sendmail.mc: $(cat "$mta/log/m4")"
	[ ! -s "$mta/log/m4" ] || note "$(cat "$mta/log/m4")"
}

sendmail_write_mc() { # MILTER [LINE...]
	local milter=$1
	shift
	cat <<-END
		define(\`_NO_MAKEINFO_')dnl
		define(\`__HOST__', \`mx')dnl
		VERSIONID(\`a private Sendmail')
		OSTYPE(\`linux')dnl
		define(\`confDOMAIN_NAME', \`mx.example')dnl
		define(\`confLOG_LEVEL', \`9')dnl
		define(\`confPID_FILE', \`$mta/sendmail.pid')dnl
		define(\`ALIAS_FILE', \`$mta/aliases')dnl
		define(\`QUEUE_DIR', \`$mta/queue')dnl
		define(\`STATUS_FILE', \`$mta/statistics')dnl
		define(\`HELP_FILE', \`$mta/helpfile')dnl
		define(\`confSERVICE_SWITCH_FILE', \`$mta/service.switch')dnl
		define(\`confDEAD_LETTER_DROP', \`$mta/dead.letter')dnl
		define(\`confCW_FILE', \`-o $mta/local-host-names')dnl
		dnl $world is below /tmp, which is for everybody.
		define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')dnl
		define(\`confDONT_PROBE_INTERFACES', \`True')dnl
		define(\`confTO_IDENT', \`0s')dnl
		define(\`confMIN_QUEUE_AGE', \`0')dnl
		dnl Mail goes out however busy the machine is. Of the first of these 0 would mean never.
		define(\`confQUEUE_LA', \`10000')dnl
		define(\`confREFUSE_LA', \`0')dnl
		define(\`confDELAY_LA', \`0')dnl
		LOCAL_DOMAIN(\`local.example')dnl
		define(\`SMART_HOST', \`esmtp:[$world_net.2]')dnl
		define(\`MAIL_HUB', \`esmtp:[$world_net.2]')dnl
		FEATURE(\`nocanonify')dnl
		FEATURE(\`accept_unresolvable_domains')dnl
		FEATURE(\`accept_unqualified_senders')dnl
		FEATURE(\`no_default_msa')dnl
		DAEMON_OPTIONS(\`Name=MTA, Family=inet, Addr=$mta_ip, Port=$MTA_PORT')dnl
	END
	[ -z "$milter" ] ||
		echo "INPUT_MAIL_FILTER(\`nexthop-milter', \`S=$milter, F=T, T=C:10s;S:30s;R:30s;E:60s')dnl"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'MAILER(`%s'"'"')dnl\n' local smtp
}

# Sendmail in namespaces of its own: /dev is a folder of ours, with the devices that it takes; and
# the machine is called mx.example, for without a full name it sleeps for a minute.
sendmail() { # OPTION...
	exec unshare -m -u sh -c '
		mta=$1
		shift
		for name in null zero random urandom; do
			: >"$mta/dev/$name" && mount --bind "/dev/$name" "$mta/dev/$name" || exit 1
		done
		mount --rbind "$mta/dev" /dev && mount --bind "$mta/hosts" /etc/hosts &&
			echo mx.example >/proc/sys/kernel/hostname && exec "$@"' - "$mta" \
		"$SENDMAIL_PROGRAM" -C "$mta/sendmail.cf" "$@"
}

mta_start() {
	at_close mta_stop
	if ! process_is_running syslog; then
		rm -f "$mta/dev/log"
		process_start syslog python3 "$srcdir/test/lib/syslog.py" "$mta/dev/log" "$mta_log" mx
		wait_for line_is_in "$world/syslog.log" '^listening' || bail_out "nobody logs"
	fi
	(sendmail -bi) >"$mta/log/newaliases" 2>&1 ||
		bail_out "newaliases: $(cat "$mta/log/newaliases")"
	process_start mta sendmail -L sm-mta -bD "-q$SENDMAIL_RETRY"
	if ! wait_for sendmail_has_begun || mta_is_gone; then
		note "$(cat "$world/mta.log" "$mta_log")"
		bail_out "Sendmail does not start"
	fi
	# Kept open until all is over: nobody else's namespace gets its number meanwhile.
	exec {sendmail_namespace_fd}<"/proc/$(mta_pid)/ns/mnt"
	sendmail_namespace=$(readlink "/proc/$(mta_pid)/ns/mnt")
}

sendmail_has_begun() {
	port_is_open "$mta_ip" "$MTA_PORT" || mta_is_gone
}

# The number of the daemon, if it runs.
mta_pid() {
	process_is_running mta && echo "${world_pids[mta]}"
}

mta_is_gone() {
	! mta_pid >/dev/null
}

# Those that deliver or listen to a client go on when the daemon ends: all that is in its namespace.
sendmail_processes() {
	local process
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/ns/mnt" 2>/dev/null)" != "$sendmail_namespace" ] || echo "${process#/proc/}"
	done
}

sendmail_is_over() {
	[ -z "$(sendmail_processes)" ]
}

mta_stop() {
	[ -n "$sendmail_namespace" ] || return 0
	process_stop mta >/dev/null || :
	# Words are to be split.
	# shellcheck disable=SC2046
	wait_for_seconds 2 sendmail_is_over || kill -TERM $(sendmail_processes) 2>/dev/null
	wait_for_seconds 20 sendmail_is_over || {
		# shellcheck disable=SC2046
		kill -KILL $(sendmail_processes) 2>/dev/null
		echo "# Sendmail had to be killed" >&2
	}
	sendmail_namespace=
	exec {sendmail_namespace_fd}<&-
}

mta_log_has() { # PATTERN
	line_is_in "$mta_log" "$1"
}

# The lines of the log that are about one message; without dates.
mta_log_of() { # QUEUEID
	grep -E "\\]: $1:" "$mta_log" | sed -E 's/^[A-Z][a-z]{2} +[0-9]+ [0-9:]+ [^ ]+ //'
}

mta_queue_length() {
	find "$mta/queue" -name '[qthQ]f*' | wc -l
}

mta_queue_is_empty() {
	[ "$(mta_queue_length)" = 0 ]
}

# Empties the queue.
mta_forget() {
	rm -f "${mta:?}/queue"/*
}

# ---- what every MTA has

# Wired to the daemon's milter and map; further arguments: lines for sendmail.mc. list@local.example
# stands for alias@two.example.
mta_make_wired() {
	mkdir -p "$world/sendmail"
	printf '%s\n' 'postmaster: root' 'MAILER-DAEMON: root' 'list: alias@two.example' >"$world/sendmail/aliases"
	mta_make "local:$daemon/milter.sock" "FEATURE(\`nexthop', \`local:$daemon/map.sock')dnl" "$@"
}

# How often a message was tried: each time by a process of its own, and with a line for each host
# that has refused a recipient.
attempts_of() { # QUEUEID
	mta_log_of "$1" | grep -E ' to=.*, xdelay=.*, mailer=esmtp,.* stat=' | sed 's/]:.*//' | sort -u | wc -l
}

# By its token, or by itself where both have the same hosts.
pattern_deferred() { # RECIPIENT
	echo "to=[^ ]*<${1%@*}[@%]${1#*@}[@>].* stat=Deferred"
}

pattern_bounce() {
	echo 'stat=(User unknown|Service unavailable)|DSN: '
}

# The sendmail command: OPTION... RECIPIENT...
mta_command() {
	(sendmail "$@")
}
