#!/bin/bash
# tls: Postfix encrypts to each host by the policy of routes.cfg, and checks whose certificate it has
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
umask 022

# ---- servers: smtpd with a certificate of its own; what it takes is in $world/NAME.d

authority() { # CA
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$world/$1.key" -out "$world/$1.pem"
}
certify() { # CA FILE NAME
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" \
		-keyout "$world/$2.key" -out "$world/$2.csr"
	openssl x509 -req -days 2 -in "$world/$2.csr" -CA "$world/$1.pem" -CAkey "$world/$1.key" \
		-CAcreateserial -out "$world/$2.pem"
	cat "$world/$2.key" >>"$world/$2.pem"
	chown postfix "$world/$2.pem"
}
{
	authority ca && authority other_ca && certify ca right mail.example.com &&
		certify ca misnamed mail.example.org && certify other_ca strange mail.example.com
} >"$world/openssl.log" 2>&1 || bail_out "no certificates"

server() { # NAME NUMBER CERTIFICATE
	host_start "$1" $(($2 + 10))
	echo "$world_net.$2:25 inet n - n - - smtpd" -o "syslog_name=$1" -o "myhostname=$1.example" -o "smtpd_tls_cert_file=$world/$3.pem" \
		-o smtpd_tls_security_level=may -o smtpd_tls_loglevel=1 -o smtpd_milters= \
		-o smtpd_relay_restrictions=permit_mynetworks,reject -o mynetworks=0.0.0.0/0 \
		-o "smtpd_proxy_filter=$world_net.$(($2 + 10)):$HOST_PORT" >>"$world/services"
}
server first 11 strange
server second 12 right
server third 13 right
server fourth 14 misnamed

# ---- the daemon and Postfix, as docs/postfix says

daemon_make
here() {
	sed -e "s,/var/spool/postfix/nexthop-milter/,$daemon/,; s/192\.0\.2\.51/$world_net.11/; s/192\.0\.2\.52/$world_net.12/" \
		-e "s/192\.0\.2\.53/$world_net.13/; s/^postconf\|^postmap/& -c ${mta//\//\\/}/; /^systemctl\|^postfix reload/d"
}
health=$(health_settings 'failures = 1; messages = 1;')
# With one pool more, without tls.
routes() { # [SED EXPRESSION]
	document_block docs/postfix 'TLS for each pool' 1 | here | sed -e "s/^pools = {/& plain = { hosts = ( { host = \"$world_net.14\"; } ); };/" \
		-e "s/^routes = (/& { match = \"plain.example\"; pool = \"plain\"; },/" -e "${1:-}" | daemon_routes "$health"
}
routes
mta_make_wired 'smtp_tls_security_level=may' 'smtp_tls_loglevel=1' "smtp_tls_CAfile=$world/ca.pem"
sh -euc "$(document_block docs/postfix 'TLS for each pool' 2 | here)"
# As in Debian: smtp(8) sees its queue directory alone.
sed -i 's/^smtp  .*/smtp unix - - y - - smtp/' "$mta/master.cf"
{ cat "$world/services"; echo 'tlsmgr unix - - n 1000? 1 tlsmgr'; } >>"$mta/master.cf"
mkdir -p "$mta/queue/nexthop-milter"
cp "$world/ca.pem" "$mta/queue/nexthop-milter/exchange-ca.pem"
daemon_start
mta_start

arrives() { # WHAT NAME COUNT RECIPIENT [OPTION OF send...]
	local what=$1 name=$2 count=$3 to=$4
	shift 4
	quietly send --to "$to" "$@"
	ok "$what" wait_for host_has "$name" "$count"
	wait_for mta_queue_is_empty
}
# "Verified", …: how Postfix has connected to a host.
connected() { # NUMBER
	sed -nE "s/.*smtp\[[0-9]+\]: ([A-Z][a-z]+) TLS connection established to $world_net\.$1\[.*/\1/p" "$mta_log" | xargs
}
# Whether the server has seen TLS.
sessions() { # NAME
	count_lines "$mta_log" "$1/smtpd\[[0-9]+\]: [A-Z][a-z]+ TLS connection established from"
}

# ---- secure

arrives "a certificate of another authority: the next host takes it" second 1 one@example.com
is "in one attempt" "$(count_lines "$mta_log" 'to=<one@example.com>.*status=')" 1
is "it has shown the right one" "$(connected 12)" Verified
is "the other was not trusted, and told nothing in the clear either" "$(connected 11) $(count_lines "$mta_log" 'first/smtpd.*: connect from')" \
	"Untrusted 1"
ok "it is deferred, and it is said why" wait_for was_deferred 11 tls_failed
is "the next one is not" "$(health_of 12)" up

# ---- none, and a host that has no policy

arrives "none" third 1 one@scan.example.com
is "is without TLS" "$(sessions third)" 0
arrives "a host without tls" fourth 1 one@plain.example
is "has the general level" "$(connected 14)" Trusted
postconf -c "$mta" -e "$(postconf -c "$mta" smtp_tls_policy_maps), inline:{ [$world_net.14]=none }"
postfix -c "$mta" reload 2>/dev/null
arrives "a table that follows" fourth 2 two@plain.example
is "has it for the same host" "$(sessions fourth)" 1

# ---- it is shown

contains "explain" "$(ctl explain u@example.com)" \
	"up, TLS secure, match mail.example.com, tafile nexthop-milter/exchange-ca.pem"
is "explain, as JSON" "$(ctl --json explain u@scan.example.com u@plain.example | jq -c '[.recipients[].candidates[].tls]')" \
	'["none",null]'
is "pools" "$(ctl --json pools 2>/dev/null | jq -c '[.pools[] | select(.pool == "scanner").hosts[].tls]')" '["none"]'
is "postmap" "$(sh -euc "$(document_block docs/postfix 'TLS for each pool' 3 | here)")" "secure match=mail.example.com tafile=nexthop-milter/exchange-ca.pem"
is "the map" "$(python3 "$srcdir/test/lib/socketmap.py" "$daemon/map.sock" "tls [$world_net.13]" "tls [$world_net.14]" \
	"tls $world_net.13" 'tls mail.example.com' 'tls .example.com' | sed 's/ $//')" "OK none
NOTFOUND
NOTFOUND
NOTFOUND
NOTFOUND"

# ---- a reload

routes 's/level = "none"/level = "encrypt"/'
daemon_reload
arrives "after a reload" third 2 two@scan.example.com
is "TLS it is" "$(sessions third)" 1

# ---- a rule that asks for more, of a host whose certificate has another name

more() { # NUMBER
	document_block docs/postfix 'TLS for each pool' 4 | here | sed "s/$world_net\.11/$world_net.$1/" | daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "$health"
	daemon_reload
}
more 14
arrives "without the rule any certificate will do" fourth 3 three@example.com
quietly send --to four@example.com --header 'Sensitivity: Company-Confidential'
ok "with the rule the mail waits" wait_for mta_log_has 'to=<four@example.com>.*status=deferred \(Server certificate not verified'
ok "the same host is deferred" wait_for was_deferred 14 tls_failed
more 12
quietly send --to five@example.com --header 'Sensitivity: Company-Confidential'
ok "the right certificate" wait_for host_has second 2
is "is verified" "$(connected 12)" "Verified Verified"
daemon_end
tap_done
