/* test_regex_glob: what every text has that an expression matches, and never more
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pattern.h"
#include "suite.h"
#include "text/regex.h"
#include "text/regex_glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
	const char *pattern;
	const char *glob;
} rows[] = {
	{"", "*"},
	{"foo", "*foo*"},
	{"FOO Bar", "*foo bar*"},
	{"\\breport 7 of [0-9]+", "*report 7 of *"},
	{"@acme\\.example$", "*@acme.example*"},
	{"^re: .*x", "*re: *x*"},
	/* Octets that may be missing. */
	{"ab*c", "*a*c*"},
	{"ab?c", "*a*c*"},
	{"ab??c", "*a*c*"},
	{"ab{0,2}c", "*a*c*"},
	{"ab{2}c", "*a*c*"},
	{"ab{ 2, 3 }c", "*a*c*"},
	{"ab+c", "*ab*c*"},
	{"a\\.?c", "*a*c*"},
	{"a\\*?c", "*a*c*"},
	{"a\\*k", "*a\\**"},
	{"a{b", "*b*"},
	/* What is something in a glob. */
	{"a\\*b\\?c\\\\d", "*a\\*b\\?c\\\\d*"},
	{"a\\-b", "*a-b*"},
	/* Items that are skipped. */
	{"a[bc]d", "*a*d*"},
	{"a[^]b]d", "*a*d*"},
	{"a[]b]d", "*a*d*"},
	{"a[\\]b]d", "*a*d*"},
	{"a[b|c]d", "*a*d*"},
	{"a(b|c)d", "*a*d*"},
	{"a(?:b|(c))*d", "*a*d*"},
	{"a(b\\)c)d", "*a*d*"},
	{"a([)])d", "*a*d*"},
	{"a\\wb\\Rc", "*a*b*c*"},
	/* The Kelvin sign, the long s, and what is not ASCII. */
	{"ask me", "*a* me*"},
	{"aKb", "*a*b*"},
	{"a\xc3\xbc?b", "*a*b*"},
	/* Nothing is certain. */
	{"ab|cd", "*"},
	{"(?i)ab", "*"},
	{"(?x)a b # c", "*"},
	{"a(?=b)c", "*"},
	{"a(?<n>b)c", "*"},
	{"a((?x) # )\n)b", "*"},
	{"(*UCP)ab", "*"},
	{"(a)\\1b", "*"},
	{"ab\\x63", "*"},
	{"\\Qa*b\\Ec", "*"},
	{"ab\\p{L}c", "*"},
	{"a[[:alpha:]]b", "*"},
	{"a[\\Q]\\E]b", "*"},
	{"a\\Kb", "*"},
};

START_TEST(reads_what_is_certain)
{
	const struct row *row = &rows[_i];
	char glob[200];
	size_t length = regex_glob(row->pattern, glob);

	ck_assert_uint_lt(length, regex_glob_room(strlen(row->pattern)));
	ck_assert_msg(strcmp(glob, row->glob) == 0, "%s: %s", row->pattern, glob);
	ck_assert_uint_eq(length, strlen(glob));
}
END_TEST

/* ---- against PCRE2: any pattern, any text */

enum { PATTERNS = 20000, TEXTS = 20, ITEMS_MAX = 8, LENGTH_MAX = 64, SEED = 20261125 };

static const char *const items[] = {"a", "b", "ab", "A", "k", "K", "s", "-", " ", "\\.", "\\*", "?",
	"*", "+", "{2}", "{0,1}", "{", "}", "[ab]", "[^a]", "[]a]", "[\\]b]", "[a", "(", "(?:", ")",
	"|", "^", "$", ".", "\\w", "\\b", "\xc3\xbc", "\xe2\x84\xaa", "\\\\", "\\Q", "\\E", "(?i)",
	"(?x)", "#", "(?=", "\\1", "\\x61", "[[:alpha:]]", "\\-", "1"};
static const char *const pieces[] = {"a", "b", "ab", "A", "AB", "k", "\xe2\x84\xaa", "\xc5\xbf",
	"s", "-", " ", ".", "*", "\xc3\xbc", "\xc3\x9c", "\\", "#", "1", "]", "{", "}", "\n",
	"\xff"};

static uint64_t seed;

static size_t any(size_t count)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(seed >> 33) % count;
}

static void compose(char out[LENGTH_MAX], const char *const *of, size_t count)
{
	size_t number = 1 + any(ITEMS_MAX);

	out[0] = '\0';
	for (size_t i = 0; i < number; i++)
		strcat(out, of[any(count)]);
}

/* Gives how many texts the pattern has matched. */
static int check_pattern(const char *expression, struct regex_scratch *scratch)
{
	struct regex_set *set = regex_set_new();
	char error[REGEX_ERROR_MAX];
	char glob[2 * LENGTH_MAX + 3];
	struct pattern pattern = {.kind = PATTERN_GLOB, .text = glob};
	size_t offset;
	int matched = 0;

	ck_assert_ptr_nonnull(set);
	if (regex_set_add(set, expression, error, &offset) == -1) {
		regex_set_free(set);
		return 0;
	}
	pattern.length = regex_glob(expression, glob);
	for (int i = 0; i < TEXTS; i++) {
		struct pattern_budget budget = {.left = 10000000, .uncounted = 1000};
		struct pattern_pairs pairs;
		char text[LENGTH_MAX];

		compose(text, pieces, COUNT(pieces));
		if (regex_set_match(set, scratch, 0, text, strlen(text), &budget) != REGEX_YES)
			continue;
		matched++;
		pattern_pairs_of(&pairs, text, strlen(text));
		ck_assert_msg(pattern_text(&pattern, NULL, text, strlen(text), &budget) &&
				      pattern_may_match(&pattern, &pairs),
			"\"%s\" matches \"%s\", which has not %s", expression, text, glob);
	}
	regex_set_free(set);
	return matched;
}

START_TEST(asks_for_nothing_that_is_not_there)
{
	struct regex_scratch *scratch = regex_scratch_new();
	int matched = 0;

	ck_assert_ptr_nonnull(scratch);
	seed = SEED;
	for (int i = 0; i < PATTERNS; i++) {
		char expression[LENGTH_MAX];

		compose(expression, items, COUNT(items));
		matched += check_pattern(expression, scratch);
	}
	regex_scratch_free(scratch);
	/* Enough of them do match. */
	ck_assert_int_gt(matched, PATTERNS);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{reads_what_is_certain, COUNT(rows)}, {asks_for_nothing_that_is_not_there, 1}};

	return suite_run("regex_glob", tests, COUNT(tests));
}
