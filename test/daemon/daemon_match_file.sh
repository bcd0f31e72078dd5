#!/bin/bash
# daemon_match_file: matches from a file, put in force by a reload, whole or not at all
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
domains=$daemon/domains.txt
printf '# customers\none.example\n.two.example b\nu@three.example\n' >"$domains"
daemon_routes <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; } ); }; b = { hosts = ( { host = "192.0.2.2"; } ); }; };
routes = ( { match_file = "domains.txt"; pool = "a"; }, { match = "ALL"; action = "dns"; } );
END
daemon_start

# "POOL FILE:LINE" for an address.
decided() {
	ctl --json explain "$1" | jq -r '"\(.pool) \(.source)"'
}
is "a domain, of the route's pool" "$(decided u@one.example)" "a $domains:2"
is "a subdomain, of the pool on its line" "$(decided u@x.two.example)" "b $domains:3"
is "an address" "$(decided u@three.example)" "a $domains:4"
contains "another address of that domain" "$(decided v@three.example)" "null "
is "routes" "$(ctl --json status | jq .routes)" 4
contains "milterctl routes has file and line" "$(ctl routes one.example)" "domains.txt:2"

# ---- a reload

printf 'four.example b\none.example\n' >"$domains"
is "before a reload nothing has changed" "$(decided u@one.example)" "a $domains:2"
ok "a reload" daemon_reload
is "what is new" "$(decided u@four.example)" "b $domains:1"
contains "what is gone" "$(decided u@three.example)" "null "

# ---- a fault

printf 'four.example b\nfive.example c\n' >"$domains"
status=0
said=$(ctl reload 2>&1) || status=$?
is "a fault: the reload fails" "$status" 1
contains "a fault: file and line" "$said" "$domains:2: there is no pool \"c\""
is "a fault: nothing of it is in force" "$(decided u@four.example)" "b $domains:1"
rm "$domains"
status=0
said=$(ctl reload 2>&1) || status=$?
is "no file: the reload fails" "$status" 1
contains "no file: the route's line, and the path" "$said" "routes.cfg:"
contains "no file: why" "$said" "match_file: cannot read $domains: No such file or directory"
is "no file: what was read is in force" "$(decided u@four.example)" "b $domains:1"

# ---- another user's

printf 'one.example\n' >"$domains"
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$world" "$daemon"
	chmod 644 "$daemon/routes.cfg"
	chmod 600 "$domains"
	contains "a file that the daemon's user cannot read" \
		"$("$DAEMON_PROGRAM" -t -c "$daemon/routes.cfg" --user nobody 2>&1)" \
		"match_file: $domains cannot be read by user nobody: Permission denied"
	chmod 644 "$domains"
	lacks "one that it can" "$("$DAEMON_PROGRAM" -t -c "$daemon/routes.cfg" --user nobody 2>&1)" match_file
fi
daemon_end
tap_done
