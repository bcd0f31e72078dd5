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
	{"another protocol", OBSERVATION_NO_SMTP, AT(GREETING), 0, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_NO_SMTP},
	{"a greeting that goes on", OBSERVATION_NO_SMTP, AT(GREETING), 354, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_NO_SMTP},
	{"999 to EHLO", OBSERVATION_NO_SMTP, AT(EHLO), 0, "", BLAME_HOST, HEALTH_REASON_NO_SMTP},
	{"999 to MAIL", OBSERVATION_NO_SMTP, AT(MAIL), 0, "", BLAME_HOST, HEALTH_REASON_NO_SMTP},
	{"mail system full", REPLY, AT(GREETING), 431, "4.3.1", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_4XX},
	{"450 greeting", REPLY, AT(GREETING), 450, "4.7.1", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_4XX},
	{"421 greeting", REPLY, AT(GREETING), 421, "", BLAME_HOST_AT_ONCE, HEALTH_REASON_REPLY_421},
	{"421 at EHLO", REPLY, AT(EHLO), 421, "", BLAME_HOST_AT_ONCE, HEALTH_REASON_REPLY_421},
	{"421 at RCPT", REPLY, AT(RCPT), 421, "4.7.0", BLAME_COMPARED, HEALTH_REASON_REPLY_421},
	{"421 of the system", REPLY, AT(RCPT), 421, "4.3.0", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_REPLY_421},
	{"421 where nobody knows", REPLY, AT(NONE), 421, "", BLAME_COMPARED,
		HEALTH_REASON_REPLY_421},
	{"452 at MAIL", REPLY, AT(MAIL), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 at RCPT", REPLY, AT(RCPT), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 at the end", REPLY, AT(END), 452, "4.3.1", BLAME_HOST, HEALTH_REASON_SYSTEM_4_3},
	{"452 where nobody knows", REPLY, AT(NONE), 452, "4.3.1", BLAME_HOST,
		HEALTH_REASON_SYSTEM_4_3},
	{"451 at EHLO", REPLY, AT(EHLO), 451, "", BLAME_HOST, HEALTH_REASON_EHLO_4XX},
	{"451 at MAIL", REPLY, AT(MAIL), 451, "", BLAME_COMPARED, HEALTH_REASON_MAIL_4XX},
	{"451 at DATA", REPLY, AT(DATA), 451, "4.0.0", BLAME_COMPARED, HEALTH_REASON_DATA_4XX},
	{"451 at the end", REPLY, AT(END), 451, "4.6.0", BLAME_COMPARED, HEALTH_REASON_END_4XX},
	{"454 at STARTTLS", REPLY, AT(TLS), 454, "", BLAME_HOST, HEALTH_REASON_TLS_FAILED},
	{"greylisting", REPLY, AT(RCPT), 450, "4.2.0", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"policy at RCPT", REPLY, AT(RCPT), 451, "4.7.1", BLAME_COMPARED, HEALTH_REASON_POLICY_4_7},
	{"policy at DATA", REPLY, AT(DATA), 451, "4.7.1", BLAME_COMPARED, HEALTH_REASON_POLICY_4_7},
	{"450 without a status", REPLY, AT(RCPT), 450, "", BLAME_COMPARED, HEALTH_REASON_RCPT_4XX},
	{"mailbox full", REPLY, AT(RCPT), 452, "4.2.2", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"mailbox full at the end", REPLY, AT(END), 452, "4.2.2", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"too many recipients", REPLY, AT(RCPT), 452, "4.5.3", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"sender's domain", REPLY, AT(MAIL), 450, "4.1.8", BLAME_SENDER, HEALTH_REASON_SENDER_4XX},
	{"recipient under 4xx, 5.1.1", REPLY, AT(RCPT), 450, "5.1.1", BLAME_RECIPIENT,
		HEALTH_REASON_RECIPIENT_4XX},
	{"4.1 of no address", REPLY, AT(END), 451, "4.1.9", BLAME_COMPARED, HEALTH_REASON_END_4XX},
	{"too big, for now", REPLY, AT(MAIL), 452, "4.3.4", BLAME_SENDER, HEALTH_REASON_SENDER_4XX},
	{"454 at AUTH", REPLY, AT(AUTH), 454, "4.7.0", BLAME_HOST, HEALTH_REASON_AUTH_FAILED},
	{"530 at MAIL", REPLY, AT(MAIL), 530, "5.7.0", BLAME_HOST, HEALTH_REASON_AUTH_FAILED},
	{"530 at RCPT", REPLY, AT(RCPT), 530, "5.7.1", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"535 at AUTH", REPLY, AT(AUTH), 535, "5.7.8", BLAME_HOST, HEALTH_REASON_AUTH_FAILED},
	{"bad connection", REPLY, AT(MAIL), 451, "4.4.2", BLAME_SESSION,
		HEALTH_REASON_SESSION_LIMIT},
	{"timeout, no phase", OBSERVATION_TIMEOUT, AT(NONE), 0, "", BLAME_HOST,
		HEALTH_REASON_CONVERSATION_TIMEOUT},
	{"no network", OBSERVATION_NO_NETWORK, AT(CONNECT), 0, "", BLAME_OURS,
		HEALTH_REASON_NO_NETWORK},
	{"no such user", REPLY, AT(RCPT), 550, "5.1.1", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"too big", REPLY, AT(MAIL), 552, "5.3.4", BLAME_SENDER, HEALTH_REASON_REJECTED_5XX},
	{"554 greeting", REPLY, AT(GREETING), 554, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_5XX},
	{"521 greeting", REPLY, AT(GREETING), 521, "", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_5XX},
	{"550 5.3.2 greeting", REPLY, AT(GREETING), 550, "5.3.2", BLAME_HOST_AT_ONCE,
		HEALTH_REASON_GREETING_5XX},
	{"550 greeting", REPLY, AT(GREETING), 550, "", BLAME_COMPARED, HEALTH_REASON_GREETING_5XX},
	{"policy greeting", REPLY, AT(GREETING), 554, "5.7.1", BLAME_SENDER,
		HEALTH_REASON_REJECTED_5XX},
	{"451 where nobody knows", REPLY, AT(NONE), 451, "", BLAME_COMPARED,
		HEALTH_REASON_REPLY_4XX},
	{"4.31.1 is not 4.3", REPLY, AT(NONE), 451, "4.31.1", BLAME_COMPARED,
		HEALTH_REASON_REPLY_4XX},
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
	{"another code", REPLY, AT(RCPT), 451, "", "451 try another server", BLAME_HOST, false},
	{"beginning of a status", REPLY, AT(RCPT), 452, "4.5.3", "", BLAME_HOST_AT_ONCE, true},
	{"that is not a beginning", REPLY, AT(END), 450, "4.52.1", "", BLAME_COMPARED, false},
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

/* Words: what they clear or convict goes before the stage, and mostly before the status. */
static const struct word_row {
	const char *text;
	enum observation_stage stage;
	int code;
	const char *enhanced;
	enum blame_class class;
} word_rows[] = {
	{"greylisted for 300 seconds", AT(RCPT), 450, "4.3.0", BLAME_RECIPIENT},
	{"service unavailable; greylisted", AT(DATA), 421, "", BLAME_RECIPIENT},
	{"mailbox full", AT(RCPT), 452, "", BLAME_RECIPIENT},
	{"user over quota", AT(END), 452, "4.3.1", BLAME_RECIPIENT},
	{"recipient thread limit exceeded", AT(END), 432, "4.3.2", BLAME_RECIPIENT},
	{"service unavailable; client host blocked using x", AT(RCPT), 454, "4.7.1", BLAME_SENDER},
	{"cannot find your reverse hostname, access denied", AT(MAIL), 450, "4.7.1", BLAME_SENDER},
	{"SPF check failed, internal error", AT(MAIL), 451, "4.7.24", BLAME_SENDER},
	{"sender address rejected: domain not found", AT(RCPT), 450, "", BLAME_SENDER},
	{"message size exceeds limit", AT(MAIL), 452, "4.3.1", BLAME_SENDER},
	{"too many messages in this connection", AT(MAIL), 421, "", BLAME_SESSION},
	{"session open for too long", AT(RCPT), 421, "4.3.2", BLAME_SESSION},
	{"Error: timeout exceeded", AT(MAIL), 421, "4.4.2", BLAME_SESSION},
	{"SMTP command timeout - closing connection", AT(MAIL), 421, "", BLAME_SESSION},
	{"too many messages", AT(GREETING), 421, "4.7.0", BLAME_HOST_AT_ONCE},
	{"connection dropped", AT(END), 421, "4.4.2", BLAME_HOST_AT_ONCE},
	{"server busy", AT(MAIL), 421, "4.4.5", BLAME_HOST_AT_ONCE},
	{"server busy", AT(MAIL), 451, "4.7.500", BLAME_HOST},
	{"Recipient address rejected: Service is unavailable", AT(RCPT), 450, "4.7.1", BLAME_HOST},
	{"recipient temporarily unavailable", AT(RCPT), 451, "", BLAME_RECIPIENT},
	{"temporary local problem", AT(RCPT), 451, "", BLAME_HOST},
	{"resources temporarily unavailable", AT(END), 451, "4.1.9", BLAME_HOST},
	{"internal error", AT(RCPT), 451, "4.2.0", BLAME_RECIPIENT},
	{"try again later", AT(MAIL), 451, "4.7.1", BLAME_COMPARED},
	{"Service currently unavailable", AT(RCPT), 450, "4.3.2", BLAME_SENDER},
	{"Service currently unavailable", AT(MAIL), 450, "4.3.2", BLAME_HOST},
	{"your address is on a block list", AT(GREETING), 554, "", BLAME_SENDER},
	{"not accepting messages", AT(GREETING), 554, "", BLAME_HOST_AT_ONCE},
	{"SMTP synchronization error", AT(GREETING), 554, "", BLAME_SENDER},
	{"(CON:B1)", AT(GREETING), 521, "5.2.1", BLAME_SENDER},
	{"too many login attempts", AT(AUTH), 454, "4.7.0", BLAME_SENDER},
	{"service unavailable", AT(RCPT), 554, "", BLAME_SENDER},
	/* Where all mailboxes are is no mailbox. */
	{"Mailbox store is not mounted", AT(RCPT), 451, "4.3.0", BLAME_HOST},
	{"mailbox database DB01 is currently offline", AT(RCPT), 451, "4.2.1", BLAME_HOST},
	{"STOREDRV; mailbox server is offline", AT(END), 432, "4.3.2", BLAME_HOST},
	{"mailbox server does not have enough memory", AT(END), 431, "", BLAME_HOST},
	{"Mailbox server unavailable", AT(RCPT), 421, "4.2.0", BLAME_HOST_AT_ONCE},
	{"account deferred: message store could not be mounted", AT(RCPT), 451, "", BLAME_HOST},
	{"alias database unavailable", AT(RCPT), 451, "4.3.0", BLAME_HOST},
	{"mailbox disk is full", AT(END), 431, "4.3.1", BLAME_HOST},
	{"mailbox disk quota exceeded", AT(END), 452, "4.2.2", BLAME_RECIPIENT},
	{"user unknown in virtual mailbox database", AT(RCPT), 450, "4.1.1", BLAME_RECIPIENT},
	{"mailbox unavailable", AT(RCPT), 450, "4.2.0", BLAME_RECIPIENT},
	{"unable to store message, mailbox unavailable", AT(END), 450, "", BLAME_RECIPIENT},
	{"quota of the mailbox store exceeded", AT(END), 452, "4.2.2", BLAME_RECIPIENT},
	{"destination mailbox server unavailable", AT(RCPT), 450, "", BLAME_RECIPIENT},
	/* A recipient's or a sender's address says nothing. */
	{"<greylist@example.com>: server busy", AT(RCPT), 450, "", BLAME_HOST},
	{"greylist@example.com: server busy", AT(RCPT), 450, "", BLAME_HOST},
	{"<\"mailbox full> greylist\"@example.com>: server busy", AT(RCPT), 450, "", BLAME_HOST},
	{"<\"server busy\"@example.com>: later", AT(RCPT), 450, "", BLAME_COMPARED},
	{"no <disk-full@example.com>, no busy@example.com", AT(RCPT), 450, "", BLAME_COMPARED},
};

START_TEST(words)
{
	const struct word_row *row = &word_rows[_i];
	struct observation observation =
		make(REPLY, row->stage, row->code, row->enhanced, row->text);
	struct blame blame = blame_find(NULL, 0, &observation);

	ck_assert_msg(blame.class == row->class, "%d %s: %s (%s)", row->code, row->text,
		blame_class_name(blame.class), health_reason_name(blame.reason));
}
END_TEST

/* Their class is that of any greeting; what is busy and not dead is told by the reason (lane.h). */
START_TEST(too_many_sessions)
{
	static const char *const texts[] = {"too many connections", "Too many connections from x",
		"Too many concurrent SMTP connections; try again later", "too many sessions",
		"maximum number of connections reached"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct observation observation = make(REPLY, AT(GREETING), 421, "4.7.0", texts[i]);
		struct blame blame = blame_find(NULL, 0, &observation);

		ck_assert_msg(blame.class == BLAME_HOST_AT_ONCE, "%s", texts[i]);
		ck_assert_msg(blame.reason == HEALTH_REASON_SESSION_LIMIT, "%s", texts[i]);
	}
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
				/* Nothing but greetings, AUTH and its absence, 4xx replies and broken
				 * conversations is a host's. */
				if (blame.class == BLAME_HOST || blame.class == BLAME_HOST_AT_ONCE)
					ck_assert_msg(what != OBSERVATION_REPLY ||
							      code / 100 == 4 ||
							      stage == AT(GREETING) ||
							      stage == AT(AUTH) ||
							      (code == 530 && stage == AT(MAIL)),
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
		{rules_of_the_configuration, COUNT(rule_rows)}, {words, COUNT(word_rows)},
		{too_many_sessions, 1}, {every_reply_ends_in_a_row, 1}, {names, 1}};

	return suite_run("blame", tests, COUNT(tests));
}
