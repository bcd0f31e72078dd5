/* test_log_reply: SMTP replies in logs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_reply.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	int code; /* 0: none */
	const char *enhanced;
} rows[] = {
	{"452 4.3.1 Insufficient system resources", 452, "4.3.1"},
	{"452 4.3.1", 452, "4.3.1"},
	{"452", 452, ""},
	{"452 ", 452, ""},
	{"450 no enhanced code", 450, ""},
	{"450-4.7.1 first 450 4.7.2 last", 450, "4.7.1"},
	{"421-first line 421-second line 421 4.3.2 third line", 421, "4.3.2"},
	{"421-first line 450 4.3.2 of another code", 421, ""},
	{"421-first 421 ", 421, ""},
	{"421 first 421 4.3.2 of one line", 421, ""},
	{"450 cuda_nsu 4.7.1 after a tag", 450, "4.7.1"},
	{"550 550 5.7.1 behind a code", 550, "5.7.1"},
	{"450 two words 4.7.1 x", 450, ""},
	{"450 <x> 4.7.1 x", 450, ""},
	{"450 <\"x 4.3.0 y\"@example.com> no", 450, ""},
	{"452 #4.3.1 queue full", 452, "4.3.1"},
	{"452 mailbox full (#4.2.2)", 452, "4.2.2"},
	{"451 later [#4.1.9].", 451, "4.1.9"},
	{"550-no 550 (#5.1.1)", 550, "5.1.1"},
	{"451 no <\"(#4.3.0)\"@example.com>", 451, ""},
	{"451 no <\"(#4.3.0) \"@example.com> here", 451, ""},
	{"451 ticket #4.3", 451, ""},
	{"451 ticket #4", 451, ""},
	{"450 5.1.1 of another class", 450, "5.1.1"},
	{"250 2.0.0 Ok", 250, "2.0.0"},
	{"554 5.123.456 x", 554, "5.123.456"},
	{"554 5.1234.1 x", 554, ""},
	{"554 5.1 x", 554, ""},
	{"554 5.1.1.1 x", 554, ""},
	{"554 3.1.1 x", 554, ""},
	{"554 5.1.1x", 554, ""},
	{"199 x", 0, ""},
	{"600 x", 0, ""},
	{"45", 0, ""},
	{"", 0, ""},
	{"4521 x", 0, ""},
	{"452x", 0, ""},
	{" 452 x", 0, ""},
	{"+52 x", 0, ""},
	{"hello", 0, ""},
};

START_TEST(reply)
{
	const struct row *row = &rows[_i];
	struct observation observation;

	observation_init(&observation);
	ck_assert_msg(log_reply_parse(span_make(row->text, strlen(row->text)), &observation) ==
			      (row->code != 0),
		"%s", row->text);
	ck_assert_msg(observation.code == row->code, "%s: %d", row->text, observation.code);
	ck_assert_msg(strcmp(observation.enhanced, row->enhanced) == 0, "%s: %s", row->text,
		observation.enhanced);
}
END_TEST

static const struct row greetings[] = {
	{"554 5.3.2 no", 554, "5.3.2"},
	{"mx1.example.com ESMTP not available 554 No SMTP service", 554, ""},
	{"mx1.example.com 421 4.3.2 Service not available", 421, "4.3.2"},
	{"mx1.example.com 220 hello", 0, ""},
	{"mx1.example.com 5540 hello", 0, ""},
	{"mx1.example.com says nothing", 0, ""},
	{"", 0, ""},
};

START_TEST(greeting)
{
	const struct row *row = &greetings[_i];
	struct observation observation;

	observation_init(&observation);
	ck_assert_msg(log_reply_parse_greeting(span_make(row->text, strlen(row->text)),
			      &observation) == (row->code != 0),
		"%s", row->text);
	ck_assert_msg(observation.code == row->code, "%s: %d", row->text, observation.code);
	ck_assert_msg(strcmp(observation.enhanced, row->enhanced) == 0, "%s: %s", row->text,
		observation.enhanced);
}
END_TEST

START_TEST(enhanced_alone)
{
	struct span text = span_make("4.3.1 rest", 10);
	struct observation observation;

	observation_init(&observation);
	ck_assert(log_reply_take_enhanced(&text, &observation));
	ck_assert_str_eq(observation.enhanced, "4.3.1");
	ck_assert(span_is(text, " rest"));
	ck_assert(!log_reply_take_enhanced(&text, &observation));
	ck_assert_str_eq(observation.enhanced, "4.3.1");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{reply, COUNT(rows)}, {greeting, COUNT(greetings)}, {enhanced_alone, 1}};

	return suite_run("log_reply", tests, COUNT(tests));
}
