#!/bin/bash
# check: all tests, on the plain build and under sanitizers
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/check.sh [BUILD...]        BUILD: plain asan tsan; all of them if none is named
#
# As root, on Debian 12. Installs what the tests need, builds each kind in a folder of its own below
# build-check/, warnings being errors, and runs "make check" there; the plain one also boots Debian
# (test/boot), and checks the code's style and the source package ("make lint", "make distcheck"). A
# test that cannot run is a failure here. Ends with a line "N passed, N failed, N skipped", and
# status 0 if nothing failed. Sanitizers have those tests that reach the code; what only brings other
# mail to it runs in the plain build (Makefile.am, plain_tests).
set -u

cd "$(dirname "$0")/.." || exit 1
builds=("$@")
[ $# -gt 0 ] || builds=(plain asan tsan)
jobs=$(nproc)
passed=0
failed=0
skipped=0
export NEXTHOP_TEST_REQUIRE=1
# What a caller has set for a make of its own is not for these.
unset MAKEFLAGS MFLAGS

# The closing line, however this ends.
close() {
	local status=$?
	trap - EXIT
	[ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1
	[ "$passed" -gt 0 ] || failed=$((failed + 1))
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	# In a trap "exit" alone is what was before it.
	[ "$failed" = 0 ] || exit 1
	exit 0
}
trap close EXIT

# The number after "# PASS:" and the like, of all summaries in a log.
count() { # LOG WORD...
	local log=$1 words
	shift
	words=$(IFS='|'; echo "$*")
	sed -E "s/\x1b\[[0-9;]*m//g" "$log" |
		awk -v words="^# ($words):" '$0 ~ words { sum += $NF } END { print sum + 0 }'
}

# One step that is no test: passes or fails as a whole, with its last lines if it fails.
step() { # WHAT LOG COMMAND...
	local what=$1 log=$2
	shift 2
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		echo "ok: $what"
		return 0
	fi
	failed=$((failed + 1))
	echo "FAILED: $what: $log ends with"
	tail -n 30 "$log" | sed 's/^/    /'
	return 1
}

# What the failed tests say of it themselves: the line "not ok" and the notes below it.
show_failures() { # LOG FOLDER
	local test
	grep -oE '^(FAIL|ERROR|XPASS): [^ ]+' "$1" | sed 's/^[A-Z]*: //' | sort -u | while read -r test; do
		echo "    $2/${test%.sh}.log says:"
		awk '/^(PASS|FAIL|ERROR): / { next }
			/^not ok|^Bail out!|ERROR: |WARNING: ThreadSanitizer/ { left = 13 } /^ok / { left = 0 } left-- > 0' \
			"$2/${test%.sh}.log" | head -n 40 | cut -c 1-200 | sed 's/^/        /'
	done
}

# run_tests WHAT FOLDER LOG [ARGUMENT OF make...]
run_tests() {
	local what=$1 folder=$2 log=$2/$3 status=0 bad good
	shift 3
	# Most of them wait for one another's Postfix, not for the processor.
	make -C "$folder" -j"$((3 * jobs))" check "$@" >"$log" 2>&1 </dev/null || status=$?
	good=$(count "$log" PASS)
	bad=$(count "$log" FAIL XPASS ERROR)
	[ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + $(count "$log" SKIP)))
	echo "make check, $what: $good passed, $bad failed ($SECONDS s since the start)"
	[ "$bad" = 0 ] && return
	grep -E '^(FAIL|ERROR|XPASS)' "$log" | sed 's/^/    /'
	show_failures "$log" "$folder"
	grep -qE '^# TOTAL' "$log" || tail -n 30 "$log" | sed 's/^/    /'
}

made_roots() {
	local status=0
	wait "$roots" || status=$?
	cat build-check/roots.out
	return "$status"
}

# Not beside the tests, some of which look at how quickly something is noticed.
made_packages() {
	local status=0 trixie
	scripts/packages.sh "$NEXTHOP_ROOTS" trixie &
	trixie=$!
	scripts/packages.sh "$NEXTHOP_ROOTS" bookworm || status=$?
	wait "$trixie" && return "$status"
}

# Sanitizers make the start of milterctl slow. It has one thread, in which ThreadSanitizer sees nothing;
# AddressSanitizer has it in the tests of milterctl itself.
take_plain() { # BUILD
	local milterctl=$PWD/build-check/plain/milterctl
	[ "$1" != plain ] && [ -x "$milterctl" ] || return 0
	export NEXTHOP_MILTERCTL=$milterctl
	[ "$1" != tsan ] || cp "$milterctl" build-check/tsan/milterctl
}

check() { # BUILD [OPTION OF configure]
	local build=$1 folder=build-check/$1
	shift
	mkdir -p "$folder"
	step "configure, $build" "$folder/configure.log" \
		sh -c 'cd "$1" && shift && ../../configure --enable-werror "$@"' - "$folder" "$@" || return
	step "make, $build" "$folder/make.log" make -C "$folder" -j"$jobs" || return
	take_plain "$build"
	run_tests "$build" "$folder" check.log
	[ "$build" = plain ] || return 0
	step "Debian, to be booted" build-check/roots.log made_roots &&
		step "packages" build-check/packages.log made_packages &&
		run_tests "booted" "$folder" boot.log TESTS='$(boot_tests)'
	step "make lint" "$folder/lint.log" make -C "$folder" lint
	# The package's own tests are those that need no root and no MTA: the others just ran. What is to be
	# seen is that the archive has all that is needed: it is built and packed as quickly as can be.
	step "make distcheck" "$folder/distcheck.log" \
		env XZ_OPT=-0 make -C "$folder" -j"$jobs" distcheck TESTS='$(unit_tests) $(structure_tests)' \
		DISTCHECK_CONFIGURE_FLAGS=CFLAGS=-O0
}

scripts/setup.sh test || exit 1
mkdir -p build-check
# One for all builds.
export NEXTHOP_SENDMAIL=$PWD/build-check/sendmail NEXTHOP_POSTFIX=$PWD/build-check/postfix
export NEXTHOP_SLAPD=$PWD/build-check/slapd NEXTHOP_DOVECOT=$PWD/build-check/dovecot
export NEXTHOP_AXE=$PWD/build-check/axe NEXTHOP_GRAFANA=$PWD/build-check/grafana
step "Sendmail" build-check/sendmail.log scripts/unpack.sh sendmail "$NEXTHOP_SENDMAIL" || exit 1
step "Dovecot" build-check/dovecot.log scripts/unpack.sh dovecot "$NEXTHOP_DOVECOT" || exit 1
step "axe-core" build-check/axe.log scripts/unpack.sh axe "$NEXTHOP_AXE" || exit 1
step "Grafana's types" build-check/grafana.log scripts/unpack.sh grafana "$NEXTHOP_GRAFANA" || exit 1
# They are needed late, and take minutes.
export NEXTHOP_ROOTS=$PWD/build-check/roots
roots=
case " ${builds[*]} " in
*" plain "*)
	scripts/roots.sh "$NEXTHOP_ROOTS" >build-check/roots.out 2>&1 </dev/null &
	roots=$!
	;;
esac
step "autoreconf" build-check/autoreconf.log autoreconf -i || exit 1
for build in "${builds[@]}"; do
	case "$build" in
	plain) check plain ;;
	asan) check asan --enable-asan ;;
	tsan) check tsan --enable-tsan ;;
	*)
		echo "check.sh: there is no build \"$build\"" >&2
		exit 2
		;;
	esac
done
