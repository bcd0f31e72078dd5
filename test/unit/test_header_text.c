/* test_header_text: what people read in a header
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"
#include "text/charset.h"
#include "text/header_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
	const char *name;
	const char *given;
	const char *expected;
} rows[] = {
	{"empty", "", ""},
	{"plain", "a b  c", "a b  c"},
	{"8 bit", "\xfc \u20ac", "\xfc \u20ac"},
	{"white space at the ends", " \t a\t ", "a"},
	{"nothing but white space", " \r\n\t ", ""},

	/* RFC 5322, 2.2.3 */
	{"folded", "a\r\n b", "a b"},
	{"folded by Unix", "a\n b", "a b"},
	{"by a tab", "a\r\n\tb", "a\tb"},
	{"in white space", "a \r\n  b", "a   b"},
	{"twice", "a\r\n b\r\n c", "a b c"},
	{"an empty line", "a\r\n\r\n b", "a b"},
	{"before the beginning", "\r\n a", "a"},
	{"at the end", "a\r\n", "a"},
	{"a line end alone", "a\nb", "a b"},
	{"a return alone", "a\rb", "a b"},

	/* RFC 2047, 8 */
	{"1", "(=?ISO-8859-1?Q?a?=)", "(a)"},
	{"2", "(=?ISO-8859-1?Q?a?= b)", "(a b)"},
	{"3", "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
	{"4", "(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
	{"5", "(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
	{"6", "(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
	{"7", "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
	{"a name", "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
		"Keith Moore <moore@cs.utk.edu>"},
	{"another", "=?ISO-8859-1?Q?Andr=E9?= Pirard <P@x>", "Andr\u00e9 Pirard <P@x>"},
	{"base64",
		"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
		"=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
		"If you can read this you understand the example."},

	/* As mail programs do. */
	{"next to text", "x=?utf-8?Q?=C3=BC?=y", "x\u00fcy"},
	{"in quotes", "\"=?utf-8?Q?=C3=BC?=\"", "\"\u00fc\""},
	{"with no space between", "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
	{"a language", "=?utf-8*de?Q?=C3=BC?= =?utf-8?Q?=C3=BC?=", "\u00fc\u00fc"},
	{"a character in two words", "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\u20ac"},
	{"in two words of another charset",
		"=?gb2312?B?xA==?=\r\n =?GB2312?B?46E=?=", "\u4f60\ufffd"},
	{"in two encodings", "=?big5?B?pw==?= =?big5?Q?A?=", "\u4f60"},
	{"not in two charsets", "=?big5?B?pw==?= =?utf-8?Q?A?=", "\ufffdA"},
	{"a state in two words", "=?iso-2022-jp?Q?=1B$BF?= =?iso-2022-jp?Q?|=1B(B?=", "\u65e5"},
	{"spaces in a word", "=?utf-8?Q?a b=C3=BC?=", "a b\u00fc"},
	{"white space that was encoded", "=?utf-8?Q?_a_?= b=?utf-8?Q?_?=", "a  b"},
	{"empty words", "a =?utf-8?Q?\?= =?koi8-r?B?\?= b", "a  b"},
	{"line ends that were encoded", "=?utf-8?Q?a=0D=0A=09b?=", "a\r\n\tb"},
	{"an encoded encoded word", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=", "=?utf-8?Q?a?="},
	{"three charsets", "=?koi8-r?B?8A==?= =?utf-8?Q?x?= =?koi8-r?B?8A==?=", "\u041fx\u041f"},
	{"no UTF-8 in UTF-8", "=?utf-8?Q?=FF=C3?=", "\xff\xc3"},

	/* What stays. */
	{"an unknown charset", "a =?x-none?Q?b=20?= c", "a =?x-none?Q?b=20?= c"},
	{"between others", "=?utf-8?Q?a?= =?x-none?Q?b?= =?utf-8?Q?c?=", "a =?x-none?Q?b?= c"},
	{"no base64", "=?utf-8?B?*?= b", "=?utf-8?B?*?= b"},
	{"no base64 between", "=?utf-8?Q?a?= =?utf-8?B?*?= =?utf-8?Q?c?=", "a =?utf-8?B?*?= c"},
	{"an encoding that there is not", "=?utf-8?X?a?=", "=?utf-8?X?a?="},
	{"cut", "a =?utf-8?Q?b", "a =?utf-8?Q?b"},
	{"cut before another", "=?utf-8?Q?b =?utf-8?Q?c?=", "=?utf-8?Q?b c"},
	{"folded inside", "=?utf-8?Q?b\r\n c?=", "=?utf-8?Q?b c?="},
	{"white space before text", "=?utf-8?Q?a?= \r\n =b", "a  =b"},
	{"marks", "=?=?==?=?\?=", "=?=?==?=?\?="},
};

/* Decodes where nothing is before and after what is needed. */
static size_t decode(const char *given, size_t length, char **out)
{
	char *exact = malloc(length == 0 ? 1 : length);
	struct pattern_budget budget = {.left = INT64_MAX};
	struct charset_converter converter = {.count = 0};
	size_t decoded;

	*out = malloc(header_text_room(length));
	ck_assert(exact != NULL && *out != NULL);
	memcpy(exact, given, length);
	decoded = header_text_decode(exact, length, *out, &converter, &budget);
	charset_end(&converter);
	ck_assert(decoded < header_text_room(length) && (*out)[decoded] == '\0');
	free(exact);
	return decoded;
}

START_TEST(decodes)
{
	const struct row *row = &rows[_i];
	size_t given = strlen(row->given);
	char *out;
	size_t length = decode(row->given, given, &out);

	ck_assert_msg(length == strlen(out) && strcmp(out, row->expected) == 0, "%s: '%s'",
		row->name, out);
	if (header_text_is_plain(row->given, given))
		ck_assert_msg(strcmp(out, row->given) == 0, "%s", row->name);
	free(out);
}
END_TEST

static const struct plain_row {
	const char *given;
	bool expected;
} plain_rows[] = {
	{"", true},
	{"a", true},
	{"a b\tc = ? =a? \xff", true},
	{" a", false},
	{"\ta", false},
	{"a ", false},
	{"a\t", false},
	{" ", false},
	{"a\nb", false},
	{"a\rb", false},
	{"=?", false},
	{"a =?utf-8?Q?a?=", false},
};

START_TEST(knows_what_is_plain)
{
	const struct plain_row *row = &plain_rows[_i];

	ck_assert_msg(header_text_is_plain(row->given, strlen(row->given)) == row->expected, "'%s'",
		row->given);
}
END_TEST

START_TEST(keeps_nuls)
{
	char *out;
	size_t length = decode("a\0=?utf-8?Q?=00b?=\0\r\n c", 23, &out);

	ck_assert_uint_eq(length, 7);
	ck_assert(memcmp(out, "a\0\0b\0 c", 8) == 0);
	free(out);
	ck_assert(header_text_is_plain("a\0b", 3));
	ck_assert(!header_text_is_plain("a\0b\n", 4));
}
END_TEST

/* Words whose text grows most: a raw octet that becomes three, as often as there is room for. */
START_TEST(has_room)
{
	static const char *const worst[] = {"=?tis-620?Q?", "=?cp1252?Q?", "=?utf-7?Q?",
		"=?big5?Q?", "=?macintosh?Q?", "=?viscii?Q?"};
	static const char *const octets[] = {"\xa1", "\x80", "+IKw-", "\xa7\x41", "\xe4", "\xd5"};
	char given[4000];
	size_t length = 0;
	char *out;

	for (int turn = 0; length < sizeof(given) - 100; turn++) {
		length += (size_t)sprintf(given + length, "%s", worst[_i]);
		for (int i = 0; i < 1 + turn % 7; i++)
			length += (size_t)sprintf(given + length, "%s", octets[_i]);
		length += (size_t)sprintf(given + length, "?=%s", turn % 3 == 0 ? "x" : " \n ");
	}
	length = decode(given, length, &out);
	ck_assert_msg(strstr(out, "=?") == NULL, "%s: %s", worst[_i], out);
	free(out);
}
END_TEST

/* One word as long as the largest header, and nothing else. */
START_TEST(decodes_large_words)
{
	enum { LARGE = 100000 };
	char *given = malloc(LARGE);
	int start = sprintf(given, "=?tis-620?Q?");
	char *out;

	memset(given + start, 0xa1, (size_t)(LARGE - start));
	memcpy(given + LARGE - 2, "?=", 2);
	ck_assert_uint_eq(decode(given, LARGE, &out), 3 * (size_t)(LARGE - start - 2));
	free(out);
	free(given);
}
END_TEST

/* Words stay as they are from where the budget ends. */
START_TEST(decodes_within_the_budget)
{
	static const char given[] = "=?koi8-r?Q?a?= =?koi8-u?Q?b?= =?koi8-r?Q?c?= "
				    "=?cp1250?Q?d?= =?utf-8?Q?e?= =?cp1251?Q?f?=";
	struct pattern_budget budget = {.left = 2 * CHARSET_OPEN_COST + 10000};
	struct charset_converter converter = {.count = 0};
	size_t length = strlen(given);
	char out[1000];

	ck_assert_uint_ge(sizeof(out), header_text_room(length));
	header_text_decode(given, length, out, &converter, &budget);
	ck_assert_str_eq(out, "abc =?cp1250?Q?d?= e =?cp1251?Q?f?=");
	ck_assert(pattern_is_spent(&budget));
	charset_end(&converter);
}
END_TEST

START_TEST(keeps_a_run_that_is_too_broken)
{
	char given[CHARSET_BROKEN_MAX + 100];
	size_t length = (size_t)sprintf(given, "=?utf-8?Q?a?=  =?cp1252?Q?");
	char *out;

	memset(given + length, 0x81, CHARSET_BROKEN_MAX + 1);
	length += CHARSET_BROKEN_MAX + 1;
	length += (size_t)sprintf(given + length, "?=  =?cp1252?Q?b?= =?koi8-r?Q?c?=");
	ck_assert_uint_eq(
		decode(given, length, &out), length - strlen("=?utf-8?Q?\?==?koi8-r?Q?\?="));
	ck_assert(strncmp(out, "a  =?cp1252?Q?\x81", 15) == 0);
	ck_assert(strstr(out, "\x81?=  =?cp1252?Q?b?= c") != NULL);
	free(out);
}
END_TEST

/* Anything that words are made of, in any order. */
START_TEST(survives_any_order)
{
	static const char *const pieces[] = {"=?", "?=", "=?utf-8?Q?", "=?big5?B?",
		"=?iso-2022-jp?q?", "=?cp1258?Q?", "?", "=", "Q", "B", "?Q?", " ", "\r\n", "\t",
		"a", "YWJj", "=E4", "\xa7", "\x1b$B", "utf-7", "*en", "\xcc", "_"};
	unsigned seed = (unsigned)_i + 1;

	for (int turn = 0; turn < 200; turn++) {
		char given[1000] = "";
		char *out;
		size_t length;

		for (unsigned i = suite_random(&seed) % 40; i > 0; i--)
			strcat(given, pieces[suite_random(&seed) % COUNT(pieces)]);
		length = decode(given, strlen(given), &out);
		ck_assert_msg(length == 0 || (strchr(" \t\r\n", out[0]) == NULL &&
						     strchr(" \t\r\n", out[length - 1]) == NULL),
			"%s", given);
		if (header_text_is_plain(given, strlen(given)))
			ck_assert_str_eq(given, out);
		free(out);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{decodes, COUNT(rows)},
		{knows_what_is_plain, COUNT(plain_rows)}, {keeps_nuls, 1}, {has_room, 6},
		{decodes_large_words, 1}, {decodes_within_the_budget, 1},
		{keeps_a_run_that_is_too_broken, 1}, {survives_any_order, 20}};

	return suite_run("header_text", tests, COUNT(tests));
}
