/* test_milter_rules: what the door answers an MTA whose messages rules decide about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "fake_milter.h"
#include "milter_play.h"
#include "milter_sample.h"
#include "suite.h"

#include <string.h>

#define FILTER(nexthop) "insert 0 X-Nexthop-Route=" nexthop "; delete X-Nexthop-Route 1; "
#define BULK		FILTER("smtp:[bulk.example]")
#define SLOW		FILTER("relay:[192.0.2.1]")
#define ROUTE		FILTER("smtp:[route.example]")

/* ---- messages */

#define TO_BULK	   "pool = \"bulk\"; }"
#define RULE(when) "{ name = \"r\"; when = { " when " }; "

/* Rules that are distinguished by their pool. */
#define BULK_IF(when) RULE(when) TO_BULK
#define NO_IF(when)   RULE(when) "action = \"reject\"; text = \"5.7.2 never\"; }"

static const struct row {
	const char *name;
	enum milter_play_mta mta;
	const char *rules;
	const char *script;
	const char *calls;
	const char *hits;
} rows[] = {
	/* What is known with RCPT decides then. */
	{"sender", PLAY_POSTFIX, BULK_IF("sender = \"s@x.example\";"),
		"mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"another sender", PLAY_POSTFIX, BULK_IF("sender = \"s@x.example\";"),
		"mail t@x.example|rcpt u@routed.example|end", ROUTE, "0"},
	{"recipient", PLAY_POSTFIX, BULK_IF("recipient = \"boss@routed.example\";"),
		"rcpt u@routed.example|rcpt boss+x@routed.example|end", BULK, "1"},
	{"all recipients", PLAY_POSTFIX, BULK_IF("all_recipients = \"routed.example\";"),
		"rcpt u@routed.example|rcpt v@routed.example|end", BULK, "1"},
	{"all recipients but one", PLAY_MAP, BULK_IF("all_recipients = \"routed.example\";"),
		"rcpt u@routed.example|rcpt v@dns.example|end", "", "0"},
	{"client", PLAY_POSTFIX, BULK_IF("client = \"192.0.2.0/24\";"),
		"connect a.example 192.0.2.77|mail s@x.example|rcpt u@routed.example|end", BULK,
		"1"},
	{"client, IPv6", PLAY_POSTFIX, BULK_IF("client = \"2001:db8::/32\";"),
		"connect a.example 2001:db8::7|mail s@x.example|rcpt u@routed.example|end", BULK,
		"1"},
	{"client without an address", PLAY_POSTFIX, BULK_IF("client = \"0.0.0.0/0\";"),
		"connect localhost -|mail s@x.example|rcpt u@routed.example|end", ROUTE, "0"},
	{"client's name", PLAY_POSTFIX, BULK_IF("client_name = \".x.example\";"),
		"connect a.x.example 192.0.2.7|rcpt u@routed.example|end", BULK, "1"},
	{"client without a name", PLAY_POSTFIX, BULK_IF("client_name = \"unknown\";"),
		"connect [192.0.2.7] 192.0.2.7|rcpt u@routed.example|end", BULK, "1"},
	{"HELO", PLAY_POSTFIX, BULK_IF("helo = \"scanner*\";"),
		"helo scanner-2|rcpt u@routed.example|end", BULK, "1"},
	{"HELO, said again", PLAY_POSTFIX, BULK_IF("helo = \"scanner*\";"),
		"helo scanner|helo other|rcpt u@routed.example|end", ROUTE, "0"},
	{"authenticated", PLAY_POSTFIX, BULK_IF("auth_user = \"/^a/\";"),
		"macro {auth_authen} anna|mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"not authenticated", PLAY_POSTFIX, BULK_IF("auth_user = \"\";"),
		"mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"TLS", PLAY_POSTFIX, BULK_IF("tls = \"TLSv1.*\"; tls_verified = false;"),
		"macro {tls_version} TLSv1.3|macro {verify} NO|mail s@x.example|"
		"rcpt u@routed.example|end",
		BULK, "1"},
	{"TLS, verified: Sendmail's macro", PLAY_POSTFIX, BULK_IF("tls_verified = true;"),
		"macro {verify} OK|mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"TLS, verified: Postfix's macro", PLAY_POSTFIX, BULK_IF("tls_verified = true;"),
		"macro {cert_subject} /CN=x|mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"listener", PLAY_POSTFIX, BULK_IF("listener = \"mx\"; listener_port = 587;"),
		"macro {daemon_name} mx|macro {daemon_port} 587|mail s@x.example|"
		"rcpt u@routed.example|end",
		BULK, "1"},
	{"a macro with MAIL", PLAY_POSTFIX, BULK_IF("macro = \"{xx}: y*\";"),
		"macro {xx} yes|mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"a macro with the end", PLAY_POSTFIX, BULK_IF("macro = \"{xx}: y*\";"),
		"mail s@x.example|rcpt u@routed.example|macro {xx} yes|end", BULK, "1"},
	{"percent", PLAY_POSTFIX, BULK_IF("percent = 100;"),
		"mail s@x.example|rcpt u@routed.example|end", BULK, "1"},
	{"the second recipient decides about the first", PLAY_MAP,
		BULK_IF("recipient = \"w@x.example\";"),
		"rcpt u@routed.example|rcpt v@dns.example|rcpt w@x.example|rcpt d@drop.example|end",
		BULK, "1"},
	/* A header, or the size, is known in the end. */
	{"header", PLAY_POSTFIX, BULK_IF("header = \"List-Unsubscribe\";"),
		"rcpt u@routed.example|header Subject x|header list-UNSUBSCRIBE |end", BULK, "1"},
	{"header, beside one of our name", PLAY_POSTFIX, BULK_IF("header = \"List-Unsubscribe\";"),
		"rcpt u@routed.example|header X-Nexthop-Route x|header List-Unsubscribe y|end",
		BULK, "1"},
	{"header, by Sendmail, beside one of our name", PLAY_SENDMAIL, NO_IF("header = \"A\";"),
		"rcpt u@dns.example|header X-Nexthop-Route x|end", "", "0"},
	{"no such header", PLAY_POSTFIX, BULK_IF("header = \"List-Unsubscribe\";"),
		"rcpt u@routed.example|header Subject x|end", ROUTE, "0"},
	{"header, folded and encoded", PLAY_POSTFIX,
		BULK_IF("header = \"Subject: a b\xc3\xbc"
			"cher c\";"),
		"rcpt u@routed.example|header Subject a\n =?utf-8?Q?b=C3=BCcher?=\r\n c|end", BULK,
		"1"},
	{"one of several headers", PLAY_POSTFIX, BULK_IF("header = \"X-A: yes\";"),
		"rcpt u@routed.example|header X-A no|header X-A yes|header X-A no|end", BULK, "1"},
	{"size, declared: the body is of no interest", PLAY_POSTFIX, NO_IF("size_over = 100;"),
		"mail s@x.example SIZE=100|rcpt u@routed.example|body 5000 = skip|end", ROUTE, "0"},
	{"size, declared, over", PLAY_POSTFIX, NO_IF("size_over = 100;"),
		"mail s@x.example SIZE=101|rcpt u@routed.example = reject",
		"reply 550 5.7.2 never; ", "1"},
	/* "A: b", and an empty line: 8. */
	{"size, counted", PLAY_POSTFIX, NO_IF("size_over = 100;"),
		"mail s@x.example|rcpt u@routed.example|header A b|body 50|body 42|end", ROUTE,
		"0"},
	{"size, counted, over", PLAY_POSTFIX, NO_IF("size_over = 100;"),
		"mail s@x.example|rcpt u@routed.example|header A b|body 50|body 43|end = reject",
		"reply 550 5.7.2 never; ", "1"},
	{"size, counted: a folded header has its lines' ends", PLAY_POSTFIX,
		NO_IF("size_under = 100;"),
		"mail s@x.example|rcpt u@routed.example|header A b\n c|body 88|end", ROUTE, "0"},
	{"a size that is none", PLAY_POSTFIX, NO_IF("size_over = 100;"),
		"mail s@x.example SIZE=1x|rcpt u@routed.example|body 200|end = reject",
		"reply 550 5.7.2 never; ", "1"},
	{"size, by Sendmail", PLAY_SENDMAIL, NO_IF("size_over = 100;"),
		"mail s@x.example|rcpt u@dns.example|macro {msg_size} 101|end = reject",
		"reply 550 5.7.2 never; ", "1"},
	{"size, by Sendmail, not over", PLAY_SENDMAIL, NO_IF("size_over = 100;"),
		"mail s@x.example|rcpt u@dns.example|macro {msg_size} 100|end", "", "0"},
	/* Actions. */
	{"reject all recipients", PLAY_POSTFIX, NO_IF("sender = \"s@x.example\";"),
		"mail s@x.example|rcpt u@routed.example = reject|rcpt v@dns.example = reject|abort",
		"reply 550 5.7.2 never; reply 550 5.7.2 never; ", "1"},
	{"reject from the second recipient on: the message, too", PLAY_POSTFIX,
		NO_IF("recipient = \"x.example\";"),
		"rcpt u@routed.example|rcpt v@x.example = reject|end = reject",
		"reply 550 5.7.2 never; reply 550 5.7.2 never; ", "1"},
	{"reject at the end", PLAY_POSTFIX, NO_IF("header = \"A\";"),
		"rcpt u@routed.example|header A b|end = reject", "reply 550 5.7.2 never; ", "1"},
	{"defer at the end", PLAY_POSTFIX,
		RULE("header = \"A\";") "action = \"defer\"; text = \"4.7.2 100% later\"; }",
		"rcpt u@routed.example|header A b|end = tempfail", "reply 451 4.7.2 100%% later; ",
		"1"},
	{"discard", PLAY_MAP, RULE("header = \"A\";") "action = \"discard\"; }",
		"rcpt u@routed.example|rcpt v@dns.example|header A b|end = discard", "", "1"},
	{"discard on Sendmail: as a whole", PLAY_SENDMAIL,
		RULE("header = \"A\";") "action = \"discard\"; }",
		"mail s@x.example|rcpt u@routed.example|rcpt v@dns.example|header A b|end = "
		"discard",
		"", "1"},
	{"a pool in spite of reject", PLAY_POSTFIX, BULK_IF("sender = \"s@x.example\";"),
		"mail s@x.example|rcpt u@no.example|rcpt v@later.example|rcpt w@drop.example|end",
		BULK, "1"},
	{"a pool in spite of the map", PLAY_MAP, BULK_IF("header = \"A\";"),
		"rcpt u@routed.example|rcpt v@dns.example|header A b|end", BULK, "1"},
	{"a pool on Sendmail: all recipients", PLAY_SENDMAIL, BULK_IF("header = \"A\";"),
		"mail s@x.example|rcpt u@routed.example|rcpt v@dns.example|rcpt w@drop.example|"
		"header A b|end",
		"remove <u@routed.example>; recipient <u%routed.example@bulk.0.nexthop>; "
		"remove <v@dns.example>; recipient <v%dns.example@bulk.0.nexthop>; "
		"remove <w@drop.example>; recipient <w%drop.example@bulk.0.nexthop>; ",
		"1"},
	{"a pool on Sendmail: recipients that follow", PLAY_SENDMAIL,
		BULK_IF("sender = \"s@x.example\";"),
		"mail s@x.example|rcpt u@routed.example|rcpt v@dns.example|rcpt w@no.example|end",
		"remove <u@routed.example>; recipient <u%routed.example@bulk.0.nexthop>; "
		"remove <v@dns.example>; recipient <v%dns.example@bulk.0.nexthop>; "
		"remove <w@no.example>; recipient <w%no.example@bulk.0.nexthop>; ",
		"1"},
	{"dns without a map", PLAY_POSTFIX, RULE("header = \"A\";") "action = \"dns\"; }",
		"rcpt u@routed.example|header A b|end", "", "1"},
	{"dns on Sendmail", PLAY_SENDMAIL, RULE("header = \"A\";") "action = \"dns\"; }",
		"mail s@x.example|rcpt u@routed.example|rcpt v@x.example|header A b|end",
		"remove <u@routed.example>; recipient <u%routed.example@_dns.0.nexthop>; "
		"remove <v@x.example>; recipient <v%x.example@_dns.0.nexthop>; ",
		"1"},
	{"dns on Sendmail, where there is no route", PLAY_SENDMAIL,
		RULE("header = \"A\";") "action = \"dns\"; }",
		"mail s@x.example|rcpt u@x.example|header A b|end", "", "1"},
	/* Order, tags, shadows. */
	{"the first that holds", PLAY_POSTFIX,
		"{ name = \"1\"; when = { header = \"A\"; }; pool = \"slow\"; }, "
		"{ name = \"2\"; when = { sender = \"s@x.example\"; }; pool = \"bulk\"; }",
		"mail s@x.example|rcpt u@routed.example|header A b|end", SLOW, "1 0"},
	{"the second, when the first does not", PLAY_POSTFIX,
		"{ name = \"1\"; when = { header = \"A\"; }; pool = \"slow\"; }, "
		"{ name = \"2\"; when = { sender = \"s@x.example\"; }; pool = \"bulk\"; }",
		"mail s@x.example|rcpt u@routed.example|header B b|end", BULK, "0 1"},
	{"tags", PLAY_POSTFIX,
		"{ name = \"1\"; when = { header = \"A\"; }; action = \"continue\"; tag = \"t\"; "
		"}, "
		"{ name = \"2\"; when = { tag = \"t\"; }; pool = \"bulk\"; }",
		"rcpt u@routed.example|header A b|end", BULK, "1 1"},
	{"a shadow", PLAY_POSTFIX,
		"{ name = \"1\"; mode = \"shadow\"; when = { }; action = \"reject\"; }, "
		"{ name = \"2\"; mode = \"shadow\"; when = { header = \"B\"; }; pool = \"slow\"; }",
		"rcpt u@routed.example|header A b|end", ROUTE, "1 0"},
	{"a shadow that waits for a header", PLAY_POSTFIX,
		"{ name = \"1\"; mode = \"shadow\"; when = { header = \"A\"; }; pool = \"bulk\"; }",
		"rcpt u@routed.example|rcpt v@routed.example|header A b|end", ROUTE, "1"},
	{"a shadow that waits for the size", PLAY_POSTFIX,
		"{ name = \"1\"; mode = \"shadow\"; when = { size_over = 99; }; pool = \"bulk\"; }",
		"mail s@x.example|rcpt u@routed.example|header A b|body 50|body 50|end", ROUTE,
		"1"},
	{"a tag that waits for a header, and none asks for", PLAY_POSTFIX,
		"{ name = \"1\"; when = { header = \"A\"; }; action = \"continue\"; tag = \"t\"; }",
		"rcpt u@routed.example|header A b|end", ROUTE, "1"},
	/* Recipients that are not taken. */
	{"one that its route rejects is forgotten", PLAY_POSTFIX,
		BULK_IF("recipient = \"u@no.example\"; header = \"A\";"),
		"rcpt u@no.example = reject|rcpt v@routed.example|header A b|end",
		"reply 550 5.1.2 no; " ROUTE, "0"},
	{"one that its route defers is forgotten", PLAY_POSTFIX,
		BULK_IF("all_recipients = \"routed.example\";"),
		"rcpt v@routed.example|rcpt u@later.example = tempfail|rcpt w@routed.example|end",
		"reply 451 4.2.1 later; " BULK, "1"},
	{"the others are not", PLAY_POSTFIX,
		BULK_IF("recipient = \"v@routed.example\"; header = \"A\";"),
		"rcpt v@routed.example|rcpt u@no.example = reject|header A b|end",
		"reply 550 5.1.2 no; " BULK, "1"},
	{"the others are not: also when no rule can hold any more", PLAY_MAP,
		BULK_IF("all_recipients = \"routed.example\";"),
		"rcpt u@routed.example|rcpt v@dns.example|rcpt w@no.example = reject|end",
		"reply 550 5.1.2 no; ", "0"},
	{"percent: the first that is taken", PLAY_POSTFIX,
		BULK_IF("percent = 100; header = \"A\";"),
		"mail s@x.example|rcpt u@no.example = reject|rcpt v@routed.example|header A b|end",
		"reply 550 5.1.2 no; " BULK, "1"},
	{"all are refused: as if there had been none", PLAY_POSTFIX,
		BULK_IF("recipient = \"*\"; header = \"A\";"),
		"rcpt u@no.example = reject|header A b|end", "reply 550 5.1.2 no; ", "0"},
	/* One after the other. */
	{"two messages", PLAY_POSTFIX, BULK_IF("header = \"A\";"),
		"rcpt u@routed.example|header A b|end|rcpt u@routed.example|header B b|end",
		BULK ROUTE, "1"},
	{"two messages, the other way round", PLAY_POSTFIX, BULK_IF("sender = \"s@x.example\";"),
		"mail t@x.example|rcpt u@routed.example|end|mail s@x.example|"
		"rcpt u@routed.example|end|mail t@x.example|rcpt u@routed.example|end",
		ROUTE BULK ROUTE, "1"},
	{"one given up", PLAY_SENDMAIL, BULK_IF("sender = \"s@x.example\"; header = \"A\";"),
		"mail s@x.example|rcpt w@routed.example|header A b|abort|mail t@x.example|"
		"rcpt u@dns.example|header A b|end",
		"", "0"},
	{"the client is remembered", PLAY_POSTFIX, BULK_IF("client = \"192.0.2.7\"; helo = \"h\";"),
		"connect a.example 192.0.2.7|helo h|rcpt u@routed.example|end|"
		"rcpt u@routed.example|end",
		BULK BULK, "2"},
};

START_TEST(message)
{
	const struct row *row = &rows[_i];

	milter_play_open(row->rules, row->mta);
	milter_play(row->name, row->script, row->mta);
	ck_assert_msg(
		strcmp(fake_milter.calls, row->calls) == 0, "%s: %s", row->name, fake_milter.calls);
	ck_assert_msg(strcmp(milter_play_hits(), row->hits) == 0, "%s: hits %s", row->name,
		milter_play_hits());
	milter_sample_close();
}
END_TEST

/* The client goes on with what it has been refused by a message of its own. */
START_TEST(a_recipient_that_is_split_off_is_forgotten)
{
	milter_play_open(BULK_IF("recipient = \"v@dns.example\"; header = \"A\";"), PLAY_SPLIT);
	milter_play("split", "rcpt u@routed.example|rcpt v@dns.example = tempfail|header A b|end",
		PLAY_SPLIT);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 452 4.5.3 "));
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, ROUTE));
	milter_sample_close();
}
END_TEST

START_TEST(what_a_rule_has_decided_is_not_split)
{
	milter_play_open(BULK_IF("sender = \"s@x.example\";"), PLAY_SPLIT);
	milter_play("ruled", "mail s@x.example|rcpt u@routed.example|rcpt v@dns.example|end",
		PLAY_SPLIT);
	ck_assert_str_eq(fake_milter.calls, BULK);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_SPLIT), 0);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_MIXED), 0);
	milter_sample_close();
}
END_TEST

START_TEST(parameters_are_kept)
{
	milter_play_open(BULK_IF("header = \"A\";"), PLAY_SENDMAIL);
	fake_milter_mail("<s@x.example>");
	fake_milter_rcpt_with("<u@dns.example>", "NOTIFY=NEVER", "ORCPT=rfc822;x@y");
	fake_milter_header("A", "b");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls,
		"remove <u@dns.example>; "
		"recipient <u%dns.example@bulk.0.nexthop> NOTIFY=NEVER ORCPT=rfc822;x@y; ");
	milter_sample_close();
}
END_TEST

static const struct counter_row {
	const char *rules;
	const char *script;
	enum engine_counter counter;
} counters[] = {
	{BULK_IF("header = \"A\";"), "rcpt u@dns.example|header A b|end", ENGINE_ROUTED},
	{NO_IF("header = \"A\";"), "rcpt u@dns.example|header A b|end = reject", ENGINE_REFUSED},
	{NO_IF(""), "rcpt u@dns.example = reject", ENGINE_RCPT_REJECTED},
	{RULE("") "action = \"defer\"; }", "rcpt u@dns.example = tempfail", ENGINE_RCPT_DEFERRED},
	{RULE("") "action = \"discard\"; }", "rcpt u@dns.example|end = discard", ENGINE_DISCARDED},
	{RULE("") "action = \"dns\"; }", "rcpt u@routed.example|end", ENGINE_UNROUTED},
};

START_TEST(counter)
{
	const struct counter_row *row = &counters[_i];

	milter_play_open(row->rules, PLAY_POSTFIX);
	milter_play(row->rules, row->script, PLAY_POSTFIX);
	for (int i = ENGINE_ROUTED; i < ENGINE_COUNTER_COUNT; i++)
		if (i != ENGINE_SESSIONS && i != ENGINE_IN_FLIGHT)
			ck_assert_msg(
				engine_counted(milter_sample.engine, i) == (i == (int)row->counter),
				"%s: counter %d", row->rules, i);
	milter_sample_close();
}
END_TEST

/* ---- pools that are not what they were */

#define HELD_IF(when) RULE(when) "pool = \"held\"; }"

static const struct held_row {
	const char *rules;
	const char *script;
} held[] = {
	{HELD_IF("sender = \"s@x.example\";"), "mail s@x.example|rcpt u@routed.example = tempfail"},
	{HELD_IF("header = \"A\";"), "rcpt u@routed.example|header A b|end = tempfail"},
};

START_TEST(a_pool_that_puts_off)
{
	struct observation refused = {
		.host = "held.example",
		.what = OBSERVATION_REFUSED,
	};

	milter_play_open(held[_i].rules, PLAY_POSTFIX);
	for (int i = 0; i < 5; i++) {
		refused.at = clock_now();
		refused.queue_id[0] = (char)('A' + i);
		engine_learn_line(milter_sample.engine, &refused);
	}
	milter_play(held[_i].rules, held[_i].script, PLAY_POSTFIX);
	ck_assert_int_eq(strncmp(fake_milter.calls, "reply 451 ", 10), 0);
	milter_sample_close();
}
END_TEST

static const char no_bulk[] =
	"pools = { slow = { hosts = ( { host = \"192.0.2.1\"; port = 26; } );\n"
	" transport = \"relay\"; }; };\n"
	"rules = ( { name = \"new\"; when = { header = \"A\"; }; pool = \"slow\"; } );\n";

static const struct gone_row {
	const char *name;
	enum milter_play_mta mta;
	const char *rules;
	const char *before;
	const char *after;
} gone[] = {
	{"at RCPT", PLAY_POSTFIX, BULK_IF("recipient = \"w@x.example\";"), "rcpt u@x.example",
		"rcpt w@x.example = tempfail"},
	{"at the end", PLAY_POSTFIX, BULK_IF("header = \"A\";"), "rcpt u@x.example|header A b",
		"end = tempfail"},
	{"decided before", PLAY_POSTFIX, BULK_IF(""), "rcpt u@x.example", "end = tempfail"},
	{"at RCPT, accept", PLAY_ACCEPT, BULK_IF("recipient = \"w@x.example\";"),
		"rcpt u@x.example", "rcpt w@x.example|end"},
	{"at the end, accept", PLAY_ACCEPT, BULK_IF("header = \"A\";"),
		"rcpt u@x.example|header A b", "end"},
};

START_TEST(a_pool_that_has_gone)
{
	const struct gone_row *row = &gone[_i];

	milter_play_open(row->rules, row->mta);
	milter_play(row->name, row->before, row->mta);
	sample_reload(&milter_sample, no_bulk);
	milter_play(row->name, row->after, row->mta);
	ck_assert_int_ge(engine_counted(milter_sample.engine, ENGINE_FAULTS), 1);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_ROUTED), 0);
	milter_sample_close();
}
END_TEST

/* What was freed too early, or never, is for the sanitizers to find. */
START_TEST(a_reload_within_a_message)
{
	milter_play_open(BULK_IF("header = \"A: /b+/\";"), PLAY_POSTFIX);
	milter_play("before", "rcpt u@routed.example|header B b", PLAY_POSTFIX);
	sample_reload(&milter_sample, milter_play_config(NO_IF("header = \"A\";"), PLAY_POSTFIX));
	milter_play("its own rules", "header A bb|end", PLAY_POSTFIX);
	ck_assert_str_eq(fake_milter.calls, BULK);
	ck_assert_str_eq(milter_play_hits(), "1"); /* of the same name */
	fake_milter_forget();
	milter_play(
		"the next message", "rcpt u@routed.example|header A b|end = reject", PLAY_POSTFIX);
	ck_assert_str_eq(fake_milter.calls, "reply 550 5.7.2 never; ");
	ck_assert_str_eq(milter_play_hits(), "2");
	milter_play("no rules any more", "rcpt u@routed.example", PLAY_POSTFIX);
	sample_reload(&milter_sample, milter_sample_config);
	milter_play("no rules any more", "header A b|end = reject", PLAY_POSTFIX);
	milter_sample_close();
}
END_TEST

START_TEST(the_connection_ends_within_a_message)
{
	milter_play_open(BULK_IF("header = \"A\";"), PLAY_POSTFIX);
	milter_play("half", "rcpt u@routed.example|header A =?utf-8?Q?b?=", PLAY_POSTFIX);
	milter_sample_close();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{message, COUNT(rows)},
		{a_recipient_that_is_split_off_is_forgotten, 1},
		{what_a_rule_has_decided_is_not_split, 1},
		{parameters_are_kept, 1},
		{counter, COUNT(counters)},
		{a_pool_that_puts_off, COUNT(held)},
		{a_pool_that_has_gone, COUNT(gone)},
		{a_reload_within_a_message, 1},
		{the_connection_ends_within_a_message, 1},
	};

	return suite_run("milter_rules", tests, COUNT(tests));
}
