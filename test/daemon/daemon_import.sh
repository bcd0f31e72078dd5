#!/bin/bash
# daemon_import: milterctl import, and what it does to files
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/postfix.sh" || exit 99

find_postfix "$0" "$@"
world_open
[ -x "$MILTERCTL_PROGRAM" ] || bail_out "no $MILTERCTL_PROGRAM"
cd "$world" || exit 99

# run ARGUMENT...: sets $said, $complained and $status.
run() {
	"$MILTERCTL_PROGRAM" import "$@" >said 2>complained
	status=$?
	said=$(cat said)
	complained=$(cat complained)
}

cat >routes.txt <<'END'
example.com   exchange1.example.com/pri=0, exchange2.example.com/pri=10
.example.com  USEDNS
ALL           192.0.2.8,192.0.2.9
END

# ---- where it is written

run esa routes.txt
is "status 0" "$status" 0
is "a summary" "$complained" \
	"milterctl: 3 routes, 2 pools, 4 hosts; 0 lines not carried over, 1 to look at"
contains "says what it was made of" "$said" "# Made by: milterctl import esa routes.txt"
contains "a route" "$said" '{ match = "example.com"; pool = "exchange-example-com"; }'
run esa - <routes.txt
is "standard input: the same but for the name" "$(sed 's/ -$/ routes.txt/; s/ -:/ routes.txt:/' <<<"$said")" \
	"$("$MILTERCTL_PROGRAM" import esa routes.txt 2>/dev/null)"
run esa routes.txt --output out.cfg
is "--output: status 0" "$status" 0
is "--output: nothing on standard output" "$said" ""
is "--output: what is printed without it" "$(cat out.cfg)" \
	"$("$MILTERCTL_PROGRAM" import esa routes.txt 2>/dev/null)"
is "--output: anybody may read it" "$(stat -c %a out.cfg)" 644
echo old >out.cfg
run esa routes.txt --output out.cfg
is "a file that is there: status 1" "$status" 1
is "a file that is there: says so" "$complained" "milterctl: out.cfg: is there; --force replaces it"
is "a file that is there: stays" "$(cat out.cfg)" old
run esa routes.txt --output out.cfg --force
is "--force: status 0" "$status" 0
contains "--force: replaces it" "$(cat out.cfg)" "pools = {"
echo 'example.net' >bad.txt
cp out.cfg before
run esa bad.txt --output out.cfg --force
is "bad input: status 1" "$status" 1
is "bad input: each fault" "$complained" \
	'bad.txt:1: "example.net" has no destination: hosts, USEDNS or /dev/null'
ok "bad input: nothing is written" cmp out.cfg before
run esa bad.txt
is "bad input: nothing on standard output" "$said" ""
run esa routes.txt --output nowhere/out.cfg
is "no such folder: status 1" "$status" 1
contains "no such folder: says so" "$complained" "nowhere/out.cfg: No such file or directory"
is "no temporary file is left" "$(find . -name 'out.cfg.*')" ""

# ---- for the other MTA

cat >ports.txt <<'END'
one.example   mx1.example.com:2525/pri=0, mx2.example.com:2525/pri=10
two.example   mx1.example.com/pri=0, mx2.example.com:2525/pri=10
END
run esa ports.txt --mta sendmail --output ports.cfg
is "ports for Sendmail: status 0" "$status" 0
contains "ports for Sendmail: what is left out" "$(cat ports.cfg)" \
	"# ports.txt:2: mx2.example.com:2525: a mailer of Sendmail has one port, and host mx1.example.com of this pool has port 25"
contains "ports for Sendmail: the mailer it requires" "$(cat ports.cfg)" \
	"# ports.txt:1: esmtp2525: sendmail.mc must define that mailer, for port 2525"
sed -e "s,/run/nexthop-milter,$world," -e 's/log = "journal"/log = "none"/' \
	-e "\$a state_file = \"$world/state\"; control_socket = \"unix:$world/control\";" ports.cfg >loads.cfg
contains "ports for Sendmail: it loads" "$("$DAEMON_PROGRAM" -c loads.cfg -t 2>&1)" "2 pools, 2 routes"

# ---- what it is not

run esa none.txt
is "no such table: status 1" "$status" 1
is "no such table: says so" "$complained" "milterctl: none.txt: No such file or directory"
printf 'a.example h\0\n' | "$MILTERCTL_PROGRAM" import esa - >said 2>complained
is "NUL: status 1" "$?" 1
contains "NUL: says so" "$(cat complained)" "it is not a text"
run nothing routes.txt
is "no such kind: status 2" "$status" 2
run esa
is "no file: status 2" "$status" 2
run esa routes.txt bad.txt
is "two files: status 2" "$status" 2
run esa routes.txt --running
is "--running is Postfix's: status 2" "$status" 2
echo 'local.example local:' >only.txt
run sendmail only.txt --output only.cfg
is "a table by the other importers: status 0" "$status" 0

# ---- a machine's Postfix

mkdir etc
cat >etc/main.cf <<END
compatibility_level = 3.6
myhostname = mail.example.net
mydestination = \$myhostname, localhost
relayhost = [relay.example.net]:587
smtp_fallback_relay = [spare.example.net]
relay_domains = inside.example
relay_transport = relay:[192.0.2.60]
transport_maps = hash:$world/etc/transport, texthash:$world/etc/more, ldap:$world/etc/ldap.cf
sender_dependent_relayhost_maps = inline:{ @one.example=[192.0.2.7] }
recipient_delimiter = +
END
: >etc/master.cf
echo 'example.com smtp:[mx1.example.com],[mx2.example.com]' >etc/transport
echo 'more.example error:5.1.2 moved' >etc/more
export MAIL_CONFIG=$world/etc
postmap "hash:$world/etc/transport" || bail_out "no postmap"
run postfix --running
is "--running: status 0" "$status" 0
contains "--running: a table" "$said" '{ match = "example.com"; pool = "mx-example-com"; }'
contains "--running: another" "$said" '{ match = "more.example"; action = "reject"; text = "5.1.2 moved"; }'
contains "--running: relayhost" "$said" '{ match = "ALL"; pool = "relay-example-net-587"; }'
contains "--running: its own domains" "$said" '{ match = "mail.example.net"; action = "dns"; }'
contains "--running: relay_transport" "$said" '{ match = "inside.example"; pool = "ip-192-0-2-60-relay"; }'
contains "--running: domains below a relay domain" "$said" '{ match = ".inside.example"; pool = "ip-192-0-2-60-relay"; }'
contains "--running: what rules by sender do not see" "$said" "not for
# bounces, nor for mail that was queued before."
contains "--running: senders" "$said" 'when = { sender = "one.example"; not = { tag = "routed"; }; }; pool = "ip-192-0-2-7";'
contains "--running: smtp_fallback_relay" "$said" 'fallback = "spare-example-net";'
contains "--running: recipient_delimiter" "$said" 'recipient_delimiter = "+";'
contains "--running: what cannot be read" "$said" "ldap:$world/etc/ldap.cf: a table of that type is not read"
rm etc/transport
run postfix --running
contains "--running: a table without its text" "$said" '{ match = "example.com"; pool = "mx-example-com"; }'
unset MAIL_CONFIG

# main.cf that was copied here, with its tables beside it.
mkdir copy
sed "s,$world/etc/,/etc/postfix/,g" etc/main.cf >copy/main.cf
cp etc/more copy/
run postfix copy/main.cf
contains "a copied main.cf: a table beside it" "$said" '{ match = "more.example"; action = "reject"; text = "5.1.2 moved"; }'
contains "a copied main.cf: a table that is not there" "$said" "copy/main.cf:8: hash:/etc/postfix/transport: No such file or directory: its entries are missing here"
echo '@two.example [192.0.2.9]' >copy/senders
run postfix copy/more sender_dependent_relayhost_maps=copy/senders
contains "tables by their names" "$said" 'sender = "two.example"'

# ---- what is not in an export stands in a document

echo secret >gw1.pass
chmod 0640 gw1.pass
touch mail.log
{
	printf '%s = "%s";\n' milter_socket "unix:$world/milter.sock" control_socket "unix:$world/control.sock" \
		state_file "$world/state"
	document_block docs/esa 'Coming from a Cisco ESA' |
		sed "s,/etc/nexthop-milter/,$world/,; s,/var/spool/postfix/nexthop-milter/,$world/,; s,\"journal\",\"$world/mail.log\","
} >esa.cfg
is "docs/esa: its routes.cfg is good" "$("$MILTERCTL_PROGRAM" check esa.cfg 2>&1)" "esa.cfg: good, as user $(id -un): 2 pools, 5 routes, 0 rules"
tap_done
