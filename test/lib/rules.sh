# rules: conditions of rules, and which messages they hold for, on a private MTA
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after daemon.sh and the MTA's functions. A rule leads to the host "yes", all
# else to the host "no". Rows are sent one after the other, each with the rules it is about; where the
# messages have arrived is looked at in the end, by rules_arrived.

# The hosts and the daemon.
rules_start() {
	host_start own 2
	host_start yes 11
	host_start no 12
	daemon_make
	rules '{ name = "r"; when = { sender = "nobody@x.example"; }; pool = "yes"; }'
	daemon_start
}

# rules TEXT: these and no others.
rules() {
	daemon_routes <<-END
		pools = { $(daemon_pool yes 11) $(daemon_pool no 12) };
		rules = ( $1 );
		routes = ( { match = "ALL"; pool = "no"; } );
	END
}

# What was sent: ID HOST WHAT, one line each; where it has arrived is looked at in the end.
sent=()
number=0

# sends WHAT HOST OPTION...
sends() {
	local what=$1 host=$2
	shift 2
	number=$((number + 1))
	sent+=("n$number-1 $host $what")
	send --once --id "n$number-" --to u@example.com "$@" >>"$world/sent" &
	sending+=($!)
}

# try WHAT OPTION... [or OPTION...]: the rules hold for a message sent so, and not for one sent in
# the other way.
try() {
	local what=$1 so=() other=() sending=() is_other=
	shift
	while [ $# -gt 0 ]; do
		if [ "$1" = or ]; then
			is_other=1
		elif [ "$is_other" ]; then
			other+=("$1")
		else
			so+=("$1")
		fi
		shift
	done
	daemon_reload || fail "$what: the rules are loaded"
	sends "$what: holds" yes "${so[@]}"
	[ -z "$is_other" ] || sends "$what: does not hold" no "${other[@]}"
	wait "${sending[@]}"
}

# row WHAT CONDITIONS OPTION... [or OPTION...]: a rule of these conditions.
row() {
	rules "{ name = \"r\"; when = { $2 }; pool = \"yes\"; }"
	try "$1" "${@:3}"
}

# never WHAT CONDITIONS OPTION...: they do not hold.
never() {
	row "$1" "not = { $2 };" "${@:3}"
	row "$1, by itself" "any = ( { $2 }, { sender = \"other@x.example\"; } );" --from other@x.example or "${@:3}"
}

# Each message is at its host, and at no other.
rules_arrived() {
	local line id host what arrived
	ok "all is delivered" wait_for mta_queue_is_empty
	arrived=$(cd "$world" && grep -oE '^Subject: message n[0-9]+-1' {own,yes,no}.d/* 2>/dev/null |
		sed -E 's|^([a-z]+)\.d/[^:]*:Subject: message (.*)|\2 \1|')
	for line in "${sent[@]}"; do
		read -r id host what <<<"$line"
		is "$what" "$(sed -n "s/^$id //p" <<<"$arrived")" "$host"
	done
}
