#!/bin/bash
# bytes: what is delivered is byte for byte what is delivered without the milter
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start with 11
daemon_make
daemon_routes <<END
pools = { $(daemon_pool exchange 11) };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_start
mta_make "$daemon_socket"
# A second door into the same Postfix, without the milter.
cat >>"$mta/master.cf" <<END
$mta_ip:26 inet n - n - - smtpd
	-o smtpd_milters=
END
mta_start

# All that makes two deliveries of one message differ: queue id, times, and the host's own name
# and number in the field that smtp-sink adds.
normal() {
	sed -E -e 's/(with E?SMTP id )[0-9A-Za-z]+/\1ID/' \
		-e 's/[A-Z][a-z]{2}, [0-9 ]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000 \(UTC\)/TIME/' \
		-e 's/(by )(own|with)(\.example \(smtp-sink\))/\1HOST\3/'
}

# same WHAT FILE: FILE is sent with the milter and without.
same() {
	local what=$1 name number=$((tap_count + 1))
	rm -f "$world/own.d"/* "$world/with.d"/*
	send --file "$2" --to user@example.com >/dev/null
	python3 "$srcdir/test/lib/send.py" --server "$mta_ip:26" --file "$2" --to user@example.com >/dev/null
	if ! wait_for host_has with 1 || ! wait_for host_has own 1; then
		fail "$what: delivered on both ways"
		return
	fi
	wait_for mta_queue_is_empty
	for name in own with; do
		normal <"$(echo "$world/$name.d"/*)" >"$world/$number.$name"
	done
	if cmp -s "$world/$number.own" "$world/$number.with"; then
		pass "$what: the same bytes"
	else
		fail "$what: the same bytes"
		note "$(diff "$world/$number.own" "$world/$number.with")"
	fi
	is "$what: no trace of the milter" "$(grep -ci nexthop "$world/$number.with")" "$(grep -ci nexthop "$2")"
}

cat >"$world/plain" <<'END'
From: Sender <sender@client.example>
To: user@example.com
Subject: plain
Message-ID: <plain@client.example>
Date: Sat, 31 Jan 2026 12:00:00 +0000

One line.
END
{
	cat <<'END'
Received: from before.example (before.example [192.0.2.1])
	by client.example with ESMTP id 12345;
	Sat, 31 Jan 2026 11:59:59 +0000
X-Odd:   three spaces in front, two behind  
X-Empty:
X-Empty: 
X-Twice: first
x-twice: second
X-Folded: one
 two
	three
Subject: =?UTF-8?Q?B=C3=BCcher?=
From: "Sender, \"the\" one" <sender@client.example>,
 other@client.example
To: user@example.com
Message-ID: <odd@client.example>
Date: Sat, 31 Jan 2026 12:00:00 +0000
DKIM-Signature: v=1; a=rsa-sha256; d=client.example; s=s;
	bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Grüße
.a dot in front
..two dots in front
From a line that begins so
trailing blanks   	

END
	printf 'X%.0s' $(seq 900)
	printf '\n'
} >"$world/odd"
sed 's/^Subject:.*/Subject:/;/^$/q' "$world/plain" >"$world/bodiless"
# Headers of our name, from the client: first, in the middle, last; folded, empty, in capitals.
sed -e '1i X-Nexthop-Route: smtp:[192.0.2.66]:25' "$world/odd" >"$world/forged1"
sed -e '1i x-nexthop-route: smtp:[192.0.2.66]:25' \
	-e '/^X-Twice/i X-NEXTHOP-ROUTE:smtp:[192.0.2.66]:25,\n [192.0.2.67]:25' \
	-e '/^MIME-Version/i X-Nexthop-Route:' "$world/odd" >"$world/forged3"

same "a plain message" "$world/plain"
same "an odd message" "$world/odd"
same "a message without a body" "$world/bodiless"
is "the forged copies have their headers" \
	"$(grep -ci '^x-nexthop-route' "$world/forged1" "$world/forged3" | sed 's/.*://' | tr '\n' ' ')" "1 3 "
same "a forged header" "$world/forged1"
same "three forged headers" "$world/forged3"
is "a forged header is never acted on" "$(count_lines "$mta_log" '192\.0\.2\.6[67]')" 0

# Nor without a route.
rm -f "$world/own.d"/*
send --file "$world/forged3" --to user@unrouted.example >/dev/null
ok "a forged header, without a route: delivered" wait_for host_has own 1
is "none of them is acted on" "$(count_lines "$mta_log" '192\.0\.2\.6[67]')" 0

daemon_end
tap_done
