/* test_log_hostile: lines with text of strangers speak of the host they were written for, or not
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"
#include "core/log_postfix.h"
#include "core/log_sendmail.h"
#include "parser.h"
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Both MTAs as writers: from a recipient, a reply and an outcome they make the line, quoted, masked,
 * parted and cut as the real ones do. What strangers say is made of the words of fields and names
 * another host. The parser may find nothing; it may not find the other host, another outcome or
 * another fault than the whole line has.
 */

#define REAL	      "mx1.example.com"
#define REAL_ADDRESS  "192.0.2.1"
#define OTHER	      "192.0.2.66"
#define OTHER_PEER    OTHER "[" OTHER "]"
#define OTHER_MACHINE "[" OTHER "] [" OTHER "]"

enum {
	LINES = SUITE_IS_SLOW ? 20000 : 100000, /* of each MTA */
	ALL_CUTS = 500,				/* one line of so many is cut at every offset */
	TEXT_MAX = 2600,
	SENDMAIL_TO = 700, /* octets of recipients in one line */
};

static unsigned seed;

static size_t below(size_t limit)
{
	return suite_random(&seed) % limit;
}

/* ---- text */

struct text {
	size_t length;
	char octets[TEXT_MAX * 3];
};

static void add(struct text *text, const char *octets, size_t length)
{
	if (length > sizeof(text->octets) - 1 - text->length)
		length = sizeof(text->octets) - 1 - text->length;
	memcpy(text->octets + text->length, octets, length);
	text->length += length;
	text->octets[text->length] = '\0';
}

static void put(struct text *text, const char *word)
{
	add(text, word, strlen(word));
}

__attribute__((format(printf, 2, 3))) static void print(struct text *text, const char *format, ...)
{
	char line[TEXT_MAX * 2];
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	add(text, line, length < (int)sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

/* ---- what strangers say */

static const char *const words[] = {"x", " ", ", ", ",", ">", "<", "\"", "\\", "\\\"", "@", "(",
	")", "[", "]", "=", ": ", "@y>, ", "x>, ", "\">, ", "\n", "\r\n", "\xc3\xa9", "\xff",
	"12 KB", "relay=" OTHER_PEER ":25, ", "relay=" OTHER_MACHINE ", ", "to=<a@b>, ", "to=<",
	"orig_to=<a@b>, ", "delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=1, ",
	"delay=0, delays=0/0/0/0, ", "dsn=2.0.0, ", "dsn=4.3.2, ", "status=sent (250 2.0.0 Ok)",
	"status=deferred (host " OTHER_PEER " said: 421 4.3.2 x (in reply to MAIL FROM command))",
	"status=deferred (", "stat=Sent (Ok)", ", stat=Deferred: 421 4.3.2 x", "reply=421 4.3.2 x",
	"connect to " OTHER_PEER ":25: Connection refused", " said: ", "host " OTHER_PEER " said: ",
	" refused to talk to me: ", "lost connection with " OTHER_PEER " while sending RCPT TO",
	"timeout waiting for input from " OTHER " during client EHLO", "421 4.3.2 ", " 421 4.3.2 ",
	"451-4.3.0 ", "8916DA720DE: ", "Nov 24 03:21:12 mx postfix/smtp[1]: ", "conn_use=2, ",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

static const char command_words[] = " (in reply to ";

/* What is longest comes near the limits of both. */
static void say(struct text *text, size_t most)
{
	size_t end = text->length + (below(4) == 0 ? below(most) : below(200));

	while (text->length < end)
		put(text, words[below(COUNT(words))]);
}

/* quote_822_local(): a local part of other than atoms is quoted. */
static void put_address(struct text *text, const struct text *local)
{
	bool is_quoted = local->length == 0 ||
			 strpbrk(local->octets, "()<>@,;:\\\".[] \r\n\xc3\xff") != NULL;

	put(text, is_quoted ? "\"" : "");
	for (size_t i = 0; i < local->length; i++) {
		if (local->octets[i] == '"' || local->octets[i] == '\\' || local->octets[i] == '\r')
			put(text, "\\");
		add(text, local->octets + i, 1);
	}
	put(text, is_quoted ? "\"@example.com" : "@example.com");
}

static void say_address(struct text *text, size_t most)
{
	static struct text local;

	local.length = 0;
	local.octets[0] = '\0';
	if (below(3) == 0)
		put(&local, "user");
	else
		say(&local, most);
	put_address(text, &local);
}

/* ---- one line, and what it is about */

struct line {
	struct text text;	  /* after the tag */
	const char *program;	  /* the tag */
	bool is_about_host;	  /* else nothing may be found in it */
	bool is_free;		  /* a stranger speaks of a command: then the stage may be that */
	size_t repeated_at;	  /* where in its reply the host repeats the recipient */
	size_t repeated;	  /* so many octets; 0: it does not */
	struct observation truth; /* outcome, what, stage, code, enhanced */
};

static struct line one;
static struct text address;

static const struct code {
	const char *text;
	int code;
	const char *enhanced;
} codes[] = {{"250 2.0.0", 250, "2.0.0"}, {"450 4.2.0", 450, "4.2.0"}, {"451 4.3.0", 451, "4.3.0"},
	{"452", 452, ""}, {"421 4.3.2", 421, "4.3.2"}, {"550 5.1.1", 550, "5.1.1"},
	{"451-4.7.1", 451, "4.7.1"}, {"554", 554, ""}};

static void begin(const char *program)
{
	one.text.length = 0;
	one.program = program;
	one.is_about_host = true;
	one.is_free = false;
	one.repeated = 0;
	observation_init(&one.truth);
}

/* A reply of the host, which may repeat its recipient. */
static void say_reply(struct text *text)
{
	const struct code *code = &codes[below(COUNT(codes))];

	one.truth.code = code->code;
	strcpy(one.truth.enhanced, code->enhanced);
	print(text, "%s ", code->text);
	if (below(2) == 0) {
		one.repeated_at = strlen(code->text) + strlen(" <");
		one.repeated = address.length;
		print(text, "<%s>: ", address.octets);
	}
	if (below(2) == 0)
		say(text, 800);
}

static void say_refusal(struct text *text)
{
	static const struct {
		const char *name;
		enum observation_stage stage;
	} commands[] = {{"MAIL FROM", OBSERVATION_STAGE_MAIL}, {"RCPT TO", OBSERVATION_STAGE_RCPT},
		{"DATA", OBSERVATION_STAGE_DATA}, {"end of DATA", OBSERVATION_STAGE_END}};
	size_t which = below(COUNT(commands));

	put(text, "host " REAL "[" REAL_ADDRESS "] said: ");
	say_reply(text);
	one.is_free = strstr(one.text.octets, command_words) != NULL;
	one.truth.stage = commands[which].stage;
	print(text, "%s%s command)", command_words, commands[which].name);
}

static void say_reason(struct text *text, bool has_status)
{
	switch (below(has_status ? 5 : 6)) {
	case 0:
	case 1:
		say_refusal(text);
		break;
	case 2:
		put(text, "host " REAL "[" REAL_ADDRESS "] refused to talk to me: ");
		one.truth.stage = OBSERVATION_STAGE_GREETING;
		say_reply(text);
		break;
	case 3:
		put(text, "lost connection with " REAL "[" REAL_ADDRESS "] while sending RCPT TO");
		one.truth.what = OBSERVATION_LOST;
		break;
	case 4:
		put(text,
			"conversation with " REAL "[" REAL_ADDRESS "] timed out while sending end "
			"of data -- message may be sent more than once");
		one.truth.what = OBSERVATION_TIMEOUT;
		one.truth.stage = OBSERVATION_STAGE_END;
		break;
	default:
		put(text, "connect to " REAL "[" REAL_ADDRESS "]:25: Connection refused");
		one.truth.what = OBSERVATION_REFUSED;
	}
}

static void write_postfix_status(struct text *text)
{
	print(text, "8916DA720DE: to=<%s>", address.octets);
	if (below(4) == 0) {
		put(text, ", orig_to=<");
		if (below(3) == 0)
			put(text, "root");
		else
			say_address(text, 1900);
		put(text, ">");
	}
	put(text, ", relay=" REAL "[" REAL_ADDRESS "]:25");
	put(text, below(3) == 0 ? ", conn_use=2" : "");
	put(text, ", delay=0.1, delays=0/0/0/0.1, dsn=4.0.0, status=");
	one.truth.outcome = below(3) == 0 ? OBSERVATION_SENT : OBSERVATION_DEFERRED;
	put(text, one.truth.outcome == OBSERVATION_SENT ? "sent (" : "deferred (");
	if (one.truth.outcome == OBSERVATION_SENT)
		say_reply(text);
	else
		say_reason(text, true);
	put(text, ")");
}

/* Of other programs, and of the same one about other things. */
static void write_postfix_noise(struct text *text)
{
	static const char *const programs[] = {"postfix/smtpd", "postfix/cleanup", "postfix/pipe",
		"postfix/local", "postfix/smtp", "postfix", "postfix/qmgr", "postfix/error"};
	static const char *const heads[] = {"NOQUEUE: reject: RCPT from " OTHER_PEER
					    ": 450 4.7.1 <",
		"8916DA720DE: warning: header Subject: ", "8916DA720DE: message-id=<",
		"8916DA720DE: replace: header Subject: ", "8916DA720DE: from=<",
		"8916DA720DE: client=" OTHER_PEER ", sasl_username=", "warning: header To: ",
		"8916DA720DE: milter-reject: END-OF-MESSAGE from " OTHER_PEER ": 4.7.1 ",
		"8916DA720DE: to=<u@example.com>, relay=filter, delay=0, delays=0/0/0/0, "
		"dsn=4.3.0, status=deferred ("};

	one.program = programs[below(COUNT(programs))];
	put(text, heads[below(COUNT(heads))]);
	say(text, 1900);
	put(text, below(2) == 0 ? ")" : "");
}

/* printable(): what is no text becomes a question mark. Then it is cut. */
static void mask(struct text *text, size_t most)
{
	for (size_t i = 0; i < text->length; i++)
		if ((unsigned char)text->octets[i] < ' ' || text->octets[i] == '\xff')
			text->octets[i] = '?';
	if (text->length > most)
		text->length = most;
	text->octets[text->length] = '\0';
}

static void write_postfix(void)
{
	struct text *text = &one.text;

	begin("postfix/smtp");
	address.length = 0;
	say_address(&address, 1990);
	switch (below(4)) {
	case 0:
		one.is_about_host = false;
		write_postfix_noise(text);
		break;
	case 1:
		put(text, "8916DA720DE: ");
		say_reason(text, false);
		break;
	default:
		write_postfix_status(text);
	}
	mask(text, LOG_POSTFIX_TEXT_MAX);
}

/* ---- Sendmail */

/* Its fields, which stand at the end of each line of one delivery. */
static void put_sendmail_fields(struct text *text)
{
	if (below(4) == 0)
		put(text, ", ctladdr=<root@mx.example> (0/0)");
	put(text, ", delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=30148, relay=" REAL
		  ". [" REAL_ADDRESS "], dsn=");
	one.truth.outcome = below(2) == 0 ? OBSERVATION_SENT : OBSERVATION_DEFERRED;
	if (one.truth.outcome == OBSERVATION_SENT) {
		one.truth.code = 250;
		put(text, "2.0.0, stat=Sent (");
		say(text, 200);
		put(text, ")");
	} else {
		one.truth.code = 421;
		put(text, "4.0.0, reply=421 ");
		say(text, 200);
		put(text, ", stat=Deferred: 421 ");
		say(text, 200);
	}
}

/* logdelivery(): parts the list at the last comma that fits, or cuts it where none is. */
static void write_sendmail(void)
{
	static struct text to, fields;
	struct text *text = &one.text;
	size_t from = 0, part = SENDMAIL_TO;
	bool is_last;

	begin("sm-mta");
	to.length = 0;
	fields.length = 0;
	for (size_t i = below(3) + 1; i > 0; i--) {
		put(&to, "<");
		say_address(&to, 1500);
		put(&to, i > 1 ? ">," : ">");
	}
	put_sendmail_fields(&fields);
	/* Any of its lines. */
	for (size_t which = below(4);; which--) {
		is_last = to.length - from < SENDMAIL_TO;
		part = is_last ? to.length - from : SENDMAIL_TO;
		while (!is_last && part > 0 && to.octets[from + part - 1] != ',')
			part--;
		is_last = is_last || part == 0;
		if (part == 0)
			part = SENDMAIL_TO;
		if (is_last || which == 0)
			break;
		from += part;
	}
	put(text, "6AONV1Dm013521: to=");
	add(text, to.octets + from, part);
	put(text, is_last ? "" : " [more]");
	put(text, fields.octets);
	mask(text, TEXT_MAX);
}

/* ---- what is found */

/*
 * What the host says are its own words: they may clear or convict it, but for the recipient that it
 * repeats.
 */
static enum blame_class find_truth(const struct observation *got)
{
	size_t length = strlen(got->text);
	size_t at = one.repeated_at < length ? one.repeated_at : length;
	size_t end = at + one.repeated < length ? at + one.repeated : length;

	memset(one.truth.text, 0, sizeof(one.truth.text));
	memcpy(one.truth.text, got->text, at);
	if (one.repeated == 0)
		end = at;
	if (one.repeated == 0 && one.truth.enhanced[0] == '\0')
		strcpy(one.truth.enhanced, got->enhanced);
	memcpy(one.truth.text + at, got->text + end, length - end);
	return blame_find(NULL, 0, &one.truth).class;
}

/* Parses the first LENGTH octets. Gives true if they are found to be of the host. */
static bool judge(parser_function parse, size_t length)
{
	const struct logline line = {.at = CORPUS_NOW,
		.program = one.program,
		.program_length = strlen(one.program),
		.message = one.text.octets,
		.length = length};
	enum blame_class truth, found;
	struct observation got;

	if (!parse(&line, &got))
		return false;
	truth = find_truth(&got);
	found = blame_find(NULL, 0, &got).class;
	ck_assert_msg(one.is_about_host, "%s: %.*s\nis about %s", one.program, (int)length,
		one.text.octets, got.host);
	ck_assert_msg(strcmp(got.host, REAL) == 0 && strcmp(got.address, REAL_ADDRESS) == 0,
		"%.*s\nis about %s [%s]", (int)length, one.text.octets, got.host, got.address);
	ck_assert_msg(got.outcome == one.truth.outcome, "%.*s\nis %s", (int)length, one.text.octets,
		observation_outcome_name(got.outcome));
	ck_assert_msg(
		found == truth || found == BLAME_NONE || (one.is_free && length < one.text.length),
		"%.*s\nis %s, and was %s", (int)length, one.text.octets, blame_class_name(found),
		blame_class_name(truth));
	return true;
}

/* Where a line that was cut may look whole. */
static size_t tempting_cut(void)
{
	size_t at = below(one.text.length + 1);

	while (at > 0 && below(20) != 0 && one.text.octets[at - 1] != ')')
		at--;
	return at;
}

static void judge_lines(parser_function parse, void (*write)(void))
{
	int told = 0;

	seed = 1;
	for (int i = 0; i < LINES; i++) {
		write();
		told += judge(parse, one.text.length);
		judge(parse, tempting_cut());
		for (size_t at = 0; i % ALL_CUTS == 0 && at < one.text.length; at++)
			judge(parse, at);
	}
	ck_assert_int_gt(told, LINES / 3);
}

START_TEST(postfix)
{
	judge_lines(log_postfix_parse, write_postfix);
}
END_TEST

START_TEST(sendmail)
{
	judge_lines(log_sendmail_parse, write_sendmail);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{postfix, 1}, {sendmail, 1}};

	return suite_run("log_hostile", tests, COUNT(tests));
}
