/* test_blame: whose fault each kind of failure is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"
#include "suite.h"

#include <string.h>

#define REPLY  OBSERVATION_REPLY
#define AT(at) OBSERVATION_STAGE_##at

static const struct row {
	const char *name;
	enum observation_what what;
	enum observation_stage stage;
	int code;
	const char *enhanced;
	enum blame_class class;
	enum health_reason reason;
} rows[] = {
	{"refused", OBSERVATION_REFUSED, AT(CONNECT), 0, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_CONNECTION_REFUSED},
	{"no route", OBSERVATION_UNREACHABLE, AT(CONNECT), 0, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_UNREACHABLE},
	{"connect timeout", OBSERVATION_TIMEOUT, AT(CONNECT), 0, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_CONNECT_TIMEOUT},
	{"silent after accept", OBSERVATION_TIMEOUT, AT(GREETING), 0, "", BLAME_HOST,
		HEALTH_REASON_CONVERSATION_TIMEOUT},
	{"silent at the end", OBSERVATION_TIMEOUT, AT(END), 0, "", BLAME_HOST,
		HEALTH_REASON_CONVERSATION_TIMEOUT},
	{"lost at RCPT", OBSERVATION_LOST, AT(RCPT), 0, "", BLAME_HOST,
		HEALTH_REASON_LOST_CONNECTION},
	{"handshake", OBSERVATION_TLS_FAILED, AT(TLS), 0, "", BLAME_HOST, HEALTH_REASON_TLS_FAILED},
	{"mail system full", REPLY, AT(GREETING), 431, "4.3.1", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_4XX},
	{"450 greeting", REPLY, AT(GREETING), 450, "4.7.1", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_4XX},
	{"421 greeting", REPLY, AT(GREETING), 421, "", BLAME_HOST_AT_ONCE, HEALTH_REASON_REPLY_421},
	{"421 at RCPT", REPLY, AT(RCPT), 421, "4.7.0", BLAME_HOST_AT_ONCE, HEALTH_REASON_REPLY_421},
	{"421 where nobody knows", REPLY, AT(NONE), 421, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_REPLY_421},
	{"452 at MAIL", REPLY, AT(MAIL), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 at RCPT", REPLY, AT(RCPT), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 at the end", REPLY, AT(END), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 where nobody knows", REPLY, AT(NONE), 452, "4.3.1", BLAME_HOST,
		HEALTH_REASON_SYSTEM_4_3},
	{"451 at EHLO", REPLY, AT(EHLO), 451, "", BLAME_HOST, HEALTH_REASON_EHLO_4XX},
	{"451 at MAIL", REPLY, AT(MAIL), 451, "", BLAME_HOST, HEALTH_REASON_MAIL_4XX},
	{"451 at DATA", REPLY, AT(DATA), 451, "4.0.0", BLAME_HOST, HEALTH_REASON_DATA_4XX},
	{"451 at the end", REPLY, AT(END), 451, "4.6.0", BLAME_HOST, HEALTH_REASON_END_4XX},
	{"454 at STARTTLS", REPLY, AT(TLS), 454, "", BLAME_HOST, HEALTH_REASON_TLS_FAILED},
	{"greylisting", REPLY, AT(RCPT), 450, "4.2.0", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"greylisting, 4.7.1", REPLY, AT(RCPT), 451, "4.7.1", BLAME_SENDER,
		HEALTH_REASON_POLICY_4_7},
	{"greylisting at DATA", REPLY, AT(DATA), 451, "4.7.1", BLAME_SENDER,
		HEALTH_REASON_POLICY_4_7},
	{"greylisting without a status", REPLY, AT(RCPT), 450, "", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"mailbox full", REPLY, AT(RCPT), 452, "4.2.2", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"mailbox full at the end", REPLY, AT(END), 452, "4.2.2", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"too many recipients", REPLY, AT(RCPT), 452, "4.5.3", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"sender's domain", REPLY, AT(MAIL), 450, "4.1.8", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"no such user", REPLY, AT(RCPT), 550, "5.1.1", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"too big", REPLY, AT(MAIL), 552, "5.3.4", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"554 greeting", REPLY, AT(GREETING), 554, "", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"451 where nobody knows", REPLY, AT(NONE), 451, "", BLAME_NONE,
		HEALTH_REASON_UNCLASSIFIED},
	{"4.31.1 is not 4.3", REPLY, AT(NONE), 451, "4.31.1", BLAME_NONE,
		HEALTH_REASON_UNCLASSIFIED},
	{"no reply at all", REPLY, AT(MAIL), 0, "", BLAME_NONE, HEALTH_REASON_UNCLASSIFIED},
	{"no such name", OBSERVATION_NO_ADDRESS, AT(NONE), 0, "4.4.3", BLAME_OURS,
		HEALTH_REASON_NO_ADDRESS},
	{"no descriptors", OBSERVATION_OURS, AT(CONNECT), 0, "", BLAME_OURS,
		HEALTH_REASON_OUR_SHORTAGE},
	{"not tried", OBSERVATION_SUSPENDED, AT(NONE), 0, "4.4.1", BLAME_NONE,
		HEALTH_REASON_SUSPENDED},
	{"mail loops", OBSERVATION_OTHER, AT(NONE), 0, "", BLAME_NONE, HEALTH_REASON_UNCLASSIFIED},
};

static struct observation make(enum observation_what what, enum observation_stage stage, int code,
	const char *enhanced, const char *text)
{
	struct observation observation;

	observation_init(&observation);
	observation.what = what;
	observation.stage = stage;
	observation.code = code;
	strcpy(observation.enhanced, enhanced);
	strcpy(observation.text, text);
	return observation;
}

START_TEST(built_in)
{
	const struct row *row = &rows[_i];
	struct observation observation = make(row->what, row->stage, row->code, row->enhanced, "");
	struct blame blame = blame_find(NULL, 0, &observation);

	ck_assert_msg(
		blame.class == row->class, "%s: %s", row->name, blame_class_name(blame.class));
	ck_assert_msg(
		blame.reason == row->reason, "%s: %s", row->name, health_reason_name(blame.reason));
}
END_TEST

START_TEST(what_is_sent_is_a_success)
{
	struct observation observation = make(REPLY, AT(END), 250, "2.0.0", "250 2.0.0 Ok");

	observation.outcome = OBSERVATION_SENT;
	ck_assert_int_eq(blame_find(NULL, 0, &observation).class, BLAME_SUCCESS);
	ck_assert_int_eq(blame_find(NULL, 0, &observation).reason, HEALTH_REASON_DELIVERED);
	observation.stage = AT(RCPT);
	ck_assert_int_eq(blame_find(NULL, 0, &observation).class, BLAME_NONE);
	observation.is_probe = true;
	ck_assert_int_eq(blame_find(NULL, 0, &observation).reason, HEALTH_REASON_PROBED);
}
END_TEST

static const struct blame_rule rules[] = {
	{.stages = 1u << AT(RCPT), .code = 450, .text = "TRY another SERVER", .class = BLAME_HOST},
	{.enhanced = "4.5", .class = BLAME_HOST_AT_ONCE},
	{.code = 5, .enhanced = "5.3.2", .class = BLAME_HOST_AT_ONCE},
	{.code = 452, .class = BLAME_NONE},
};

static const struct rule_row {
	const char *name;
	enum observation_what what;
	enum observation_stage stage;
	int code;
	const char *enhanced;
	const char *text;
	enum blame_class class;
	bool is_ruled;
} rule_rows[] = {
	{"text, in another case", REPLY, AT(RCPT), 450, "", "450 try Another server", BLAME_HOST,
		true},
	{"another stage", REPLY, AT(MAIL), 450, "", "450 try another server", BLAME_HOST, false},
	{"another text", REPLY, AT(RCPT), 450, "", "450 greylisted", BLAME_RECIPIENT, false},
	{"another code", REPLY, AT(RCPT), 451, "", "451 try another server", BLAME_RECIPIENT,
		false},
	{"beginning of a status", REPLY, AT(RCPT), 452, "4.5.3", "", BLAME_HOST_AT_ONCE, true},
	{"that is not a beginning", REPLY, AT(END), 450, "4.52.1", "", BLAME_HOST, false},
	{"class of codes", REPLY, AT(MAIL), 554, "5.3.2", "", BLAME_HOST_AT_ONCE, true},
	{"first match", REPLY, AT(END), 452, "4.3.1", "", BLAME_NONE, true},
	{"what is no reply", OBSERVATION_LOST, AT(RCPT), 0, "4.5.3", "try another server",
		BLAME_HOST, false},
};

START_TEST(rules_of_the_configuration)
{
	const struct rule_row *row = &rule_rows[_i];
	struct observation observation =
		make(row->what, row->stage, row->code, row->enhanced, row->text);
	struct blame blame = blame_find(rules, COUNT(rules), &observation);

	ck_assert_msg(
		blame.class == row->class, "%s: %s", row->name, blame_class_name(blame.class));
	ck_assert_msg((blame.reason == HEALTH_REASON_CLASSIFIED) == row->is_ruled, "%s: %s",
		row->name, health_reason_name(blame.reason));
}
END_TEST

START_TEST(every_reply_ends_in_a_row)
{
	for (int stage = 0; stage < OBSERVATION_STAGE_COUNT; stage++)
		for (int what = 0; what < OBSERVATION_WHAT_COUNT; what++)
			for (int code = 200; code < 600; code++) {
				struct observation observation = make((enum observation_what)what,
					(enum observation_stage)stage, code, "", "");
				struct blame blame = blame_find(NULL, 0, &observation);

				ck_assert_int_lt(blame.class, BLAME_CLASS_COUNT);
				/* Nothing but 4xx replies and broken conversations is a host's. */
				if (blame.class == BLAME_HOST || blame.class == BLAME_HOST_AT_ONCE)
					ck_assert_msg(what != OBSERVATION_REPLY || code / 100 == 4,
						"stage %d what %d code %d", stage, what, code);
			}
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(blame_class_name(BLAME_HOST_AT_ONCE), "host_at_once");
	ck_assert_str_eq(blame_class_name(BLAME_SUCCESS), "success");
	ck_assert_str_eq(blame_class_name((enum blame_class)77), "?");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{built_in, COUNT(rows)}, {what_is_sent_is_a_success, 1},
		{rules_of_the_configuration, COUNT(rule_rows)}, {every_reply_ends_in_a_row, 1},
		{names, 1}};

	return suite_run("blame", tests, COUNT(tests));
}
