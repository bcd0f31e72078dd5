# wait: waits until something is so, and no longer
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash. The only place of the tests that lets time pass. Between two looks: 20 ms at
# first, then longer and longer, as each look costs processor time that others need; 200 ms at most.

WAIT_LIMIT=${NEXTHOP_TEST_WAIT:-180} # seconds

# A pipe that nobody writes to: reading from it is a pause without a process.
exec {wait_pipe}<> <(:)

# wait_for COMMAND...: until it succeeds. Fails after WAIT_LIMIT seconds.
wait_for() {
	wait_for_seconds "$WAIT_LIMIT" "$@"
}

# wait_for_seconds N COMMAND...
wait_for_seconds() {
	local end=$((SECONDS + $1)) pause=20 seconds
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		printf -v seconds 0.%03d "$pause"
		read -r -t "$seconds" -u "$wait_pipe" || :
		pause=$((pause < 133 ? pause * 3 / 2 : 200))
	done
}

# For what must not happen: watches COMMAND for N seconds, and fails as soon as it succeeds.
# never_within N COMMAND...
never_within() {
	! wait_for_seconds "$@"
}
