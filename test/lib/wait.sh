# wait: waits until something is so, and no longer
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash. The only place of the tests that lets time pass. Between two looks: 20 ms at
# first, then longer and longer, as each look costs processor time that others need, up to 200 ms; and
# at least twice as long as the look itself took: on a busy machine looking would make it busier.

WAIT_LIMIT=${NEXTHOP_TEST_WAIT:-180} # seconds

# A pipe that nobody writes to: reading from it is a pause without a process.
exec {wait_pipe}<> <(:)

# wait_for COMMAND...: until it succeeds. Fails after WAIT_LIMIT seconds.
wait_for() {
	wait_for_seconds "$WAIT_LIMIT" "$@"
}

# wait_for_seconds N COMMAND...
wait_for_seconds() {
	local end=$((SECONDS + $1)) pause=20 began now this seconds
	shift
	while began=${EPOCHREALTIME/[.,]/} && ! "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		now=${EPOCHREALTIME/[.,]/}
		this=$(((now - began) / 500))
		# Nor does a clock that is set make it longer than two seconds.
		this=$((this < pause ? pause : this > 2000 ? 2000 : this))
		printf -v seconds %d.%03d $((this / 1000)) $((this % 1000))
		read -r -t "$seconds" -u "$wait_pipe" || :
		pause=$((pause < 133 ? pause * 3 / 2 : 200))
	done
}

# For what must not happen: watches COMMAND for N seconds, and fails as soon as it succeeds.
# never_within N COMMAND...
never_within() {
	! wait_for_seconds "$@"
}
