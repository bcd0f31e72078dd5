# wait: waits until something is so, and no longer
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash. The only place of the tests that lets time pass: 50 ms between two looks.

WAIT_LIMIT=${NEXTHOP_TEST_WAIT:-180} # seconds

# A pipe that nobody writes to: reading from it is a pause without a process.
exec {wait_pipe}<> <(:)

# wait_for COMMAND...: until it succeeds. Fails after WAIT_LIMIT seconds.
wait_for() {
	wait_for_seconds "$WAIT_LIMIT" "$@"
}

# wait_for_seconds N COMMAND...
wait_for_seconds() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		read -r -t 0.05 -u "$wait_pipe" || :
	done
}

# For what must not happen: watches COMMAND for N seconds, and fails as soon as it succeeds.
# never_within N COMMAND...
never_within() {
	! wait_for_seconds "$@"
}
