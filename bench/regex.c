/* regex: what a pattern costs at the worst, as machine code and interpreted
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Each row is the slowest of some matches against one text, the ratio to the same pattern on a
 * harmless text, "user@example.com", and the answer; "limit" is that it was stopped. The last rows
 * are patterns as they are in rules.
 */

#include "text/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 7, HARMLESS_TURNS = 1000, TEXT_MAX = 110000, LARGE = 100000 };

static const char harmless[] = "user@example.com";
static const char *const answers[] = {"no", "yes", "limit"};

static const struct row {
	const char *pattern;
	const char *unit; /* the text is this, again and again */
	size_t length;
	const char *end; /* and this after it */
} rows[] = {
	{"(a+)+$", "a", 30, "!"},
	{"(a+)+$", "a", LARGE, "!"},
	{"(a|aa)+$", "a", 40, "!"},
	{"(a|aa)+$", "a", 3000, "!"},
	{"(a|aa)+$", "a", LARGE, "!"},
	{"^(\\w+\\s?)*$", "a", 30, "!"},
	{"^(\\w+\\s?)*$", "lorem ipsum ", LARGE, "!"},
	{"(.*a){20}", "a", 30, "!"},
	{"(.*a){20}[xy]", "a", LARGE, "!"},
	{"(x+x+)+y", "x", 30, "!y"},
	{"(x+x+)+y", "x", LARGE, "!y"},
	{"a*a*a*[xy]", "a", LARGE, "!"},
	{".*.*=.*", "a", LARGE, "!"},
	{".*.*[xy].*", "a", LARGE, "!"},
	{"a*b", "a", LARGE, "!"},
	{"[ab]*[cd]", "a", LARGE, "!"},
	{"\\s+$", " ", LARGE, "x"},
	{"[\\w.]+@example", "a", LARGE, "@e"},
	{"[ab]{50}[ab]", "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaa!", LARGE, ""},
	{"(?=.*+)[xy]", "a", LARGE, "!"},
	{"(a*)\\1[bc]", "a", LARGE, "!"},
	{"(?-i)(a*)\\1[bc]", "a", LARGE, "!"},
	/* Long enough for many tries, and short enough for few steps in each. */
	{"(a*)\\1[bc]", "a", 250, "!"},
	{"(a*)\\1[bc]", "a", 990, "!"},
	{"a*a*[xy]", "a", 98, "!"},
	{"a*a*[xy]", "a", 250, "!"},
	{"a*a*[xy]", "a", 990, "!"},
	{"(a?){6}[xy]", "a", 250, "!"},
	{"(?:a*+[xy]|a*+z|a)+[xy]", "a", 90, "!"},
	{"(?:(?=a*+[xy]?b)?a)*[xy]", "a", 95, "!"},
	{"^(a(?1)?[bc])", "a", LARGE, "!"},
	{"^(a|b)*$", "ab", 4000, ""},
	{"\\p{L}+[xy]", "\xc3\xbc", LARGE, "!"},
	{"(?i)[\xc3\xa4\xc3\xb6]*\xc3\xbc$", "\xc3\xa4", LARGE, "!"},
	{"[a-z]+[xy]", "a\xff", LARGE, "!"},
	{"(?<=a{200})b", "a\xff", LARGE, "!"},

	{"@example\\.net$", "lorem ipsum ", LARGE, "@example.net"},
	{"^.*foo.*$", "lorem ipsum ", LARGE, "foo"},
	{"newsletter|unsubscribe", "lorem ipsum ", LARGE, ""},
	{"\\b(re|fwd?): ", "lorem ipsum ", LARGE, ""},
	{"@example\\.net$", "u", 10, "@example.org"},
	{"^.*@example\\.net$", "u", 10, "@example.org"},
	{"newsletter|unsubscribe", "lorem ipsum ", 60, ""},
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t make_text(char *text, const struct row *row)
{
	size_t unit = strlen(row->unit);

	for (size_t i = 0; i < row->length; i++)
		text[i] = row->unit[i % unit];
	strcpy(text + row->length, row->end);
	return row->length + strlen(row->end);
}

/* The slowest of some, the first of which pays for memory. */
static double time_worst(const struct regex_set *set, struct regex_scratch *scratch,
	const char *text, size_t length, enum regex_answer *answer)
{
	double worst = 0;

	for (int i = 0; i < TURNS; i++) {
		double start = now_ms();

		struct pattern_budget budget = {.left = INT64_MAX, .uncounted = SIZE_MAX};

		*answer = regex_set_match(set, scratch, 0, text, length, &budget);
		if (now_ms() - start > worst)
			worst = now_ms() - start;
	}
	return worst;
}

static double time_harmless(const struct regex_set *set, struct regex_scratch *scratch)
{
	struct pattern_budget budget = {.left = INT64_MAX, .uncounted = SIZE_MAX};
	double start = now_ms();

	for (int i = 0; i < HARMLESS_TURNS; i++)
		regex_set_match(set, scratch, 0, harmless, sizeof(harmless) - 1, &budget);
	return (now_ms() - start) / HARMLESS_TURNS;
}

static double time_row(const struct row *row, const char *way)
{
	static char text[TEXT_MAX];
	size_t length = make_text(text, row);
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	char error[REGEX_ERROR_MAX];
	char pattern[128];
	enum regex_answer answer;
	size_t offset;
	double worst;

	snprintf(pattern, sizeof(pattern), "%s%s", way, row->pattern);
	if (set == NULL || scratch == NULL || regex_set_add(set, pattern, error, &offset) == -1) {
		fprintf(stderr, "regex: %s does not compile\n", pattern);
		exit(EXIT_FAILURE);
	}
	worst = time_worst(set, scratch, text, length, &answer);
	printf(" %8.3f %8.0f %-5s", worst, worst / time_harmless(set, scratch), answers[answer]);
	regex_scratch_free(scratch);
	regex_set_free(set);
	return worst;
}

int main(void)
{
	double worst = 0;
	double worst_interpreted = 0;

	printf("%-28s %7s %8s %8s %-5s %8s %8s\n", "pattern", "octets", "JIT, ms", "ratio", "",
		"else, ms", "ratio");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double time;

		printf("%-28s %7zu", rows[i].pattern, rows[i].length + strlen(rows[i].end));
		time = time_row(&rows[i], "");
		worst = time > worst ? time : worst;
		time = time_row(&rows[i], "(*NO_JIT)");
		worst_interpreted = time > worst_interpreted ? time : worst_interpreted;
		printf("\n");
	}
	printf("%-28s %7s %8.3f %8s %-5s %8.3f\n", "the worst", "", worst, "", "",
		worst_interpreted);
	return EXIT_SUCCESS;
}
