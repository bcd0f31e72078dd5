#!/bin/bash
# daemon_slices: the map answers while somebody asks for what takes long
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
MANY=200000
if daemon_has asan || daemon_has tsan; then
	MANY=30000
fi
write_routes() { # COUNT
	{
		echo 'pools = { a = { hosts = ('
		for i in {1..40}; do
			echo "{ host = \"192.0.2.$i\"; weight = $i; },"
		done
		echo '{ host = "192.0.2.41"; } ); }; };'
		echo 'routes = ( { match = "example.com"; pool = "a"; }'
		seq "$1" | sed 's/.*/, { match = "&.example.net"; action = "dns"; }/'
		echo ');'
	} | daemon_routes "map_socket = \"unix:$daemon/map.sock\";"
}
write_routes "$MANY"
daemon_start

# meanwhile WHAT TARGET: three clients that want it at once get it, and the map answers before they do.
meanwhile() {
	python3 "$srcdir/test/lib/meanwhile.py" "$daemon/map.sock" "$daemon/control.sock" 3 "$2" >"$world/meanwhile"
	note "$1: $(cat "$world/meanwhile")"
	within "$1: answers of the map meanwhile" "$(cut -d ' ' -f 2 "$world/meanwhile")" 10 10000000
	is "$1: all three are answered" "$(sed 's/.* done //' "$world/meanwhile")" 3
}

meanwhile "100,000 messages" '/v1/simulate?recipient=u@example.com&count=100000'
is "100,000 messages: they are all there" \
	"$(ctl --json simulate 100000 u@example.com | jq '[.hosts[].first] | add')" 100000

# Page by page: none is so long that others would wait for it.
ctl_start listing routes
ctl_start search routes nowhere
ok "all routes" process_wait listing
is "all routes: they are all there" "$(grep -c ' dns ' "$world/listing.log")" "$MANY"
ok "routes that match nothing" process_wait search
is "a page of a search looks at no more than 20000" \
	"$(curl -sS --unix-socket "$daemon/control.sock" 'http://localhost/v1/routes?match=nowhere' | jq -c '[(.routes | length), .next]')" \
	"[0,$((MANY + 1 > 20000 ? 20000 : MANY + 1))]"

# A client that does not wait.
for i in {1..5}; do
	python3 "$srcdir/test/lib/raw.py" --close "$daemon/control.sock" \
		'GET /v1/simulate?recipient=u@example.com&count=100000 HTTP/1.1\r\nHost: x\r\n\r\n'
done
ok "clients that go away: others are answered" quietly ctl simulate 1000 u@example.com

# ---- a reload between two pages

page() { # QUERY
	curl -sS -w '%{http_code}\n' --unix-socket "$daemon/control.sock" "http://localhost/v1/routes?$1"
}
generation=$(page "limit=2" | jq -s '.[0].generation')
is "the next page" "$(page "from=2&limit=2&generation=$generation" | jq -sc '[.[0].next, .[1]]')" '[4,200]'
write_routes $((MANY + 5))
daemon_reload
contains "the next page, after a reload" "$(page "from=2&limit=2&generation=$generation")" \
	"the configuration was reloaded meanwhile: ask from the beginning"
is "the next page, after a reload: 409" "$(page "from=2&limit=2&generation=$generation" | tail -n 1)" 409
is "from the beginning" "$(page "" | jq -sc '[(.[0].routes | length), .[0].next, .[1]]')" '[1000,1000,200]'
daemon_end
tap_done
