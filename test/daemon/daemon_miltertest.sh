#!/bin/bash
# daemon_miltertest: the milter protocol, spoken by miltertest
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make

pool='pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); }; };'
daemon_routes <<END
$pool
routes = ( { match = "example.com"; pool = "a"; },
	{ match = "gone.example"; action = "reject"; },
	{ match = "later.example"; action = "defer"; },
	{ match = "dns.example"; action = "dns"; },
	{ match = "void.example"; action = "discard"; } );
END
daemon_start
lua_ok "pools" negotiate pools=yes sender=no tcp=no
lua_ok "messages" messages
ok "the order is insert, then delete" test "$(miltertest -v -v -D "socket=$daemon_socket" -D count=1 \
	-D to=a@example.com -D "checks=$srcdir/test/daemon/checks.lua" -s "$srcdir/test/daemon/one.lua" |
	sed -n 's/.*mt_milter_read.*: cmd \([him]\), .*/\1/p' | tr -d '\n')" = im
daemon_end

daemon_routes <<END
routes = ( { match = "gone.example"; action = "reject"; } );
END
daemon_start
lua_ok "no pools" negotiate pools=no sender=no tcp=no
daemon_stop

daemon_routes <<END
pools = { a = { balance = "hash"; hash_on = "sender"; hosts = ( { host = "192.0.2.1"; } ); }; };
routes = ( { match = "ALL"; pool = "a"; } );
END
daemon_start
lua_ok "balance on the sender" negotiate pools=yes sender=yes tcp=no
daemon_stop

daemon_socket="inet:10025@$world_net.3"
daemon_routes <<END
$pool
routes = ( { match = "example.com"; pool = "a"; } );
END
daemon_start
lua_ok "over TCP" negotiate pools=yes sender=no tcp=yes
is "over TCP: messages" "$(nexthops 2 a@example.com | sort | tr '\n' ' ')" \
	"smtp:[192.0.2.1],[192.0.2.2] smtp:[192.0.2.2],[192.0.2.1] "
is "over TCP: packets are sent at once" \
	"$(python3 "$srcdir/test/lib/nodelay.py" "$(daemon_pid)" 10025 | sort -u)" "no delay"
daemon_end

tap_done
