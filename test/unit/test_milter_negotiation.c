/* test_milter_negotiation: what the MTA is asked for, by the rules and routes in force
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/negotiation.h"
#include "engine/ruleset.h"
#include "fake_milter.h"
#include "milter_play.h"
#include "milter_sample.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* ---- negotiation */

#define RULE(when) "{ name = \"r\"; when = { " when " }; action = \"discard\"; }"

/* What is asked for without rules: of the steps that Postfix, or Sendmail, would tell of. */
#define POSTFIX_STEPS  "rcpt eom"
#define SENDMAIL_STEPS "mail rcpt eom"

#define CHANGES_OF_POSTFIX  (SMFIF_ADDHDRS | SMFIF_CHGHDRS)
#define CHANGES_OF_SENDMAIL (SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT)

enum { ALL_ACTIONS = 0x1ff, ALL_STEPS = 0x1fffff };

static const struct row {
	const char *name;
	enum milter_play_mta mta;
	const char *rules;
	const char *steps;
	unsigned long skip; /* SMFIP_SKIP, or nothing */
	const char *calls;
} rows[] = {
	{"no rules", PLAY_POSTFIX, "", POSTFIX_STEPS, 0, "macros 3 i; macros 5 i j; "},
	{"no rules, Sendmail", PLAY_SENDMAIL, "", SENDMAIL_STEPS, 0,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"recipient", PLAY_POSTFIX, RULE("recipient = \"a.example\";"), POSTFIX_STEPS, 0,
		"macros 3 i; macros 5 i j; "},
	{"time", PLAY_POSTFIX, RULE("time = \"Sat\";"), POSTFIX_STEPS, 0,
		"macros 3 i; macros 5 i j; "},
	{"sender", PLAY_POSTFIX, RULE("sender = \"a.example\";"), "mail rcpt eom", 0,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"percent", PLAY_POSTFIX, RULE("percent = 5;"), "mail rcpt eom", 0,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"client", PLAY_POSTFIX, RULE("client = \"192.0.2.1\";"), "connect rcpt eom", 0,
		"macros 3 i; macros 5 i j; "},
	{"client's name", PLAY_POSTFIX, RULE("client_name = \"x\";"), "connect rcpt eom", 0,
		"macros 3 i; macros 5 i j; "},
	{"HELO", PLAY_POSTFIX, RULE("helo = \"x\";"), "helo rcpt eom", 0,
		"macros 3 i; macros 5 i j; "},
	{"HELO, Sendmail", PLAY_SENDMAIL, RULE("helo = \"x\";"), "helo mail rcpt eom", 0,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"authenticated", PLAY_POSTFIX, RULE("auth_user = \"x\";"), "mail rcpt eom", 0,
		"macros 2 i {auth_authen}; macros 3 i; macros 5 i j; "},
	{"TLS", PLAY_POSTFIX, RULE("tls = \"x\";"), "mail rcpt eom", 0,
		"macros 2 i {tls_version} {verify} {cert_subject}; macros 3 i; macros 5 i j; "},
	{"listener", PLAY_POSTFIX, RULE("listener = \"x\";"), "mail rcpt eom", 0,
		"macros 2 i {daemon_name} {daemon_port}; macros 3 i; macros 5 i j; "},
	{"macros", PLAY_POSTFIX, RULE("macro = [ \"{xx}\", \"{yy}: z\" ];"), "mail rcpt eom", 0,
		"macros 2 i {xx} {yy}; macros 3 i; macros 5 i j {xx} {yy}; "},
	{"macros, Sendmail: it needs a list for the end of headers, too", PLAY_SENDMAIL,
		RULE("macro = \"{xx}\";"), SENDMAIL_STEPS, 0,
		"macros 2 i {xx}; macros 3 i; macros 5 i j {xx}; macros 6 i; "},
	{"header", PLAY_POSTFIX, RULE("header = \"X\";"), "rcpt header eom", 0,
		"macros 3 i; macros 5 i j; "},
	{"header, Sendmail", PLAY_SENDMAIL, RULE("header = \"X\";"), "mail rcpt header eom", 0,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"size", PLAY_POSTFIX, RULE("size_over = 5;"), "mail rcpt header body eom", SMFIP_SKIP,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"size, Sendmail: it says so itself", PLAY_SENDMAIL, RULE("size_under = 5;"),
		SENDMAIL_STEPS, 0, "macros 2 i; macros 3 i; macros 5 i j {msg_size}; macros 6 i; "},
	{"a shadow asks for the same", PLAY_POSTFIX,
		"{ name = \"r\"; mode = \"shadow\"; when = { helo = \"x\"; }; pool = \"bulk\"; }",
		"helo rcpt eom", 0, "macros 3 i; macros 5 i j; "},
};

/* What is left out, as the MTA is told of it. */
static const struct step {
	const char *name;
	unsigned long flag;
} steps[] = {
	{"connect", SMFIP_NOCONNECT},
	{"helo", SMFIP_NOHELO},
	{"mail", SMFIP_NOMAIL},
	{"rcpt", SMFIP_NORCPT},
	{"data", SMFIP_NODATA},
	{"header", SMFIP_NOHDRS},
	{"body", SMFIP_NOBODY},
	{"end of headers", SMFIP_NOEOH},
	{"unknown", SMFIP_NOUNKNOWN},
};

static const char *negotiated(void)
{
	static char out[256];

	out[0] = '\0';
	for (int i = 0; i < COUNT(steps); i++)
		if ((fake_milter.steps & steps[i].flag) == 0) {
			strcat(out, steps[i].name);
			strcat(out, " ");
		}
	strcat(out, "eom");
	return out;
}

/* All steps that are asked for without an answer; MAIL needs none of Postfix. */
static unsigned long silent(enum milter_play_mta mta)
{
	unsigned long flags = SMFIP_NR_HDR;

	if ((fake_milter.steps & SMFIP_NOCONNECT) == 0)
		flags |= SMFIP_NR_CONN;
	if ((fake_milter.steps & SMFIP_NOHELO) == 0)
		flags |= SMFIP_NR_HELO;
	return mta == PLAY_SENDMAIL ? flags : flags | SMFIP_NR_MAIL;
}

static void open_with(const struct row *row, const char *socket)
{
	static const struct routing_policy policies[] = {
		[PLAY_POSTFIX] = {.on_error = ROUTING_POLICY_TEMPFAIL},
		[PLAY_SENDMAIL] = {.envelope = {.mta = TABLE_SENDMAIL, .has_map = true}},
	};

	milter_sample_open_with(
		milter_play_config(row->rules, row->mta), socket, &policies[row->mta]);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
}

START_TEST(negotiation)
{
	const struct row *row = &rows[_i];
	unsigned long changes =
		row->mta == PLAY_SENDMAIL ? CHANGES_OF_SENDMAIL : CHANGES_OF_POSTFIX;
	unsigned long quiet = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT |
			      SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH |
			      SMFIP_NR_BODY;

	open_with(row, "unix:/x");
	ck_assert_msg(
		strcmp(negotiated(), row->steps) == 0, "%s: steps %s", row->name, negotiated());
	ck_assert_msg((fake_milter.steps & quiet) == silent(row->mta), "%s: silent %lx", row->name,
		fake_milter.steps & quiet);
	ck_assert_msg((fake_milter.steps & SMFIP_SKIP) == row->skip, "%s: skip", row->name);
	ck_assert_msg(fake_milter.actions == (changes | SMFIF_SETSYMLIST), "%s: actions %lx",
		row->name, fake_milter.actions);
	ck_assert_msg(
		strcmp(fake_milter.calls, row->calls) == 0, "%s: %s", row->name, fake_milter.calls);
	milter_sample_close();
}
END_TEST

/* The same, for people. */
START_TEST(names)
{
	const struct row *row = &rows[_i];
	char text[256] = "";

	open_with(row, "unix:/x");
	for (int i = 0; i < NEGOTIATION_STEP_COUNT; i++) {
		enum negotiation_step step = (enum negotiation_step)i;

		if (!negotiation_has_step(step, false, engine_needs(milter_sample.engine)))
			continue;
		strcat(text, *text == '\0' ? "" : " ");
		strcat(text, negotiation_step_name(step));
	}
	ck_assert_msg(strcmp(text, row->steps) == 0, "%s: %s", row->name, text);
	milter_sample_close();
}
END_TEST

/* To the bit. */
START_TEST(nothing_more_without_rules)
{
	static const unsigned long wanted[] = {
		SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOCONNECT | SMFIP_NOHELO |
			SMFIP_NOMAIL | SMFIP_NR_MAIL | SMFIP_NOHDRS | SMFIP_NR_HDR | SMFIP_NODATA,
		SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOCONNECT | SMFIP_NOHELO |
			SMFIP_NOHDRS | SMFIP_NR_HDR | SMFIP_NODATA,
	};
	unsigned long data = _i % 2 == 0 ? 0 : SMFIP_NODATA;

	open_with(&rows[_i / 2], data == 0 ? "unix:/x" : "inet:1@127.0.0.1");
	ck_assert_uint_eq(fake_milter.steps, wanted[_i / 2] & ~data);
	milter_sample_close();
}
END_TEST

/* ---- macros, in all */

START_TEST(all_macros)
{
	char text[ENGINE_MACROS_MAX];
	struct ruleset *ruleset;

	milter_play_open(
		RULE("macro = [ \"{yy}: z\", \"{xx}\" ]; auth_user = \"x\"; size_over = 5;"),
		PLAY_SENDMAIL);
	ruleset = engine_rules(milter_sample.engine);
	negotiation_all_macros(text, engine_needs(milter_sample.engine), ruleset_rules(ruleset));
	ck_assert_str_eq(text, "i {auth_authen} {xx} {yy} j {msg_size}");
	ruleset_drop(ruleset);
	negotiation_all_macros(text, (struct engine_needs){.rules = 0}, NULL);
	ck_assert_str_eq(text, "i j");
	milter_sample_close();
}
END_TEST

/* ---- an MTA that cannot do all */

START_TEST(the_body_is_taken_in_full_without_skip)
{
	fake_milter.offered_steps = ALL_STEPS & ~SMFIP_SKIP;
	milter_play_open(RULE("size_over = 5;"), PLAY_POSTFIX);
	ck_assert_uint_eq(fake_milter.steps & SMFIP_SKIP, 0);
	milter_play("no skip", "mail s@x.example SIZE=1|rcpt u@dns.example|body 9|body 9|end",
		PLAY_POSTFIX);
	milter_sample_close();
}
END_TEST

static const struct listed_row {
	const char *rules;
	const char *steps;
} listed[] = {
	{RULE("listener = \"x\";"), "connect mail rcpt eom"},
	{RULE("tls = \"x\";"), "helo mail rcpt eom"},
	{RULE("auth_user = \"x\";"), "mail rcpt eom"},
};

/* Its own choice of macros comes with the steps that they belong to. */
START_TEST(an_mta_that_chooses_the_macros)
{
	fake_milter.offered_actions = ALL_ACTIONS & ~SMFIF_SETSYMLIST;
	milter_play_open(listed[_i].rules, PLAY_POSTFIX);
	ck_assert_str_eq(fake_milter.calls, "");
	ck_assert_str_eq(negotiated(), listed[_i].steps);
	ck_assert_uint_eq(fake_milter.actions, CHANGES_OF_POSTFIX);
	milter_play("macros", "connect a 192.0.2.1|helo b|mail s@x.example|rcpt u@dns.example|end",
		PLAY_POSTFIX);
	milter_sample_close();
}
END_TEST

/* ---- connections that are older than the rules */

static const char no_pool[] = "routes = ( { match = \"no.example\"; action = \"reject\"; } );\n";

#define BULK_IF(when) "{ name = \"r\"; when = { " when " }; pool = \"bulk\"; }"

static const struct older_row {
	const char *name;
	const char *before;
	const char *after;
	const char *line;
} older[] = {
	{"sender", "", RULE("sender = \"x\";"), "rcpt u@x.example = tempfail"},
	{"header", RULE("sender = \"x\";"), RULE("header = \"x\";"), "rcpt u@x.example = tempfail"},
	{"client", RULE("helo = \"x\";"), RULE("client = \"192.0.2.1\";"),
		"rcpt u@x.example = tempfail"},
	{"another macro", RULE("macro = \"{xx}\";"), RULE("macro = \"{yy}\";"),
		"rcpt u@x.example = tempfail"},
	{"the same macro", RULE("macro = \"{xx}\";"), RULE("macro = \"{xx}: y\";"),
		"rcpt u@x.example"},
	{"less", RULE("macro = \"{xx}\"; sender = \"x\";"), RULE("sender = \"y\";"),
		"rcpt u@x.example"},
	{"nothing more", "", RULE("recipient = \"x\";"), "rcpt u@x.example"},
	{"no rules", RULE("sender = \"x\";"), "", "rcpt u@x.example"},
	{"a pool, where routes have had some", "", BULK_IF("recipient = \"x.example\";"),
		"rcpt u@x.example"},
	{"a pool, where nothing has had one", NULL, BULK_IF("recipient = \"x.example\";"),
		"rcpt u@x.example = tempfail"},
};

START_TEST(older_connection)
{
	const struct older_row *row = &older[_i];
	const struct routing_policy policy = {.on_error = ROUTING_POLICY_TEMPFAIL};

	milter_sample_open_with(
		row->before == NULL ? no_pool : milter_play_config(row->before, PLAY_POSTFIX),
		"unix:/x", &policy);
	fake_milter_negotiate();
	sample_reload(&milter_sample, milter_play_config(row->after, PLAY_POSTFIX));
	fake_milter_forget();
	milter_play(row->name, row->line, PLAY_POSTFIX);
	if (strstr(row->line, "tempfail") != NULL)
		ck_assert_msg(strncmp(fake_milter.calls, "reply 451 4.3.5 ", 16) == 0, "%s: %s",
			row->name, fake_milter.calls);
	/* The client comes back. */
	fake_milter_close();
	fake_milter_negotiate();
	fake_milter_forget();
	milter_play(row->name, "mail s@x.example|rcpt u@x.example", PLAY_POSTFIX);
	ck_assert_str_eq(fake_milter.calls, "");
	milter_sample_close();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{negotiation, COUNT(rows)},
		{names, COUNT(rows)},
		{nothing_more_without_rules, 4},
		{all_macros, 1},
		{the_body_is_taken_in_full_without_skip, 1},
		{an_mta_that_chooses_the_macros, COUNT(listed)},
		{older_connection, COUNT(older)},
	};

	return suite_run("milter_negotiation", tests, COUNT(tests));
}
