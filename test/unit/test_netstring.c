/* test_netstring: octets that say their length first
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/netstring.h"
#include "suite.h"

#include <string.h>

enum { MOST = 120 };

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

static const struct row {
	const char *name;
	const char *given;
	enum netstring_result result;
	const char *payload;
	const char *rest;
} rows[] = {
	{"one", "5:hello,", NETSTRING_WHOLE, "hello", ""},
	{"and what follows", "5:hello,3:you", NETSTRING_WHOLE, "hello", "3:you"},
	{"nothing in it", "0:,", NETSTRING_WHOLE, "", ""},
	{"two digits", "10:0123456789,", NETSTRING_WHOLE, "0123456789", ""},
	{"a netstring in it", "7:4:a,b;,,", NETSTRING_WHOLE, "4:a,b;,", ""},
	{"the longest", "120:" X60 X60 ",", NETSTRING_WHOLE, X60 X60, ""},
	{"not begun", "", NETSTRING_MORE, NULL, ""},
	{"a digit", "5", NETSTRING_MORE, NULL, "5"},
	{"a zero", "0", NETSTRING_MORE, NULL, "0"},
	{"a length", "5:", NETSTRING_MORE, NULL, "5:"},
	{"octets are missing", "5:hell", NETSTRING_MORE, NULL, "5:hell"},
	{"the comma is missing", "5:hello", NETSTRING_MORE, NULL, "5:hello"},
	{"only the comma is missing", "0:", NETSTRING_MORE, NULL, "0:"},
	{"the longest, begun", "120", NETSTRING_MORE, NULL, "120"},
	{"another octet for the comma", "5:hello;", NETSTRING_MALFORMED, NULL, "5:hello;"},
	{"longer than it says", "4:hello,", NETSTRING_MALFORMED, NULL, "4:hello,"},
	{"no length", ":hello,", NETSTRING_MALFORMED, NULL, ":hello,"},
	{"no length, nothing in it", ":,", NETSTRING_MALFORMED, NULL, ":,"},
	{"no number", "hello", NETSTRING_MALFORMED, NULL, "hello"},
	{"no number behind one", "5hello", NETSTRING_MALFORMED, NULL, "5hello"},
	{"a sign", "+5:hello,", NETSTRING_MALFORMED, NULL, "+5:hello,"},
	{"less than nothing", "-1:", NETSTRING_MALFORMED, NULL, "-1:"},
	{"a blank", " 5:hello,", NETSTRING_MALFORMED, NULL, " 5:hello,"},
	{"a blank before the colon", "5 :hello,", NETSTRING_MALFORMED, NULL, "5 :hello,"},
	{"a leading zero", "05:hello,", NETSTRING_MALFORMED, NULL, "05:hello,"},
	{"two zeros", "00:,", NETSTRING_MALFORMED, NULL, "00:,"},
	{"two zeros, begun", "00", NETSTRING_MALFORMED, NULL, "00"},
	{"hexadecimal", "0x5:hello,", NETSTRING_MALFORMED, NULL, "0x5:hello,"},
	{"one too long", "121:", NETSTRING_TOO_LONG, NULL, "121:"},
	{"too long, begun", "121", NETSTRING_TOO_LONG, NULL, "121"},
	{"2^32 and 5", "4294967301:hello,", NETSTRING_TOO_LONG, NULL, "4294967301:hello,"},
	{"2^64 and 5", "18446744073709551621:hello,", NETSTRING_TOO_LONG, NULL,
		"18446744073709551621:hello,"},
	{"a line of SMTP", "EHLO mx.example\r\n", NETSTRING_MALFORMED, NULL, "EHLO mx.example\r\n"},
};

START_TEST(takes)
{
	const struct row *row = &rows[_i];
	struct span span = span_make(row->given, strlen(row->given));
	struct span payload = span_make(NULL, 0);
	enum netstring_result result = netstring_take(&span, MOST, &payload);

	ck_assert_msg(result == row->result, "%s: %d", row->name, (int)result);
	if (row->payload != NULL)
		ck_assert_msg(span_is(payload, row->payload), "%s: \"%.*s\"", row->name,
			(int)payload.length, payload.at);
	ck_assert_msg(span_is(span, row->rest), "%s: rest \"%.*s\"", row->name, (int)span.length,
		span.at);
}
END_TEST

/* What is cut short wants more, or is as faulty as the whole; never anything else. */
START_TEST(cut_short)
{
	const struct row *row = &rows[_i];

	for (size_t length = 0; length < strlen(row->given); length++) {
		struct span span = span_make(row->given, length);
		struct span payload;
		enum netstring_result result = netstring_take(&span, MOST, &payload);

		ck_assert_msg(result == NETSTRING_MORE || result == row->result, "%s: %zu octets",
			row->name, length);
	}
}
END_TEST

START_TEST(any_octets)
{
	struct span span = span_make("4:\0,\n\xff,", 7);
	struct span payload;

	ck_assert_int_eq(netstring_take(&span, MOST, &payload), NETSTRING_WHOLE);
	ck_assert_uint_eq(payload.length, 4);
	ck_assert_int_eq(memcmp(payload.at, "\0,\n\xff", 4), 0);
	ck_assert_uint_eq(span.length, 0);
}
END_TEST

START_TEST(is_put)
{
	char out[32];

	memset(out, '#', sizeof(out));
	ck_assert_uint_eq(netstring_put(out, sizeof(out), span_make("hello", 5)), 8);
	ck_assert_int_eq(memcmp(out, "5:hello,#", 9), 0);
	ck_assert_uint_eq(netstring_put(out, sizeof(out), span_make(NULL, 0)), 3);
	ck_assert_int_eq(memcmp(out, "0:,", 3), 0);
	ck_assert_uint_eq(netstring_put(out, sizeof(out), span_make("0123456789", 10)), 14);
	ck_assert_int_eq(memcmp(out, "10:0123456789,", 14), 0);
}
END_TEST

START_TEST(puts_what_fits)
{
	char out[9];

	out[8] = '#';
	ck_assert_uint_eq(netstring_put(out, 8, span_make("hello", 5)), 8);
	ck_assert_int_eq(out[8], '#');
	for (size_t size = 0; size < 8; size++) {
		memset(out, '#', sizeof(out));
		ck_assert_msg(netstring_put(out, size, span_make("hello", 5)) == 0, "%zu", size);
		ck_assert_msg(memchr(out, ',', sizeof(out)) == NULL, "%zu", size);
	}
	ck_assert_uint_eq(netstring_put(out, 2, span_make(NULL, 0)), 0);
}
END_TEST

START_TEST(the_frame_is_enough)
{
	static char payload[100000];
	static char out[sizeof(payload) + NETSTRING_FRAME];

	ck_assert_uint_eq(netstring_put(out, sizeof(out), span_make(payload, sizeof(payload))),
		sizeof(payload) + 8);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{takes, COUNT(rows)}, {cut_short, COUNT(rows)},
		{any_octets, 1}, {is_put, 1}, {puts_what_fits, 1}, {the_frame_is_enough, 1}};

	return suite_run("netstring", tests, COUNT(tests));
}
