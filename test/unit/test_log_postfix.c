/* test_log_postfix: lines of Postfix's log
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_postfix.h"
#include "parser.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static struct corpus corpus;

START_TEST(corpus_row)
{
	parser_check_row(log_postfix_parse, &corpus.rows[_i]);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_int_gt(corpus.count, 250);
}
END_TEST

START_TEST(beginnings)
{
	parser_check_prefixes(log_postfix_parse, &corpus);
}
END_TEST

START_TEST(mutations)
{
	parser_check_mutations(log_postfix_parse, &corpus);
}
END_TEST

/* ---- messages that have left the queue */

static const struct left_row {
	const char *program;
	const char *message;
	const char *queue_id; /* NULL: the line does not say it */
} left_rows[] = {
	{"postfix/qmgr", "D52C3A742AA: removed", "D52C3A742AA"},
	{"postfix-out/qmgr", "4jYzYD5qxYz1bclR: removed", "4jYzYD5qxYz1bclR"},
	{"postfix/postsuper", "D52C3A742AA: removed", "D52C3A742AA"},
	{"postfix/postsuper", "D52C3A742AA: requeued", "D52C3A742AA"},
	{"postfix", "D52C3A742AA: removed", "D52C3A742AA"},
	{"postfix/smtp", "D52C3A742AA: removed", NULL},
	{"postfix/cleanup", "D52C3A742AA: removed", NULL},
	{"qmgrd", "D52C3A742AA: removed", NULL},
	{"postfix/qmgr", "D52C3A742AA: removed file x", NULL},
	{"postfix/qmgr", "D52C3A742AA: remove", NULL},
	{"postfix/qmgr", "warning: removed", NULL},
	{"postfix/qmgr", ": removed", NULL},
	{"postfix/qmgr", "removed", NULL},
	{"postfix/qmgr", "", NULL},
};

START_TEST(leaves_the_queue)
{
	const struct left_row *row = &left_rows[_i];
	struct logline line = {
		.program = row->program,
		.program_length = strlen(row->program),
		.message = row->message,
		.length = strlen(row->message),
	};
	struct log_postfix_queue queue;
	bool found = log_postfix_queue(&line, &queue);

	ck_assert_msg(found == (row->queue_id != NULL), "%s: %s", row->program, row->message);
	if (found)
		ck_assert_str_eq(queue.id, row->queue_id);
	if (found)
		ck_assert(!queue.is_active);
}
END_TEST

/* ---- messages that are taken up */

static const struct active_row {
	const char *program;
	const char *message;
	int64_t size; /* -1: the line does not say it */
} active_rows[] = {
	{"postfix/qmgr", "D52C3A742AA: from=<u@example.com>, size=1234, nrcpt=1 (queue active)",
		1234},
	{"postfix-out/qmgr", "D52C3A742AA: from=<>, size=7, nrcpt=20 (queue active)", 7},
	{"postfix", "D52C3A742AA: from=<u@example.com>, size=1234, nrcpt=1 (queue active)", 1234},
	{"postfix/qmgr",
		"D52C3A742AA: from=<\"x>, size=9, nrcpt=1\"@b>, size=5, nrcpt=1 (queue active)", 5},
	{"postfix/qmgr",
		"D52C3A742AA: from=<u@example.com>, size=99999999999, nrcpt=1 (queue active)", 0},
	{"postfix/qmgr", "D52C3A742AA: from=<u@example.com>, status=expired, returned to sender",
		-1},
	{"postfix/qmgr", "D52C3A742AA: from=<u@example.com>, nrcpt=1 (queue active)", -1},
	{"postfix/qmgr", "from=<u@example.com>, size=1234, nrcpt=1 (queue active)", -1},
	{"postfix/smtp", "D52C3A742AA: from=<u@example.com>, size=1234, nrcpt=1 (queue active)",
		-1},
	{"postfix/qmgr", "D52C3A742AA: from=<u@example.com>, size=1234, nrcpt=1 (queue", -1},
};

START_TEST(is_taken_up)
{
	const struct active_row *row = &active_rows[_i];
	struct logline line = {
		.program = row->program,
		.program_length = strlen(row->program),
		.message = row->message,
		.length = strlen(row->message),
	};
	struct log_postfix_queue queue;
	bool found = log_postfix_queue(&line, &queue);

	ck_assert_msg(found == (row->size != -1), "%s: %s", row->program, row->message);
	if (!found)
		return;
	ck_assert(queue.is_active);
	ck_assert_str_eq(queue.id, "D52C3A742AA");
	ck_assert_int_eq(queue.size, row->size);
}
END_TEST

/* ---- what a host may reply, and a sender may write to, and not be believed */

#define REAL "mx1.example.com[192.0.2.1]"
#define EVIL "evil.example[192.0.2.66]"

static const char *const hostile_texts[] = {
	"x>, relay=" EVIL ":25, delay=0, delays=0/0/0/0, dsn=4.3.2, status=deferred (host " EVIL
	" said: 421 4.3.2 x (in reply to MAIL FROM command))",
	"a@b>, relay=" EVIL ":25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	"x\"@b>, relay=" EVIL ":25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	"x, relay=" EVIL ":25, dsn=2.0.0, status=sent (250 Ok)",
	"host " EVIL " said: 421 4.3.2 x (in reply to RCPT TO command)",
	"connect to " EVIL ":25: Connection refused",
	"lost connection with " EVIL " while sending RCPT TO",
	") (in reply to RCPT TO command)",
	"(in reply to RCPT TO command))",
	" (in reply to RCPT TO command",
	"to=<a@b>, relay=" EVIL ":25",
	"8916DA720DE: host " EVIL " said: 421 x",
	"\" quotes\" \\\" @ > <",
	"@>, orig_to=<x@y>, relay=" EVIL ":25, status=sent (",
	"status=bounced (x)",
};

enum { HOSTILE_COUNT = COUNT(hostile_texts) };

/* Parses PATTERN with TEXT in the place of "%". */
static bool parse_text(const char *pattern, const char *text, struct observation *observation)
{
	char line[2048];

	parser_fill(line, sizeof(line), pattern, text);
	return parser_run(log_postfix_parse, line, strlen(line), observation);
}

START_TEST(hostile_reply)
{
	static const struct {
		const char *pattern;
		enum observation_outcome outcome;
		enum observation_stage stage;
		int code;
	} rows[] = {
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: host " REAL
		 " said: 451 4.7.1 % (in reply to MAIL FROM command)",
			OBSERVATION_PASSED_ON, OBSERVATION_STAGE_MAIL, 451},
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: host " REAL
		 " refused to talk to me: 451 4.7.1 %",
			OBSERVATION_PASSED_ON, OBSERVATION_STAGE_GREETING, 451},
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: to=<u@example.com>, relay=" REAL
		 ":25, delay=0, delays=0/0/0/0, dsn=4.7.1, status=deferred (host " REAL
		 " said: 451 4.7.1 % (in reply to DATA command))",
			OBSERVATION_DEFERRED, OBSERVATION_STAGE_DATA, 451},
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: to=<u@example.com>, relay=" REAL
		 ":25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 %)",
			OBSERVATION_SENT, OBSERVATION_STAGE_END, 250},
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: TLS is required, but host " REAL
		 " refused to start TLS: 454 4.7.0 %",
			OBSERVATION_PASSED_ON, OBSERVATION_STAGE_TLS, 454},
		{"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: SASL authentication failed; "
		 "server " REAL " said: 535 5.7.8 %",
			OBSERVATION_PASSED_ON, OBSERVATION_STAGE_AUTH, 535},
		{"Nov 24 03:21:12 mx postfix/error[1]: 8916DA720DE: to=<u@example.com>, "
		 "relay=none, delay=0, delays=0/0/0/0, dsn=4.7.1, status=deferred (delivery "
		 "temporarily suspended: host " REAL " refused to talk to me: 451 4.7.1 %)",
			OBSERVATION_DEFERRED, OBSERVATION_STAGE_GREETING, 451},
	};
	const char *text = hostile_texts[_i];

	for (int i = 0; i < COUNT(rows); i++) {
		struct observation got;

		ck_assert_msg(parse_text(rows[i].pattern, text, &got), "%s: nothing", text);
		ck_assert_msg(strcmp(got.host, "mx1.example.com") == 0, "%s: %s", text, got.host);
		ck_assert_msg(strcmp(got.address, "192.0.2.1") == 0, "%s", text);
		ck_assert_msg(got.outcome == rows[i].outcome, "%s", text);
		ck_assert_msg(got.stage == rows[i].stage, "%s: stage %d", text, got.stage);
		ck_assert_msg(got.code == rows[i].code, "%s", text);
		ck_assert_str_eq(got.queue_id, "8916DA720DE");
	}
}
END_TEST

/* As Postfix writes an address since 3.5: what is not plain stands in quotes. */
START_TEST(hostile_recipient)
{
	static const char *const patterns[] = {
		"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: to=<\"%\"@example.com>, "
		"relay=" REAL ":25, delay=0, delays=0/0/0/0, dsn=4.7.1, status=deferred (host " REAL
		" said: 451 4.7.1 x (in reply to DATA command))",
		"Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: to=<u@example.com>, "
		"orig_to=<\"%\"@example.com>, relay=" REAL
		":25, conn_use=3, delay=0, delays=0/0/0/0, dsn=4.7.1, status=deferred (host " REAL
		" said: 451 4.7.1 x (in reply to DATA command))",
	};
	char quoted[1024];

	parser_quote(quoted, sizeof(quoted), hostile_texts[_i]);
	for (int i = 0; i < COUNT(patterns); i++) {
		struct observation got;

		ck_assert_msg(parse_text(patterns[i], quoted, &got), "%s: nothing", quoted);
		ck_assert_msg(strcmp(got.host, "mx1.example.com") == 0, "%s: %s", quoted, got.host);
		ck_assert_msg(got.outcome == OBSERVATION_DEFERRED, "%s", quoted);
		ck_assert_msg(got.stage == OBSERVATION_STAGE_DATA, "%s", quoted);
		ck_assert_int_eq(got.code, 451);
		ck_assert_int_eq(got.port, 25);
	}
}
END_TEST

/* ---- sizes */

/* A line of Postfix's longest text was cut, wherever; one octet less was not. */
START_TEST(long_lines)
{
	static const char head[] = "Nov 24 03:21:12 mx postfix/smtp[1]: ";
	static const char reply[] = "8916DA720DE: host " REAL " said: 451 4.7.1 ";
	static const char tail[] = " (in reply to MAIL FROM command)";
	size_t length = strlen(head) + LOG_POSTFIX_TEXT_MAX;
	char line[sizeof(head) + LOG_POSTFIX_TEXT_MAX];
	struct observation got;

	memset(line, 'x', sizeof(line));
	memcpy(line, head, strlen(head));
	memcpy(line + strlen(head), reply, strlen(reply));
	memcpy(line + length - strlen(tail), tail, strlen(tail));
	ck_assert(!parser_run(log_postfix_parse, line, length, &got));
	memcpy(line + length - 1 - strlen(tail), tail, strlen(tail));
	ck_assert(parser_run(log_postfix_parse, line, length - 1, &got));
	ck_assert_int_eq(got.stage, OBSERVATION_STAGE_MAIL);
	ck_assert_uint_eq(strlen(got.text), HEALTH_TEXT_MAX - 1);
}
END_TEST

static const struct size_row {
	const char *pattern;
	size_t most; /* so many octets are taken, one more is not */
} size_rows[] = {
	{"Nov 24 03:21:12 mx postfix/smtp[1]: connect to %[192.0.2.1]:25: Connection refused",
		DOMAIN_MAX},
	{"Nov 24 03:21:12 mx postfix/smtp[1]: connect to mx1[%]:25: Connection refused",
		OBSERVATION_ADDRESS_MAX},
	{"Nov 24 03:21:12 mx postfix/smtp[1]: %: lost connection with " REAL " while sending QUIT",
		OBSERVATION_QUEUE_ID_MAX},
};

START_TEST(sizes)
{
	const struct size_row *row = &size_rows[_i];
	char text[512];
	struct observation got;

	memset(text, 'B', sizeof(text));
	text[row->most] = '\0';
	ck_assert(parse_text(row->pattern, text, &got));
	text[row->most] = 'B';
	text[row->most + 1] = '\0';
	ck_assert(!parse_text(row->pattern, text, &got));
}
END_TEST

/* The text of a reply has the host's octets, made printable; all else has none of them. */
START_TEST(octets)
{
	static const char line[] = "Nov 24 03:21:12 mx postfix/smtp[1]: 8916DA720DE: host " REAL
				   " said: 451 4.7.1 a\0b\033[31m\xff\xc3\xa9\n (in reply to MAIL "
				   "FROM command)";
	struct observation got;

	ck_assert(parser_run(log_postfix_parse, line, sizeof(line) - 1, &got));
	ck_assert_str_eq(got.text, "451 4.7.1 a?b?[31m?\xc3\xa9?");
	ck_assert_int_eq(got.stage, OBSERVATION_STAGE_MAIL);
}
END_TEST

/* The journal's fields are a line, too. */
START_TEST(from_the_journal)
{
	static const char program[] = "postfix/smtp";
	static const char message[] = "connect to " REAL ":25: Connection refused";
	const struct logline line = {1234, program, strlen(program), message, strlen(message), 0};
	struct observation got;

	ck_assert(log_postfix_parse(&line, &got));
	ck_assert_int_eq(got.at, 1234);
	ck_assert_int_eq(got.what, OBSERVATION_REFUSED);
}
END_TEST

int main(void)
{
	int status;

	corpus_read(&corpus, "log_postfix.txt");

	const struct suite_test tests[] = {{the_corpus_is_there, 1}, {corpus_row, corpus.count},
		{beginnings, 1}, {mutations, 1}, {hostile_reply, HOSTILE_COUNT},
		{hostile_recipient, HOSTILE_COUNT}, {long_lines, 1}, {sizes, COUNT(size_rows)},
		{octets, 1}, {from_the_journal, 1}, {leaves_the_queue, COUNT(left_rows)},
		{is_taken_up, COUNT(active_rows)}};

	status = suite_run("log_postfix", tests, COUNT(tests));
	corpus_free(&corpus);
	return status;
}
