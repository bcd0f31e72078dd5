#!/bin/bash
# doctor_machine: what is wrong on a machine whose Postfix is wired, each fault by itself, and what a person does against it
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_doctor

find_postfix
doctor_make_well

# ---- what a setting of Postfix may mean

set_main 'smtpd_milters = unix:nexthop-milter/milter.sock, inet:192.0.2.1:9999'
fault "a milter after ours" milter_order
remedy "a milter after ours" milter_order "make nexthop-milter the last of smtpd_milters"
cured "a milter after ours" set_main 'smtpd_milters = inet:192.0.2.1:9999, unix:nexthop-milter/milter.sock'

doctor_reset
set_main 'relay_recipient_maps ='
fault "recipients that nobody knows" relay_recipients
remedy "recipients that nobody knows" relay_recipients "reject_unverified_recipient in smtpd_recipient_restrictions"
cured "recipients that nobody knows" set_main 'smtpd_recipient_restrictions = reject_unverified_recipient'

doctor_reset
set_main 'relay_domains ='
fault "a domain that is not relayed" relay_domain
not mends
is "a domain that is not relayed: who may relay is not ours to say" "$(setting relay_domains)" ""
remedy "a domain that is not relayed" relay_domain "relay_domains = example.com"
obeyed "a domain that is not relayed" relay_domain

doctor_reset
postconf -c "$mta" -P smtp/unix/smtp_helo_timeout=20m
fault "a long timeout" timeout
remedy "a long timeout" timeout "how long the slowest host really needs is yours to know"
obeyed "a long timeout" timeout
postconf -c "$mta" -PX smtp/unix/smtp_helo_timeout smtp/unix/smtp_connect_timeout
fault "timeouts as shipped" timeout_as_shipped
contains "timeouts as shipped: which" "$(of timeout_as_shipped what)" "smtp_connect_timeout = 30s, smtp_helo_timeout = 300s"
obeyed "timeouts as shipped" timeout_as_shipped

doctor_reset
set_main "smtp_tls_policy_maps = texthash:$world/keys"
echo "[$world_net.11] encrypt" >"$world/keys"
fault "a TLS policy of another text" tls_policy
remedy "a TLS policy of another text" tls_policy "[$world_net.11]:$HOST_PORT"
write_key() { # KEY VALUE
	echo "$1 $2" >"$world/keys"
}
cured "a TLS policy of another text" write_key "[$world_net.11]:$HOST_PORT" encrypt
write_key "[$world_net.11]:$HOST_PORT" verify
fault "certificates are checked, and names not logged" tls_names
mended "certificates are checked, and names not logged"

doctor_reset
set_main "smtp_sasl_password_maps = texthash:$world/keys"
write_key "[$world_net.11]:587" user:password
fault "a password of another text" password
remedy "a password of another text" password "[$world_net.11]:$HOST_PORT"
cured "a password of another text" write_key "[$world_net.11]:$HOST_PORT" user:password

# ---- a pool with a password

doctor_reset
echo secret >"$daemon/gw1.pass"
chmod 0600 "$daemon/gw1.pass"
auth_routes() { # [SETTING OF auth...]
	daemon_routes "map_socket = \"unix:$sockets/map.sock\";" "health = { log = \"$mta_log\"; };" \
		"secret_socket = \"unix:$daemon/secret.sock\";" <<-END
		pools = { exchange = { auth = { user = "gw1"; password_file = "gw1.pass"; $* };
			hosts = ( { host = "$world_net.11"; port = $HOST_PORT; },
				{ host = "$world_net.12"; port = $HOST_PORT; priority = 10; } ); }; };
		routes = ( { match = "example.com"; pool = "exchange"; } );
	END
	ctl reload >/dev/null
}
auth_routes
fault "a password that nobody looks up" "auth_map auth_off auth_cleartext auth_mechanism"
mends
is "a password: what is left" "$(found)" auth_cleartext
is "a password: the map" "$(setting smtp_sasl_password_maps)" "proxy:socketmap:unix:$daemon/secret.sock:sasl"
is "a password: it is used" "$(setting smtp_sasl_auth_enable) $(setting smtp_sasl_tls_security_options)" "yes noanonymous"
remedy "a password in the clear" auth_cleartext "set smtp_tls_security_level = encrypt"
cured "a password in the clear" set_main 'smtp_tls_security_level = encrypt'
postconf -c "$mta" -P smtp/unix/smtp_tls_security_level=may
fault "the transport's own level" auth_cleartext
printf '%s encrypt\n' "[$world_net.11]:$HOST_PORT" "[$world_net.12]:$HOST_PORT" >"$world/keys"
cured "the transport's own level" set_main "smtp_tls_policy_maps = texthash:$world/keys"
set_main 'smtp_tls_policy_maps ='
fault "without policies" auth_cleartext
clear_is_meant() {
	auth_routes 'allow_cleartext = true;' && set_main 'smtp_sasl_security_options = noanonymous'
}
cured "without policies" clear_is_meant
set_main "smtp_sasl_password_maps = socketmap:unix:$daemon/secret.sock:sasl"
is "a socket that smtp sees" "$(found)" ""
postconf -c "$mta" -F smtp/unix/chroot=y
fault "a socket that a chrooted smtp does not see" auth_map
mended "a socket that a chrooted smtp does not see"

# ---- a pool with a TLS policy

doctor_reset
daemon_routes "map_socket = \"unix:$sockets/map.sock\";" "health = { log = \"$mta_log\"; };" <<END
pools = { exchange = { tls = { level = "secure"; match = "mail.example"; ca_file = "/ca.pem"; };
	hosts = ( { host = "$world_net.11"; port = $HOST_PORT; },
		{ host = "localhost"; priority = 10; tls = { level = "dane"; }; } ); }; };
routes = ( { match = "example.com"; pool = "exchange"; } );
END
ctl reload >/dev/null
postconf -c "$mta" -F smtp/unix/chroot=y
fault "a policy that nobody looks up" "tls_map tls_dnssec tls_ca_file"
mends
is "a policy: what is left" "$(found)" tls_ca_file
is "a policy: the map" "$(setting smtp_tls_policy_maps)" "proxy:socketmap:unix:$sockets/map.sock:tls"
is "DANE: there is DNSSEC" "$(setting smtp_dns_support_level)" dnssec
remedy "a file outside the chroot" tls_ca_file "install -m 0644 FILE $mta/queue/ca.pem"
cured "a file outside the chroot" install -m 0644 /dev/null "$mta/queue/ca.pem"
doctor_routes
ctl reload >/dev/null

doctor_reset
set_main 'default_process_limit = 100000'
fault "more processes than the machine is made for" "descriptors backlog"
remedy "more processes than the machine is made for" descriptors "ulimit -n"
remedy "more processes than the machine is made for" backlog "sysctl -w net.core.somaxconn=100000"
cured "more processes than the machine is made for" set_main 'default_process_limit = 100'

# ---- which Postfix, and who looks

doctor_reset
mkdir "$world/bin" "$world/empty"
cat >"$world/bin/postconf" <<END
#!/bin/sh
$(command -v postconf) "\$@" | sed 's/^mail_version = .*/mail_version = 3.4.29/'
END
chmod 755 "$world/bin/postconf"
before_it=(env "PATH=$world/bin:$PATH")
fault "a Postfix that knows no lists" old_postfix
contains "a Postfix that knows no lists: which" "$(of old_postfix what)" "Postfix is version 3.4.29"
remedy "a Postfix that knows no lists" old_postfix "upgrade Postfix"
before_it=(env "PATH=$world/empty")
fault "no Postfix" no_mta
remedy "no Postfix" no_mta "install Postfix"
before_it=()
is "the Postfix that there is" "$(found)" ""

# Another user may not come to the folder of the build.
cp "$MILTERCTL_PROGRAM" "$world/"
before_it=(setpriv --reuid postfix --regid postfix --clear-groups)
MILTERCTL_PROGRAM=$world/milterctl fault "by somebody else than root" not_root
contains "by somebody else than root: what cannot be tried" "$(of not_root why)" "only root can try"
before_it=()
is "by root" "$(found)" ""

# ---- the daemon

status=$(ctl --json status)
mkdir "$world/other"
jq '.version = "0.0.1"' <<<"$status" >"$world/other/answer"
process_start other python3 "$srcdir/test/lib/fake_daemon.py" "$world/other.sock" "$world/other"
wait_for line_is_in "$world/other.log" '^ready' || bail_out "no other daemon"
control=$world/other.sock
fault "a daemon of another version" version
contains "a daemon of another version: which" "$(of version what)" "the daemon is version 0.0.1, milterctl $(jq -r .version <<<"$status")"
remedy "a daemon of another version" version "stop the daemon, and start the installed one"
control=$daemon/control.sock
is "the daemon that is installed" "$(found)" ""

ctl drain "$world_net.11" >/dev/null
ctl drain "$world_net.12" >/dev/null
fault "what the daemon says of itself" daemon
contains "what the daemon says of itself: what" "$(of daemon what)" "pool exchange: all 2 hosts are drained"
remedy "what the daemon says of itself" daemon "see milterctl status"
enable_all() {
	ctl enable "$world_net.11" && ctl enable "$world_net.12"
}
cured "what the daemon says of itself" quietly enable_all

touch -d '1 hour' "$config"
fault "a configuration that the daemon has not read" stale_config
remedy "a configuration that the daemon has not read" stale_config "then milterctl reload"
touch "$config"
# A time stamp has whole seconds, and a daemon that has read it within the same one may have had it before.
second_is_over() {
	[ "$(date +%s)" -gt "$(stat -c %Y "$config")" ]
}
wait_for second_is_over
cured "a configuration that the daemon has not read" quietly ctl reload

# ---- configurations that are not the daemon's

other() { # SED
	sed "$1" "$daemon/routes.cfg" >"$daemon/other.cfg"
	touch -d "1 hour ago" "$daemon/other.cfg"
	config=$daemon/other.cfg
}
set_main 'maillog_file ='
other 's/x/x/'
fault "another configuration" other_config
remedy "another configuration" other_config "milterctl doctor --config $daemon/routes.cfg"
# Each of these is the former one with another fault: what was wrong with that is gone.
other 's/exchange = {/& transport = "nowhere";/'
fault "a transport that master.cf does not have" "no_transport other_config"
remedy "a transport that master.cf does not have" no_transport "master.cf"
other "s,^state_file .*,state_file = \"$world/nowhere/state\";,"
fault "a configuration that the daemon does not start with" "config other_config"
contains "a configuration that the daemon does not start with: why" "$(of config what)" "there is no folder $world/nowhere"
remedy "a configuration that the daemon does not start with" config "mend it, then: milterctl check $config"
other 's/"example.com"/"user@example.com"/'
set_main 'recipient_delimiter = +'
fault "another delimiter" "other_config delimiter"
remedy "another delimiter" delimiter 'recipient_delimiter = "+";'
other 's/"example.com"/"user@example.com"/; $arecipient_delimiter = "+";'
fault "the same delimiter" "other_config"
other 's/pools = {/& unused = { hosts = ( { host = "192.0.2.9"; } ); };/'
fault "a pool that is not used" "other_config config_warning"
remedy "a pool that is not used" config_warning "see routes.cfg(5)"
other "s/$world_net.12/nowhere.invalid/"
# Nobody answers there.
echo "nameserver $world_net.9" >"$world/resolv.conf"
before_it=(unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$world/resolv.conf")
fault "a host without an address" "other_config host_unresolved"
remedy "a host without an address" host_unresolved "see DNS"
before_it=()
echo 'pools = {' >"$daemon/other.cfg"
fault "a configuration with a fault" no_config
remedy "a configuration with a fault" no_config "mend it, then: milterctl check $config"

# ---- the log

other '/^health = /d'
fault "no log" "other_config no_log"
remedy "no log" no_log 'health = { log = "journal"; };'
echo '{ "json": 1 }' >"$world/maillog"
other "s,$mta_log,$world/maillog,"
fault "a log of another form" "other_config log_strange"
remedy "a log of another form" log_strange "RFC 3164"
: >"$world/maillog"
fault "a log that nobody writes" "other_config log_empty"
remedy "a log that nobody writes" log_empty "postconf maillog_file"
echo 'Nov 24 03:21:12 mx postfix/smtp[5007]: x' >"$world/maillog"
is "a log that Postfix writes" "$(found)" "other_config"
chmod 600 "$world/maillog"
user=nobody
doctor --json >"$world/found"
contains "a log that the daemon's user may not read" "$(of log_access what)" "$world/maillog: Permission denied"
remedy "a log that the daemon's user may not read" log_access "and mode 0640"
chmod 644 "$world/maillog"
doctor --json >"$world/found"
is "a log that the daemon's user may read" "$(of log_access what)" null
user=
config=$daemon/routes.cfg
doctor_reset
set_main "maillog_file = $mta/log/other.log"
fault "Postfix writes another log" log_elsewhere
remedy "Postfix writes another log" log_elsewhere "health = { log = \"$mta/log/other.log\"; };"
config=$daemon/other.cfg
echo 'Nov 24 03:21:12 mx postfix/smtp[5007]: x' >"$mta/log/other.log"
other "s,$mta_log,$mta/log/other.log,"
is "it is the one that is read" "$(found)" "other_config"
config=$daemon/routes.cfg
doctor_reset
is "all is as it was" "$(found)" ""
daemon_stop
daemon_end
tap_done
