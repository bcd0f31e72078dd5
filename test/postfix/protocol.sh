#!/bin/bash
# protocol: every version of the milter protocol that Postfix speaks, over Unix and TCP sockets
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start well 11
daemon_make

write_routes() { # HASH_ON
	daemon_routes <<-END
		pools = { exchange = { balance = "hash"; hash_on = "$1";
			hosts = ( { host = "$world_net.11"; port = $HOST_PORT; } ); }; };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
}

# delivers WHAT: two messages on one connection, the second with a header of our name.
wanted=0
delivers() {
	wanted=$((wanted + 2))
	is "$1: accepted" "$(send --once --count 2 --per-connection 2 --file "$world/forged" \
		--to user@example.com | grep -c ' accepted 1 ')" 2
	ok "$1: delivered" wait_for host_has well "$wanted"
}

cat >"$world/forged" <<'END'
From: Sender <sender@client.example>
X-Nexthop-Route: smtp:[192.0.2.66]:25
Message-ID: <forged@client.example>
Date: Sat, 31 Jan 2026 12:00:00 +0000

One line.
END

# Postfix's own versions (postconf(5), milter_protocol); 6 is its default.
for socket in unix inet; do
	[ "$socket" = unix ] || daemon_socket=inet:10025@$world_net.3
	write_routes recipient
	daemon_start
	if [ "$socket" = unix ]; then
		mta_make "$daemon_socket" milter_command_timeout=10s milter_content_timeout=10s
		mta_start
	else
		postconf -c "$mta" -e "smtpd_milters=inet:$world_net.3:10025"
	fi
	for version in 2 3 4 6; do
		postconf -c "$mta" -e "milter_protocol=$version"
		postfix -c "$mta" reload 2>/dev/null
		for hash_on in recipient sender; do
			write_routes "$hash_on"
			daemon_reload
			delivers "$socket, version $version, by $hash_on"
		done
	done
	daemon_stop
done

is "nothing went to Postfix's own relay host" "$(host_count own)" 0
is "each has the one header of our name that the client sent" \
	"$(grep -rihs 'x-nexthop' "$world/well.d" | sort | uniq -c | sed 's/^ *//')" \
	"$wanted X-Nexthop-Route: smtp:[192.0.2.66]:25"
is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
ok "no sanitizer has complained" daemon_is_sound
tap_done
