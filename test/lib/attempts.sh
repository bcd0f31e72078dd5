# attempts: what is given to hosts with faults, and whether one is silent
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh. Messages go to u1@POOL.example and so on, the hosts are those of
# faulty_start.

# storm POOL COUNT RATE [OPTION OF send...]: so many messages, RATE a second.
storm() {
	local name=$1 count=$2 rate=$3
	shift 3
	is "$name: all are accepted" "$(send --count "$count" --rate "$rate" --parallel 8 \
		--per-connection 10 --to "u%n@$name.example" "$@" | grep -c ' accepted 1 ')" "$count"
}

# How many messages were given a list with that host first.
given() { # POOL NUMBER
	daemon_first "$1" | awk -v host="$world_net.$2" '$1 == host { print $2 }'
}

is_silent() { # NUMBER
	[ "$(health_member "$1" silent_since)" != null ]
}

# keep_sending POOL COMMAND...: one message after another goes to the pool until COMMAND succeeds. On a busy
# machine a host's peers are slow as well, and it takes longer to tell.
keep_sending() {
	wait_for one_more "$@"
}
one_more() {
	local name=$1
	shift
	"$@" || send --to "more@$name.example" >/dev/null
	"$@"
}

waiting_is() { # NUMBER COUNT
	[ "$(health_member "$1" waiting)" = "$2" ]
}

# Whether hosts have taken so many messages together.
taken() { # COUNT NUMBER...
	local wanted=$1 sum=0 number
	shift
	for number; do
		sum=$((sum + $(faulty_taken "$number")))
	done
	[ "$sum" -ge "$wanted" ]
}

# The longest delay of what host PEER has delivered for POOL, by the log; in seconds.
slowest() { # POOL PEER
	sed -nE "s/.*to=<[^>]*@$1\.example>, relay=$world_net\.$2\[.* delay=([0-9.]+),.* status=sent.*/\1/p" \
		"$mta_log" | sort -n | tail -1
}

# few WHAT POOL NUMBER PEER SHARE: of 50 messages a second SHARE (a fraction) go to host NUMBER until it
# is found silent: at most 20. That takes half a second; on a busy machine, where PEER is slower as
# well, four times what that needs, and more are under way.
few() {
	local limit
	limit=$(awk -v need="$(slowest "$2" "$4")" -v share="$5" \
		'BEGIN { n = int(50 * share * (4 * need + 0.3)); print n < 20 ? 20 : n }')
	within "$1: few are given to it" "$(given "$2" "$3")" 3 "$limit"
	note "$1: $(given "$2" "$3") messages were given to it, of $limit that might"
}
