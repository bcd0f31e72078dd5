# login: hosts that want a user and a password
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh. They are smtpd(8) of a private Postfix, with users of Cyrus SASL; what
# one has taken is in $world/NAME.d, as of other hosts.
#
#   $login_sasl      the folder of their users
#   $login_services  the lines of master.cf for them
#   login_settings   lines of main.cf for all of them

login_sasl=
login_services=
login_settings=()

# To be called before world_open.
find_login() {
	[ -x /usr/sbin/saslpasswd2 ] || skip_all "no saslpasswd2 (sasl2-bin)"
}

login_open() {
	umask 022
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mx.example \
		-keyout "$world/key.pem" -out "$world/cert.pem" 2>"$world/openssl.log" || bail_out "no certificate"
	chown postfix "$world/key.pem"
	# Debian's Postfix looks beside main.cf, whatever cyrus_sasl_config_path says.
	login_sasl=$world/postfix/sasl
	login_services=$world/services
	mkdir -p "$login_sasl"
	login_settings=(smtpd_sasl_type=cyrus "cyrus_sasl_config_path=$login_sasl" smtpd_sasl_local_domain=mx.example
		"smtpd_tls_cert_file=$world/cert.pem" "smtpd_tls_key_file=$world/key.pem")
}

# login_host NAME NUMBER PASSWORD [OPTIONS OF smtpd]: on $world_net.NUMBER; the user is gw1. It takes AUTH only
# within TLS, and mail only after AUTH.
login_host() {
	local name=$1 number=$2 password=$3
	shift 3
	host_start "$name" $((number + 10))
	printf '%s\n' 'pwcheck_method: auxprop' 'auxprop_plugin: sasldb' 'mech_list: PLAIN LOGIN' \
		"sasldb_path: $login_sasl/$name.db" >"$login_sasl/$name.conf"
	printf %s "$password" | saslpasswd2 -p -c -f "$login_sasl/$name.db" -u mx.example gw1
	chown postfix "$login_sasl/$name.db"
	echo "$world_net.$number:$HOST_PORT inet n - n - - smtpd" -o "syslog_name=$name" -o "myhostname=$name.example" \
		-o "smtpd_sasl_path=$name" -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt \
		-o smtpd_milters= -o smtpd_relay_restrictions=permit_sasl_authenticated,reject \
		-o "smtpd_proxy_filter=$world_net.$((number + 10)):$HOST_PORT" "$@" >>"$login_services"
}

# Adds them to the Postfix that there is.
login_write_services() {
	cat "$login_services" >>"$mta/master.cf"
	echo 'tlsmgr unix - - n 1000? 1 tlsmgr' >>"$mta/master.cf"
}

# login_traces TEXT: files below $world that have it, but for the hosts' own users and gw1.pass.
login_traces() {
	grep -rlaF "$1" "$world" --exclude-dir=sasl --exclude-dir=queue --exclude=gw1.pass
}
