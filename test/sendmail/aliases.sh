#!/bin/bash
# aliases: local addresses of Sendmail with and without routes, and what they stand for
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/arrivals.sh" || exit 99

use_mta sendmail
find_mta
world_open
for entry in "own 2" "a 11" "b 12" "all 13"; do
	# Words are to be split.
	# shellcheck disable=SC2086
	host_start $entry
done
daemon_make
routes() { # ROUTE...
	daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<-END
		pools = { $(daemon_pool a 11) $(daemon_pool b 12) $(daemon_pool all 13) };
		routes = ( { match = "a.example"; pool = "a"; }, { match = "b.example"; pool = "b"; }, $* );
	END
}
routes '{ match = "routed@local.example"; pool = "a"; }'
daemon_start

# Local mail is delivered by a mailer that keeps a file for each message, named after the user.
mkdir -p "$world/people" "$world/local.d"
chmod 1777 "$world/local.d"
cat >"$world/deliver" <<END
#!/bin/sh
for user; do :; done
exec cat >"$world/local.d/\$user.\$\$"
END
chmod 755 "$world/deliver"
printf '%s\n' x@a.example y@b.example >"$world/members"
echo '\daemon, x@a.example' >"$world/people/daemon.forward"
mta_make_wired "undefine(\`MAIL_HUB')dnl" "define(\`confFORWARD_PATH', \`$world/people/\$u.forward')dnl" \
	"define(\`LOCAL_MAILER_PATH', \`$world/deliver')define(\`LOCAL_MAILER_ARGS', \`deliver \$u')dnl"
printf '%s\n' 'routed: bin, x@b.example' \
	'both: x@a.example, y@b.example' \
	'sys: \sys, x@a.example' \
	"included: :include:$world/members" \
	'chain: both, z@a.example' \
	'double: both, x@a.example' \
	'loop: routed@local.example' \
	'elsewhere: x@nowhere.example' >>"$mta/aliases"
mta_start

hosts=(own a b all)
# each WHAT: standard input has lines of RECIPIENT|WHO GETS IT.
each() {
	local to wanted
	while IFS='|' read -r to wanted; do
		mark
		send --once --to "$to" >"$world/sent"
		is "$1: $to" "$(told)" "$wanted,"
	done
}
by_hand() { # RECIPIENT: the same, sent with the sendmail command
	mark
	printf 'Subject: by hand\n\ntext\n' | mta_command -f me@client.example "$1"
	told
}
x=@local.example

# ---- a route for an alias, and routes for what aliases stand for

# The milter puts a token in the place of the first one, and with it goes all that it stood for.
each "routes for some" <<END
routed$x|a routed$x
both$x|a x@a.example,b y@b.example
chain$x|a x@a.example,a z@a.example,b y@b.example
double$x|a x@a.example,b y@b.example
included$x|a x@a.example,b y@b.example
loop$x|a routed$x
sys$x|a x@a.example,local sys
daemon$x|a x@a.example,local daemon
elsewhere$x|own x@nowhere.example
root$x|local root
root|local root
END
contains "an unknown user is refused" "$(send --once --to "unknown$x")" " rejected 1 - 550 5.1.1 "
is "a route for an alias, by hand" "$(by_hand "routed$x")" "a routed$x,"
is "an alias for routed recipients, by hand" "$(by_hand both)" "a x@a.example,b y@b.example,"
mark
send --once --to "routed$x" --to "both$x" --to "bin$x" >"$world/sent"
is "all in one message" "$(told)" "a routed$x,a x@a.example,b y@b.example,local bin,"

# ---- a route for ALL, and none for the local domain

routes "{ match = \"ALL\"; pool = \"all\"; }, { match = \"local.example\"; action = \"dns\"; }"
daemon_reload
# Without a domain an address is in the domain of the machine, which is another one.
each "ALL, dns for the local domain" <<END
routed$x|b x@b.example,local bin
both$x|a x@a.example,b y@b.example
sys$x|a x@a.example,local sys
elsewhere$x|all x@nowhere.example
x@nowhere.example|all x@nowhere.example
root$x|local root
root|all root@mx.example
root@mx.example|all root@mx.example
END
contains "ALL, dns for the local domain: an unknown user is refused" \
	"$(send --once --to "unknown$x")" " rejected 1 - 550 5.1.1 "
# Only a client's are given a domain.
is "ALL: a name by hand is local" "$(by_hand root)" "local root,"
is "ALL: the machine's domain by hand" "$(by_hand root@mx.example)" "all root@mx.example,"
routes "{ match = \"ALL\"; pool = \"all\"; },
	{ match = [ \"local.example\", \"mx.example\", \"root\" ]; action = \"dns\"; }"
daemon_reload
# Routes match an address without a domain as it stands: those of the machine's domain are no help.
each "ALL, dns for all that is local" <<END
root$x|local root
root|local root
daemon|all daemon@mx.example
root@mx.example|local root
END

# ---- a route for ALL: as with transport_maps of Postfix, there is no local mail any more

routes "{ match = \"ALL\"; pool = \"all\"; }"
daemon_reload
each "ALL" <<END
routed$x|all routed$x
both$x|all both$x
sys$x|all sys$x
root$x|all root$x
unknown$x|all unknown$x
END
is "ALL: but names without a domain, by hand" "$(by_hand sys)" "a x@a.example,local sys,"
is "nobody was told of a failure" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
daemon_end
tap_done
