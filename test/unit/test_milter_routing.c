/* test_milter_routing: what the MTA is told at the end of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_map.h"
#include "milter_sample.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* ---- recipients of different routes */

static void open_postfix(bool has_map, bool is_only_map, enum envelope_mixed mixed)
{
	struct routing_policy policy = {
		.envelope = {.has_map = has_map, .is_only_map = is_only_map, .mixed = mixed}};

	milter_sample_open();
	routing_policy_set(&policy);
}

/* The host that the map says first for that recipient. */
static const char *map_says(const char *recipient)
{
	static struct engine_map_answer answer;
	struct address address = sample_address(recipient);

	engine_map_address(milter_sample.engine, &address, ENGINE_MAP_RECIPIENT, &answer);
	return answer.nexthop;
}

START_TEST(the_map_hears_of_each_recipient)
{
	open_postfix(true, false, ENVELOPE_MIXED_MAP);
	sample_reload(&milter_sample, milter_sample_three);
	/* The turn is the message's: both recipients of one pool have the same host. */
	for (int i = 0; i < 9; i++) {
		char first[64];

		fake_milter_rcpt("<u@example.com>");
		fake_milter_rcpt("<u@b.example.com>");
		fake_milter_rcpt("<V@EXAMPLE.COM>");
		fake_milter_rcpt("<u@nowhere.example>");
		ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
		ck_assert_str_eq(fake_milter.calls, "");
		snprintf(first, sizeof(first), "smtp:[%c.example]", 'a' + i % 3);
		ck_assert_int_eq(strncmp(map_says("u@example.com"), first, strlen(first)), 0);
		ck_assert_int_eq(strncmp(map_says("v@example.com"), first, strlen(first)), 0);
		ck_assert_str_eq(map_says("u@b.example.com"), "relay:[192.0.2.1]:26");
	}
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_MIXED), 9);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_ROUTED), 9);
	milter_sample_close();
}
END_TEST

START_TEST(a_filtered_message_is_remembered_too)
{
	open_postfix(true, false, ENVELOPE_MIXED_MAP);
	sample_reload(&milter_sample, milter_sample_three);
	for (int i = 0; i < 6; i++) {
		fake_milter_forget();
		fake_milter_rcpt("<u@example.com>");
		fake_milter_rcpt("<w@example.com>");
		fake_milter_eom();
		ck_assert_ptr_nonnull(strstr(fake_milter.calls, map_says("u@example.com")));
		ck_assert_ptr_nonnull(strstr(fake_milter.calls, map_says("w@example.com")));
	}
	milter_sample_close();
}
END_TEST

START_TEST(only_the_map)
{
	open_postfix(true, true, ENVELOPE_MIXED_MAP);
	fake_milter_rcpt("<u@a.example.com>");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, "");
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_ROUTED), 1);
	fake_milter_rcpt("<u@drop.example.com>");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_DISCARD);
	milter_sample_close();
}
END_TEST

START_TEST(a_split_message)
{
	open_postfix(false, false, ENVELOPE_MIXED_SPLIT);
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_CONTINUE);
	ck_assert_int_eq(fake_milter_rcpt("<u@b.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 452 4.5.3 "));
	fake_milter_forget();
	ck_assert_int_eq(fake_milter_rcpt("<v@a.example.com>"), SMFIS_CONTINUE);
	ck_assert_int_eq(fake_milter_rcpt("<u@nowhere.example>"), SMFIS_TEMPFAIL);
	fake_milter_forget();
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls, TO_A);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_SPLIT), 2);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_MIXED), 0);
	milter_sample_close();
}
END_TEST

/* ---- Sendmail */

static void open_sendmail(void)
{
	struct routing_policy policy = {.envelope = {.mta = TABLE_SENDMAIL, .has_map = true}};

	milter_sample_open_with(milter_sample_sendmail, "unix:/x", &policy);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	fake_milter_forget();
}

/* It tells of RSET only a milter that has answered MAIL. */
START_TEST(mail_is_answered_and_begins_anew)
{
	open_sendmail();
	ck_assert_int_eq(fake_milter_mail("<s@x.example>"), SMFIS_CONTINUE);
	fake_milter_rcpt("<given-up@b.example.com>");
	ck_assert_int_eq(fake_milter_mail("<s@x.example>"), SMFIS_CONTINUE);
	fake_milter_rcpt("<u@a.example.com>");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls,
		"remove <u@a.example.com>; recipient <u%a.example.com@a.0.nexthop>; ");
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_IN_FLIGHT), 0);
	milter_sample_close();
}
END_TEST

START_TEST(recipients_become_tokens)
{
	open_sendmail();
	fake_milter_rcpt_with("<u@a.example.com>", "NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;u@x");
	fake_milter_rcpt("<u@nowhere.example>");
	fake_milter_rcpt("<\"odd name\"@b.example.com>");
	fake_milter_rcpt("<gone@drop.example.com>");
	fake_milter_rcpt("<a%b@a.example.com>");
	fake_milter_rcpt("<u@c.example.com>");
	ck_assert_int_eq(fake_milter_eom(), SMFIS_CONTINUE);
	ck_assert_str_eq(fake_milter.calls,
		"remove <u@a.example.com>; "
		"recipient <u%a.example.com@a.0.nexthop> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;u@x; "
		"remove <a%b@a.example.com>; recipient <a%b%a.example.com@a.0.nexthop>; "
		"remove <\"odd name\"@b.example.com>; "
		"recipient <\"odd name\"%b.example.com@b.0.nexthop>; "
		"remove <gone@drop.example.com>; "
		"remove <u@c.example.com>; recipient <u%c.example.com@" TOKEN_C ".0.nexthop>; ");
	milter_sample_close();
}
END_TEST

START_TEST(messages_on_one_connection_have_their_own_recipients)
{
	open_sendmail();
	fake_milter_rcpt("<u@a.example.com>");
	fake_milter_eom();
	fake_milter_rcpt("<w@a.example.com>");
	fake_milter_abort();
	fake_milter_forget();
	fake_milter_rcpt("<v@a.example.com>");
	fake_milter_eom();
	ck_assert_str_eq(fake_milter.calls,
		"remove <v@a.example.com>; recipient <v%a.example.com@a.0.nexthop>; ");
	milter_sample_close();
}
END_TEST

START_TEST(a_pool_by_recipient_chooses_for_each)
{
	static const char by_recipient[] =
		"mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";\n"
		"pools = { h = { balance = \"hash\"; hosts = ( { host = \"a.example\"; },\n"
		" { host = \"b.example\"; } ); }; };\n"
		"routes = ( { match = \"h.example.com\"; pool = \"h\"; } );\n";
	int removed = 0;
	int hosts[2] = {0, 0};

	open_sendmail();
	sample_reload(&milter_sample, by_recipient);
	for (int i = 0; i < 40; i++) {
		char recipient[32];

		snprintf(recipient, sizeof(recipient), "<u%d@h.example.com>", i);
		fake_milter_rcpt(recipient);
	}
	fake_milter_eom();
	for (const char *p = fake_milter.calls; (p = strstr(p, "remove ")) != NULL; p++)
		removed++;
	/* The recipients' own domain begins like their token's. */
	for (const char *p = fake_milter.calls; (p = strstr(p, "@h.")) != NULL; p++)
		if (p[3] == '0' || p[3] == '1')
			hosts[p[3] - '0']++;
	ck_assert_int_eq(removed, 40);
	ck_assert_int_eq(hosts[0] + hosts[1], 40);
	ck_assert_msg(hosts[0] > 5 && hosts[1] > 5, "%d and %d", hosts[0], hosts[1]);
	milter_sample_close();
}
END_TEST

START_TEST(old_connection_of_sendmail_tempfails)
{
	static const char no_routes[] =
		"mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";\n"
		"routes = ( { match = \"other.example\"; action = \"dns\"; } );\n";
	struct routing_policy policy = {.envelope = {.mta = TABLE_SENDMAIL, .has_map = true}};

	milter_sample_open_with(no_routes, "unix:/x", &policy);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	sample_reload(&milter_sample, milter_sample_sendmail);
	ck_assert_int_eq(fake_milter_rcpt("<u@drop.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_TEMPFAIL);
	ck_assert_int_eq(fake_milter_rcpt("<u@nowhere.example>"), SMFIS_CONTINUE);
	milter_sample_close();
}
END_TEST

START_TEST(tokens_have_the_turn)
{
	open_sendmail();
	for (int i = 0; i < 6; i++) {
		char expected[64];

		fake_milter_forget();
		fake_milter_rcpt("<u@b.example.com>");
		fake_milter_eom();
		snprintf(expected, sizeof(expected), "%%b.example.com@b.%d.nexthop>", i % 3);
		ck_assert_msg(strstr(fake_milter.calls, expected) != NULL, "%d: %s", i,
			fake_milter.calls);
	}
	milter_sample_close();
}
END_TEST

START_TEST(tokens_from_clients_are_refused)
{
	open_sendmail();
	ck_assert_int_eq(fake_milter_rcpt("<u%d@b.0.nexthop>"), SMFIS_REJECT);
	ck_assert_ptr_nonnull(strstr(fake_milter.calls, "reply 550 5.7.1 "));
	ck_assert_int_eq(fake_milter_rcpt("<u%d%b.0.NEXTHOP@mx.example>"), SMFIS_REJECT);
	ck_assert_int_eq(fake_milter_rcpt("<u@a.example.com>"), SMFIS_CONTINUE);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_RCPT_REJECTED), 2);
	milter_sample_close();
}
END_TEST

/* _i: how many changes succeed. */
START_TEST(sendmail_that_cannot_be_told)
{
	open_sendmail();
	fake_milter_rcpt("<u@a.example.com>");
	fake_milter_rcpt("<u@b.example.com>");
	fake_milter.fail_after = _i;
	ck_assert_int_eq(fake_milter_eom(), SMFIS_TEMPFAIL);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_FAULTS), 1);
	fake_milter.fail_after = -1;
	milter_sample_close();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{the_map_hears_of_each_recipient, 1},
		{a_filtered_message_is_remembered_too, 1},
		{only_the_map, 1},
		{a_split_message, 1},
		{mail_is_answered_and_begins_anew, 1},
		{recipients_become_tokens, 1},
		{messages_on_one_connection_have_their_own_recipients, 1},
		{a_pool_by_recipient_chooses_for_each, 1},
		{old_connection_of_sendmail_tempfails, 1},
		{tokens_have_the_turn, 1},
		{tokens_from_clients_are_refused, 1},
		{sendmail_that_cannot_be_told, 4},
	};

	return suite_run("milter_routing", tests, COUNT(tests));
}
