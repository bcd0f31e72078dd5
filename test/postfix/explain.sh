#!/bin/bash
# explain: a real Postfix does with a message what milterctl explain has said of it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
for number in 11 12 21 22; do
	host_start "host$number" "$number"
done
daemon_make
map=$daemon/map.sock
write_routes() { # [SETTING...]
	daemon_routes 'recipient_delimiter = "+";' "$@" <<-END
		pools = { $(daemon_pool a 11 12) $(daemon_pool b 21 22)
			$(daemon_pool h 11 12 | sed 's/= {/= { balance = "hash";/') };
		routes = ( { match = "a.example"; pool = "a"; },
			{ match = [ "b.example", "\"odd name\"@a.example", "ceo+x@a.example" ]; pool = "b"; },
			{ match = "h.example"; pool = "h"; },
			{ match = "dns.example"; action = "dns"; },
			{ match = "void.example"; action = "discard"; },
			{ match = "gone.example"; action = "reject"; text = "5.1.2 moved, 100% away"; },
			{ match = "later.example"; action = "defer"; text = "4.2.1 not now"; } );
	END
}
plans() { # FILTER
	jq -r "(.recipients // [.])[] | $1" <<<"$said"
}

# Where each recipient was told to go; what a client was to hear of those that are not taken: with the
# map Postfix speaks first, and says 450 for 451.
told() {
	plans '[.recipient, .doors.milter.does, (.doors.milter.with // "" | sub("^FILTER "; ""))] | @tsv' |
		while IFS=$'\t' read -r name does with; do
			case "$does $with" in
			refuse* | split*) echo "$name: $(enhanced "$with")" ;;
			discard*) echo "$name: none" ;;
			*\[*) with=${with#*[} && echo "$name: ${with%%]*}" ;;
			map*) [[ $name = *@void.example ]] && echo "$name: none" || echo "$name: $world_net.2" ;;
			*) echo "$name: $world_net.2" ;;
			esac
		done
}
enhanced() { # REPLY
	cut -d ' ' -f 2 <<<"$1"
}
# Where it went, by Postfix's log and by what its client was told.
seen() { # RECIPIENT...
	local name reply
	for name in "$@"; do
		reply=$(awk -F '\t' -v command="RCPT TO:<$name>" '$2 == command { print $3 }' <<<"$replies")
		case "$reply" in
		2*) relay_of "$name" ;;
		*) echo "$name: $(enhanced "$reply")" ;;
		esac
	done
}
relay_of() { # RECIPIENT
	local line
	line=$(mta_log_of "$id" | grep -F " to=<$1>" | tail -n 1)
	case "$line" in
	*"relay=$world_net."*"status=sent"*) echo "$1: $(sed 's/.* relay=\([^[]*\)\[.*/\1/' <<<"$line")" ;;
	*"relay=none"*"status=sent"* | *"milter triggers DISCARD"*) echo "$1: none" ;;
	*) echo "$1: $line" ;;
	esac
}
# The map's replies as postmap has them, and as they were told.
postmap_told() {
	plans '.doors.map // [] | .[] | .reply' | sed 's/^OK //; s/^NOTFOUND $//'
}
postmap_says() {
	local key
	while read -r key; do
		postmap -c "$mta" -q "$key" "socketmap:unix:$map:transport" || echo
	done < <(plans '.doors.map // [] | .[] | .key')
}

# goes WHAT RECIPIENT...
goes() {
	local what=$1 to=() name expected
	shift
	for name in "$@"; do
		to+=(--to "$name")
	done
	said=$(ctl --json explain "$@")
	expected=$(told)
	is "$what: postmap says what was told" "$(postmap_says)" "$(postmap_told)"
	replies=$(send --verbose --once --deadline 10 --id "x$tap_count-" "${to[@]}")
	id=$(sed -n 's/.* accepted 1 \([^ ]*\) .*/\1/p' <<<"$replies")
	wait_for mta_queue_is_empty
	is "$what: each goes where it was told" "$(seen "$@")" "$expected"
}
all() { # POLICY
	goes "$1: a pool" u1@a.example
	goes "$1: its next turn" u2@a.example
	goes "$1: several of a pool" u3@a.example u4@a.example
	goes "$1: by the recipient" h1@h.example h2@h.example h3@h.example h4@h.example
	goes "$1: an extension, case" ceo+x@a.example CEO+y@A.example
	goes "$1: quotes" '"odd name"@a.example'
	goes "$1: dns and no route" u@dns.example u@nowhere.example
	goes "$1: discard" u@void.example
	goes "$1: refusals" u@gone.example u5@a.example u@later.example
	goes "$1: two pools" v1@a.example v1@b.example v2@a.example v2@b.example
	goes "$1: all kinds" w1@a.example w@dns.example w@void.example w@gone.example w1@b.example w@nowhere.example
	goes "$1: all kinds, a hash" x@nowhere.example x1@h.example x2@h.example x@void.example x3@h.example
}

write_routes
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' recipient_delimiter=+
mta_start
all "no map"
daemon_stop
write_routes "map_socket = \"unix:$map\";"
daemon_start
postconf -c "$mta" -e "transport_maps=socketmap:unix:$map:transport"
# A process that has the settings from before may still take one connection.
postfix -c "$mta" stop >"$mta/log/stop" 2>&1
wait_for mta_is_gone
mta_start
all "map"
write_routes "map_socket = \"unix:$map\";" 'mixed = "split";'
daemon_reload
all "split"
write_routes "map_socket = \"unix:$map\";" 'postfix_delivery = "map";'
daemon_reload
all "only the map"

# ---- Postfix asks for the keys that were told

daemon_stop
daemon_start
send --to y@a.example --to '"odd name"@a.example' --to ceo+z@a.example --to y@dns.example >"$world/sent"
wait_for mta_queue_is_empty
said=$(ctl --json explain y@a.example '"odd name"@a.example' ceo+z@a.example y@dns.example)
# Besides, now and then, for all and for the sender.
is "Postfix asks for the keys that were told, and for no others" \
	"$(daemon_said | sed -n 's/.* debug: map=transport key=\(.*\) reply=".*/\1/p' | sort -u |
		grep -vxF -e '*' -e sender@client.example)" "$(plans '.doors.map[].key' | sort)"

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
