#!/bin/bash
# rules_session: each condition on the client and its connection decides where a message goes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/rules.sh" || exit 99

find_postfix
world_open
rules_start

# ---- certificates: of a CA that Postfix trusts, and of one that it does not

certify() { # CA NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$world/$1.key" -out "$world/$1.pem"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
		-keyout "$world/$2.key" -out "$world/$2.csr"
	openssl x509 -req -days 2 -in "$world/$2.csr" -CA "$world/$1.pem" -CAkey "$world/$1.key" \
		-CAcreateserial -out "$world/$2.pem"
	cat "$world/$2.key" >>"$world/$2.pem"
}
{ certify ca trusted && certify other_ca stranger; } >"$world/openssl.log" 2>&1 ||
	bail_out "no certificates: $(cat "$world/openssl.log")"

process_start sasl python3 "$srcdir/test/lib/dovecot_auth.py" "$world/sasl.sock" ann@acme.example:secret \
	bob@other.example:secret
wait_for line_is_in "$world/sasl.log" '^listening' || bail_out "nobody to authenticate with"

mta_make "$daemon_socket" 'inet_protocols=all' 'smtpd_authorized_xclient_hosts=127.0.0.0/8' \
	'mynetworks=0.0.0.0/0 [::]/0' 'smtpd_sasl_auth_enable=yes' 'smtpd_sasl_type=dovecot' \
	"smtpd_sasl_path=$world/sasl.sock" 'smtpd_tls_security_level=may' \
	"smtpd_tls_cert_file=$world/trusted.pem" "smtpd_tls_CAfile=$world/ca.pem" 'smtpd_tls_ask_ccert=yes'
cat >>"$mta/master.cf" <<END
tlsmgr unix - - n 1000? 1 tlsmgr
$mta_ip:587 inet n - n - - smtpd
	-o milter_macro_daemon_name=ORIGINATING
END
mta_start

row "client: a network" "client = \"$world_net.32/28\";" --source "$world_net.45" or --source "$world_net.48"
row "client: an address" "client = \"$world_net.45\";" --source "$world_net.45" or --source "$world_net.46"
row "client: an IPv6 network" 'client = "2001:db8:7::/48";' --xclient 'ADDR=IPV6:2001:db8:7::25' or \
	--xclient 'ADDR=IPV6:2001:db8:8::25'
row "client_name" 'client_name = "mail.partner.example";' --xclient 'NAME=mail.partner.example ADDR=192.0.2.1' or \
	--xclient 'NAME=mail.other.example ADDR=192.0.2.1'
row "client_name: below a domain" 'client_name = ".partner.example";' \
	--xclient 'NAME=mail.partner.example ADDR=192.0.2.1' or --xclient 'NAME=partner.example ADDR=192.0.2.1'
row "client_name: unknown" 'client_name = "unknown";' --xclient 'NAME=[UNAVAILABLE] ADDR=192.0.2.1' or \
	--xclient 'NAME=mail.partner.example ADDR=192.0.2.1'
row "client_name: not looked for" 'client_name = "unknown";' or --xclient 'NAME=a.example ADDR=192.0.2.1'
row "helo" 'helo = "printer.example";' --helo Printer.example or --helo client.example
row "helo: a glob" 'helo = "*.lan";' --helo scanner.lan or --helo client.example
row "auth_user" 'auth_user = "/@acme\\.example$/";' --login ann@acme.example:secret or --login bob@other.example:secret
row "auth_user: nobody" 'auth_user = "";' or --login bob@other.example:secret
row "tls: any" 'not = { tls = ""; };' --starttls or
row "tls: a protocol" 'tls = "TLSv1.3";' --starttls or --starttls TLSv1.2
row "tls: none" 'tls = "";' or --starttls
row "tls_verified" 'tls_verified = true;' --starttls --cert "$world/trusted.pem" or \
	--starttls --cert "$world/stranger.pem"
row "tls_verified = false" 'tls_verified = false;' --starttls or --starttls --cert "$world/trusted.pem"
row "tls_verified = false, without TLS" 'tls_verified = false;' or --starttls TLSv1.2 --cert "$world/trusted.pem"
row "listener" 'listener = "ORIGINATING";' --server "$mta_ip:587" or
row "listener: without a name of its own" 'listener = "mx.example";' or --server "$mta_ip:587"
row "listener_port" 'listener_port = 587;' --server "$mta_ip:587" or
row "macro: there" 'macro = "{auth_type}";' --login ann@acme.example:secret or
row "macro: a value" 'macro = "{client_addr}: 192.0.2.*";' --xclient 'ADDR=192.0.2.7' or

rules_arrived
is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
