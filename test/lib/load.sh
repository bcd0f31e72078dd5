# load: all of the tests' shell library
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

srcdir=${srcdir:-.}
top_builddir=${top_builddir:-.}
set -u
# Tools say the same everywhere.
export LC_ALL=C.UTF-8
# What a sanitizer has found is not to look like an answer of ours.
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99:suppressions=$srcdir/test/tsan.supp}
for library in tap wait world hosts daemon health tree; do
	. "$srcdir/test/lib/$library.sh" || exit 99
done
unset library

# use_mta postfix|sendmail: whose the functions mta_* and find_mta are.
use_mta() {
	. "$srcdir/test/lib/$1.sh" || exit 99
}
use_mta postfix

# send OPTION...: test/lib/send.py to the private MTA.
send() {
	python3 "$srcdir/test/lib/send.py" --server "$mta_ip:$MTA_PORT" "$@"
}

# send_start NAME OPTION...: the same, as a process of its own.
send_start() {
	local name=$1
	shift
	process_start "$name" python3 "$srcdir/test/lib/send.py" --server "$mta_ip:$MTA_PORT" "$@"
}
