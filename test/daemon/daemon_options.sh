#!/bin/bash
# daemon_options: the daemon's command line, and what it says of a configuration
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make

# Runs the daemon, which is to end at once: $status, $said and $complained.
run() {
	status=0
	said=$(timeout "$WAIT_LIMIT" "$DAEMON_PROGRAM" "$@" 2>"$world/complained" </dev/null) || status=$?
	complained=$(cat "$world/complained")
}

# ---- what it is

# As configure was told: ${prefix}/etc or so.
eval "$(sed -nE 's/^(prefix|sysconfdir) = (.*)/\1="\2"/p' "$top_builddir/Makefile")"
run --help
is "--help: status 0" "$status" 0
is "--help: nothing on standard error" "$complained" ""
contains "--help: usage" "$said" "usage: nexthop-milter [-c FILE] [-t] [--user USER[:GROUP]] [--debug]"
contains "--help: the installed configuration" "$said" "[$sysconfdir/nexthop-milter/routes.cfg]"
run --version
is "--version: status 0" "$status" 0
is "--version: name and version" "$said" \
	"$(sed -n 's/^#define PACKAGE_STRING "\(.*\)"/\1/p' "$top_builddir/config.h")"

# ---- a wrong command line

wrong() { # WHAT OPTION...
	local what=$1
	shift
	run "$@"
	is "$what: status 2" "$status" 2
	is "$what: nothing on standard output" "$said" ""
	ok "$what: it says what is wrong" test -n "$complained"
}

wrong "unknown option" --frobnicate
contains "unknown option: it is named" "$complained" "--frobnicate"
contains "unknown option: help is near" "$complained" "Try nexthop-milter --help."
wrong "unknown letter" -x
wrong "-c without a file" -c
wrong "--user without a user" --user
wrong "--help with a value" --help=me
wrong "an argument" -t -c "$daemon/routes.cfg" more
contains "an argument: it is named" "$complained" '"more"'

# ---- -t

pools='pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; };'
daemon_routes <<END
$pools
rules = ( { name = "r"; when = { header = "List-Id"; }; pool = "a"; } );
routes = ( { match = "example.com"; pool = "a"; }, { match = "example.org"; action = "dns"; } );
END
files=$(ls -a "$daemon")
me=$(id -un)
good="good, as user $me: 1 pool, 2 routes, 1 rule"
for options in "--user $me -t -c" "--user $me --test --config" "--user $me -tc"; do
	# Words are to be split.
	# shellcheck disable=SC2086
	run $options "$daemon/routes.cfg"
	is "$options: good: status 0" "$status" 0
	is "$options: good: it says so" "$said" "$daemon/routes.cfg: $good"
	is "$options: good: nothing on standard error" "$complained" ""
done
is "-t makes no files" "$(ls -a "$daemon")" "$files"
run -t --user "$me" -c "$srcdir/etc/routes.cfg"
is "the sample configuration: it is only the machine that can be wrong" \
	"$(grep -vE ': (warning: )?[a-z_]+: |: [0-9]+ faults?, as user' <<<"$complained")" ""
program=$(readlink -f "$DAEMON_PROGRAM")
is "a relative path" "$(cd "$daemon" && "$program" -t --user "$me" -c routes.cfg 2>&1)" "routes.cfg: $good"

{
	daemon_settings
	cat
} >"$daemon/warned.cfg" <<END
on_error = "accept";
pools = { a = { hosts = ( { host = "192.0.2.1"; } ); };
	b = { hosts = ( { host = "192.0.2.2"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; } );
END
run -t --user "$me" -c "$daemon/warned.cfg"
is "warnings: status 0" "$status" 0
is "warnings: on standard error" "$complained" \
	"$daemon/warned.cfg:6: warning: on_error = \"accept\": on a fault of the daemon mail leaves by the MTA's own tables, not by its route; \"tempfail\" has the client keep it
$daemon/warned.cfg:8: warning: pool b is never used"
is "warnings: it does not say good" "$said" "$daemon/warned.cfg: no fault, but 2 warnings, as user $me: 2 pools, 1 route, 0 rules"

cat >"$daemon/bad.cfg" <<END
nonsense = 1;
pools = {
	a = { hosts = ( { host = "192.0.2.1"; port = 70000; } ); };
};
routes = (
	{ match = "example.com"; pool = "b"; },
	{ match = "example.com"; pool = "a"; },
@include "part.cfg"
);
END
echo '	{ match = "example.org"; actoin = "dns"; }' >"$daemon/part.cfg"
faults="$daemon/bad.cfg:1: unknown key \"nonsense\" at the top of the file
$daemon/bad.cfg:3: port = 70000 is not within 1 to 65535"
run -t -c "$daemon/bad.cfg"
is "faults: status 1" "$status" 1
is "faults: nothing on standard output" "$said" ""
contains "faults: each on standard error" "$complained" "$faults"
contains "faults: a pool that is not there" "$complained" "$daemon/bad.cfg:6: "
contains "faults: in an included file" "$complained" "$daemon/part.cfg:1: unknown key \"actoin\""
is "faults: the last line counts them" "$(tail -n 1 "$world/complained")" "$daemon/bad.cfg: 5 faults"
is "faults: each is FILE:LINE: TEXT" "$(sed '$d' "$world/complained" | grep -cvE "^$daemon/(bad|part)\.cfg:[0-9]+: .")" 0

{
	echo 'routes = ('
	seq -f '{ match = "%.0f.example"; action = "no"; },' 1200
	echo '{ match = "ALL"; action = "dns"; } );'
} >"$daemon/many.cfg"
run -t -c "$daemon/many.cfg"
is "1200 faults: status 1" "$status" 1
is "1200 faults: 1000 are shown" "$(grep -c ': action must be' "$world/complained")" 1000
is "1200 faults: the others are counted" "$(tail -n 2 "$world/complained")" "200 more faults
$daemon/many.cfg: 1200 faults"

run -t -c "$daemon/nowhere.cfg"
is "no such file: status 1" "$status" 1
is "no such file: it says so" "$complained" "$daemon/nowhere.cfg: cannot read: No such file or directory
$daemon/nowhere.cfg: 1 fault"
run -t -c "$daemon"
is "a folder: status 1" "$status" 1
contains "a folder: it says so" "$complained" "$daemon"
: >"$daemon/empty.cfg"
run -t -c "$daemon/empty.cfg"
is "an empty file: status 1" "$status" 1
contains "an empty file: it says so" "$complained" "$daemon/empty.cfg: no routes and no rules: nothing would be routed"
echo 'routes = ( { match = "example.com"' >"$daemon/broken.cfg"
run -t -c "$daemon/broken.cfg"
is "a syntax error: status 1" "$status" 1
ok "a syntax error: FILE:LINE: TEXT" grep -qE "^$daemon/broken.cfg:[12]: syntax error" "$world/complained"

# ---- without -t

run -c "$daemon/bad.cfg"
is "a daemon with faults: status 1" "$status" 1
for fault in 1 3 6; do
	contains "a daemon with faults: line $fault is in its log" "$complained" \
		"nexthop-milter: error: $daemon/bad.cfg:$fault: "
done
run -c "$daemon/nowhere.cfg"
is "a daemon without a configuration: status 1" "$status" 1
contains "a daemon without a configuration: it says so" "$complained" \
	"error: $daemon/nowhere.cfg: cannot read"
ok "neither has made a socket or a state file" test ! -e "$daemon/milter.sock" -a ! -e "$daemon/state"

daemon_start
contains "a daemon with a good one says what it has" "$(daemon_said)" \
	"info: started version=$("$DAEMON_PROGRAM" --version | sed 's/.* //') config=$daemon/routes.cfg pools=1 hosts=1 routes=2"
daemon_end
tap_done
