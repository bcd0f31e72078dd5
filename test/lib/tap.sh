# tap: results of a test script in the Test Anything Protocol
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash. Each check prints "ok N - what" or "not ok N - what" with what was seen as
# diagnostics; tap_done prints the plan. A script that ends without it has no plan, and so fails.

tap_count=0
tap_failed=0

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $*"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $*"
}

# ok WHAT COMMAND...: passes if the command succeeds.
ok() {
	local what=$1
	shift
	if "$@"; then
		pass "$what"
	else
		fail "$what"
		note "failed: $*"
	fi
}

# not COMMAND...: succeeds if it fails; for ok and wait_for.
not() {
	! "$@"
}

# is WHAT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		note "got:    $2"
		note "wanted: $3"
	fi
}

# within WHAT GOT LOW HIGH
within() {
	if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
		pass "$1"
	else
		fail "$1"
		note "got:    $2"
		note "wanted: $3 to $4"
	fi
}

# contains WHAT TEXT PART
contains() {
	case "$2" in
	*"$3"*) pass "$1" ;;
	*)
		fail "$1"
		note "no \"$3\" in:"
		note "$2"
		;;
	esac
}

# lacks WHAT TEXT PART
lacks() {
	case "$2" in
	*"$3"*)
		fail "$1"
		note "\"$3\" is in:"
		note "$2"
		;;
	*) pass "$1" ;;
	esac
}

# Ends the script because something that it needs is missing: a failure where all tests must run.
skip_all() {
	if [ "${NEXTHOP_TEST_REQUIRE:-}" = 1 ]; then
		echo "1..1"
		echo "not ok 1 - cannot run: $*"
		exit 1
	fi
	echo "1..0 # SKIP $*"
	exit 77
}

# Ends the script because it makes no sense to go on.
bail_out() {
	echo "Bail out! $*"
	exit 99
}

tap_done() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}

# quietly COMMAND...: without what it prints; for ok.
quietly() {
	"$@" >/dev/null
}
