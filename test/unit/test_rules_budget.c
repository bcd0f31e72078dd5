/* test_rules_budget: what a message may cost, and what comes of one that costs more
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules_run.h"
#include "suite.h"
#include "text/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS = 1000, HEADERS = 40, LINE = 2000, ROOM = 8 * TESTS };

static uint8_t memory[ROOM];
static uint8_t memory_before[ROOM];

/* ---- four rules: the sender, a pattern of the recipient, the subject as a whole, as a pattern */

static const struct pattern patterns[] = {
	{PATTERN_EXACT, "a@example.com", 13, 0},
	{PATTERN_REGEX, "", 0, 0},
	{PATTERN_EXACT, "sale", 4, 0},
	{PATTERN_GLOB, "*sale*", 6, 0},
};
static const struct rules_test tests[] = {
	{.fact = RULES_SENDER, .patterns = patterns, .count = 1},
	{.fact = RULES_RECIPIENT, .patterns = patterns + 1, .count = 1},
	{.fact = RULES_HEADER, .name = "subject", .patterns = patterns + 2, .count = 1},
	{.fact = RULES_HEADER, .name = "subject", .patterns = patterns + 3, .count = 1},
};
static const struct rules_header subject = {"subject", 7, {2, 2}};
static const struct rules_node nodes[] = {{RULES_ALL, 0, 2, ""}, {RULES_TEST, 0, 2, ""},
	{RULES_ALL, 0, 4, ""}, {RULES_TEST, 1, 4, ""}, {RULES_ALL, 0, 6, ""},
	{RULES_TEST, 2, 6, ""}, {RULES_ALL, 0, 8, ""}, {RULES_TEST, 3, 8, ""}};
static const struct rule list[] = {{.node = 0, .is_shadow = true}, {.node = 2, .is_shadow = true},
	{.node = 4, .is_shadow = true}, {.node = 6, .is_shadow = true}};
static const struct rules four = {.list = list,
	.count = COUNT(list),
	.nodes = nodes,
	.node_count = COUNT(nodes),
	.tests = tests,
	.test_count = COUNT(tests),
	.facts = {[RULES_SENDER] = {0, 1}, [RULES_RECIPIENT] = {1, 1}, [RULES_HEADER] = {2, 2}},
	.headers = &subject,
	.header_count = 1,
	.delimiters = ""};

/* Each match costs a fifth of all, and says yes if it was paid. */
static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	(void)context;
	(void)regex;
	(void)text;
	return pattern_spend(budget, RULES_RUN_BUDGET / 5) && length == 3;
}

static const struct pattern_matcher costly = {.match = match};

static void tell(struct rules_run *run, void (*fact)(struct rules_run *, const struct address *),
	const char *text)
{
	struct address address;

	address_parse(&address, text);
	fact(run, &address);
}

/* "yn-": yes, no, cut short, of each rule. */
static const char *results(const struct rules_run *run)
{
	static char out[COUNT(list) + 1];

	for (size_t i = 0; i < COUNT(list); i++)
		out[i] = rules_run_is_cut(run, i) ? '-' : "?ny"[rules_run_rule(run, i)];
	return out;
}

START_TEST(patterns_are_cut_short)
{
	struct rules_run run;

	rules_run_begin(&run, &four, &costly, memory);
	ck_assert_int_eq(run.budget.left, RULES_RUN_BUDGET);
	for (int i = 0; i < _i; i++)
		tell(&run, rules_run_recipient, "<u@example.org>");
	ck_assert_msg(pattern_is_spent(&run.budget) == (_i >= 5), "%d recipients", _i);
	tell(&run, rules_run_recipient, "<b>");
	tell(&run, rules_run_sender, "<a@example.com>");
	rules_run_header(&run, 0, "sale", 4);
	ck_assert_int_eq(rules_run_end(&run), RULES_NONE);
	/* The sender is compared as a whole, which is done in any case. */
	ck_assert_str_eq(results(&run), _i < 4 ? "ynyy" : "y---");
	ck_assert_int_eq(rules_run_rule(&run, 2), _i < 4 ? RULES_YES : RULES_NO);
}
END_TEST

START_TEST(what_was_answered_before_stays)
{
	struct rules_run run;

	rules_run_begin(&run, &four, &costly, memory);
	tell(&run, rules_run_sender, "<a@example.com>");
	rules_run_header(&run, 0, "a sale", 6);
	for (int i = 0; i < 10; i++)
		tell(&run, rules_run_recipient, "<u@example.org>");
	ck_assert(rules_run_wants_header(&run, 0));
	rules_run_header(&run, 0, "sale", 4);
	rules_run_end(&run);
	ck_assert_str_eq(results(&run), "y--y");
}
END_TEST

START_TEST(what_is_taken_back_is_paid)
{
	struct rules_run run, before;
	int64_t left;

	rules_run_begin(&run, &four, &costly, memory);
	for (int i = 0; i < 6; i++) {
		rules_run_copy(&before, &run, memory_before);
		tell(&run, rules_run_recipient, "<u@example.org>");
		left = run.budget.left;
		rules_run_take_back(&run, &before, memory);
		ck_assert_int_eq(run.budget.left, left);
		ck_assert_int_eq(run.recipients, 0);
	}
	ck_assert(pattern_is_spent(&run.budget));
	rules_run_header(&run, 0, "sale", 4);
	rules_run_end(&run);
	ck_assert_str_eq(results(&run), "nn--");
}
END_TEST

/* A million headers of nothing, about which there are two questions that each answers. */
START_TEST(headers_alone_are_paid)
{
	struct rules_run run;
	int count = 0;

	rules_run_begin(&run, &four, &costly, memory);
	while (count < 10000000 && !pattern_is_spent(&run.budget)) {
		rules_run_header(&run, 0, "", 0);
		count++;
	}
	ck_assert_int_gt(count, 500000);
	ck_assert_int_lt(count, 5000000);
	rules_run_begin(&run, &four, &costly, memory);
	rules_run_header(&run, 0, "sale", 4);
	ck_assert(!rules_run_wants_header(&run, 0));
	ck_assert(!rules_run_wants_header(&run, 1));
}
END_TEST

/* ---- an ordinary message: 40 headers of 2 kB, 1,000 rules */

static struct regex_set *regexes;
static struct regex_scratch *scratch;

static bool match_regex(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	(void)context;
	return regex_set_match(regexes, scratch, regex, text, length, budget) == REGEX_YES;
}

/* With a number in between. */
static const struct {
	const char *before;
	const char *behind;
} usual[] = {{"\\b(re|fwd?|aw) ", ": "}, {"newsletter|unsubscribe ", ""}, {"free.*money.*now ", ""},
	{"@example", "\\.net>?$"}, {"^\\[list-", "\\]"}, {"(invoice|rechnung) .*", "-[0-9]{4}"},
	{"[0-9]{3,}-", "[a-z]+"}, {"^.*", "foo.*$"}};

/* Each header is asked for by as many rules; no pattern says what it cannot do without. */
static void make_ordinary(struct rules *rules, int headers)
{
	static struct pattern each[TESTS];
	static struct rules_test about[TESTS];
	static struct rules_header names[HEADERS];
	static struct rules_node each_node[2 * TESTS];
	static struct rule each_rule[TESTS];
	char error[REGEX_ERROR_MAX];
	char text[100];
	size_t offset;

	regexes = regex_set_new();
	scratch = regex_scratch_new();
	for (uint32_t i = 0; i < TESTS; i++) {
		snprintf(text, sizeof(text), "%s%u%s", usual[i % COUNT(usual)].before, i,
			usual[i % COUNT(usual)].behind);
		each[i] = (struct pattern){.kind = PATTERN_REGEX, .text = "*", .length = 1};
		each[i].regex = (size_t)regex_set_add(regexes, text, error, &offset);
		about[i] =
			(struct rules_test){.fact = RULES_HEADER, .patterns = &each[i], .count = 1};
		each_node[2 * i] = (struct rules_node){RULES_ALL, 0, 2 * i + 2, ""};
		each_node[2 * i + 1] = (struct rules_node){RULES_TEST, i, 2 * i + 2, ""};
		each_rule[i].node = 2 * i;
	}
	for (int i = 0; i < headers; i++)
		names[i].tests = (struct rules_range){
			(uint32_t)(i * TESTS / headers), (uint32_t)(TESTS / headers)};
	*rules = (struct rules){.list = each_rule,
		.count = TESTS,
		.nodes = each_node,
		.node_count = COUNT(each_node),
		.tests = about,
		.test_count = TESTS,
		.facts = {[RULES_HEADER] = {0, TESTS}},
		.headers = names,
		.header_count = (size_t)headers,
		.delimiters = ""};
}

/* All rules about one header of 2 kB, or spread over 40 of them. */
START_TEST(an_ordinary_message_is_far_from_it)
{
	static const char words[] = "Weekly report 17 of 2031: free totals for all customers, by "
				    "region; re 5: invoice <u@example.com>, ";
	const struct pattern_matcher matcher = {.match = match_regex};
	int headers = _i == 0 ? 1 : HEADERS;
	struct rules rules;
	struct rules_run run;
	char value[LINE];

	for (size_t i = 0; i < LINE; i++)
		value[i] = words[i % (sizeof(words) - 1)];
	make_ordinary(&rules, headers);
	ck_assert_uint_le(rules_run_room(&rules), ROOM);
	rules_run_begin(&run, &rules, &matcher, memory);
	for (size_t i = 0; i < (size_t)headers; i++)
		rules_run_header(&run, i, value, LINE);
	ck_assert_msg(run.budget.left > RULES_RUN_BUDGET / 3, "%lld", (long long)run.budget.left);
	ck_assert_int_eq(rules_run_end(&run), RULES_NONE);
	regex_scratch_free(scratch);
	regex_set_free(regexes);
}
END_TEST

int main(void)
{
	const struct suite_test all[] = {{patterns_are_cut_short, 8},
		{what_was_answered_before_stays, 1}, {what_is_taken_back_is_paid, 1},
		{headers_alone_are_paid, 1}, {an_ordinary_message_is_far_from_it, 2}};

	return suite_run("rules_budget", all, COUNT(all));
}
