/* test_pattern: what a value of a rule matches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pattern.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = PATTERN_EXACT, D = PATTERN_DOMAIN, P = PATTERN_PARENT, G = PATTERN_GLOB };

static struct pattern make(int kind, const char *text)
{
	return (struct pattern){
		.kind = (enum pattern_kind)kind, .text = text, .length = strlen(text)};
}

static const struct text_row {
	int kind;
	const char *pattern;
	const char *text;
	bool expected;
} texts[] = {
	{E, "abc", "abc", true},
	{E, "abc", "ABC", true},
	{E, "a-z[{", "A-Z[{", true},
	/* They differ in the bit that cases do. */
	{E, "[", "{", false},
	{E, "{", "[", false},
	{E, "`", "@", false},
	{E, "@", "`", false},
	{E, "abc", "abcd", false},
	{E, "abc", "ab", false},
	{E, "abc", "abd", false},
	{E, "abc", "xbc", false},
	{E, "", "", true},
	{E, "", "a", false},
	{E, "a", "", false},
	{E, "a*", "ab", false},
	{E, "\xc3\xa4", "\xc3\xa4", true},
	/* Only ASCII has two cases. */
	{E, "\xc3\xa4", "\xc3\x84", false},
	{P, ".example.com", "a.example.com", true},
	{P, ".example.com", "B.A.Example.COM", true},
	{P, ".example.com", "example.com", false},
	{P, ".example.com", ".example.com", false},
	{P, ".example.com", "aexample.com", false},
	{P, ".example.com", "a.example.com.", false},
	{P, ".example.com", "a.example.org", false},
	{P, ".example.com", "", false},
	{D, "example.com", "example.com", false},
	{G, "*", "", true},
	{G, "*", "anything", true},
	{G, "", "", true},
	{G, "", "a", false},
	{G, "abc", "aBc", true},
	{G, "abc", "abcd", false},
	{G, "abcd", "abc", false},
	{G, "a*", "a", true},
	{G, "a*", "Abc", true},
	{G, "a*", "bc", false},
	{G, "*c", "abC", true},
	{G, "*c", "abcb", false},
	{G, "*c", "", false},
	{G, "*bc", "abbc", true},
	{G, "*abc", "ababc", true},
	{G, "*b*", "ABC", true},
	{G, "*b*", "xBxbx", true},
	{G, "*b*", "acd", false},
	{G, "*a", "bA", true},
	{G, "*z", "aZ", true},
	{G, "*bd*", "abcbde", true},
	{G, "*bd", "bdbd", true},
	{G, "*b?d*", "bxxbxd", true},
	{G, "a?c", "abc", true},
	{G, "a?c", "ac", false},
	{G, "a?", "a", false},
	{G, "?", "", false},
	{G, "?", "\xff", true},
	{G, "??", "a", false},
	{G, "*?", "a", true},
	{G, "*?", "", false},
	{G, "*??", "a", false},
	{G, "*??", "abc", true},
	{G, "?*", "", false},
	{G, "?*", "ab", true},
	{G, "**", "", true},
	{G, "**a**", "bab", true},
	{G, "**a**", "bbb", false},
	{G, "a**", "a", true},
	{G, "a*b*c", "aXbXXc", true},
	{G, "a*b*c", "aXbXXcX", false},
	{G, "a*b*c", "acb", false},
	{G, "*a*b*c*d", "a_ab_bcab_c_cd", true},
	{G, "*a*b*c*d", "a_ab_bcab_c_ce", false},
	{G, "\\*", "*", true},
	{G, "\\*", "a", false},
	{G, "\\?", "?", true},
	{G, "\\?", "a", false},
	{G, "\\a", "A", true},
	{G, "\\\\", "\\", true},
	{G, "\\\\", "\\\\", false},
	/* Nothing is after it. */
	{G, "a\\", "a\\", true},
	{G, "a\\", "a", false},
	{G, "*\\*", "ab*", true},
	{G, "*\\*", "abc", false},
	{G, "*\\?x", "a?X", true},
	{G, "*\\?x", "abx", false},
	{G, "*\\*b", "a**b", true},
	{G, "*[*", "a[b", true},
	{G, "*[*", "a{b", false},
	{G, "*{*", "a[b", false},
	{G, "*\xa4*", "\xc3\xa4", true},
	{G, "*\xa4*", "\xc3\x84", false},
	/* No letter: it has one case. */
	{G, "*1*", "a\x11", false},
};

static struct pattern_budget budget = {.left = INT64_MAX};

START_TEST(of_texts)
{
	const struct text_row *row = &texts[_i];
	struct pattern pattern = make(row->kind, row->pattern);
	/* Reading past the end is seen by valgrind and ASan; before it is what would match. */
	size_t length = strlen(row->text);
	char *text = malloc(length + 1);

	ck_assert_ptr_nonnull(text);
	text[0] = 'c';
	memcpy(text + 1, row->text, length);
	ck_assert_msg(pattern_text(&pattern, NULL, text + 1, length, &budget) == row->expected,
		"%d \"%s\": \"%s\"", row->kind, row->pattern, row->text);
	free(text);
}
END_TEST

static const struct pairs_row {
	const char *glob;
	const char *text;
	bool expected;
} pairs_rows[] = {
	{"*ab*", "xABx", true},
	{"*ab*", "xAxBa", false},
	{"ab", "ba", false},
	{"a?b", "axb", true},
	{"a*b", "ba", true},
	{"a*bc", "abxc", false},
	{"a*bc", "abc", true},
	{"*a*", "", true},
	{"", "", true},
	{"ab", "", false},
	{"ab", "a", false},
	{"*\\*b*", "*b", true},
	{"*\\*b*", "xb", false},
	{"*a\\?*", "a?", true},
	{"*a\\?*", "ab", false},
	{"*\\a\\b*", "ab", true},
	{"*\xe4\xff*", "\xe4\xff", true},
	{"*\xe4\xff*", "\xe4\xf0", false},
	{"*~z*", "~Z", true},
	{"*~z*", "~x", false},
	{"*\x01 *", "\x01 ", true},
	{"*@@*", "@@", true},
	{"*@@*", "@", false},
	{"*ab*", "@r", false},
	{"*ab*", "qb", false},
	{"*ab*", "ar", false},
};

START_TEST(of_pairs)
{
	const struct pairs_row *row = &pairs_rows[_i];
	struct pattern pattern = make(G, row->glob);
	struct pattern_pairs pairs;

	memset(&pairs, 0xff, sizeof(pairs));
	pattern_pairs_of(&pairs, row->text, strlen(row->text));
	ck_assert_msg(pattern_may_match(&pattern, &pairs) == row->expected, "\"%s\": \"%s\"",
		row->glob, row->text);
}
END_TEST

START_TEST(of_any_octets)
{
	static const char text[] = {'a', '\0', 'B', '\0', '\xff'};
	static const struct {
		int kind;
		const char *text;
		size_t length;
		bool expected;
	} rows[] = {{E, "a\0b\0\xff", 5, true}, {E, "a\0b\0", 4, false},
		{E, "a\0c\0\xff", 5, false}, {G, "a*\xff", 3, true}, {G, "a?b??", 5, true},
		{G, "a*\0\xff", 4, true}, {G, "*\0*\0*", 5, true}, {G, "*\0*\0*\0*", 7, false},
		{P, "\0\xff", 2, true}};

	for (int i = 0; i < COUNT(rows); i++) {
		struct pattern pattern = {.kind = (enum pattern_kind)rows[i].kind,
			.text = rows[i].text,
			.length = rows[i].length};

		ck_assert_msg(pattern_text(&pattern, NULL, text, sizeof(text), &budget) ==
				      rows[i].expected,
			"row %d", i);
	}
}
END_TEST

static const struct address_row {
	int kind;
	const char *pattern;
	const char *address;
	bool expected;
} addresses[] = {
	{E, "user@example.com", "<User@Example.COM>", true},
	{E, "user@example.com", "user+x@example.com", true},
	{E, "user@example.com", "user+x+y@example.com", true},
	{E, "user@example.com", "user+@example.com", true},
	/* A delimiter, too. */
	{E, "user@example.com", "user-x@example.com", true},
	{E, "user@example.com", "user_x@example.com", false},
	{E, "user@example.com", "user+x@example.org", false},
	{E, "user@example.com", "usex+x@example.com", false},
	{E, "user@example.com", "uxer+x@example.com", false},
	{E, "user@example.com", "userr+x@example.com", false},
	{E, "user+x@example.com", "user+x@example.com", true},
	{E, "user+x@example.com", "user@example.com", false},
	{E, "user+x@example.com", "user+y@example.com", false},
	{E, "user+x@example.com", "user+x+y@example.com", false},
	/* The first octet is no delimiter. */
	{E, "+x@example.com", "+x+y@example.com", true},
	{E, "@example.com", "+y@example.com", false},
	{E, "user", "user", true},
	{E, "user", "user+x", true},
	{E, "user", "user@example.com", false},
	{E, "user@example.com", "user", false},
	{E, "user@example.com", "\"user@example.com\"", false},
	{E, "us@er@example.com", "\"us@er\"@example.com", true},
	{E, "us@er@example.com", "\"us@er+x\"@example.com", true},
	{E, "us@er", "\"us@er+x\"", false},
	{E, "odd name@example.com", "\"Odd Name\"@example.com", true},
	{E, "", "<>", true},
	{E, "", "", true},
	{E, "", "a@example.com", false},
	{E, "", "@", true},
	{E, "a", "<>", false},
	{D, "example.com", "a@example.com", true},
	{D, "example.com", "a@EXAMPLE.com.", true},
	{D, "example.com", "@example.com", true},
	{D, "example.com", "a@a.example.com", false},
	{D, "example.com", "a@example.org", false},
	{D, "example.com", "a@xample.com", false},
	{D, "example.com", "example.com", false},
	{D, "example.com", "\"a@example.com\"", false},
	{D, "", "a", false},
	{P, ".example.com", "u@a.example.com", true},
	{P, ".example.com", "u@B.A.example.com", true},
	{P, ".example.com", "u@example.com", false},
	{P, ".example.com", "u@.example.com", false},
	{P, ".example.com", "u@a.example.org", false},
	{P, ".example.com", "u.example.com", false},
	{P, ".example.com", "a.example.com@b", false},
	{P, ".example.com", "<>", false},
	{G, "*@example.com", "A+b@Example.com", true},
	{G, "*@*.example.com", "a@example.com", false},
	{G, "user@example.com", "user+x@example.com", false},
	{G, "*", "<>", true},
	{G, "?*", "<>", false},
};

START_TEST(of_addresses)
{
	const struct address_row *row = &addresses[_i];
	struct pattern pattern = make(row->kind, row->pattern);
	struct address address;

	address_parse(&address, row->address);
	ck_assert_msg(pattern_address(&pattern, NULL, &address, "+-", &budget) == row->expected,
		"%d \"%s\": \"%s\"", row->kind, row->pattern, row->address);
}
END_TEST

START_TEST(of_no_delimiters)
{
	struct pattern pattern = make(E, "user@example.com");
	struct address address;

	address_parse(&address, "user+x@example.com");
	ck_assert(pattern_address(&pattern, NULL, &address, "+", &budget));
	ck_assert(!pattern_address(&pattern, NULL, &address, "-", &budget));
	ck_assert(!pattern_address(&pattern, NULL, &address, "", &budget));
}
END_TEST

/* ---- regular expressions */

static struct {
	int calls;
	size_t regex;
	char text[64];
	bool answer;
} asked;

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *paid)
{
	ck_assert_ptr_eq(context, &asked);
	ck_assert_ptr_eq(paid, &budget);
	asked.calls++;
	asked.regex = regex;
	snprintf(asked.text, sizeof(asked.text), "%.*s", (int)length, text);
	return asked.answer;
}

START_TEST(of_regular_expressions)
{
	const struct pattern_matcher matcher = {.match = match, .context = &asked};
	struct pattern pattern = {.kind = PATTERN_REGEX, .regex = 17};
	struct address address;

	asked.calls = 0;
	asked.answer = true;
	ck_assert(pattern_text(&pattern, &matcher, "Some text", 6, &budget));
	ck_assert_uint_eq(asked.regex, 17);
	ck_assert_str_eq(asked.text, "Some t");
	address_parse(&address, "<A+b@Example.com>");
	ck_assert(pattern_address(&pattern, &matcher, &address, "+", &budget));
	ck_assert_str_eq(asked.text, "a+b@example.com");
	asked.answer = false;
	ck_assert(!pattern_address(&pattern, &matcher, &address, "+", &budget));
	ck_assert(!pattern_text(&pattern, &matcher, "Some text", 9, &budget));
	ck_assert_int_eq(asked.calls, 4);
}
END_TEST

/* The beginning that is kept of it is no address of its own, but is text in that domain. */
START_TEST(of_too_long_an_address)
{
	const struct pattern patterns[] = {make(D, "example.com"), make(G, "*@example.com")};
	struct pattern exact;
	struct address address;
	char text[2000];

	memset(text, 'x', sizeof(text));
	strcpy(text + 1000, "@example.com");
	address_parse(&address, text);
	for (int i = 0; i < COUNT(patterns); i++)
		ck_assert_msg(
			pattern_address(&patterns[i], NULL, &address, "+", &budget), "row %d", i);
	exact = make(E, address.text);
	ck_assert(!pattern_address(&exact, NULL, &address, "+", &budget));
	address.too_long = false;
	ck_assert(pattern_address(&exact, NULL, &address, "+", &budget));
}
END_TEST

/* ---- globs against a plain reading of them */

static bool plain(const char *glob, const char *text)
{
	if (*glob == '\0')
		return *text == '\0';
	if (*glob == '*')
		return plain(glob + 1, text) || (*text != '\0' && plain(glob, text + 1));
	if (*text == '\0')
		return false;
	if (*glob == '?')
		return plain(glob + 1, text + 1);
	if (*glob == '\\' && glob[1] != '\0')
		glob++;
	return *glob == (*text >= 'A' && *text <= 'Z' ? *text + 32 : *text) &&
	       plain(glob + 1, text + 1);
}

static void random_text(unsigned *seed, char *out, const char *octets, unsigned most)
{
	unsigned length = suite_random(seed) % most;

	for (unsigned i = 0; i < length; i++)
		*out++ = octets[suite_random(seed) % strlen(octets)];
	*out = '\0';
}

START_TEST(globs_agree_with_a_plain_reading)
{
	unsigned seed = 99 + (unsigned)_i;
	int matched = 0;

	for (int i = 0; i < 20000; i++) {
		char glob[16], text[16];

		random_text(&seed, glob, "ab*?\\*1", 10);
		random_text(&seed, text, "abAB*1\\", 12);

		struct pattern pattern = make(G, glob);
		bool expected = plain(glob, text);

		struct pattern_pairs pairs;

		pattern_pairs_of(&pairs, text, strlen(text));
		matched += expected;
		ck_assert_msg(!expected || pattern_may_match(&pattern, &pairs),
			"seed %d: \"%s\": \"%s\" may match", _i, glob, text);
		ck_assert_msg(pattern_text(&pattern, NULL, text, strlen(text), &budget) == expected,
			"seed %d: \"%s\": \"%s\"", _i, glob, text);
	}
	ck_assert_int_gt(matched, 500);
}
END_TEST

/* 20 stars, and text that each nearly matches: a search that tries all of them again never ends. */
START_TEST(globs_end)
{
	enum { LENGTH = 100000 };
	char *text = malloc(LENGTH);
	struct pattern pattern = make(G, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*aab");

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', LENGTH);
	ck_assert(!pattern_text(&pattern, NULL, text, LENGTH, &budget));
	text[LENGTH - 1] = 'B';
	ck_assert(pattern_text(&pattern, NULL, text, LENGTH, &budget));
	free(text);
}
END_TEST

enum { COSTLY = 100000 };

static const struct cost_row {
	const char *glob;
	char unit; /* the text is this, 100,000 times, and END */
	const char *end;
	bool expected;
	int64_t at_least;
	int64_t at_most;
} cost_rows[] = {
	{"*", 'a', "", true, 0, 10},
	{"a*", 'a', "", true, 0, 10},
	{"x*", 'a', "", false, 0, 10},
	{"*x*", 'a', "", false, 0, 20000},
	{"*x*", 'a', "x", true, 6000, 20000},
	{"*ab*", 'a', "", false, 100000, 700000},
	{"*aaaaaaaaab*", 'a', "", false, 900000, 2000000},
	/* It is looked for in the other case up to the end, each time. */
	{"*a?b*", 'A', "", false, 10000000, INT64_MAX},
};

START_TEST(globs_are_paid_for)
{
	const struct cost_row *row = &cost_rows[_i];
	struct pattern pattern = make(PATTERN_GLOB, row->glob);
	size_t length = (size_t)COSTLY + strlen(row->end);
	char *text = malloc(length + 1);
	struct pattern_budget rich = {.left = INT64_MAX};
	struct pattern_budget poor;
	int64_t cost;

	ck_assert_ptr_nonnull(text);
	memset(text, row->unit, (size_t)COSTLY);
	strcpy(text + COSTLY, row->end);
	ck_assert_msg(pattern_text(&pattern, NULL, text, length, &rich) == row->expected, "%s",
		row->glob);
	cost = INT64_MAX - rich.left;
	ck_assert_msg(cost >= row->at_least && cost <= row->at_most, "%s: %lld", row->glob,
		(long long)cost);
	/* With so much it comes to its end, with less it matches nothing. */
	poor.left = cost;
	ck_assert(pattern_text(&pattern, NULL, text, length, &poor) == row->expected);
	ck_assert(!pattern_is_spent(&poor));
	poor.left = cost - 1;
	ck_assert(cost == 0 || !pattern_text(&pattern, NULL, text, length, &poor));
	ck_assert(cost == 0 || pattern_is_spent(&poor));
	free(text);
}
END_TEST

START_TEST(spent_stays_spent)
{
	struct pattern_budget few = {.left = 2};

	ck_assert(pattern_spend(&few, 1) && pattern_spend(&few, 1) && !pattern_is_spent(&few));
	ck_assert(!pattern_spend(&few, INT64_MAX) && !pattern_spend(&few, 0));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{of_texts, COUNT(texts)}, {of_pairs, COUNT(pairs_rows)},
		{of_any_octets, 1}, {of_addresses, COUNT(addresses)}, {of_no_delimiters, 1},
		{of_regular_expressions, 1}, {of_too_long_an_address, 1},
		{globs_agree_with_a_plain_reading, 10}, {globs_end, 1},
		{globs_are_paid_for, COUNT(cost_rows)}, {spent_stays_spent, 1}};

	return suite_run("pattern", tests, COUNT(tests));
}
