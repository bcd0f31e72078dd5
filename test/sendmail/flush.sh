#!/bin/bash
# flush: what waits for a pool is tried again at somebody's word, on real Sendmail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
# The queue is run when the test says so.
SENDMAIL_RETRY=1h
world_open
host_start own 2
faulty_start 21 22 23
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" \
	'on_recovery = "flush";' "$(health_settings 'backoff = 3600; backoff_max = 3600; window = 3600;')" <<END
pools = { $(daemon_pool two 21 22,priority=20) $(daemon_pool other 23) };
routes = (
	{ match = "two.example"; pool = "two"; },
	{ match = "other.example"; pool = "other"; }
);
END
daemon_start
mta_make_wired
mta_start

# Among the MTA's processes, as its command is.
mkdir "$world/bin"
cat >"$world/bin/sendmail" <<END
#!/bin/sh
exec nsenter -t $(mta_pid) -m -u "$SENDMAIL_PROGRAM" "\$@"
END
chmod +x "$world/bin/sendmail"

put_off() { # DOMAIN
	id=$(send --to "user@$1" | awk '$2 == "accepted" { print $4 }')
	wait_for waits "$id"
}
waits() { # ID
	[ "$(ctl --json trace "$1" 2>/dev/null | jq -r '.attempts[].now.place')" = put_off ]
}
flush() { # POOL [OPTION...]
	status=0
	PATH=$world/bin:$PATH ctl flush "$@" --sendmail-config "$mta/sendmail.cf" >"$world/out" 2>&1 || status=$?
}
taken_is() { # COUNT NUMBER
	[ "$(faulty_taken "$2")" = "$1" ]
}
queue_has() { # COUNT
	[ "$(find "$mta/queue" -name 'qf*' | wc -l)" = "$1" ]
}

for number in 21 22 23; do
	fault "$number" say greeting 421 4.3.2 Closing
done
ids=
for number in 1 2 3; do
	ok "message $number is put off" put_off two.example
	ids="$ids$id
"
done
ok "one of the other pool is put off" put_off other.example
other=$id
# Sendmail writes nothing of a host that it passes over: so they may be up here.
ctl drain "$world_net.21:$HOST_PORT" "$world_net.22:$HOST_PORT" >"$world/out" 2>&1
flush two
is "no host is up: status 1" "$status" 1
contains "no host is up: it says so" "$(cat "$world/out")" "no host of pool two is up or on trial"
fault 21 ok
ctl enable "$world_net.21:$HOST_PORT" "$world_net.22:$HOST_PORT" >"$world/out"
ctl reset "$world_net.21:$HOST_PORT" >"$world/out"
flush two --dry-run
is "dry run: the commands" "$(grep -oE 'sendmail -C .*' "$world/out")" \
	"$(sed "/./s|^|sendmail -C $mta/sendmail.cf -qI|" <<<"${ids%?}")"
ok "dry run: all wait still" queue_has 4
flush two
is "flush: status 0" "$status" 0
is "flush: each, and the sum" "$(cat "$world/out")" "$(sed '/./s/$/  tried again/' <<<"${ids%?}")
3 of 3 tried again, 0 failed"
ok "flush: all are delivered" wait_for taken_is 3 21
ok "flush: they have left the queue" wait_for queue_has 1
is "the other pool's mail was not touched" "$(attempts_of "$other")" 1
ok "it waits still" waits "$other"

# ---- on_recovery = "flush"

fault 21 say greeting 421 4.3.2 Closing
for number in 1 2; do
	ok "on_recovery: message $number is put off" put_off two.example
done
ctl drain "$world_net.21:$HOST_PORT" "$world_net.22:$HOST_PORT" >"$world/out" 2>&1
PATH=$world/bin:$PATH ctl_start follow flush --follow --sendmail-config "$mta/sendmail.cf"
ok "on_recovery: it follows" wait_for line_is_in "$world/follow.log" '^following'
fault 21 ok
ctl enable "$world_net.21:$HOST_PORT" "$world_net.22:$HOST_PORT" >"$world/out"
ctl reset "$world_net.21:$HOST_PORT" >"$world/out"
ok "on_recovery: all are delivered" wait_for taken_is 5 21
ok "on_recovery: one line" wait_for line_is_in "$world/follow.log" '^pool two: 2 of 2 tried again, 0 failed$'
is "on_recovery: the other pool's mail was not touched" "$(attempts_of "$other")" 1
process_stop follow
daemon_end
tap_done
