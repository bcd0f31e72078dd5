#!/bin/bash
# documents: the commands of docs/postfix, on a Postfix whose smtpd is chrooted
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# What needs a whole machine is in test/boot/postfix.sh.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start one 11
host_start two 12
host_start three 13
daemon_make
mta_make '' milter_header_checks=
mta_write_services y
mkdir -m 2750 "$mta/queue/nexthop-milter"
chgrp postfix "$mta/queue/nexthop-milter"
daemon_socket=unix:$mta/queue/nexthop-milter/milter.sock
daemon_routes "map_socket = \"unix:$mta/queue/nexthop-milter/map.sock\";" "$(health_settings)" <<END
pools = { $(daemon_pool exchange 11 12) };
routes = ( { match = [ "example.com", "local.example" ]; pool = "exchange"; } );
END
daemon_start
mta_start

# does WHAT TEXT: passes if each command of the text succeeds for this Postfix; what it prints is in $said.
does() {
	local status=0 reloads
	reloads=$(count_lines "$mta_log" 'reload -- version')
	said=$(sed "s,/etc/nexthop-milter/postfix_header_checks,$mta/header_checks,g; s,/etc/postfix/,$mta/,g
		s,/var/log/,$mta/log/,g; s,127\.0\.0\.1:,$mta_ip:,g" <<<"$2" |
		MAIL_CONFIG=$mta bash -euo pipefail 2>"$world/does.err") || status=$?
	[ -n "$2" ] && [ "$status" = 0 ] || { fail "$1"; note "status $status: $(cat "$world/does.err")"; return; }
	case "$2" in
	*'postfix reload'*) wait_for reloaded "$reloads" ;;
	esac
	wait_for port_is_open "$mta_ip" "$MTA_PORT"
	pass "$1"
}
reloaded() { # TIMES BEFORE
	[ "$(cat "$mta"/log/*.log | grep -c 'reload -- version')" -gt "$1" ]
}
set_up() { # SETTING...
	does "set up: $*" "$(printf "postconf -e '%s'\n" "$@")
postfix reload"
}
routed=0
# goes WHAT [OPTION OF send...]: a message to the pool gets there.
goes() {
	local what=$1
	shift
	send --to user@example.com "$@" >"$world/sent"
	routed=$((routed + 1))
	ok "$what: it goes to the pool" wait_for hosts_have "$routed" one two
}
answer() { # ADDRESS
	send --once --to "$1" | cut -d ' ' -f 2-
}

# ---- chroot, and when the milter is down

does "the wiring" "$(document_block docs/postfix 'Chroot' 3)"
goes "the wiring"
ok "the wiring: by the list of the milter" wait_for mta_log_has 'milter-header-filter: header X-Nexthop-Route'

wanted=$(document_block docs/postfix 'Chroot' 4)
set_up "smtpd_milters=$(sed 's/.*Milter service \(.*\): .*/\1/' <<<"$wanted")"
contains "a socket elsewhere: the client keeps its message" "$(answer user@example.com)" "kept 1 - 451 "
ok "a socket elsewhere: the line of the log" grep -qF "$wanted" "$mta_log"
does "milter_default_action" "$(document_block docs/postfix 'When the milter or the map is down')"
is "milter_default_action: what it prints" "${said/shutdown/tempfail}" tempfail

# ---- domains that this machine relays

# Nobody is trusted.
set_up smtpd_milters=unix:nexthop-milter/milter.sock mynetworks=127.255.255.255/32 \
	smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination
contains "no relay domain" "$(answer user@example.com)" "554 5.7.1 <user@example.com>: Relay access denied"
does "relay_domains" "$(document_block docs/postfix 'Domains that this machine relays')"
goes "a relay domain, any recipient" --to nobody@example.com
does "relay_recipient_maps" "$(document_block docs/postfix 'Domains that this machine relays' 2)"
goes "a recipient that is listed"
contains "one that is not" "$(answer nobody@example.com)" "rejected 1 - 550 5.1.1 <nobody@example.com>: Recipient address rejected"
send --to known@local.example >"$world/sent"
routed=$((routed + 1))
ok "a local domain needs neither" wait_for hosts_have "$routed" one two

# ---- what is there already

echo '/^X-Other:/ WARN' >"$mta/other_checks"
echo "other.example smtp:[$world_net.13]:$HOST_PORT" >"$mta/other_transports"
set_up mynetworks=127.0.0.0/8 smtpd_relay_restrictions=permit_mynetworks,reject relay_domains= \
	relay_recipient_maps= 'smtpd_milters={ unix:nexthop-milter/none.sock, default_action=accept }' \
	"milter_header_checks=regexp:$mta/other_checks" "transport_maps=texthash:$mta/other_transports"
does "what overrides main.cf" "postconf -P '127.0.0.1:$MTA_PORT/inet/smtpd_milters=unix:nexthop-milter/milter.sock'"
does "what is there" "$(document_block docs/postfix 'Milters, tables and filters that are there already')"
is "what is there: what it prints" "${said//$mta/MTA}" \
	"smtpd_milters = { unix:nexthop-milter/none.sock, default_action=accept }
milter_header_checks = regexp:MTA/other_checks
transport_maps = texthash:MTA/other_transports
content_filter =
$mta_ip:$MTA_PORT/inet/smtpd_milters = unix:nexthop-milter/milter.sock"
does "nothing overrides main.cf" "postconf -PX '127.0.0.1:$MTA_PORT/inet/smtpd_milters'"
does "other milters" "$(document_block docs/postfix 'Milters, tables and filters that are there already' 2)"
does "other tables" "$(document_block docs/postfix 'Milters, tables and filters that are there already' 3)"
goes "beside other milters and tables"
send --to u@other.example >"$world/sent"
ok "what the routes do not know goes by the other table" wait_for host_has three 1
ok "both milters are asked" mta_log_has 'connect to Milter service unix:nexthop-milter/none.sock'
is "both milters are asked: ours too" \
	"$(count_lines "$mta_log" 'milter-header-filter: header X-Nexthop-Route: .*to=<user@example.com>')" "$((routed - 2))"

# A filter that gives back what it gets: the second listener itself.
cat >>"$mta/master.cf" <<END
$mta_ip:10026 inet n - y - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8
	-o receive_override_options=no_header_body_checks,no_unknown_recipient_checks
END
does "a content_filter" "$(document_block docs/postfix 'Milters, tables and filters that are there already' 4)"
set_up "content_filter=smtp:[$mta_ip]:10026" smtpd_milters=
goes "a content_filter" --from filtered@client.example
ok "a content_filter: it was there first" wait_for mta_log_has \
	"to=<user@example.com>, relay=$mta_ip\\[$mta_ip\\]:10026, .*status=sent"
ok "a content_filter: by the list of the milter" wait_for mta_log_has 'X-Nexthop-Route: .*from=<filtered@client.example>'

# ---- mail that no milter sees, and the log

does "no content_filter" 'postconf -e content_filter= smtpd_milters=unix:nexthop-milter/milter.sock'
does "non_smtpd_milters" "$(document_block docs/postfix 'Mail that no milter sees')"
printf 'Subject: local\n\ntext\n' | sendmail -C "$mta" -f command@client.example user@example.com
ok "the sendmail command meets the milter" wait_for mta_log_has 'X-Nexthop-Route: .*from=<command@client.example>'
routed=$((routed + 1))
ok "the sendmail command: it goes to the pool" wait_for hosts_have "$routed" one two

does "maillog_file" "$(document_block docs/postfix 'The log' 2)"
send --from logged@client.example --to user@example.com >"$world/sent"
ok "maillog_file: it is written" wait_for line_is_in "$mta/log/postfix.log" 'from=<logged@client.example>'
is "maillog_file: the group may read it" "$(stat -c '%a %G' "$mta/log/postfix.log")" "640 adm"

# ---- TLS policies, timeouts

is "the keys: as explain has the list" "$(document_block docs/postfix 'TLS policies and passwords' | sed -n 's/.* //; 2,$p')" \
	"[mx1.example.com]
[mx1.example.com]:2525
[192.0.2.1]"
document_block docs/postfix 'TLS policies and passwords' | sed -n '2,$s/ *[^ ]*$//p' | while read -r host; do
	printf '%s, ' "$host"
done | sed 's/, $//' >"$world/hosts"
daemon_routes 'mixed = "split";' <<END >/dev/null
pools = { keys = { hosts = ( $(cat "$world/hosts") ); }; };
routes = ( { match = "keys.example"; pool = "keys"; } );
END
daemon_reload
is "the keys: explain has the same" "$(ctl --json explain user@keys.example | jq -r .nexthop)" \
	"smtp:[mx1.example.com],[mx1.example.com]:2525,[192.0.2.1]"
does "a TLS policy" "$(document_block docs/postfix 'TLS policies and passwords' 2)"
is "a TLS policy: it is found by that key" "$(postmap -c "$mta" -q '[192.0.2.1]' "texthash:$mta/tls_policy")" \
	"verify match=mx1.example.com"
does "shorter timeouts" "$(document_block docs/postfix 'Shorter timeouts')"
is "shorter timeouts: they are" "$(postconf -c "$mta" -P 'pool/unix/*' | sort)" \
	"pool/unix/smtp_connect_timeout = 5s
pool/unix/smtp_helo_timeout = 20s"
daemon_routes 'mixed = "split";' <<END
pools = { $(daemon_pool exchange 11 12 | sed "s/ = { / = { $(document_block docs/postfix 'Shorter timeouts' 2) /") };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
daemon_reload
is "shorter timeouts: the pool has that transport" "$(ctl --json explain user@example.com | jq -r .nexthop | cut -d : -f 1)" pool

# ---- README: move to it

mkdir "$world/move"
echo 'example.com 192.0.2.1/pri=0,192.0.2.2/pri=10' >"$world/move/smtproutes.txt"
set_up relayhost= 'transport_maps=inline:{ example.com=smtp:[192.0.2.1] }'
does "import" "cd $world/move
PATH=$top_builddir:\$PATH
$(document_block README 'Move to it')"
for name in esa postfix; do
	contains "import $name: the route is there" "$(cat "$world/move/$name.cfg")" 'match = "example.com"'
done
daemon_end
tap_done
