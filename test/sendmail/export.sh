#!/bin/bash
# export: Sendmail by the static mailertable sends mail where the daemon would
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
find_mta
world_open
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { pool = { hosts = ( { host = "$world_net.11"; }, { host = "$world_net.12"; },
	{ host = "$world_net.13"; priority = 10; } ); };
	six = { hosts = ( { host = "2001:db8::1"; }, { host = "Mx.Example"; priority = 1; } ); };
	all = { transport = "relay"; hosts = ( { host = "provider.example"; lookup = "mx"; } ); }; };
routes = ( { match = [ "a.example", ".a.example" ]; pool = "pool"; },
	{ match = [ "one.a.example", ".lab.a.example" ]; action = "dns"; },
	{ match = "six.example"; pool = "six"; },
	{ match = "old.example"; action = "discard"; },
	{ match = "gone.example"; action = "reject"; text = "5.1.2 moved (away), 100%1 > 50%"; },
	{ match = "later.example"; action = "defer"; },
	{ match = "ALL"; pool = "all"; } );
END
daemon_start
static() { # ROUTES TABLE
	"$MILTERCTL_PROGRAM" export sendmail "$1" >"$2" 2>"$world/left"
	"$SENDMAIL_ROOT/usr/libexec/sendmail/makemap" -C "$mta/sendmail.cf" hash "$2" <"$2" 2>"$world/makemap"
}
mta_make "" "FEATURE(\`nexthop', \`static')dnl" "FEATURE(\`mailertable', \`hash -o $world/nexthop_mailertable')dnl"
ok "makemap reads the table" static "$daemon/routes.cfg" "$world/nexthop_mailertable"
is "and says nothing of it" "$(grep -v 'World writable directory' "$world/makemap")$(cat "$world/left")" ""

# What Sendmail makes of each address, "MAILER HOST USER": the last that it says before the next one.
addresses=(u@a.example U+x@B.A.Example u@c.b.a.example u@one.a.example u@two.lab.a.example
	u@six.example u@old.example u@gone.example u@later.example u@other.example
	u%a.example@pool.0.nexthop 'a%b%six.example@gone.7.nexthop' '"a@b"%a.example@pool.0.nexthop'
	u%two.lab.a.example@_dns.0.nexthop u@pool.0.nexthop u@local.example)
printf '3,0 %s\n' "${addresses[@]}" | (sendmail -bt) 2>"$world/bt" |
	awk '/^> / && said != "" { print said; said = "" } / *parse +returns: / { said = $0 } END { print said }' |
	sed -E 's/^.*parse +returns: //; s/ //g; s/^\$#//; s/\$@/ /; s/\$:/ /' >"$world/resolved"
pool="esmtp [$world_net.11],[$world_net.12]:[$world_net.13]"
six="esmtp [IPv6:2001:db8::1]:[mx.example]"
is "each goes where its route leads, tokens too" "$(cat "$world/resolved")" "$pool u<@a.example.>
$pool U+x<@B.A.Example.>
$pool u<@c.b.a.example.>
esmtp one.a.example u<@one.a.example.>
esmtp two.lab.a.example u<@two.lab.a.example.>
$six u<@six.example.>
nexthop_discard discard u<@old.example.>
error 5.1.2 \"5505.1.2moved(away),100%1>50%\"
error 4.7.1 \"4514.7.1Tryagainlater\"
relay provider.example u<@other.example.>
$pool u<@a.example.>
$six a%b<@six.example.>
$pool \"a@b\"<@a.example.>
esmtp two.lab.a.example u<@two.lab.a.example.>
error 5.1.2 \"550Nosuchrecipient\"
local u"

# The same hosts as the daemon's list, and the first one of it in the first tier.
hosts_of() {
	grep -oE '\[[^]]*\]|[^][:,]+' <<<"$1" | sed 1d
}
for i in 0 2 5 9; do
	listed=$(ctl --json explain "${addresses[$i]}" | jq -r .nexthop)
	static=$(sed -n "$((i + 1))s/^\([^ ]*\) \([^ ]*\) .*/\1:\2/p" "$world/resolved")
	is "${addresses[$i]}: the mailer and the hosts of the daemon" "${static%%:*} $(hosts_of "$static" | sort)" \
		"${listed%%:*} $(hosts_of "$listed" | sort)"
	is "${addresses[$i]}: the first host is the daemon's" "$(hosts_of "$static" | head -n 1)" \
		"$(hosts_of "$listed" | head -n 1)"
done
daemon_end
tap_done
