/* test_regex: what matches, what is no pattern, and what costs too much
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"
#include "text/regex.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* As much as Postfix lets a header be. */
enum { LARGE = 102400 };

static const char *const ways[] = {"", "(*NO_JIT)"};

/* For a message that has spent nothing. */
static enum regex_answer ask(const struct regex_set *set, struct regex_scratch *scratch,
	size_t regex, const char *text, size_t length)
{
	struct pattern_budget budget = {.left = 100000000, .uncounted = 1000};

	return regex_set_match(set, scratch, regex, text, length, &budget);
}

/* The answer of one pattern, as machine code or interpreted, with TEXT where no NUL follows it. */
static enum regex_answer match(
	const char *way, const char *pattern, const char *text, size_t length)
{
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	char *exact = malloc(length == 0 ? 1 : length);
	char error[REGEX_ERROR_MAX];
	char whole[256];
	size_t offset;
	enum regex_answer answer;

	ck_assert(set != NULL && scratch != NULL && exact != NULL);
	memcpy(exact, text, length);
	snprintf(whole, sizeof(whole), "%s%s", way, pattern);
	ck_assert_msg(regex_set_add(set, whole, error, &offset) == 0, "%s: %s", whole, error);
	answer = ask(set, scratch, 0, exact, length);
	/* What one match has used is not missing in the next. */
	ck_assert_msg(ask(set, scratch, 0, exact, length) == answer, "%s", whole);
	free(exact);
	regex_scratch_free(scratch);
	regex_set_free(set);
	return answer;
}

static const struct row {
	const char *name;
	const char *pattern;
	const char *text;
	size_t length; /* 0: up to the NUL */
	enum regex_answer expected;
} rows[] = {
	{"a part of the text", "cme", "acme.example", 0, REGEX_YES},
	{"not there", "acne", "acme.example", 0, REGEX_NO},
	{"either case", "ACME\\.EXample$", "user@acme.exAMPLE", 0, REGEX_YES},
	{"this case only", "(?-i)ACME", "acme", 0, REGEX_NO},
	{"either case beyond ASCII", "^\xc3\x9c$", "\xc3\xbc", 0, REGEX_YES},
	{"a character, not an octet", "^.$", "\xe2\x82\xac", 0, REGEX_YES},
	{"two octets are one", "^..$", "\xc3\xbc", 0, REGEX_NO},
	{"a dot and a line end", "^a.b$", "a\nb", 0, REGEX_YES},
	{"a dollar and a line end", "a$", "a\n", 0, REGEX_NO},
	{"lines, if the pattern says so", "(?m)^b$", "a\nb\nc", 0, REGEX_YES},
	{"the empty text", "^$", "", 0, REGEX_YES},
	{"nothing in the empty text", ".", "", 0, REGEX_NO},
	{"the empty pattern", "", "x", 0, REGEX_YES},
	{"a NUL", "^a.b$", "a\0b", 3, REGEX_YES},
	{"behind a NUL", "b", "a\0b", 3, REGEX_YES},
	{"nothing behind the length", "b", "aab", 2, REGEX_NO},
	{"behind octets that are no UTF-8", "foo", "\xff\xfe\xc3 foo", 0, REGEX_YES},
	{"before them", "^foo", "foo\xff", 0, REGEX_YES},
	{"not across them", "foo.bar",
		"foo\xff"
		"bar",
		0, REGEX_NO},
	{"a character that is cut", "a.$", "a\xc3", 0, REGEX_NO},
	{"words are ASCII", "^\\w$", "\xc3\xbc", 0, REGEX_NO},
	{"words of any language", "(*UCP)^\\w$", "\xc3\xbc", 0, REGEX_YES},
	{"groups, more than the scratch keeps", "(a)(b)(c)\\3", "abcc", 0, REGEX_YES},
	{"a named group", "(?<x>ab)-(?P=x)", "ab-AB", 0, REGEX_YES},
	{"a group that was not set", "(?:(a)|b)\\1", "b", 0, REGEX_NO},
	{"repeated", "^a{3}b{2,}$", "aaabb", 0, REGEX_YES},
	{"what looks like a repeat", "^\\x{41}{2}x{,y}$", "AAx{,y}", 0, REGEX_YES},
	{"a property", "^\\p{Lu}{2}+$", "AB", 0, REGEX_YES},
	{"ahead and behind", "(?<=a)b(?=c)(?!d)", "abc", 0, REGEX_YES},
	{"a limit of the pattern's own", "(*LIMIT_MATCH=2)^(a|b)*c", "abababab c", 0,
		REGEX_OVER_LIMIT},
};

START_TEST(matches)
{
	const struct row *row = &rows[_i / 2];
	size_t length = row->length == 0 ? strlen(row->text) : row->length;
	enum regex_answer answer = match(ways[_i % 2], row->pattern, row->text, length);

	ck_assert_msg(answer == row->expected, "%s%s: %d", ways[_i % 2], row->name, answer);
}
END_TEST

static const struct large {
	const char *name;
	const char *pattern;
	const char *unit; /* the text: this, again and again */
	size_t length;
	const char *end; /* and this after it */
	enum regex_answer expected;
} larges[] = {
	/* What is to work. */
	{"at the end", "foo$", "lorem ipsum ", LARGE, "foo", REGEX_YES},
	{"anything before it", ".*foo$", "lorem ipsum ", LARGE, "foo", REGEX_YES},
	{"at the beginning", "^lorem.*foo", "lorem ipsum ", LARGE, "foo", REGEX_YES},
	{"anything around it", "^.*foo.*$", "lorem ipsum ", LARGE, "foo", REGEX_YES},
	{"not there", "^.*foo.*$", "lorem ipsum ", LARGE, "fo", REGEX_NO},
	{"a class that is not there", "^.*[f]oo.*$", "lorem ipsum ", LARGE - 2, "fo", REGEX_NO},
	{"not there, lazy", "^.*?fo[xy]", "lorem ipsum ", LARGE, "fo", REGEX_NO},
	{"classes", "\\b[0-9]+[a-f]+\\b", "lorem ipsum 12 ", LARGE, " 34de", REGEX_YES},
	{"a domain", "@([a-z]+\\.)+example>", "<u@mail.example.com>, ", LARGE, "<u@a.example>",
		REGEX_YES},
	{"a list", "^(?:[^,]+, )*foo$", "A Name <name@domain.example>, ", LARGE - 10, "foo",
		REGEX_YES},
	{"no UTF-8", "foo", "a\xff", LARGE, "foo", REGEX_YES},
	{"repeats in proportion", "[0-9]{16}", "lorem 1234 ipsum ", LARGE, "1234567890123456",
		REGEX_YES},
	{"cubic, small", "a*a*a*[xy]", "a", 50, "!", REGEX_NO},
	{"turns of a group", "^(a|b)*$", "ab", 2000, "", REGEX_YES},

	/* What is not. */
	{"nested", "(a+)+$", "a", 30, "!", REGEX_OVER_LIMIT},
	{"nested, large", "(a+)+$", "a", LARGE, "!", REGEX_OVER_LIMIT},
	{"two ways", "(a|aa)+$", "a", 35, "!", REGEX_OVER_LIMIT},
	{"two ways, large", "(a|aa)+$", "a", LARGE, "!", REGEX_OVER_LIMIT},
	{"words", "^(\\w+\\s?)*$", "a", 30, "!", REGEX_OVER_LIMIT},
	{"words, large", "^(\\w+\\s?)*$", "lorem ipsum ", LARGE, "!", REGEX_OVER_LIMIT},
	{"twenty", "(.*a){20}", "a", 19, "!!!!!!!!!!!!!!!!!!!!!!!!!!!", REGEX_OVER_LIMIT},
	{"twenty, large", "(.*a){20}[xy]$", "a", LARGE, "?", REGEX_OVER_LIMIT},
	{"pairs", "(x+x+)+y", "x", 40, "!y", REGEX_OVER_LIMIT},
	{"cubic", "a*a*a*[xy]", "a", 62, "!", REGEX_OVER_LIMIT},
	{"quadratic", ".*.*[xy]", "a", LARGE, "!", REGEX_OVER_LIMIT},
	{"more turns of a group", "^(a|b)*$", "ab", 20000, "", REGEX_OVER_LIMIT},
	{"turns of a group, large", "^(a|b)*$", "ab", LARGE, "", REGEX_OVER_LIMIT},
	{"a recursion", "^(a(?1)?[bc])", "a", LARGE, "", REGEX_OVER_LIMIT},
	/* In these, the items alone are few enough. */
	{"what an item runs over", "\\s+$", " ", 20000, "x", REGEX_OVER_LIMIT},
	{"what looking ahead runs over", "(?=.*+)[xy]", "a", 10000, "", REGEX_OVER_LIMIT},
	{"repeats that fail", "[ab]{30}[ab]", "aaaaaaaaaabbbbbbbbbbaaaaaaaaa!", LARGE, "",
		REGEX_OVER_LIMIT},
	{"lazy", "[ab]{30,60}?[ab]", "aaaaaaaaaabbbbbbbbbbaaaaaaaaa!", LARGE, "", REGEX_OVER_LIMIT},
	{"possessive", "[ab]{30}+[ab]", "aaaaaaaaaabbbbbbbbbbaaaaaaaaa!", LARGE, "",
		REGEX_OVER_LIMIT},
	{"a group again", "(a*)\\1[bc]", "a", 170, "!", REGEX_OVER_LIMIT},
	{"a group by name", "(?<x>a*)\\k<x>[bc]", "a", 170, "!", REGEX_OVER_LIMIT},
	{"a group by Python's name", "(?<x>a*)(?P=x)[bc]", "a", 170, "!", REGEX_OVER_LIMIT},
	{"a group by -1", "(a*)\\g{-1}[bc]", "a", 170, "!", REGEX_OVER_LIMIT},
	{"what is left for a group", "^(a*)\\1[bc]", "a", 600, "!", REGEX_NO},
	{"no group", "(a*)[a]?[bc]", "a", 257, "!", REGEX_NO},
	/* Short texts, which are tried without counting: not for long. */
	{"few steps from each octet", "a*[b-d]*[xy]", "a", 90, "!", REGEX_NO},
	{"many steps from each octet", "a{0,29}[ax]{0,29}[xy]", "a", 250, "!", REGEX_OVER_LIMIT},
	{"few steps that compare much", "(a{0,40})\\1[bc]", "a", 250, "!", REGEX_OVER_LIMIT},
	{"few steps in a text that is not so short", "[ab]*+[cd]|[ab]*+[ef]|[ab]*+[gh]|[ab]*+[ij]",
		"a", 1000, "!", REGEX_OVER_LIMIT},
};

START_TEST(matches_large_texts)
{
	const struct large *row = &larges[_i / 2];
	size_t unit = strlen(row->unit);
	size_t length = row->length + strlen(row->end);
	char *text = malloc(length + 1);
	enum regex_answer answer;

	ck_assert(text != NULL);
	for (size_t i = 0; i < row->length; i++)
		text[i] = row->unit[i % unit];
	strcpy(text + row->length, row->end);
	answer = match(ways[_i % 2], row->pattern, text, length);
	ck_assert_msg(answer == row->expected, "%s%s: %d", ways[_i % 2], row->name, answer);
	free(text);
}
END_TEST

static const struct error_row {
	const char *pattern;
	size_t offset;
	const char *error; /* a part of it */
} error_rows[] = {
	{"a(b", 3, "missing closing parenthesis"},
	{"a)b", 1, "unmatched closing parenthesis"},
	{"ab[c", 4, "missing terminating ]"},
	{"*a", 0, "quantifier does not follow"},
	{"a\\Cb", 3, "using \\C is disabled"},
	{"a\xff", 1, "UTF-8 error"},
	{"(?<n>a)(?<n>b)", 12, "two named subpatterns"},
	{"a{2,1}", 5, "out of order"},
};

START_TEST(tells_errors)
{
	const struct error_row *row = &error_rows[_i];
	struct regex_set *set = regex_set_new();
	char error[REGEX_ERROR_MAX];
	size_t offset = 1000;

	ck_assert_msg(regex_set_add(set, row->pattern, error, &offset) == -1, "%s", row->pattern);
	ck_assert_msg(strstr(error, row->error) != NULL, "%s: %s", row->pattern, error);
	ck_assert_msg(offset == row->offset, "%s: %zu", row->pattern, offset);
	ck_assert(regex_set_count(set) == 0);
	ck_assert(regex_set_add(set, "a", error, &offset) == 0);
	regex_set_free(set);
}
END_TEST

START_TEST(numbers_patterns)
{
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	char error[REGEX_ERROR_MAX];
	char pattern[16];
	size_t offset;

	for (int i = 0; i < 100; i++) {
		snprintf(pattern, sizeof(pattern), "^%d$", i);
		ck_assert_int_eq(regex_set_add(set, pattern, error, &offset), i);
		ck_assert_str_eq(regex_set_pattern(set, (size_t)i), pattern);
		ck_assert_int_eq(regex_set_add(set, "^0$", error, &offset), 0);
	}
	ck_assert_uint_eq(regex_set_count(set), 100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_msg(ask(set, scratch, i, "42", 2) == (i == 42), "%zu", i);
	regex_scratch_free(scratch);
	regex_set_free(set);
}
END_TEST

START_TEST(takes_no_text)
{
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	char error[REGEX_ERROR_MAX];
	size_t offset;

	regex_set_add(set, "^$", error, &offset);
	regex_set_add(set, "(*NO_JIT)^$", error, &offset);
	ck_assert_int_eq(ask(set, scratch, 0, NULL, 0), REGEX_YES);
	ck_assert_int_eq(ask(set, scratch, 1, NULL, 0), REGEX_YES);
	regex_scratch_free(scratch);
	regex_set_free(set);
}
END_TEST

START_TEST(counts_machine_code)
{
	struct regex_set *set = regex_set_new();
	char error[REGEX_ERROR_MAX];
	uint32_t has_jit = 0;
	size_t offset;

	pcre2_config(PCRE2_CONFIG_JIT, &has_jit);
	regex_set_add(set, "a", error, &offset);
	regex_set_add(set, "(*NO_JIT)a", error, &offset);
	regex_set_add(set, "b", error, &offset);
	ck_assert_uint_eq(regex_set_compiled(set), has_jit ? 2 : 0);
	regex_set_free(set);
}
END_TEST

/*
 * As systemd's MemoryDenyWriteExecute does it. False: that cannot be tried here; valgrind writes
 * machine code itself.
 */
static bool forbid_machine_code(void)
{
#ifdef SYS_mmap2
	return false;
#else
	const char *preloaded = getenv("LD_PRELOAD");
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)
		return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
#endif
}

/* Its own process: Check forks. */
START_TEST(interprets_where_machine_code_is_forbidden)
{
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch;
	char error[REGEX_ERROR_MAX];
	size_t offset;

	if (!forbid_machine_code()) {
		regex_set_free(set);
		return;
	}
	scratch = regex_scratch_new();
	ck_assert_int_eq(regex_set_add(set, "^a+b$", error, &offset), 0);
	ck_assert_uint_eq(regex_set_compiled(set), 0);
	ck_assert_int_eq(ask(set, scratch, 0, "aab", 3), REGEX_YES);
	ck_assert_int_eq(ask(set, scratch, 0, "aac", 3), REGEX_NO);
	regex_scratch_free(scratch);
	regex_set_free(set);
}
END_TEST

enum { THREADS = 4, TURNS = 500 };

static void *match_often(void *argument)
{
	const struct regex_set *set = argument;
	struct regex_scratch *scratch = regex_scratch_new();
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	size_t wrong = 0;
	size_t first = 0;

	for (int i = 0; i < TURNS; i++) {
		wrong += ask(set, scratch, 0, "xaab", 4) != REGEX_YES;
		wrong += ask(set, scratch, 1, text, 5) != REGEX_YES;
		if (i % 100 == 0)
			wrong += ask(set, scratch, 1, text, strlen(text)) != REGEX_OVER_LIMIT;
		first += regex_set_report(set, 1);
	}
	regex_scratch_free(scratch);
	return (void *)(wrong * 1000 + first);
}

START_TEST(serves_threads_and_reports_once)
{
	struct regex_set *set = regex_set_new();
	pthread_t threads[THREADS];
	char error[REGEX_ERROR_MAX];
	size_t offset;
	size_t sum = 0;

	regex_set_add(set, "a+b", error, &offset);
	regex_set_add(set, "(a+)+$", error, &offset);
	ck_assert_uint_eq(regex_set_reported(set), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, match_often, set);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		sum += (size_t)result;
	}
	ck_assert_uint_eq(sum, 1);
	ck_assert_uint_eq(regex_set_reported(set), 1);
	ck_assert(regex_set_report(set, 0) && !regex_set_report(set, 0));
	ck_assert_uint_eq(regex_set_reported(set), 2);
	regex_set_free(set);
}
END_TEST

/* What comes of the same text, again and again, for one message. */
START_TEST(pays_from_the_budget)
{
	static const enum regex_answer expected[] = {
		REGEX_OVER_LIMIT, REGEX_OVER_LIMIT, REGEX_OVER_BUDGET, REGEX_OVER_BUDGET};
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	struct pattern_budget budget = {.left = 3000000, .uncounted = 0};
	char error[REGEX_ERROR_MAX];
	char pattern[32];
	size_t offset;

	snprintf(pattern, sizeof(pattern), "%s(a+)+$", ways[_i]);
	regex_set_add(set, pattern, error, &offset);
	regex_set_add(set, "a", error, &offset);
	for (int i = 0; i < COUNT(expected); i++)
		ck_assert_msg(regex_set_match(set, scratch, 0, text, strlen(text), &budget) ==
				      expected[i],
			"match %d, %lld left", i, (long long)budget.left);
	ck_assert(pattern_is_spent(&budget));
	/* Also what costs next to nothing. */
	ck_assert_int_eq(regex_set_match(set, scratch, 1, "a", 1, &budget), REGEX_OVER_BUDGET);
	ck_assert_int_eq(ask(set, scratch, 1, "a", 1), REGEX_YES);
	regex_scratch_free(scratch);
	regex_set_free(set);
}
END_TEST

/* The answer is the same, whether it was counted or not. */
START_TEST(counts_when_the_uncounted_is_used_up)
{
	static const char text[] = "lorem ipsum dolor sit amet";
	struct regex_set *set = regex_set_new();
	struct regex_scratch *scratch = regex_scratch_new();
	struct pattern_budget budget = {.left = 1000000, .uncounted = 60};
	char error[REGEX_ERROR_MAX];
	int64_t costs[4];
	size_t offset;

	regex_set_add(set, "[a-z]+ amet$", error, &offset);
	for (int i = 0; i < COUNT(costs); i++) {
		int64_t before = budget.left;

		ck_assert_int_eq(
			regex_set_match(set, scratch, 0, text, strlen(text), &budget), REGEX_YES);
		costs[i] = before - budget.left;
	}
	ck_assert_int_gt(costs[0], 0);
	ck_assert_int_eq(costs[1], costs[0]);
	ck_assert_int_gt(costs[2], 5 * costs[0]);
	ck_assert_int_eq(costs[3], costs[2]);
	ck_assert_uint_lt(budget.uncounted, strlen(text));
	regex_scratch_free(scratch);
	regex_set_free(set);
}
END_TEST

START_TEST(frees_nothing)
{
	regex_set_free(NULL);
	regex_scratch_free(NULL);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{matches, 2 * COUNT(rows)},
		{matches_large_texts, 2 * COUNT(larges)}, {tells_errors, COUNT(error_rows)},
		{numbers_patterns, 1}, {takes_no_text, 1}, {counts_machine_code, 1},
		{interprets_where_machine_code_is_forbidden, 1},
		{serves_threads_and_reports_once, 1}, {pays_from_the_budget, COUNT(ways)},
		{counts_when_the_uncounted_is_used_up, 1}, {frees_nothing, 1}};

	return suite_run("regex", tests, COUNT(tests));
}
