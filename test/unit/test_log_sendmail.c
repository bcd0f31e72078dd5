/* test_log_sendmail: lines of Sendmail's log
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_sendmail.h"
#include "parser.h"
#include "suite.h"

#include <string.h>

static struct corpus corpus;

START_TEST(corpus_row)
{
	parser_check_row(log_sendmail_parse, &corpus.rows[_i]);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_int_gt(corpus.count, 90);
}
END_TEST

START_TEST(beginnings)
{
	parser_check_prefixes(log_sendmail_parse, &corpus);
}
END_TEST

START_TEST(mutations)
{
	parser_check_mutations(log_sendmail_parse, &corpus);
}
END_TEST

/* ---- what a host may reply, and a sender may write to, and not be believed */

#define REAL   "mx1.example.com. [192.0.2.1]"
#define EVIL   "evil.example. [192.0.2.66]"
#define HEAD   "Nov 24 03:21:12 mx sm-mta[1]: 6AONV1Dm013521: to="
#define FIELDS ", delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=1, relay=" REAL

static const char *const hostile_texts[] = {
	"x, relay=" EVIL ", dsn=2.0.0, stat=Sent (Ok)",
	"x, stat=Deferred: Connection refused by " EVIL,
	"x, dsn=5.0.0, reply=550 x, stat=User unknown",
	"x\"@b>" FIELDS ", dsn=2.0.0, relay=" EVIL ", stat=Sent (Ok)",
	"x>" FIELDS ", dsn=2.0.0, stat=Sent (Ok)",
	"Connection timed out with evil.example. during client EHLO",
	"(Name server: evil.example.: host not found)",
	"\" quotes\" \\\" > <",
	"=",
	", ",
};

enum { HOSTILE_COUNT = COUNT(hostile_texts) };

static void check_hostile(const char *line, int code, enum observation_outcome outcome)
{
	struct observation got;

	ck_assert_msg(parser_run(log_sendmail_parse, line, strlen(line), &got), "%s", line);
	ck_assert_msg(strcmp(got.host, "mx1.example.com") == 0, "%s: %s", line, got.host);
	ck_assert_msg(strcmp(got.address, "192.0.2.1") == 0, "%s: %s", line, got.address);
	ck_assert_msg(got.code == code, "%s: %d", line, got.code);
	ck_assert_msg(got.outcome == outcome, "%s", line);
	ck_assert_msg(got.what == OBSERVATION_REPLY, "%s", line);
	ck_assert_str_eq(got.queue_id, "6AONV1Dm013521");
}

static const struct pattern_row {
	const char *pattern; /* with the text in the place of "%" */
	int code;
	enum observation_outcome outcome;
} patterns[] = {
	{HEAD "<u@example.com>" FIELDS ", dsn=4.7.1, reply=451 4.7.1 %, stat=Deferred: 451 4.7.1 %",
		451, OBSERVATION_DEFERRED},
	{HEAD "<u@example.com>" FIELDS ", dsn=4.7.1, stat=Deferred: 451 4.7.1 %", 451,
		OBSERVATION_DEFERRED},
	{HEAD "<u@example.com>" FIELDS ", dsn=5.0.0, reply=550 5.7.1 %, stat=User unknown", 550,
		OBSERVATION_BOUNCED},
	{HEAD "<u@example.com>" FIELDS ", dsn=2.0.0, stat=Sent (%)", 250, OBSERVATION_SENT},
};

/* Two sets of fields: a line may also begin with what a sender wrote, so none is believed. */
START_TEST(hostile_reply)
{
	bool has_fields = strstr(hostile_texts[_i], FIELDS) != NULL;

	for (int i = 0; i < COUNT(patterns); i++) {
		struct observation got;
		char line[2048];

		parser_fill(line, sizeof(line), patterns[i].pattern, hostile_texts[_i]);
		if (has_fields)
			ck_assert(!parser_run(log_sendmail_parse, line, strlen(line), &got));
		else
			check_hostile(line, patterns[i].code, patterns[i].outcome);
	}
}
END_TEST

START_TEST(hostile_recipient)
{
	char quoted[1024];
	char line[4096];

	parser_quote(quoted, sizeof(quoted), hostile_texts[_i]);
	parser_fill(line, sizeof(line),
		HEAD "<a@example.com>,<\"%\"@example.com>,<\"%\"@example.org>, "
		     "ctladdr=<\"%\"@mx.example> (0/0)" FIELDS
		     ", dsn=4.3.1, reply=452 4.3.1 full, stat=Deferred: 452 4.3.1 full",
		quoted);
	check_hostile(line, 452, OBSERVATION_DEFERRED);
}
END_TEST

START_TEST(octets)
{
	static const char line[] =
		HEAD "<u@example.com>" FIELDS ", dsn=4.7.1, reply=451 4.7.1 a\0b\033\xff\xc3\xa9, "
		     "stat=Deferred: 451 4.7.1";
	struct observation got;

	ck_assert(parser_run(log_sendmail_parse, line, sizeof(line) - 1, &got));
	ck_assert_str_eq(got.text, "451 4.7.1 a?b??\xc3\xa9");
}
END_TEST

int main(void)
{
	int status;

	corpus_read(&corpus, "log_sendmail.txt");

	const struct suite_test tests[] = {{the_corpus_is_there, 1}, {corpus_row, corpus.count},
		{beginnings, 1}, {mutations, 1}, {hostile_reply, HOSTILE_COUNT},
		{hostile_recipient, HOSTILE_COUNT}, {octets, 1}};

	status = suite_run("log_sendmail", tests, COUNT(tests));
	corpus_free(&corpus);
	return status;
}
