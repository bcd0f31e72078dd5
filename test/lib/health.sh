# health: what the daemon has learned of hosts, on a private Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after postfix.sh and daemon.sh.

# The line of the configuration that has the MTA's log followed; further health settings as words.
health_settings() { # [KEY=VALUE; ...]
	# The daemon, which may be started first, wants a log to have a folder.
	mkdir -p "$world/$mta_kind/log"
	echo "health = { log = \"$world/$mta_kind/log/mail.log\"; $* };"
}

# The state of the host on $world_net.NUMBER.
health_of() { # NUMBER
	ctl --json hosts | jq -r --arg host "$world_net.$1" '.hosts[] | select(.host == $host) | .state'
}

# Whether it has been, since the daemon's start: a short back-off may be over before anybody looks.
was_deferred() { # NUMBER REASON
	daemon_has_said "info: host=$world_net\.$1:[0-9]+ [a-z]+->deferred reason=$2 "
}

health_is() { # NUMBER STATE
	[ "$(health_of "$1")" = "$2" ]
}

# One member of a host's object.
health_member() { # NUMBER NAME
	ctl --json hosts | jq -r --arg host "$world_net.$1" '.hosts[] | select(.host == $host) | .'"$2"
}

# How many messages have met that host in vain, by Postfix's log: whatever it has answered.
touched() { # NUMBER
	grep -E "postfix/[a-z/]*(smtp|lmtp)\[" "$mta_log" | grep -F "$world_net.$1[" | grep -vcE 'status=sent'
}

# Sends one message to user@DOMAIN and waits until Postfix has no more to do with it.
deliver_one() { # DOMAIN [OPTION OF send...]
	local domain=$1
	shift
	send --to "user@$domain" "$@" >"$world/deliver.out"
	wait_for mta_queue_is_empty
}

# The daemon has read all that Postfix has written so far.
log_is_read() {
	local size
	size=$(stat -c %s "$mta_log") &&
		ctl --json status | jq -e --argjson size "$size" '.log | .readable and .offset >= $size' >/dev/null
}

# Sends COUNT messages, u1@DOMAIN and so on, each when the daemon has read what became of the one before: so
# its next choice knows all that there is to know, on a slow machine, too.
deliver_each() { # DOMAIN COUNT [OPTION OF send...]
	local domain=$1 count=$2 number
	shift 2
	for number in $(seq "$count"); do
		send --to "u$number@$domain" "$@" >"$world/deliver.out" || return 1
		wait_for mta_log_has "$(awk '{ print $4 }' "$world/deliver.out"): removed" || return 1
		wait_for log_is_read || return 1
	done
}
