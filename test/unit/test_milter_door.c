/* test_milter_door: what the door answers the MTA, call by call
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_door.h"
#include "doors/milter_routing.h"
#include "engine/log.h"
#include "engine/routing_policy.h"
#include "fake_milter.h"
#include "milter_sample.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static const struct routing_policy tempfail = {.on_error = ROUTING_POLICY_TEMPFAIL};

/* ---- messages, by their recipients */

#define SPLIT "reply 452 4.5.3 This recipient has another route: send it in a message of its own; "

enum { RCPTS_MAX = 4 };

static const struct row {
	const char *name;
	const char *recipients[RCPTS_MAX];
	const char *answers; /* one letter each: c(ontinue) r(eject) t(empfail) */
	sfsistat end;
	const char *calls;
	enum engine_counter counter;
} rows[] = {
	{"one recipient", {"<u@a.example.com>"}, "c", SMFIS_CONTINUE, TO_A, ENGINE_ROUTED},
	{"two of one pool", {"<u@a.example.com>", "<V@A2.EXAMPLE.COM.>"}, "cc", SMFIS_CONTINUE,
		TO_A, ENGINE_ROUTED},
	{"another transport", {"<u@b.example.com>"}, "c", SMFIS_CONTINUE, TO_B, ENGINE_ROUTED},
	/* There is no map: nobody leaves his route. */
	{"two pools", {"<u@a.example.com>", "<u@b.example.com>"}, "ct", SMFIS_CONTINUE, SPLIT TO_A,
		ENGINE_ROUTED},
	{"two pools, the first again",
		{"<u@a.example.com>", "<u@b.example.com>", "<v@a.example.com>"}, "ctc",
		SMFIS_CONTINUE, SPLIT TO_A, ENGINE_ROUTED},
	{"a pool and dns", {"<u@a.example.com>", "<u@dns.example.com>"}, "ct", SMFIS_CONTINUE,
		SPLIT TO_A, ENGINE_ROUTED},
	{"no route and a pool", {"<u@nowhere.example>", "<u@a.example.com>"}, "ct", SMFIS_CONTINUE,
		SPLIT, ENGINE_UNROUTED},
	{"what is a token to Sendmail", {"<u%d@x.0.nexthop>"}, "c", SMFIS_CONTINUE, "",
		ENGINE_UNROUTED},
	{"no route", {"<u@nowhere.example>"}, "c", SMFIS_CONTINUE, "", ENGINE_UNROUTED},
	{"dns and no route are the same", {"<u@dns.example.com>", "<u@nowhere.example>"}, "cc",
		SMFIS_CONTINUE, "", ENGINE_UNROUTED},
	{"discard", {"<u@drop.example.com>", "<v@drop.example.com>"}, "cc", SMFIS_DISCARD, "",
		ENGINE_DISCARDED},
	{"discard only for some", {"<u@drop.example.com>", "<u@a.example.com>"}, "ct",
		SMFIS_DISCARD, SPLIT, ENGINE_DISCARDED},
	{"one is rejected", {"<u@no.example.com>", "<u@a.example.com>"}, "rc", SMFIS_CONTINUE,
		"reply 550 5.1.2 100%% gone; " TO_A, ENGINE_ROUTED},
	{"one is deferred", {"<u@a.example.com>", "<u@later.example.com>"}, "ct", SMFIS_CONTINUE,
		"reply 451 4.2.1 full; " TO_A, ENGINE_ROUTED},
};

static sfsistat answer_of(char letter)
{
	return letter == 'c' ? SMFIS_CONTINUE : letter == 'r' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

START_TEST(message)
{
	const struct row *row = &rows[_i];

	milter_sample_open();
	for (int i = 0; i < RCPTS_MAX && row->recipients[i] != NULL; i++)
		ck_assert_msg(fake_milter_rcpt(row->recipients[i]) == answer_of(row->answers[i]),
			"%s: recipient %d", row->name, i);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_IN_FLIGHT), 1);
	ck_assert_msg(fake_milter_eom() == row->end, "%s", row->name);
	ck_assert_msg(
		strcmp(fake_milter.calls, row->calls) == 0, "%s: %s", row->name, fake_milter.calls);
	ck_assert_msg(
		engine_counted(milter_sample.engine, row->counter) == 1, "%s: counter", row->name);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_MESSAGES), 1);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_IN_FLIGHT), 0);
	milter_sample_close();
}
END_TEST

START_TEST(messages_on_one_connection_are_strangers)
{
	milter_sample_open();
	fake_milter_rcpt("<u@a.example.com>");
	fake_milter_rcpt("<u@b.example.com>");
	fake_milter_header("x-nexthop-route", "smtp:[evil.example]");
	fake_milter_abort();
	fake_milter_forget();
	fake_milter_rcpt("<u@b.example.com>");
	fake_milter_header("Subject", "hello");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, TO_B);
	fake_milter_forget();
	fake_milter_rcpt("<u@a.example.com>");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, TO_A);
	milter_sample_close();
}
END_TEST

START_TEST(headers_of_our_name_are_left_alone)
{
	milter_sample_open();
	fake_milter_rcpt("<u@a.example.com>");
	ck_assert_int_eq(
		fake_milter_header("X-Nexthop-Route", "smtp:[evil.example]"), SMFIS_NOREPLY);
	ck_assert_int_eq(fake_milter_header("Subject", "hello"), SMFIS_NOREPLY);
	fake_milter_header("x-NEXTHOP-route", "smtp:[evil.example]");
	fake_milter_eom();
	ck_assert_str_eq(fake_milter.calls, TO_A);
	milter_sample_close();
}
END_TEST

START_TEST(no_recipients_left)
{
	milter_sample_open();
	fake_milter_rcpt("<u@no.example.com>");
	fake_milter_forget();
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, "");
	milter_sample_close();
}
END_TEST

/* ---- negotiation */

static const struct negotiation_row {
	const char *name;
	const char *text;
	const char *socket;
	unsigned long actions;
	unsigned long skipped;
	unsigned long not_skipped;
	const char *macros;
} negotiations[] = {
	{"pools, Unix", milter_sample_config, "unix:/x",
		SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST,
		SMFIP_NOMAIL | SMFIP_NODATA | SMFIP_NOBODY | SMFIP_NOEOH | SMFIP_NOCONNECT |
			SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NOHDRS,
		SMFIP_NORCPT, "macros 3 i; macros 5 i j; "},
	{"pools, TCP: DATA is answered", milter_sample_config, "inet:1@127.0.0.1",
		SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST, SMFIP_NOMAIL | SMFIP_NOBODY,
		SMFIP_NODATA | SMFIP_NR_DATA, "macros 3 i; macros 5 i j; "},
	{"no pools: no headers", milter_sample_no_pools, "unix:/x", SMFIF_SETSYMLIST,
		SMFIP_NOHDRS | SMFIP_NOMAIL, SMFIP_NORCPT, "macros 3 i; macros 5 i j; "},
	{"Sendmail: recipients, no headers", milter_sample_sendmail, "unix:/x",
		SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_SETSYMLIST,
		SMFIP_NOHDRS | SMFIP_NODATA, SMFIP_NORCPT,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"Sendmail: MAIL, with an answer, or it tells of no RSET", milter_sample_sendmail,
		"inet:1@127.0.0.1",
		SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_SETSYMLIST, SMFIP_NOHDRS,
		SMFIP_NOMAIL | SMFIP_NR_MAIL, "macros 2 i; macros 3 i; macros 5 i j; "},
	{"Sendmail: recipients, to be thrown away",
		"mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";\n"
		"routes = ( { match = \"a.example\"; action = \"discard\"; } );\n",
		"unix:/x", SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_SETSYMLIST,
		SMFIP_NOHDRS, SMFIP_NORCPT | SMFIP_NOMAIL | SMFIP_NR_MAIL,
		"macros 2 i; macros 3 i; macros 5 i j; "},
	{"by sender: MAIL", milter_sample_by_sender, "unix:/x",
		SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST, SMFIP_NR_MAIL | SMFIP_NODATA,
		SMFIP_NOMAIL, "macros 2 i; macros 3 i; macros 5 i j; "},
};

START_TEST(negotiation)
{
	const struct negotiation_row *row = &negotiations[_i];

	milter_sample_open_with(row->text, row->socket, &tempfail);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	ck_assert_msg(fake_milter.actions == row->actions, "%s: actions %lx", row->name,
		fake_milter.actions);
	ck_assert_msg((fake_milter.steps & row->skipped) == row->skipped, "%s: steps %lx",
		row->name, fake_milter.steps);
	ck_assert_msg((fake_milter.steps & row->not_skipped) == 0, "%s: steps %lx", row->name,
		fake_milter.steps);
	ck_assert_msg(strcmp(fake_milter.calls, row->macros) == 0, "%s: %s", row->name,
		fake_milter.calls);
	milter_sample_close();
}
END_TEST

START_TEST(an_mta_without_header_changes_is_refused)
{
	unsigned long actions, steps, unused;

	milter_sample_open_with(milter_sample_config, "unix:/x", &tempfail);
	ck_assert_int_eq(fake_milter.filter.xxfi_negotiate(NULL, SMFIF_ADDHDRS, 0x1fffff, 0, 0,
				 &actions, &steps, &unused, &unused),
		SMFIS_REJECT);
	sample_close(&milter_sample);
}
END_TEST

START_TEST(sender_decides)
{
	char first[8192];

	milter_sample_open_with(milter_sample_by_sender, "unix:/x", &tempfail);
	fake_milter_negotiate();
	for (int i = 0; i < 20; i++) {
		fake_milter_forget();
		ck_assert_int_eq(
			fake_milter_mail(i % 2 == 0 ? "<s@x.example>" : "<>"), SMFIS_NOREPLY);
		fake_milter_rcpt(i % 3 == 0 ? "<u@a.example>" : "<v@b.example>");
		fake_milter_eom();
		if (i == 0)
			strcpy(first, fake_milter.calls);
		else if (i % 2 == 0)
			ck_assert_str_eq(fake_milter.calls, first);
	}
	milter_sample_close();
}
END_TEST

/* ---- when something is wrong */

START_TEST(old_connection_after_a_reload_tempfails)
{
	milter_sample_open_with(milter_sample_no_pools, "unix:/x", &tempfail);
	fake_milter_negotiate();
	sample_reload(&milter_sample, milter_sample_config);
	fake_milter_forget();
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 451 4.3.5 "));
	ck_assert_int_eq(fake_milter_rcpt("<u@dns.example.com>"), SMFIS_CONTINUE);
	milter_sample_close();
}
END_TEST

static const struct fault_row {
	const char *name;
	int fail_after;
	enum routing_policy_on_error on_error;
	sfsistat end;
} faults[] = {
	{"cannot add", 0, ROUTING_POLICY_TEMPFAIL, SMFIS_TEMPFAIL},
	{"cannot delete", 1, ROUTING_POLICY_TEMPFAIL, SMFIS_TEMPFAIL},
	{"cannot add, accept", 0, ROUTING_POLICY_ACCEPT, SMFIS_CONTINUE},
};

START_TEST(fault)
{
	const struct fault_row *row = &faults[_i];
	struct routing_policy policy = {.on_error = row->on_error};

	milter_sample_open_with(milter_sample_config, "unix:/x", &policy);
	fake_milter_negotiate();
	fake_milter_rcpt("<u@a.example.com>");
	fake_milter.fail_after = row->fail_after;
	ck_assert_msg(fake_milter_eom() == row->end, "%s", row->name);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_FAULTS), 1);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_ROUTED), 0);
	milter_sample_close();
}
END_TEST

START_TEST(pool_that_left_between_rcpt_and_end)
{
	milter_sample_open();
	fake_milter_rcpt("<u@a.example.com>");
	sample_reload(&milter_sample, milter_sample_no_pools);
	ck_assert_int_eq(fake_milter_eom(), SMFIS_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 451 4.3.0 "));
	milter_sample_close();
}
END_TEST

START_TEST(without_a_session_every_recipient_fails)
{
	void *session;

	milter_sample_open();
	session = fake_milter.private_data;
	fake_milter.private_data = NULL;
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_int_eq(fake_milter_eom(), SMFIS_TEMPFAIL);
	ck_assert_int_eq(fake_milter_abort(), SMFIS_CONTINUE);
	ck_assert_int_eq(fake_milter_close(), SMFIS_CONTINUE);
	fake_milter.private_data = session;
	milter_sample_close();
}
END_TEST

START_TEST(stopping_ends_what_has_begun)
{
	milter_sample_open();
	fake_milter_rcpt("<u@a.example.com>");
	milter_door_drain();
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, TO_A);
	fake_milter_forget();
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 451 4.3.2 "));
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_IN_FLIGHT), 0);
	milter_sample_close();
}
END_TEST

int main(void)
{
	const struct suite_test messages[] = {
		{message, COUNT(rows)},
		{messages_on_one_connection_are_strangers, 1},
		{headers_of_our_name_are_left_alone, 1},
		{no_recipients_left, 1},
		{pool_that_left_between_rcpt_and_end, 1},
		{without_a_session_every_recipient_fails, 1},
		{stopping_ends_what_has_begun, 1},
		{negotiation, COUNT(negotiations)},
		{an_mta_without_header_changes_is_refused, 1},
		{sender_decides, 1},
		{old_connection_after_a_reload_tempfails, 1},
		{fault, COUNT(faults)},
	};

	return suite_run("milter_door", messages, COUNT(messages));
}
