#!/bin/bash
# map_directory: an OpenLDAP directory has the pool of each recipient, the map pool has its hosts
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# The directory is one of our own: scripts/unpack.sh has its program, nothing of it is installed.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
slapd=${NEXTHOP_SLAPD:-$top_builddir/slapd}
sh "$srcdir/scripts/unpack.sh" slapd "$slapd" || skip_all "no OpenLDAP in $slapd"
slapd=$(realpath "$slapd")
grep -qs '^ldap' /etc/postfix/dynamicmaps.cf || skip_all "no postfix-ldap"
world_open
host_start own 2
host_start second 12
faulty_start 21 22

# ---- the directory

directory=$world_net.5:389
mkdir -p "$world/ldap"
cat >"$world/slapd.conf" <<END
include $slapd/etc/ldap/schema/core.schema
include $slapd/etc/ldap/schema/cosine.schema
include $slapd/etc/ldap/schema/inetorgperson.schema
include $slapd/etc/ldap/schema/misc.schema
modulepath $slapd/usr/lib/ldap
moduleload back_mdb
pidfile $world/slapd.pid
database mdb
suffix dc=example
directory $world/ldap
END
entry() { # NAME MAIL POOL
	printf 'dn: cn=%s,dc=example\nobjectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\n' "$1"
	printf 'cn: %s\nsn: %s\nmail: %s\nmailHost: %s\n\n' "$1" "$1" "$2" "$3"
}
people() {
	local number
	printf 'dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n\n'
	for number in $(seq 12); do
		entry "u$number" "u$number@dir.example" two
	done
	entry other other@dir.example one
	entry lost lost@dir.example gone
	entry odd '"odd name"@dir.example' one
}
libraries=$(dirname "$(find "$slapd/usr/lib" -name 'libslapi-*' | head -n 1)")
run_slapd() {
	LD_LIBRARY_PATH=$libraries "$slapd/usr/sbin/slapd" "$@"
}
people | run_slapd -T add -f "$world/slapd.conf" >"$world/slapadd.log" 2>&1 ||
	bail_out "slapadd: $(cat "$world/slapadd.log")"
export LD_LIBRARY_PATH=$libraries
process_start slapd "$slapd/usr/sbin/slapd" -d 0 -f "$world/slapd.conf" -h "ldap://$directory"
unset LD_LIBRARY_PATH
stop_slapd() {
	process_stop slapd || :
}
at_close stop_slapd
wait_for port_is_open "${directory%:*}" 389 || bail_out "slapd does not listen"

# ---- routing by it

daemon_make
map=$daemon/map.sock
daemon_routes "$(health_settings 'backoff = "10m"; jitter = 0;')" "map_socket = \"unix:$map\";" <<END
pools = { $(daemon_pool two 21 22) $(daemon_pool one 12) };
routes = ( { match = "routed.example"; pool = "one"; } );
END
daemon_start
cat >"$world/pool.cf" <<END
server_host = ldap://$directory
version = 3
bind = no
search_base = dc=example
query_filter = (mail=%s)
result_attribute = mailHost
result_format = %s %S
END
mta_make "" "transport_maps = socketmap:unix:$map:transport, pipemap:{ldap:$world/pool.cf, socketmap:unix:$map:pool}" 'transport_retry_time = 1s' \
	'smtp_connection_cache_on_demand = no'
mta_start

query() { # POOL [ADDRESS]
	postmap -c "$mta" -q "$*" "socketmap:unix:$map:pool" 2>"$world/postmap.err"
}
is "a pool by its name" "$(query one)" "smtp:[$world_net.12]:$HOST_PORT"
is "with an address" "$(query one u@dir.example)" "smtp:[$world_net.12]:$HOST_PORT"
contains "two hosts" "$(query two u@dir.example)" "$world_net.22"
query gone
contains "no such pool: Postfix is to come again" "$(cat "$world/postmap.err")" "no pool of that name"

ok "mail for the first pool" deliver_each dir.example 12
is "its hosts have all of it" "$(($(faulty_taken 21) + $(faulty_taken 22)))" 12
ok "one of them has some" test "$(faulty_taken 21)" -gt 0
ok "and so has the other one" test "$(faulty_taken 22)" -gt 0
send --to other@dir.example --to '"odd name"@dir.example' --to u@routed.example >"$world/send.out"
ok "mail for the second pool" wait_for mta_queue_is_empty
is "it is there, with what routes.cfg has a route for" "$(cat "$world/second.d"/* | grep -c '^X-Rcpt-Args')" 3
send --to nobody@dir.example >"$world/send.out"
ok "who is not in the directory goes as without it" wait_for host_has own 1

# ---- a pool that is not there

contains "a name that is no pool's: not by DNS" "$(send --once --to lost@dir.example)" "m1 kept 1 - 451 4.3.0"
is "and nothing has left" "$(host_count own)" 1

# ---- a sick host

fault 21 say mail 452 4.3.1 Insufficient system storage
for round in 1 2 3; do
	ok "mail past a sick host, $round" deliver_each dir.example 12
done
ok "it is deferred" wait_for health_is 21 deferred
met=$(touched 21)
ok "mail when it is" deliver_each dir.example 12
is "the sick host has met none of that" "$(touched 21)" "$met"

stop_slapd
mta_forget
daemon_end
tap_done
