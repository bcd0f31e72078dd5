/* test_probe: what the host says, what we answer, and what we think of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/probe.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define HI	"220 mx.example ESMTP\r\n"
#define EHLO_OK "250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
#define OK	"250 2.1.0 Ok\r\n"
#define BYE	"221 2.0.0 Bye\r\n"

#define EHLO "EHLO probe.example\r\n"
#define HELO "HELO probe.example\r\n"
#define MAIL "MAIL FROM:<>\r\n"
#define RCPT "RCPT TO:<postmaster@example.com>\r\n"
#define RSET "RSET\r\n"
#define QUIT "QUIT\r\n"

#define TO(depth)      PROBE_DEPTH_##depth
#define PASSED(stage)  OBSERVATION_REPLY, OBSERVATION_STAGE_##stage, true
#define REFUSED(stage) OBSERVATION_REPLY, OBSERVATION_STAGE_##stage, false
#define STRANGE(stage) OBSERVATION_NO_SMTP, OBSERVATION_STAGE_##stage, false

static const struct row {
	const char *name;
	enum probe_depth depth;
	const char *host; /* all that it says */
	const char *client;
	enum observation_what what;
	enum observation_stage stage;
	bool is_sent;
	int code;
	const char *enhanced;
	const char *text;
	bool is_open; /* it is not done when the host has said all */
} rows[] = {
	/* As deep as asked. */
	{"connect", TO(CONNECT), HI BYE, QUIT, PASSED(CONNECT), 0, "", "connected", false},
	{"connect, silent then", TO(CONNECT), "", "", PASSED(CONNECT), 0, "", "connected", true},
	{"connect, sick then", TO(CONNECT), "554 5.7.1 no\r\n" BYE, QUIT, PASSED(CONNECT), 0, "",
		"connected", false},
	{"connect, 421 then", TO(CONNECT), "421 no\r\n", "", PASSED(CONNECT), 0, "", "connected",
		false},
	{"connect, junk then", TO(CONNECT), "SSH-2.0-OpenSSH_9.2\r\n", "", PASSED(CONNECT), 0, "",
		"connected", false},
	{"greeting", TO(GREETING), HI BYE, QUIT, PASSED(GREETING), 220, "", "220 mx.example ESMTP",
		false},
	{"ehlo", TO(EHLO), HI EHLO_OK BYE, EHLO QUIT, PASSED(EHLO), 250, "",
		"250-mx.example 250-PIPELINING 250 8BITMIME", false},
	{"mail", TO(MAIL), HI EHLO_OK OK OK BYE, EHLO MAIL RSET QUIT, PASSED(MAIL), 250, "2.1.0",
		"250 2.1.0 Ok", false},
	{"rcpt", TO(RCPT), HI EHLO_OK OK "251 2.1.5 Ok\r\n" OK BYE, EHLO MAIL RCPT RSET QUIT,
		PASSED(RCPT), 251, "2.1.5", "251 2.1.5 Ok", false},
	{"421 to RSET", TO(MAIL), HI EHLO_OK OK "421 bye\r\n", EHLO MAIL RSET, PASSED(MAIL), 250,
		"2.1.0", "250 2.1.0 Ok", false},
	{"500 to RSET and QUIT", TO(MAIL), HI EHLO_OK OK "500 a\r\n500 b\r\n", EHLO MAIL RSET QUIT,
		PASSED(MAIL), 250, "2.1.0", "250 2.1.0 Ok", false},
	{"junk to QUIT", TO(GREETING), HI "junk\r\n", QUIT, PASSED(GREETING), 220, "",
		"220 mx.example ESMTP", false},
	{"it talks on", TO(GREETING), HI BYE "250 what\r\n", QUIT, PASSED(GREETING), 220, "",
		"220 mx.example ESMTP", false},

	/* Without EHLO. */
	{"HELO after 500", TO(EHLO), HI "500 what?\r\n" OK BYE, EHLO HELO QUIT, PASSED(EHLO), 250,
		"2.1.0", "250 2.1.0 Ok", false},
	{"HELO after 502, and on", TO(MAIL), HI "502-5.5.1 no\r\n502 no\r\n" OK OK OK BYE,
		EHLO HELO MAIL RSET QUIT, PASSED(MAIL), 250, "2.1.0", "250 2.1.0 Ok", false},
	{"HELO after 550, refused", TO(MAIL), HI "550 no\r\n550 5.7.1 no name\r\n" BYE,
		EHLO HELO QUIT, REFUSED(EHLO), 550, "5.7.1", "550 5.7.1 no name", false},
	{"no HELO after 4xx", TO(MAIL), HI "450 4.3.0 later\r\n" BYE, EHLO QUIT, REFUSED(EHLO), 450,
		"4.3.0", "450 4.3.0 later", false},

	/* Refusals. */
	{"4xx greeting", TO(RCPT), "431 4.3.1 Mail system full\r\n" BYE, QUIT, REFUSED(GREETING),
		431, "4.3.1", "431 4.3.1 Mail system full", false},
	{"5xx greeting", TO(RCPT), "554 no\r\n" BYE, QUIT, REFUSED(GREETING), 554, "", "554 no",
		false},
	{"421 greeting", TO(RCPT), "421 4.7.0 too many\r\n", "", REFUSED(GREETING), 421, "4.7.0",
		"421 4.7.0 too many", false},
	{"421 to EHLO", TO(RCPT), HI "421-a\r\n421 b\r\n", EHLO, REFUSED(EHLO), 421, "",
		"421-a 421 b", false},
	{"452 to MAIL", TO(MAIL), HI EHLO_OK "452 4.3.1 Insufficient\r\n" BYE, EHLO MAIL QUIT,
		REFUSED(MAIL), 452, "4.3.1", "452 4.3.1 Insufficient", false},
	{"452 to MAIL, unseen at EHLO", TO(EHLO), HI EHLO_OK "452 4.3.1 Insufficient\r\n",
		EHLO QUIT, PASSED(EHLO), 250, "", "250-mx.example 250-PIPELINING 250 8BITMIME",
		false},
	{"421 to MAIL", TO(MAIL), HI EHLO_OK "421 4.3.2 down\r\n", EHLO MAIL, REFUSED(MAIL), 421,
		"4.3.2", "421 4.3.2 down", false},
	{"550 to RCPT", TO(RCPT), HI EHLO_OK OK "550 5.1.1 unknown\r\n" OK BYE,
		EHLO MAIL RCPT RSET QUIT, REFUSED(RCPT), 550, "5.1.1", "550 5.1.1 unknown", false},
	{"421 to RCPT", TO(RCPT), HI EHLO_OK OK "421 no\r\n", EHLO MAIL RCPT, REFUSED(RCPT), 421,
		"", "421 no", false},
	{"354 to MAIL", TO(MAIL), HI EHLO_OK "354 go on\r\n" BYE, EHLO MAIL QUIT, STRANGE(MAIL),
		354, "", "354 go on", false},

	/* How replies are written. */
	{"LF alone", TO(MAIL), "220 hi\n250 2.0.0 a\n250 b\n250 c\n221 d\n", EHLO MAIL RSET QUIT,
		PASSED(MAIL), 250, "", "250 b", false},
	{"codes alone", TO(MAIL), "220\r\n250\r\n452\r\n221\r\n", EHLO MAIL QUIT, REFUSED(MAIL),
		452, "", "452", false},
	{"the last line's code counts", TO(GREETING), "220-hi\r\n421 no\r\n", "", REFUSED(GREETING),
		421, "", "220-hi 421 no", false},
	{"an enhanced code of the first line", TO(GREETING), "450-4.7.1 a\r\n450 b\r\n" BYE, QUIT,
		REFUSED(GREETING), 450, "4.7.1", "450-4.7.1 a 450 b", false},
	{"of another class", TO(GREETING), "450 5.7.1 a\r\n" BYE, QUIT, REFUSED(GREETING), 450,
		"5.7.1", "450 5.7.1 a", false},
	{"not quite one", TO(GREETING), "450 4.7.1000 a\r\n" BYE, QUIT, REFUSED(GREETING), 450, "",
		"450 4.7.1000 a", false},
	{"the longest one", TO(GREETING), "450 4.999.999\r\n" BYE, QUIT, REFUSED(GREETING), 450,
		"4.999.999", "450 4.999.999", false},
	{"not printable", TO(GREETING), "450 \033[31mr\r\xff\r\n" BYE, QUIT, REFUSED(GREETING), 450,
		"", "450 ?[31mr??", false},

	/* No replies. */
	{"another protocol", TO(MAIL), "SSH-2.0-OpenSSH_9.2\r\n", "", STRANGE(GREETING), 0, "",
		"no SMTP reply: SSH-2.0-OpenSSH_9.2", false},
	{"999", TO(MAIL), "999 x\r\n", "", STRANGE(GREETING), 0, "", "no SMTP reply: 999 x", false},
	{"354", TO(MAIL), "354 x\r\n" BYE, QUIT, STRANGE(GREETING), 354, "", "354 x", false},
	{"TLS", TO(MAIL), "\x15\x03\x01\n", "", STRANGE(GREETING), 0, "", "no SMTP reply: ???",
		false},
	{"an empty line", TO(MAIL), HI "\r\n", EHLO, STRANGE(EHLO), 0, "",
		"no SMTP reply: ", false},
	{"four digits", TO(MAIL), "2200 hi\r\n", "", STRANGE(GREETING), 0, "",
		"no SMTP reply: 2200 hi", false},
	{"1xx", TO(MAIL), "120 x\r\n", "", STRANGE(GREETING), 0, "", "no SMTP reply: 120 x", false},
	{"junk inside a reply", TO(MAIL), "220-a\r\nb\r\n220 c\r\n", "", STRANGE(GREETING), 0, "",
		"no SMTP reply: b", false},
	{"junk to MAIL", TO(MAIL), HI EHLO_OK "Ok\r\n", EHLO MAIL, STRANGE(MAIL), 0, "",
		"no SMTP reply: Ok", false},
	{"half a reply", TO(MAIL), "220 mx.exa", "", OBSERVATION_TIMEOUT,
		OBSERVATION_STAGE_GREETING, false, 0, "", "timeout", true},
};

static struct probe probe;
static char said[4 * PROBE_OUT_MAX];
static size_t said_length;

static void open_probe(enum probe_depth depth)
{
	struct probe_plan plan = {
		.depth = depth,
		.helo = "probe.example",
		.recipient = "postmaster@example.com",
	};

	/* What is not set shows. */
	memset(&probe, '#', sizeof(probe));
	said_length = 0;
	probe_init(&probe, &plan);
	ck_assert(!probe.is_decided);
	ck_assert_int_eq(probe_connected(&probe), PROBE_READ);
}

static enum probe_step feed(const char *bytes, size_t length)
{
	enum probe_step step = probe_feed(&probe, bytes, length);

	ck_assert(step != PROBE_WRITE || probe.out_length > 0);
	ck_assert(step != PROBE_READ || probe.out_length == 0);
	ck_assert_uint_lt(said_length + probe.out_length, sizeof(said));
	memcpy(said + said_length, probe.out, probe.out_length);
	said_length += probe.out_length;
	said[said_length] = '\0';
	return step;
}

/* In pieces of 1 to MOST octets; 0: all at once. */
static enum probe_step feed_pieces(const char *bytes, size_t length, unsigned most, unsigned *seed)
{
	enum probe_step step = feed(bytes, 0);

	for (size_t i = 0; i < length;) {
		size_t piece = most == 0 ? length : 1 + suite_random(seed) % most;

		piece = piece > length - i ? length - i : piece;
		step = feed(bytes + i, piece);
		i += piece;
	}
	return step;
}

static void check_row(const struct row *row, enum probe_step step, unsigned most)
{
	const struct observation *result = &probe.result;

	ck_assert_msg(strcmp(said, row->client) == 0, "%s, %u: said \"%s\"", row->name, most, said);
	ck_assert_msg((step != PROBE_DONE) == row->is_open, "%s, %u: step %d", row->name, most,
		(int)step);
	if (row->is_open)
		probe_fail(&probe, OBSERVATION_TIMEOUT, NULL);
	ck_assert_int_eq(probe_feed(&probe, "220 x\r\n", 7), PROBE_DONE);
	ck_assert_msg(probe.is_decided && result->is_probe, "%s, %u: undecided", row->name, most);
	ck_assert_msg(result->what == row->what, "%s, %u: what %s", row->name, most,
		observation_what_name(result->what));
	ck_assert_msg(result->stage == row->stage, "%s, %u: stage %s", row->name, most,
		observation_stage_name(result->stage));
	ck_assert_msg(result->outcome == (row->is_sent ? OBSERVATION_SENT : OBSERVATION_PASSED_ON),
		"%s, %u: outcome %d", row->name, most, (int)result->outcome);
	ck_assert_msg(result->code == row->code, "%s, %u: code %d", row->name, most, result->code);
	ck_assert_msg(strcmp(result->enhanced, row->enhanced) == 0, "%s, %u: enhanced %s",
		row->name, most, result->enhanced);
	ck_assert_msg(strcmp(result->text, row->text) == 0, "%s, %u: text \"%s\"", row->name, most,
		result->text);
	ck_assert(result->at == 0 && result->port == 0 && result->delays[0] == -1);
}

START_TEST(conversations)
{
	static const unsigned pieces[] = {0, 1, 2, 3, 7, 20, 50};
	const struct row *row = &rows[_i];
	unsigned seed = (unsigned)_i;

	for (int i = 0; i < COUNT(pieces); i++) {
		open_probe(row->depth);
		check_row(row, feed_pieces(row->host, strlen(row->host), pieces[i], &seed),
			pieces[i]);
	}
}
END_TEST

/* Command by command, each one only after the reply to the one before. */
START_TEST(each_step_in_its_turn)
{
	static const struct {
		const char *host;
		const char *client;
	} turns[] = {{HI, EHLO}, {EHLO_OK, MAIL}, {OK, RCPT}, {OK, RSET}, {OK, QUIT}};

	open_probe(PROBE_DEPTH_RCPT);
	for (int i = 0; i < COUNT(turns); i++) {
		ck_assert_int_eq(
			probe_feed(&probe, turns[i].host, strlen(turns[i].host)), PROBE_WRITE);
		ck_assert_uint_eq(probe.out_length, strlen(turns[i].client));
		ck_assert_mem_eq(probe.out, turns[i].client, probe.out_length);
		ck_assert(probe.is_decided == (i >= 3));
	}
	ck_assert_int_eq(probe_feed(&probe, BYE, strlen(BYE)), PROBE_DONE);
}
END_TEST

/* ---- bounds */

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct flood_row {
	const char *name;
	const char *first;
	const char *again;
	const char *text; /* how it begins */
} floods[] = {
	{"an endless line", "220 ", "x", "too much of an answer: 220 xxx"},
	{"an endless reply", "", "220-hi\r\n", "a reply of too many lines: 220-hi 220-hi "},
	{"an endless reply of long lines", "",
		"220-" LONG LONG LONG LONG LONG LONG LONG LONG LONG LONG "\r\n",
		"too much of an answer: 220-xxx"},
	{"an endless line of no reply", "", "x", "no SMTP reply: xxxx"},
	{"NULs", "", "", "no SMTP reply: ????"},
};

START_TEST(floods_end)
{
	const struct flood_row *row = &floods[_i];
	size_t length = strlen(row->again) == 0 ? 1 : strlen(row->again);
	enum probe_step step;
	size_t fed = 0;

	open_probe(PROBE_DEPTH_MAIL);
	step = feed(row->first, strlen(row->first));
	for (; step != PROBE_DONE; fed += length) {
		ck_assert_msg(fed <= PROBE_OCTETS_MAX, "%s: it takes it all", row->name);
		step = feed(row->again, length);
	}
	ck_assert_msg(probe.result.what == OBSERVATION_NO_SMTP, "%s", row->name);
	ck_assert_msg(probe.result.stage == OBSERVATION_STAGE_GREETING, "%s", row->name);
	ck_assert_msg(strncmp(probe.result.text, row->text, strlen(row->text)) == 0, "%s: \"%s\"",
		row->name, probe.result.text);
	ck_assert_uint_eq(said_length, 0);
}
END_TEST

/* RFC 5321, 4.5.3.1.5, allows 512 octets; a host that says more is still understood. */
START_TEST(long_lines_and_many_are_taken)
{
	static char line[4000];

	open_probe(PROBE_DEPTH_GREETING);
	memset(line, 'x', sizeof(line));
	memcpy(line, "220-", 4);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(feed(line, sizeof(line)), PROBE_READ);
	for (int i = 11; i < PROBE_LINES_MAX; i++)
		ck_assert_int_eq(feed("220-\r\n", 6), PROBE_READ);
	ck_assert_int_eq(feed("220 4.4.4\r\n", 11), PROBE_WRITE);
	ck_assert_int_eq(probe.result.outcome, OBSERVATION_SENT);
	ck_assert_uint_eq(strlen(probe.result.text), HEALTH_TEXT_MAX - 1);
}
END_TEST

/* Never cut inside a character, nor shown as what it is not. */
START_TEST(text_is_cut_between_characters)
{
	for (size_t shift = 0; shift < 4; shift++) {
		char line[512] = "220 xxxx";
		size_t length;

		line[4 + shift] = '\0';
		while (strlen(line) < 300)
			strcat(line, "\xe2\x82\xac");
		strcat(line, "\r\n");
		open_probe(PROBE_DEPTH_GREETING);
		ck_assert_int_eq(feed(line, strlen(line)), PROBE_WRITE);
		length = strlen(probe.result.text);
		ck_assert_uint_gt(length, HEALTH_TEXT_MAX - 4);
		ck_assert_ptr_null(strchr(probe.result.text, '?'));
		ck_assert_mem_eq(probe.result.text + length - 3, "\xe2\x82\xac", 3);
	}
}
END_TEST

START_TEST(a_nul_does_not_end_the_text)
{
	open_probe(PROBE_DEPTH_GREETING);
	ck_assert_int_eq(feed("450 a\0b\r\n", 9), PROBE_WRITE);
	ck_assert_str_eq(probe.result.text, "450 a?b");
}
END_TEST

/* ---- what is no reply */

static const struct event_row {
	const char *name;
	const char *host; /* NULL: no connection yet */
	enum observation_what what;
	const char *given;
	enum observation_stage stage;
	const char *text;
} events[] = {
	{"refused", NULL, OBSERVATION_REFUSED, NULL, OBSERVATION_STAGE_CONNECT, "refused"},
	{"no name", NULL, OBSERVATION_NO_ADDRESS, "no such\nname", OBSERVATION_STAGE_CONNECT,
		"no such?name"},
	{"silent", "", OBSERVATION_TIMEOUT, NULL, OBSERVATION_STAGE_GREETING, "timeout"},
	{"lost in the greeting", "220 h", OBSERVATION_LOST, "gone", OBSERVATION_STAGE_GREETING,
		"gone"},
	{"lost after EHLO", HI, OBSERVATION_LOST, NULL, OBSERVATION_STAGE_EHLO, "lost"},
	{"lost after HELO", HI "500 \r\n", OBSERVATION_LOST, NULL, OBSERVATION_STAGE_EHLO, "lost"},
	{"lost after MAIL", HI EHLO_OK, OBSERVATION_LOST, NULL, OBSERVATION_STAGE_MAIL, "lost"},
	{"lost after RCPT", HI EHLO_OK OK, OBSERVATION_LOST, NULL, OBSERVATION_STAGE_RCPT, "lost"},
};

START_TEST(failures_have_their_stage)
{
	const struct event_row *row = &events[_i];
	struct probe_plan plan = {.depth = PROBE_DEPTH_RCPT, .helo = "h", .recipient = "r"};

	probe_init(&probe, &plan);
	if (row->host != NULL) {
		probe_connected(&probe);
		probe_feed(&probe, row->host, strlen(row->host));
	}
	ck_assert(!probe.is_decided);
	probe_fail(&probe, row->what, row->given);
	ck_assert(probe.is_decided && probe.result.is_probe);
	ck_assert_msg(probe.result.what == row->what, "%s", row->name);
	ck_assert_msg(probe.result.stage == row->stage, "%s: stage %s", row->name,
		observation_stage_name(probe.result.stage));
	ck_assert_msg(probe.result.outcome == OBSERVATION_PASSED_ON, "%s", row->name);
	ck_assert_msg(strcmp(probe.result.text, row->text) == 0, "%s: \"%s\"", row->name,
		probe.result.text);
	ck_assert_int_eq(probe.result.code, 0);
}
END_TEST

START_TEST(a_failed_goodbye_changes_nothing)
{
	open_probe(PROBE_DEPTH_MAIL);
	feed(HI EHLO_OK OK, strlen(HI EHLO_OK OK));
	ck_assert(probe.is_decided);
	probe_fail(&probe, OBSERVATION_LOST, "gone");
	ck_assert_int_eq(probe.result.what, OBSERVATION_REPLY);
	ck_assert_int_eq(probe.result.outcome, OBSERVATION_SENT);
	ck_assert_str_eq(probe.result.text, "250 2.1.0 Ok");
}
END_TEST

/* ---- plans */

static const struct plan_row {
	const char *name;
	struct probe_plan plan;
	bool is_valid;
} plans[] = {
	{"least", {PROBE_DEPTH_CONNECT, "h", "", "", PROTOCOL_SMTP}, true},
	{"most", {PROBE_DEPTH_RCPT, "[192.0.2.1]", "a@b", "\"odd name\"@b", PROTOCOL_SMTP}, true},
	{"no name", {PROBE_DEPTH_CONNECT, "", "", "", PROTOCOL_SMTP}, false},
	{"two names", {PROBE_DEPTH_CONNECT, "a b", "", "", PROTOCOL_SMTP}, false},
	{"no recipient", {PROBE_DEPTH_RCPT, "h", "", "", PROTOCOL_SMTP}, false},
	{"a name with a command", {PROBE_DEPTH_EHLO, "h\r\nVRFY", "", "", PROTOCOL_SMTP}, false},
	{"a sender with a command", {PROBE_DEPTH_MAIL, "h", "a>\r\nDATA", "", PROTOCOL_SMTP},
		false},
	{"a sender with a parameter", {PROBE_DEPTH_MAIL, "h", "a> SIZE=1", "", PROTOCOL_SMTP},
		false},
	{"a recipient with a line end", {PROBE_DEPTH_RCPT, "h", "", "a\nb", PROTOCOL_SMTP}, false},
	{"UTF-8", {PROBE_DEPTH_RCPT, "h", "", "b\xc3\xbc@b", PROTOCOL_SMTP}, false},
	{"no such depth", {PROBE_DEPTH_COUNT, "h", "", "", PROTOCOL_SMTP}, false},
};

START_TEST(plans_are_checked)
{
	ck_assert_msg(
		probe_plan_valid(&plans[_i].plan) == plans[_i].is_valid, "%s", plans[_i].name);
}
END_TEST

/* All commands there are, as long as they get, before the host is asked for any. */
START_TEST(the_longest_plan_has_room)
{
	struct probe_plan plan = {.depth = PROBE_DEPTH_RCPT};
	const char *host = HI "500 \r\n" OK OK OK OK;

	memset(plan.helo, 'h', sizeof(plan.helo) - 1);
	memset(plan.sender, 's', sizeof(plan.sender) - 1);
	memset(plan.recipient, 'r', sizeof(plan.recipient) - 1);
	probe_init(&probe, &plan);
	probe_connected(&probe);
	ck_assert_int_eq(probe_feed(&probe, host, strlen(host)), PROBE_WRITE);
	ck_assert_uint_gt(probe.out_length, 2 * DOMAIN_MAX + 2 * ADDRESS_MAX);
}
END_TEST

START_TEST(depths_have_names)
{
	static const char *const names[] = {"connect", "greeting", "ehlo", "mail", "rcpt", "?"};

	ck_assert_str_eq(probe_depth_name((enum probe_depth)_i), names[_i]);
}
END_TEST

/* ---- anything at all */

/* Octets that look like replies more often than chance would have it. */
static size_t make_junk(char *bytes, size_t size, unsigned *seed)
{
	static const char *const parts[] = {
		"2", "20", "250 ", "250-", "421 ", "500 ", "4.3.1", "\r\n", "\n", "\r", "x", " "};
	size_t length = 0;

	while (length + 8 < size && suite_random(seed) % 40 != 0) {
		const char *part = parts[suite_random(seed) % (unsigned)COUNT(parts)];

		if (suite_random(seed) % 8 == 0) {
			bytes[length++] = (char)(suite_random(seed) & 0xff);
			continue;
		}
		memcpy(bytes + length, part, strlen(part));
		length += strlen(part);
	}
	return length;
}

START_TEST(junk_is_the_same_in_any_pieces)
{
	static char bytes[2048];
	unsigned seed = (unsigned)_i + 1;

	for (int round = 0; round < 2000; round++) {
		enum probe_depth depth = (enum probe_depth)(round % PROBE_DEPTH_COUNT);
		size_t length = make_junk(bytes, sizeof(bytes), &seed);
		struct observation whole;
		enum probe_step step;
		char client[sizeof(said)];

		open_probe(depth);
		step = feed_pieces(bytes, length, 0, &seed);
		whole = probe.result;
		memcpy(client, said, said_length + 1);
		open_probe(depth);
		ck_assert_int_eq(
			feed_pieces(bytes, length, 9, &seed) == PROBE_DONE, step == PROBE_DONE);
		ck_assert_str_eq(said, client);
		ck_assert_mem_eq(&probe.result, &whole, sizeof(whole));
	}
}
END_TEST

START_TEST(speaks_lmtp)
{
	static const char *const replies[] = {"220 mx\r\n", "500 5.5.1 what?\r\n"};
	const struct probe_plan plan = {
		.depth = PROBE_DEPTH_MAIL, .protocol = PROTOCOL_LMTP, .helo = "me.example"};

	probe_init(&probe, &plan);
	probe_connected(&probe);
	ck_assert_int_eq(probe_feed(&probe, replies[0], strlen(replies[0])), PROBE_WRITE);
	ck_assert_str_eq(probe.out, "LHLO me.example\r\n");
	/* There is no older command in LMTP. */
	memset(probe.out, 0, sizeof(probe.out));
	ck_assert_int_eq(probe_feed(&probe, replies[1], strlen(replies[1])), PROBE_WRITE);
	ck_assert_str_eq(probe.out, "QUIT\r\n");
	ck_assert_int_eq(probe.result.outcome, OBSERVATION_PASSED_ON);
	ck_assert_int_eq(probe.result.stage, OBSERVATION_STAGE_EHLO);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{conversations, COUNT(rows)}, {each_step_in_its_turn, 1},
		{floods_end, COUNT(floods)}, {long_lines_and_many_are_taken, 1},
		{text_is_cut_between_characters, 1}, {a_nul_does_not_end_the_text, 1},
		{failures_have_their_stage, COUNT(events)}, {a_failed_goodbye_changes_nothing, 1},
		{plans_are_checked, COUNT(plans)}, {the_longest_plan_has_room, 1},
		{depths_have_names, PROBE_DEPTH_COUNT + 1}, {junk_is_the_same_in_any_pieces, 4},
		{speaks_lmtp, 1}};

	return suite_run("probe", tests, COUNT(tests));
}
