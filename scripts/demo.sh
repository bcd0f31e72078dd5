#!/bin/bash
# demo: three hosts, one of them full, a real Postfix, and 30 messages
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/demo.sh [--keep]       --keep: leave it running, and say how to play with it
#
# As root, on Debian 12. Installs what the build needs, builds in build-demo/, and runs a private
# Postfix on loopback addresses, with everything it writes in one folder under /tmp. The machine's
# own mail system is not touched: where it is another one than Postfix, a Postfix is unpacked in
# build-demo/. Ends with a status other than 0 if a message is not delivered.
set -u

MESSAGES=30
keep=no
case "$#:${1:-}" in
0:) ;;
1:--keep) keep=yes ;;
*)
	sed -n '6s/^# //p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.." || exit 1
top=$PWD

step() {
	printf '\n== %s\n\n' "$*"
}

give_up() {
	echo "demo.sh: $*" >&2
	exit 1
}

# ---- build

build() {
	scripts/setup.sh demo || exit 1
	[ -x configure ] || autoreconf -i || exit 1
	mkdir -p build-demo
	cd build-demo || exit 1
	[ -f Makefile ] || ../configure --disable-tests || exit 1
	make -j"$(nproc)" || exit 1
	cd "$top" || exit 1
}

# Once, though the script may be begun anew.
[ -n "${POSTFIX_IS_UNPACKED:-}" ] || step "Building in build-demo/"
mkdir -p build-demo
if [ -z "${POSTFIX_IS_UNPACKED:-}" ] && ! (build) >build-demo/demo-build.log 2>&1 </dev/null; then
	tail -n 20 build-demo/demo-build.log >&2
	give_up "the build failed: see build-demo/demo-build.log"
fi

# ---- three hosts, the milter, Postfix

srcdir=$top
top_builddir=$top/build-demo
. test/lib/load.sh || exit 1

bail_out() {
	give_up "$@"
}

skip_all() {
	give_up "cannot run: $*"
}

find_postfix "$top/scripts/demo.sh" "$@"
"$DAEMON_PROGRAM" --version
world_open nexthop-demo
NAMES=(full mx2 mx3)
declare -A NUMBERS=([full]=11 [mx2]=12 [mx3]=13)
host_start full 11 -h 'full.example' -b '431 4.3.1 full.example Mail system full' -r connect
host_start mx2 12
host_start mx3 13
daemon_make
# The daemon gives up root; what it writes must be its own.
chown nobody "$daemon"
daemon_routes "$(health_settings)" <<END
pools = { $(daemon_pool exchange 11 12 13) };

routes = (
	{ match = [ "example.com", ".example.com" ];  pool = "exchange"; },
	{ match = "gone.example.com";  action = "reject"; text = "5.1.2 moved away"; } );
END
# Postfix's log goes into a folder of Postfix's.
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no'
daemon_start --user nobody
mta_start

step "$MESSAGES messages to a pool of three hosts of equal priority; one replies 431 to everybody"
echo "   full  $world_net.11:$HOST_PORT   greets with \"431 4.3.1 full.example Mail system full\""
echo "   mx2   $world_net.12:$HOST_PORT   is well"
echo "   mx3   $world_net.13:$HOST_PORT   is well"
send_some() { # N
	smtp-source -N -m "$1" -s 3 -f demo@client.example -t user@example.com \
		"inet:$mta_ip:$MTA_PORT" || give_up "Postfix did not take the messages"
}
# Six at once, before anything is known of the hosts; then the others.
send_some 6
wait_for health_is 11 deferred || echo "   The full host is not found out."
send_some $((MESSAGES - 6))
# The queue is empty, and the hosts have what Postfix took.
all_delivered() {
	hosts_have "$MESSAGES" mx2 mx3 && mta_queue_is_empty
}
wait_for all_delivered
delivered=$?

# ---- what became of them

# Host names in the place of addresses.
named() {
	sed -E "s/$world_net\.11\[[0-9.]+\]/full/g; s/$world_net\.12\[[0-9.]+\]/mx2/g; s/$world_net\.13\[[0-9.]+\]/mx3/g
		s/\[$world_net\.11\]:$HOST_PORT/full/g; s/\[$world_net\.12\]:$HOST_PORT/mx2/g; s/\[$world_net\.13\]:$HOST_PORT/mx3/g"
}

# From the milter's log the list that each message was given; from Postfix's where it went.
step "Where each went"
{
	daemon_said | sed -nE 's/.*debug: ([0-9A-Za-z]+): pool=.* nexthop=smtp:(.*)/L \1 \2/p'
	sed -nE 's/.*\]: ([0-9A-Za-z]+): to=<([^>]*)>, relay=([^,:]*).* status=([a-z]*) .*/D \1 \2 \3 \4/p' "$mta_log"
} | named | awk '
	$1 == "L" { list[$2] = $3; next }
	{ printf "   %-13s %-22s %-15s -> %-5s %s\n", $2, $3, list[$2], $4, $5 }
	$5 == "sent" { sum[$4]++; seen++ }
	END { for (host in sum) printf "   %s got %d\n", host, sum[host] | "sort"
		close("sort"); printf "   together %d\n", seen }' >"$world/table"
printf '   %-13s %-22s %-15s    %-5s %s\n' QUEUE-ID RECIPIENT 'HOSTS, IN ORDER' TOOK RESULT
cat "$world/table"

step "One fail-over, in Postfix's log"
id=$(sed -nE 's/.*\]: ([0-9A-Za-z]+): host .* refused to talk to me: 431 .*/\1/p' "$mta_log" | head -n 1)
if [ -n "$id" ]; then
	grep "\]: $id:" "$mta_log"
else
	echo "   There was none."
fi

step "What the milter says of it"
daemon_said | grep 'info: host=' | sed 's/^/   /'
step "milterctl pools"
ctl pools
step "milterctl hosts"
ctl hosts
echo

if [ "$delivered" != 0 ]; then
	echo "Postfix's queue:"
	postqueue -c "$mta" -p
	give_up "not all messages were delivered"
fi
echo "All $MESSAGES messages are delivered."
[ "$keep" = yes ] || exit 0

# ---- to play with

# Where Postfix is unpacked, it and its tools are seen only from within.
inside=
[ -z "${POSTFIX_IS_UNPACKED:-}" ] || inside="nsenter -m -t $(mta_pid) "
cat >"$world/stop" <<END
#!/bin/sh
# Stops the demonstration and removes its folder.
${inside}postfix -c "$mta" stop
kill ${world_pids[*]}
rm -rf "$world"
END
chmod +x "$world/stop"
world_leave
cat <<END

It goes on running. To play with it:

   Send one message, or a hundred:
      swaks --server $mta_ip:$MTA_PORT --from you@client.example --to user@example.com
      ${inside}smtp-source -N -m 100 -f you@client.example -t user@example.com inet:$mta_ip:$MTA_PORT
   See what the milter would do, and what it has done:
      m='$MILTERCTL_PROGRAM --socket $daemon/control.sock'
      \$m explain user@example.com
      \$m explain user@gone.example.com
      \$m pools
      \$m events
   Take the full host out, and bring it back:
      \$m drain $world_net.11 --reason 'disk is full'
      \$m enable $world_net.11
   Change the routes, and put them in force:
      $daemon/routes.cfg
      \$m reload
   Read what Postfix and the milter say:
      tail -f $mta_log $daemon_log
   What the hosts were sent: $world/mx2.d and $world/mx3.d

   To stop it, and remove all of it:
      $world/stop
END
