# load: all of the tests' shell library
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

# Absolute, since tests change their folder.
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 99
top_builddir=$(cd "${top_builddir:-.}" && pwd) || exit 99
set -u
# Tools say the same everywhere.
export LC_ALL=C.UTF-8
# Debian's programs, before others of their names: a python3 that is a shim of a version manager takes ten
# times as long to start, and it is started thousands of times.
export PATH=/usr/bin:/bin:$PATH
# What a sanitizer has found is not to look like an answer of ours.
# Of unit tests: its file need not be readable to every user that a script runs programs as.
unset LSAN_OPTIONS
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
export TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99:suppressions=$srcdir/test/tsan.supp}

# For tests that measure a program's memory: AddressSanitizer otherwise keeps 256 MB of what was freed.
memory_is_measured() {
	export ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=4:thread_local_quarantine_size_kb=64:allocator_release_to_os_interval_ms=100
}

for library in tap wait world hosts daemon health tree documents; do
	. "$srcdir/test/lib/$library.sh" || exit 99
done
unset library

# use_mta postfix|sendmail: whose the functions mta_* and find_mta are.
use_mta() {
	. "$srcdir/test/lib/$1.sh" || exit 99
}
use_mta postfix

# Also those of boot.sh.
use_boot() {
	. "$srcdir/test/lib/boot.sh" || exit 99
}

# Also what is wrong with a private Postfix, by doctor.sh.
use_doctor() {
	. "$srcdir/test/lib/doctor.sh" || exit 99
}

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
