#!/bin/bash
# export: Postfix by the static tables sends mail where the daemon would
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start tls 41
daemon_make
# Nobody listens on the others: an attempt walks through the whole list, and the log has each host.
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" 'recipient_delimiter = "+";' <<END
pools = { $(daemon_pool even 21 22 23) $(daemon_pool tiers 31,priority=5 32,priority=9 21,priority=1)
	$(daemon_pool uneven 24 25,weight=3) $(daemon_pool last 26)
	first = { hosts = ( { host = "[$world_net.27]"; port = $HOST_PORT; } ); fallback = "last"; }; };
routes = ( { match = "a.example"; pool = "even"; }, { match = ".a.example"; pool = "tiers"; },
	{ match = ".lab.a.example"; action = "dns"; },
	{ match = [ "\"odd \\\\\\\\name\"@a.example", "boss@a.example", "[192.0.2.9]" ]; pool = "uneven"; },
	{ match = "old.example"; action = "discard"; },
	{ match = "gone.example"; action = "reject"; text = "5.1.2 moved away"; },
	{ match = "later.example"; action = "defer"; text = "4.7.1 not now"; },
	{ match = "tls.example"; hosts = ( { host = "$world_net.41"; port = $HOST_PORT; } ); },
	{ match = "ALL"; pool = "first"; } );
END
daemon_start
export_to() { # TABLE FILE
	"$MILTERCTL_PROGRAM" export "$1" "$daemon/routes.cfg" >"$2" 2>"$world/left"
}
ok "export postfix" export_to postfix "$world/transport"
contains "what is left out is counted" "$(cat "$world/left")" "2 things of the configuration are not in the table"
ok "export postfix-tls" export_to postfix-tls "$world/tls"
ok "export postfix-sasl" export_to postfix-sasl "$world/sasl"
mta_make "" "transport_maps = texthash:$world/transport" "recipient_delimiter = +" \
	"smtp_tls_policy_maps = texthash:$world/tls" \
	'minimal_backoff_time = 3600s' 'maximal_backoff_time = 3600s' 'queue_run_delay = 3600s'
is "as they come, policies and passwords say nothing" \
	"$(postmap -c "$mta" -s "texthash:$world/tls")$(postmap -c "$mta" -s "texthash:$world/sasl")" ""

# ---- keys: every host of every list, and no other

listed=$(ctl --json pools | jq -r '.pools[].hosts[].host' | sort -u | sed "s/.*/[&]:$HOST_PORT/")
for table in tls sasl; do
	is "$table: a key for each host" "$(sed -n 's/^#\([^ ].*\)\t.*/\1/p' "$world/$table" | sort)" "$listed"
done
sed -i 's/^#\([^ ].*\tmay\)$/\1/; s/\tmay$/\tnone/' "$world/tls"
sed -i "s/^\(\[$world_net.41\].*\)none/\1encrypt/" "$world/tls"
mta_start

# ---- lists: one attempt for each, of one message

addresses=(u@a.example u@B.A.example u@c.b.a.example boss@a.example boss+x@a.example
	'"odd \\name"@a.example' 'u@[192.0.2.9]' u@other.example)
others=(u@tls.example u@old.example u@x.lab.a.example)
to=()
for address in "${addresses[@]}" "${others[@]}"; do
	to+=(--to "$address")
done
contains "one message for all" "$(send --once "${to[@]}")" "m1 accepted 1 "
all_were_tried() {
	[ "$(count_lines "$mta_log" ' to=<.* status=')" -ge $((${#addresses[@]} + ${#others[@]})) ]
}
ok "each was tried" wait_for all_were_tried
# "RECIPIENT HOST:PORT…": those that its process has connected to, in order; the last one of a list
# stands in the result, too.
awk '{
	pid = $0; sub(/\]:.*/, "", pid); sub(/.*\[/, "", pid)
	rest = $0; sub(/^[^]]*\]: /, "", rest)
} / to=<.* status=/ {
	to = rest; sub(/.*to=</, "", to); sub(/>, (orig_to|relay)=.*/, "", to)
	print to tried[pid]
	is_over[pid] = 1
} rest ~ /^connect to .*: Connection refused$/ {
	host = rest; sub(/.*\[/, "", host); sub(/: Connection.*/, "", host); sub(/\]/, "", host)
	if (is_over[pid]) { tried[pid] = ""; is_over[pid] = 0 }
	tried[pid] = tried[pid] " " host
}' "$mta_log" | sort >"$world/tried"
ctl --json explain "${addresses[@]}" | jq -r '.recipients[] | "\(.recipient) \(.candidates | map("\(.host):\(.port)") | join(" "))"' |
	sort >"$world/listed"
is "the hosts of the daemon's lists, in their order" "$(grep -vE 'u@(tls|old|x.lab.a)\.example' "$world/tried")" \
	"$(cat "$world/listed")"

# ---- actions, and a policy

is "an address goes by its policy" "$(count_lines "$mta_log" \
	"to=<u@tls.example>, relay=$world_net.41.*TLS is required, but was not offered")" 1
is "discard" "$(count_lines "$mta_log" 'postfix/discard\[.*to=<u@old\.example>.*status=sent')" 1
is "dns: by Postfix's own tables" "$(host_count own) $(host_count tls)" "1 0"
contains "reject" "$(send --once --to u@gone.example)" "550 5.1.2 <u@gone.example>: Recipient address rejected: moved away"
contains "defer" "$(send --once --to u@later.example)" "450 4.7.1 <u@later.example>: Recipient address rejected: not now"
daemon_end
tap_done
