#!/bin/bash
# actions: every kind of match and every action, on messages that Postfix takes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
# One host for each route; .2 is Postfix's own relay host.
hosts_start 2 $(seq 11 30)
daemon_make

in_place() { # NUMBER
	echo "hosts = ( { host = \"$world_net.$1\"; port = $HOST_PORT; } );"
}

daemon_routes 'recipient_delimiter = "+-";' <<END
pools = {
	$(daemon_pool named 11)
	other = { transport = "relay"; hosts = ( { host = "$world_net.23"; port = $HOST_PORT; } ); };
	by-name = { hosts = ( { host = "no-such-host.example"; lookup = "mx"; port = 2526; },
		{ host = "2001:db8::1"; port = 2527; },
		{ host = "localhost"; lookup = "host"; port = 2526; } ); };
};
routes = (
	{ match = "domain.example"; pool = "named"; },
	{ match = "ceo@domain.example"; $(in_place 12) },
	{ match = "ceo+vip@domain.example"; $(in_place 13) },
	{ match = ".parent.example"; $(in_place 14) },
	{ match = ".longer.parent.example"; $(in_place 15) },
	{ match = "exact.parent.example"; $(in_place 16) },
	{ match = "\"odd name\"@domain.example"; $(in_place 17) },
	{ match = "bücher.example"; $(in_place 18) },
	{ match = "xn--mller-kva.example"; $(in_place 19) },
	{ match = "jürgen@domain.example"; $(in_place 20) },
	{ match = "[192.0.2.7]"; $(in_place 21) },
	{ match = "postmaster"; $(in_place 22) },
	{ match = "transport.example"; pool = "other"; },
	{ match = [ "list-a.example", "list-b.example" ]; $(in_place 24) },
	{ match = "names.example"; pool = "by-name"; },
	{ match = "dns.example"; action = "dns"; },
	{ match = ".void.example"; action = "discard"; },
	{ match = "gone.example"; action = "reject"; },
	{ match = "moved.example"; action = "reject"; text = "5.1.6 moved to 100% new.example"; },
	{ match = "code.example"; action = "reject"; code = 552; text = "5.2.2 mailbox is full"; },
	{ match = "later.example"; action = "defer"; },
	{ match = "busy.example"; action = "defer"; text = "4.2.1 come back at night"; },
	{ match = "ALL"; $(in_place 25) } );
END
daemon_start
mta_make "$daemon_socket" 'resolve_numeric_domain=yes' 'smtputf8_enable=yes' 'append_dot_mydomain=no'
mta_start

kept() { # NUMBER
	local files=("$world/hosts.d/$world_net.$1"/*)
	[ -e "${files[0]}" ] || { echo 0; return; }
	echo "${#files[@]}"
}

has_kept() { # NUMBER COUNT
	[ "$(kept "$1")" = "$2" ]
}

# takes WHAT NUMBER RECIPIENT [AS IT ARRIVES] [MORE OPTIONS OF send]: it is delivered by that host.
takes() {
	local what=$1 number=$2 recipient=$3 arrives=${4:-$3} before answer
	shift 3
	[ $# = 0 ] || shift
	before=$(kept "$number")
	answer=$(send --once --deadline 5 --id "a$((tap_count + 1))-" --to "$recipient" "$@")
	if ! wait_for_seconds 15 has_kept "$number" $((before + 1)); then
		fail "$what: host .$number has it"
		note "$answer"
		note "$(daemon_said | tail -n 2)"
		note "$(tail -n 4 "$mta_log")"
		return
	fi
	pass "$what: host .$number has it"
	contains "$what: for the same recipient" "$(cat "$world/hosts.d/$world_net.$number/$((before + 1))")" \
		"RCPT TO:<$arrives>"
}

takes "domain" 11 user@domain.example
takes "domain in capitals" 11 User@DOMAIN.Example
takes "address" 12 ceo@domain.example
takes "address in another case" 12 CEO@Domain.EXAMPLE
takes "address with an extension that has a route" 13 ceo+vip@domain.example
takes "address with another extension" 12 ceo+news@domain.example
takes "address with the other delimiter" 12 ceo-news@domain.example
takes "extension of an address without a route" 11 user+x@domain.example
takes "parent domain" 14 user@sub.parent.example
takes "parent domain, two levels" 14 user@a.b.parent.example
takes "the longest parent domain" 15 user@a.longer.parent.example
takes "a domain is more specific than its parent" 16 user@exact.parent.example
takes "a subdomain of a domain that is in no list" 14 user@sub.exact.parent.example
takes "a parent domain does not match itself" 25 user@parent.example
takes "ALL" 25 user@elsewhere.example
takes "quoted local part" 17 '"odd name"@domain.example'
takes "quoted without need" 12 '"ceo"@domain.example' ceo@domain.example
takes "A-label for a domain configured in Unicode" 18 user@xn--bcher-kva.example
takes "Unicode for a domain configured in Unicode" 18 user@bücher.example user@bücher.example \
	--mail-parameter SMTPUTF8
takes "Unicode for a domain configured as A-label" 19 user@müller.example user@müller.example \
	--mail-parameter SMTPUTF8
takes "A-label for a domain configured as A-label" 19 user@xn--mller-kva.example
takes "Unicode in capitals" 18 user@BÜCHER.example user@BÜCHER.example --mail-parameter SMTPUTF8
takes "local part in Unicode" 20 jürgen@domain.example jürgen@domain.example --mail-parameter SMTPUTF8
takes "address literal" 21 'user@[192.0.2.7]'
takes "another address literal" 25 'user@[192.0.2.8]'
takes "address without a domain" 22 postmaster postmaster@mx.example
takes "source route" 11 '<@a.example,@b.example:user@domain.example>' user@domain.example
takes "transport of another name" 23 user@transport.example
ok "transport of another name: it was that one" wait_for mta_log_has 'postfix/relay/smtp\[.*to=<user@transport.example>.*status=sent'
takes "first of two matches of one route" 24 user@list-a.example
takes "second of two matches of one route" 24 user@list-b.example
takes "dns" 2 user@dns.example
long_local=$(printf '%064d' 0)
long_domain=$(printf 'a%.0s' $(seq 63)).$(printf 'b%.0s' $(seq 63)).$(printf 'c%.0s' $(seq 63)).$(printf 'd%.0s' $(seq 54)).example
takes "address of $((65 + ${#long_domain})) octets" 25 "$long_local@$long_domain"

# ---- the next hop as Postfix is told it

send --to user@names.example >/dev/null
ok "names, MX lookup and IPv6 in a list" wait_for daemon_has_said \
	'nexthop=smtp:no-such-host.example:2526,\[2001:db8::1\]:2527,\[localhost\]:2526$'
# No Postfix here can look up a name or reach the documentation's IPv6 network.
ok "Postfix walks such a list to its end" wait_for mta_log_has \
	'to=<user@names.example>.*status=deferred \(connect to localhost\[127.0.0.1\]:2526: Connection refused'
mta_forget

# ---- refusals at RCPT

replies() { # RECIPIENT
	send --once --deadline 1 --verbose --to "$1" | awk -F '\t' -v command="RCPT TO:<$1>" '$2 == command { print $3 }'
}

contains "reject" "$(replies user@gone.example)" "550 5."
is "reject with a text" "$(replies user@moved.example)" "550 5.1.6 moved to 100% new.example"
is "reject with a code and a text" "$(replies user@code.example)" "552 5.2.2 mailbox is full"
contains "defer" "$(replies user@later.example)" "451 4."
is "defer with a text" "$(replies user@busy.example)" "451 4.2.1 come back at night"
contains "discard: the client gets 250" "$(send --to user@a.void.example)" "m1 accepted 1 "
ok "discard: Postfix says so" wait_for mta_log_has 'milter triggers DISCARD action'
wait_for mta_queue_is_empty

# ---- no more than that

is "every message stands in the daemon's log with file and line" \
	"$(daemon_said | grep -E 'debug: [0-9A-Za-z]+: ' | grep -cvE 'source=[^ ]*routes\.cfg:[0-9]+ ')" 0
is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
is "no message has a trace of the milter" "$(grep -rlis 'x-nexthop' "$world/hosts.d" | wc -l)" 0
is "Postfix has no complaint" "$(count_lines "$mta_log" 'warning: milter|fatal:|panic:')" 0
daemon_end
tap_done
