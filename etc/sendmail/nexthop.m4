divert(-1)
# nexthop: an m4 feature that has Sendmail query nexthop-milter for its hosts
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# For sendmail.mc, before its mailers: `FEATURE(`nexthop')dnl', or with another map_socket (see
# routes.cfg) than `local:/run/nexthop-milter/map.sock' as the second argument.
#
# The milter puts user%example.com@POOL.N.nexthop in the place of a recipient user@example.com; the
# hosts of that pool, from its turn N on, are asked for whenever mail is delivered, and are told
# user@example.com. Recipients that no milter has seen (of bounces, of aliases) are looked up by
# their own address. Without an answer mail waits. Where one of its rules says "dns" the milter puts
# user%example.com@_dns.0.nexthop: that goes by all other rules, and the map is not queried.
#
# `FEATURE(`nexthop', `', `local:/run/nexthop-milter/secret.sock')dnl', with the secret_socket, has
# Sendmail log in to hosts that routes.cfg has an "auth" for, in the place of `FEATURE(`authinfo')'.
#
# `FEATURE(`nexthop', `static')dnl' is for when the daemon is away for longer: no map is queried, and
# recipients that wait in the queue under a token go by all other rules, as a mailertable of "milterctl
# export sendmail".

divert(0)dnl
VERSIONID(`nexthop.m4: nexthop-milter')
divert(-1)

define(`_NEXTHOP_SECRET_', ifelse(defn(`_ARG_'), `static', `', `_ARG2_'))
ifelse(defn(`_NEXTHOP_SECRET_'), `', `',
	`define(`_AUTHINFO_TABLE_', `')define(`_LOCAL_TLS_SERVER_', 1)define(`_LOCAL_TLS_RCPT_', 1)')

LOCAL_CONFIG
# nexthop-milter: names in this domain are not looked up
CPnexthop
# the hosts of a pool, by "POOL.N"; the route of an address
ifelse(defn(`_ARG_'), `static', `# none: static',
`Knexthop socket -f -q -T<TMPF> ifelse(defn(`_ARG_'), `', `local:/run/nexthop-milter/map.sock', `_ARG_')')
ifelse(defn(`_NEXTHOP_SECRET_'), `', `dnl', `# with what to log in to a host; whether that is only for TLS ("encrypt")
Kauthinfo socket -f _NEXTHOP_SECRET_
Knexthop_auth socket -f -T<TMPF> _NEXTHOP_SECRET_
C{NexthopTls} OK NO NOT FAIL TRUSTED')
# sets {NexthopDns} while an address is routed without the map
Knexthop_set macro

dnl before local recipients: where the milter has found a route, there is one
LOCAL_RULE_0
# nexthop-milter: user%example.com@POOL.N.nexthop
R$* < @ $+ . nexthop . >	$: $>NexthopToken $1 < @ $2 . nexthop . >
R$# $*				$@ $# $1
ifelse(defn(`_ARG_'), `static', `dnl', `# nexthop-milter: all other recipients
R$+ < @ $+ >			$: $>NexthopRoute $1 < @ $2 >')

LOCAL_RULESETS
######################################################################
###  nexthop-milter: recipients that it has chosen a pool for
dnl	input: user % example.com < @ POOL.N.nexthop. >
######################################################################

SNexthopToken
# the last % it is: first make them all @, then undo all but the last
R$* % $* < @ $+ >		$1 @ $2 < @ $3 >
R$* @ $* @ $* < @ $+ >		$1 % $2 @ $3 < @ $4 >
R$+ @ $+ < @ _dns . 0 . nexthop . >	$@ $>NexthopDns $1 @ $2
ifelse(defn(`_ARG_'), `static', `R$+ @ $+ < @ $+ . nexthop . >	$@ $>Recurse $1 @ $2',
`R$+ @ $+ < @ $+ . nexthop . >	$: < $(nexthop $3 $: NONE $) > $1 < @ $2 . >')
R$* < @ $+ . nexthop . >	$#error $@ 5.1.2 $: "550 No such recipient"
R< $* <TMPF> > $*		$#error $@ 4.4.3 $: "451 nexthop-milter does not answer"
# such a pool no longer exists: by the routes of today
R< NONE > $+ < @ $+ . >		$@ $>Recurse $1 @ $2
R< $+ > $+			$@ $>MailerToTriple < $1 > $2

######################################################################
###  nexthop-milter: recipients that are not to have a route
dnl	input: user @ example.com
######################################################################

SNexthopDns
# rulesets call each other again for literals and for what tables say: none of that has a route
R$*				$: $(nexthop_set {NexthopDns} $@ yes $) $1
dnl	a ruleset ends where a mailer stands in front
R$*				$: <> $>Recurse $1
R<> $*				$@ $(nexthop_set {NexthopDns} $) $1

######################################################################
###  nexthop-milter: all other recipients
dnl	input: user < @ example.com. >, without the last dot if DNS has no such name
######################################################################

SNexthopRoute
R$+				$: $&{NexthopDns} $| $1
R$+ $| $+			$@ $2
R$* $| $+			$: $2
# senders are taken apart, too, and have no route
R$+				$: $&{addr_type} $| $1
Re s $| $+			$@ $1
R$* $| $+			$: $2
R$+ < @ $+ >			$: < $1 @ $2 > $1 < @ $2 >
R< $+ . > $+			$: < $1 > $2
R< $+ > $+			$: < $(nexthop $1 $: NONE $) > $2
R< $* <TMPF> > $*		$#error $@ 4.4.3 $: "451 nexthop-milter does not answer"
R< NONE > $+			$@ $1
R< $+ > $+			$@ $>MailerToTriple < $1 > $2

######################################################################
###  nexthop-milter: only the milter gives such addresses, no client
dnl	input: an address as it comes; it is handed on as it came
######################################################################

SLocal_check_rcpt
R$*				$: $1 $| $>CanonAddr $1
R$* $| $* . nexthop . > $*	$#error $@ 5.1.2 $: "550 No such recipient"
R$* $| $*			$: $1
SLocal_check_mail
R$*				$: $1 $| $>CanonAddr $1
R$* $| $* . nexthop . > $*	$#error $@ 5.1.8 $: "553 No such sender"
R$* $| $*			$: $1

ifelse(defn(`_NEXTHOP_SECRET_'), `', `dnl', `######################################################################
###  nexthop-milter: hosts that are logged in to
dnl	Sendmail goes on where a host has refused a password, and would then return the message.
######################################################################

SLocal_tls_server
dnl	input: {verify}. The mechanism is not to be that of the client that has sent the message.
R$*				$: $(nexthop_set {auth_type} $@ $) $1
R$*				$: < $(nexthop_auth $&{server_name} $: NONE $) > $1
R< $* <TMPF> > $*		$#error $@ 4.4.3 $: "451 nexthop-milter does not answer"
R< encrypt > $={NexthopTls}	$: $1
R< encrypt > $*			$#error $@ 4.7.0 $: "454 4.7.0 AUTH without TLS"
R< $* > $*			$: $2
SLocal_tls_rcpt
R$*				$: < $&{auth_type} > $1
R< > $*				$: < $(nexthop_auth $&{server_name} $: NONE $) > $1
R< $* <TMPF> > $*		$#error $@ 4.4.3 $: "451 nexthop-milter does not answer"
R< encrypt > $*			$#error $@ 4.7.8 $: "454 4.7.8 AUTH has failed"
R< clear > $*			$#error $@ 4.7.8 $: "454 4.7.8 AUTH has failed"
R< $* > $*			$: $2
')
MAILER_DEFINITIONS
# nexthop-milter: action = "discard", which is answered nexthop_discard:discard
Mnexthop_discard,	P=[FILE], F=lsDFMPEu9, T=DNS/RFC822/X-Unix, A=FILE /dev/null
divert(0)dnl
