/* test_message: headers, size, sender and recipients of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/message.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4000 };

static struct message *message;
static struct address_list list;
static char out[OUT_MAX];

static void setup(void)
{
	message = message_new();
}

static void teardown(void)
{
	message_free(message);
	message_free(NULL);
}

static void read_in_pieces(const char *octets, size_t length, size_t piece)
{
	message_begin(message);
	for (size_t at = 0; at < length; at += piece)
		message_add(message, octets + at, length - at < piece ? length - at : piece);
	message_end(message);
}

/* "[header][header] size from=sender to=recipients", with a sender that is not known as "?". */
static const char *describe(void)
{
	const char *sender = message_sender(message);
	struct span header;
	size_t used = 0;
	size_t at = 0;

	while (message_next(message, &at, &header))
		used += (size_t)snprintf(
			out + used, sizeof(out) - used, "[%.*s]", (int)header.length, header.at);
	used += (size_t)snprintf(out + used, sizeof(out) - used,
		" %lld from=%s to=", (long long)message_size(message),
		sender == NULL ? "?" : sender);
	list.count = 0;
	message_recipients(message, &list);
	for (int i = 0; i < list.count; i++)
		used += (size_t)snprintf(
			out + used, sizeof(out) - used, "%s%s", i == 0 ? "" : ",", list.texts[i]);
	return out;
}

static const struct row {
	const char *name;
	const char *octets;
	const char *expected;
} rows[] = {
	{"nothing", "", " 0 from=? to="},
	{"a header", "A: b\n\n", "[A: b] 8 from=? to="},
	{"CRLF", "A: b\r\nC: d\r\n\r\nx\r\n", "[A: b][C: d] 17 from=? to="},
	{"LF is sent as CRLF", "A: b\nC: d\n\nx\n", "[A: b][C: d] 17 from=? to="},
	{"both", "A: b\r\nC: d\n\r\nx\n", "[A: b][C: d] 17 from=? to="},
	{"a lone CR", "A: b\rc\n\nx\ry\n", "[A: b\rc] 15 from=? to="},
	{"no empty line", "A: b\nC: d\n", "[A: b][C: d] 12 from=? to="},
	{"no end of the last header", "A: b\nC: d", "[A: b][C: d] 12 from=? to="},
	{"no end of the last line", "A: b\n\nx", "[A: b] 11 from=? to="},
	{"no body", "A: b\n\n", "[A: b] 8 from=? to="},
	{"no headers", "\nA: b\n", " 8 from=? to="},
	{"no headers, CRLF", "\r\nA: b\r\n", " 8 from=? to="},
	{"a body alone", "hello\nA: b\n", " 13 from=? to="},
	{"a body alone, without an end", "hello", " 7 from=? to="},
	{"folds", "A: b\n c\n\td\nE: f\n\n", "[A: b\n c\n\td][E: f] 22 from=? to="},
	{"folds, CRLF", "A: b\r\n c\r\nE: f\r\n\r\n", "[A: b\r\n c][E: f] 18 from=? to="},
	{"a fold of white space", "A: b\n \nE: f\n\n", "[A: b\n ][E: f] 17 from=? to="},
	{"a fold in front", " A: b\nC: d\n\n", " 15 from=? to="},
	{"a line that is no header", "A: b\nno header\nC: d\n\n", "[A: b] 25 from=? to="},
	{"a name with a space", "A b: c\n\n", " 10 from=? to="},
	{"white space before the colon", "A : b\nC\t: d\n\n", "[A : b][C\t: d] 16 from=? to="},
	{"no name", ": b\nC: d\n\n", " 13 from=? to="},
	{"an empty value", "A:\nB: \n\n", "[A:][B: ] 11 from=? to="},
	{"a name of 8 bits", "\303\266: b\n\n", " 9 from=? to="},
	{"a value of 8 bits", "A: \303\266\377\n\n", "[A: \303\266\377] 10 from=? to="},
	{"a From line", "From a@x.example Mon Nov  2 08:30:00 2026\nA: b\n\n",
		"[A: b] 8 from=a@x.example to="},
	{"a From line, CRLF", "From a@x.example Mon Nov  2 08:30:00 2026\r\nA: b\r\n\r\n",
		"[A: b] 8 from=a@x.example to="},
	{"a From line without a date", "From a@x.example\r\nA: b\n\n",
		"[A: b] 8 from=a@x.example to="},
	{"a From line without anything", "From \nA: b\n\n", "[A: b] 8 from=? to="},
	{"a mark in front", "\xef\xbb\xbfTo: a@x.e\n\nx\n", "[To: a@x.e] 16 from=? to=a@x.e"},
	{"a mark in front of the From line",
		"\xef\xbb\xbf"
		"From a@x.e Mon\nA: b\n\n",
		"[A: b] 8 from=a@x.e to="},
	{"a mark alone", "\xef\xbb\xbf", " 0 from=? to="},
	{"a mark and a body", "\xef\xbb\xbf\nx\n", " 5 from=? to="},
	{"a mark behind a header", "A: b\n\xef\xbb\xbfTo: a@x.e\n\n", "[A: b] 22 from=? to="},
	{"a part of a mark", "\xef\xbbTo: a@x.e\n\n", " 15 from=? to="},
	{"a From line alone", "From a@x.example Mon", " 0 from=a@x.example to="},
	{"of a bounce", "From MAILER-DAEMON Mon\nA: b\n\n", "[A: b] 8 from= to="},
	{"of one that begins alike", "From MAIL Mon\nA: b\n\n", "[A: b] 8 from=MAIL to="},
	{"of one that begins with it", "From MAILER-DAEMON@x.e Mon\nA: b\n\n",
		"[A: b] 8 from=MAILER-DAEMON@x.e to="},
	{"the first From line", "From a@x.e Mon\nFrom b@x.e Mon\nA: b\n\n",
		"[A: b] 8 from=a@x.e to="},
	{"of nobody known", "From - Mon\nA: b\n\n", "[A: b] 8 from=? to="},
	{"a quoted From line", ">From a@x.example Mon\nA: b\n\n", "[A: b] 8 from=? to="},
	{"two From lines", "From a@x.example Mon\n>From b@x.example Mon\nA: b\n\n",
		"[A: b] 8 from=a@x.example to="},
	{"a From line behind a header", "A: b\nFrom a@x.example Mon\nC: d\n\n",
		"[A: b] 36 from=? to="},
	{"From: is none", "From: a@x.example\n\n", "[From: a@x.example] 21 from=? to="},
	{"Return-Path", "Return-Path: <a@x.example>\n\n",
		"[Return-Path: <a@x.example>] 30 from=a@x.example to="},
	{"Return-Path goes before the From line",
		"From b@x.example Mon\nreturn-path : a@x.example\n\n",
		"[return-path : a@x.example] 29 from=a@x.example to="},
	{"the first Return-Path", "Return-Path: <a@x.e>\nReturn-Path: <b@x.e>\n\n",
		"[Return-Path: <a@x.e>][Return-Path: <b@x.e>] 46 from=a@x.e to="},
	{"Return-Path of a bounce", "From a@x.e Mon\nReturn-Path: <>\n\n",
		"[Return-Path: <>] 19 from= to="},
	{"an empty Return-Path says nothing", "From a@x.e Mon\nReturn-Path:\n\n",
		"[Return-Path:] 16 from=a@x.e to="},
	{"To and Cc", "Cc: c@x.e\nTo: a@x.e,\n b@x.e\nTO: d@x.e\n\n",
		"[Cc: c@x.e][To: a@x.e,\n b@x.e][TO: d@x.e] 44 from=? to=a@x.e,b@x.e,d@x.e,c@x.e"},
	{"X-Original-To", "To: a@x.e\nDelivered-To: b@x.e\nX-Original-To: c@x.e\n\n",
		"[To: a@x.e][Delivered-To: b@x.e][X-Original-To: c@x.e] 56 from=? to=c@x.e"},
	{"Delivered-To", "To: a@x.e\nEnvelope-To: d@x.e\nDelivered-To: b@x.e\n\n",
		"[To: a@x.e][Envelope-To: d@x.e][Delivered-To: b@x.e] 54 from=? to=b@x.e"},
	{"Envelope-To", "To: a@x.e\nEnvelope-To: d@x.e, e@x.e\n\n",
		"[To: a@x.e][Envelope-To: d@x.e, e@x.e] 40 from=? to=d@x.e,e@x.e"},
	{"the first of them", "Delivered-To: a@x.e\nDelivered-To: b@x.e\n\n",
		"[Delivered-To: a@x.e][Delivered-To: b@x.e] 44 from=? to=a@x.e"},
	{"an empty one", "X-Original-To:\nTo: a@x.e\n\n",
		"[X-Original-To:][To: a@x.e] 29 from=? to=a@x.e"},
	{"names that begin alike", "Tom: a@x.e\nT: b@x.e\nCc-: c@x.e\n\n",
		"[Tom: a@x.e][T: b@x.e][Cc-: c@x.e] 36 from=? to="},
	{"recipients in the body", "A: b\n\nTo: a@x.e\n", "[A: b] 19 from=? to="},
};

START_TEST(reads)
{
	const struct row *row = &rows[_i];
	size_t length = strlen(row->octets);

	for (size_t piece = 1; piece <= length + 1; piece++) {
		/* Of its own, so that a sanitizer sees its end. */
		char *octets = strdup(row->octets);

		read_in_pieces(octets, length, piece);
		free(octets);
		ck_assert_msg(strcmp(describe(), row->expected) == 0, "%s, pieces of %zu: %s",
			row->name, piece, out);
		ck_assert(!message_is_too_large(message));
	}
}
END_TEST

START_TEST(octets_are_not_looked_at)
{
	static const char octets[] = "A: b\0c\nTo: a\0@x.e\n\n\0\n";
	struct span header;
	size_t at = 0;

	read_in_pieces(octets, sizeof(octets) - 1, sizeof(octets));
	ck_assert(message_next(message, &at, &header));
	ck_assert_uint_eq(header.length, 6);
	ck_assert_int_eq(memcmp(header.at, "A: b\0c", 6), 0);
	ck_assert(message_next(message, &at, &header));
	ck_assert(!message_next(message, &at, &header));
	ck_assert_int_eq(message_size(message), (int)sizeof(octets) - 1 + 4);
	ck_assert_str_eq(strrchr(describe(), ' '), " to=");
}
END_TEST

START_TEST(a_nul_is_in_no_sender)
{
	static const char octets[] = "From a\0b Mon\nA: b\n\n";

	read_in_pieces(octets, sizeof(octets) - 1, sizeof(octets));
	ck_assert_ptr_null(message_sender(message));
}
END_TEST

/* Of headers, of which the last begins before, and goes past, what is kept. */
static void give_headers(const char *line, size_t most)
{
	message_begin(message);
	for (size_t at = 0; at < most; at += strlen(line))
		message_add(message, line, strlen(line));
}

START_TEST(too_many_headers)
{
	static const char line[] = "X-Header: 0123456789012345678901234567890123456789\n";
	size_t length = 0;
	size_t at = 0;
	struct span header;

	give_headers(line, MESSAGE_HEADERS_MAX - strlen(line));
	message_end(message);
	ck_assert(!message_is_too_large(message));
	give_headers(line, MESSAGE_HEADERS_MAX + strlen(line));
	message_add(message, "\nbody\n", 6);
	message_end(message);
	ck_assert(message_is_too_large(message));
	while (message_next(message, &at, &header))
		length += header.length;
	ck_assert_uint_lt(length, MESSAGE_HEADERS_MAX);
	ck_assert_int_gt(message_size(message), MESSAGE_HEADERS_MAX);
}
END_TEST

/* Lines that fill all the room there is, and what is behind them. */
static const struct behind {
	const char *octets;
	bool is_too_large;
} behinds[] = {
	{"", false}, {"\n", false}, {"\r\nX: y\n", false}, {"X: y\n\n", true}, {" y\n\n", true}};

START_TEST(no_room_left)
{
	static const char line[] =
		"X: 456789012345678901234567890123456789012345678901234567890123\n";
	const struct behind *behind = &behinds[_i];
	struct span header;
	size_t count = 0;
	size_t at = 0;

	ck_assert_uint_eq(MESSAGE_HEADERS_MAX % strlen(line), 0);
	give_headers(line, MESSAGE_HEADERS_MAX);
	message_add(message, behind->octets, strlen(behind->octets));
	message_end(message);
	ck_assert_msg(message_is_too_large(message) == behind->is_too_large, "%s", behind->octets);
	while (message_next(message, &at, &header))
		count++;
	ck_assert_uint_eq(count, MESSAGE_HEADERS_MAX / strlen(line));
}
END_TEST

START_TEST(the_next_one_begins_anew)
{
	give_headers("X-Header: 0123456789012345678901234567890123456789\n",
		(size_t)2 * MESSAGE_HEADERS_MAX);
	message_end(message);
	ck_assert(message_is_too_large(message));
	read_in_pieces("From a@x.e Mon\nReturn-Path: <a@x.e>\n\n", 38, 38);
	ck_assert(!message_is_too_large(message));
	ck_assert_str_eq(message_sender(message), "a@x.e");
	read_in_pieces("A: b\n\n", 6, 6);
	ck_assert_str_eq(describe(), "[A: b] 8 from=? to=");
}
END_TEST

/* That has no colon is no header, however long it is; nor has it to be kept. */
START_TEST(a_line_without_an_end)
{
	static const char *const fronts[] = {"", "A: b\n", "A: b\n\n", "A: b\nC: "};
	static const char *const expected[] = {"", "[A: b]", "[A: b]", NULL};
	size_t length = (size_t)3 * MESSAGE_HEADERS_MAX;
	char *octets = malloc(length);

	ck_assert_ptr_nonnull(octets);
	memset(octets, 'x', length);
	memcpy(octets, fronts[_i], strlen(fronts[_i]));
	read_in_pieces(octets, length, 65536);
	ck_assert(message_is_too_large(message) == (expected[_i] == NULL));
	ck_assert_int_ge(message_size(message), (int)length);
	if (expected[_i] != NULL)
		ck_assert_int_eq(strncmp(describe(), expected[_i], strlen(expected[_i])), 0);
	free(octets);
}
END_TEST

START_TEST(a_large_body)
{
	static const char line[] = "a line of the body, of which there are many\n";

	message_begin(message);
	message_add(message, "A: b\n\n", 6);
	for (int i = 0; i < 1000000; i++)
		message_add(message, line, strlen(line));
	message_end(message);
	ck_assert_int_eq(message_size(message), 8 + 1000000 * ((int64_t)strlen(line) + 1));
	ck_assert(!message_is_too_large(message));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{reads, COUNT(rows)},
		{octets_are_not_looked_at, 1},
		{a_nul_is_in_no_sender, 1},
		{too_many_headers, 1},
		{no_room_left, COUNT(behinds)},
		{the_next_one_begins_anew, 1},
		{a_line_without_an_end, 4},
		{a_large_body, 1},
	};

	return suite_run_with("message", tests, COUNT(tests), setup, teardown);
}
