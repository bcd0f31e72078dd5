/* test_span: pieces of text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/span.h"
#include "suite.h"

#include <string.h>

static struct span of(const char *text)
{
	return span_make(text, strlen(text));
}

START_TEST(nowhere)
{
	struct span text = {NULL, 0};
	struct span before;
	int number;

	ck_assert(!span_is(text, "a"));
	ck_assert(!span_starts(text, "a"));
	ck_assert(!span_ends(text, "a"));
	ck_assert(!span_take_until(&text, "a", &before));
	ck_assert(!span_take_number(&text, 5, &number));
	ck_assert_ptr_null(span_find(text, "a"));
	ck_assert_ptr_null(span_find_last(text, "a"));
}
END_TEST

START_TEST(compares)
{
	ck_assert(span_is(of("abc"), "abc"));
	ck_assert(!span_is(of("abc"), "ab"));
	ck_assert(!span_is(of("ab"), "abc"));
	ck_assert(span_starts(of("abc"), "ab"));
	ck_assert(!span_starts(of("ab"), "abc"));
	ck_assert(span_ends(of("abc"), "bc"));
	ck_assert(!span_ends(of("bc"), "abc"));
	ck_assert(span_is(span_make("abcd", 3), "abc"));
	ck_assert(!span_starts(span_make("abcd", 3), "abcd"));
}
END_TEST

START_TEST(takes)
{
	struct span text = of("key=value, rest");
	struct span before;

	ck_assert(!span_take(&text, "value"));
	ck_assert(span_is(text, "key=value, rest"));
	ck_assert(span_take(&text, "key="));
	ck_assert(span_take_until(&text, ", ", &before));
	ck_assert(span_is(before, "value"));
	ck_assert(span_is(text, "rest"));
	ck_assert(!span_take_until(&text, ", ", &before));
	ck_assert(span_is(text, "rest"));
	ck_assert(span_take_until(&text, "rest", &before));
	ck_assert_uint_eq(before.length, 0);
	ck_assert_uint_eq(text.length, 0);
	ck_assert(!span_take(&text, "x"));
}
END_TEST

START_TEST(finds)
{
	struct span text = of("aXbXc");

	ck_assert_ptr_eq(span_find(text, "X"), text.at + 1);
	ck_assert_ptr_eq(span_find_last(text, "X"), text.at + 3);
	ck_assert_ptr_null(span_find(text, "Y"));
	ck_assert_ptr_null(span_find_last(text, "Y"));
	ck_assert_ptr_null(span_find(span_make(text.at, 1), "X"));
	ck_assert(span_is(span_before(text, text.at + 3), "aXb"));
	ck_assert(span_is(span_from(text, text.at + 3), "Xc"));
	text = of("aaa");
	ck_assert_ptr_eq(span_find_last(text, "aa"), text.at + 1);
}
END_TEST

static const struct number_row {
	const char *text;
	int most;
	int expected; /* -1: none */
	const char *rest;
} numbers[] = {
	{"25", 5, 25, ""},
	{"25 x", 5, 25, " x"},
	{"0025", 5, 25, ""},
	{"99999", 5, 99999, ""},
	{"123456", 5, -1, "123456"},
	{"", 5, -1, ""},
	{"x1", 5, -1, "x1"},
	{"-1", 5, -1, "-1"},
};

START_TEST(number)
{
	const struct number_row *row = &numbers[_i];
	struct span text = of(row->text);
	int got = -1;

	ck_assert(span_take_number(&text, row->most, &got) == (row->expected != -1));
	ck_assert_int_eq(got, row->expected);
	ck_assert(span_is(text, row->rest));
}
END_TEST

static const struct take_row {
	const char *text;
	int word;   /* octets that span_take_word() takes; 0: false */
	int quoted; /* the same */
} take_rows[] = {{"", 0, 0}, {"a", 1, 0}, {"a,b", 1, 0}, {",", 0, 0}, {"a b", 1, 0},
	{"\xc3\xa9\n", 2, 0}, {"a\x7f", 1, 0}, {"\"", 1, 0}, {"\"\"", 2, 2}, {"\"a, b\"c", 2, 6},
	{"\"a\\\"b\"", 6, 6}, {"\"a\\\"", 4, 0}, {"\"a\\", 3, 0}};

START_TEST(words_and_quotes)
{
	const struct take_row *row = &take_rows[_i];
	struct span word = span_make(row->text, strlen(row->text));
	struct span quoted = word;

	ck_assert_msg(span_take_word(&word, ",") == (row->word > 0), "%s", row->text);
	ck_assert_int_eq(word.at - row->text, row->word);
	ck_assert_msg(span_take_quoted(&quoted) == (row->quoted > 0), "%s", row->text);
	ck_assert_int_eq(quoted.at - row->text, row->quoted);
}
END_TEST

START_TEST(lines)
{
	struct span text = of("a\r\n\n \tb c\t \nlast\r");
	struct span line;

	ck_assert(span_take_line(&text, &line) && span_is(line, "a"));
	ck_assert(span_take_line(&text, &line) && span_is(line, ""));
	ck_assert(span_take_line(&text, &line) && span_is(line, " \tb c\t "));
	ck_assert(span_is(span_trim(line), "b c"));
	ck_assert(span_take_line(&text, &line) && span_is(line, "last"));
	ck_assert(!span_take_line(&text, &line));
	ck_assert_uint_eq(span_trim(of(" \t ")).length, 0);
	ck_assert_uint_eq(span_trim(span_make(NULL, 0)).length, 0);
}
END_TEST

START_TEST(copies)
{
	char out[4];

	ck_assert(span_copy_folded(of("AbC"), out, sizeof(out)));
	ck_assert_str_eq(out, "abc");
	ck_assert(!span_copy_folded(of("abcd"), out, sizeof(out)));
	ck_assert_str_eq(out, "");
	ck_assert(span_copy_folded(of(""), out, sizeof(out)));
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(folds_ascii_letters_alone)
{
	for (int octet = 0; octet < 256; octet++) {
		int folded = octet >= 'A' && octet <= 'Z' ? octet - 'A' + 'a' : octet;

		ck_assert_msg((unsigned char)span_fold((char)octet) == folded, "octet %d", octet);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{nowhere, 1}, {compares, 1}, {takes, 1}, {finds, 1},
		{number, COUNT(numbers)}, {words_and_quotes, COUNT(take_rows)}, {lines, 1},
		{copies, 1}, {folds_ascii_letters_alone, 1}};

	return suite_run("span", tests, COUNT(tests));
}
