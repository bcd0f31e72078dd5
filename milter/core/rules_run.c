/* rules_run: the rules, for one message, as its facts come in
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules_run.h"
#include "core/hash.h"

#include <assert.h>
#include <string.h>

/*
 * An answer is an octet. The rows of `answers`: tests, rules, three times the tags, because which
 * rules set a tag depends on who asks: those before `first` have, then those that the last
 * rules_run_decide() went by, and the third row is for whoever asks about one rule; at last for each
 * header whether the budget was spent when there was one.
 *
 * All answers only go from open to no or yes: what was found out once need not be found out again.
 */
enum { TAGS_BEFORE = 0, TAGS_NOW = 1, TAGS_ASKED = 2, TAGS_ROWS = 3, CUTS = 3 };

static const struct rules_range no_tests = {0, 0};

/* From so many on, a look at the text before them pays. */
enum { MANY_TESTS = 8 };

/* Beside a test's answer: the budget was spent before it was looked at. */
enum { CUT = 4 };

/* What is paid, beside the comparing: a message may have a million headers, each with 1,000 tests. */
enum { HEADER_COST = 8, TEST_COST = 1, PATTERN_COST = 5, OCTETS_PAIRED = 2 };

static uint8_t *answers_of_rules(const struct rules_run *run)
{
	return run->answers + run->rules->test_count;
}

static uint8_t answer_at(const struct rules_run *run, uint32_t test)
{
	return run->answers[test] & (uint8_t)~CUT;
}

static void set_answer(const struct rules_run *run, uint32_t test, bool is_so)
{
	run->answers[test] = (run->answers[test] & CUT) | (is_so ? RULES_YES : RULES_NO);
}

static uint8_t *tags_of(const struct rules_run *run, int row)
{
	const struct rules *rules = run->rules;

	return answers_of_rules(run) + rules->count + (size_t)row * rules->tag_count;
}

size_t rules_run_room(const struct rules *rules)
{
	return rules->test_count + rules->count + TAGS_ROWS * rules->tag_count +
	       rules->header_count;
}

void rules_run_begin(struct rules_run *run, const struct rules *rules,
	const struct pattern_matcher *matcher, uint8_t *memory)
{
	*run = (struct rules_run){.rules = rules, .answers = memory, .decided = RULES_UNDECIDED};
	run->budget = (struct pattern_budget){RULES_RUN_BUDGET, RULES_RUN_UNCOUNTED};
	if (matcher != NULL)
		run->matcher = *matcher;
	memset(memory, RULES_OPEN, rules->test_count + rules->count);
	memset(tags_of(run, TAGS_BEFORE), RULES_NO, TAGS_ROWS * rules->tag_count);
	memset(tags_of(run, CUTS), 0, rules->header_count);
}

void rules_run_copy(struct rules_run *to, const struct rules_run *from, uint8_t *memory)
{
	*to = *from;
	to->answers = memory;
	memcpy(memory, from->answers, rules_run_room(from->rules));
}

void rules_run_take_back(struct rules_run *run, const struct rules_run *before, uint8_t *memory)
{
	struct pattern_budget budget = run->budget;

	rules_run_copy(run, before, memory);
	run->budget = budget;
}

/* ---- facts */

static bool is_over(const struct rules_run *run)
{
	return run->decided >= 0 || run->first == run->rules->count;
}

/* The tests about that fact; none if nothing depends on it any more. */
static struct rules_range tests_about(const struct rules_run *run, enum rules_fact fact)
{
	return is_over(run) ? no_tests : run->rules->facts[fact];
}

/* What patterns are compared with. */
struct subject {
	const char *text;
	size_t length;
	const struct address *address; /* NULL: it is no address */
	bool has_pairs;
	struct pattern_pairs pairs;
};

/* For so many tests. */
static void subject_init(struct subject *subject, const char *text, size_t length, size_t tests)
{
	subject->text = text;
	subject->length = length;
	subject->address = NULL;
	subject->has_pairs = tests >= MANY_TESTS;
	if (subject->has_pairs)
		pattern_pairs_of(&subject->pairs, text, length);
}

static void subject_init_address(
	struct subject *subject, const struct address *address, size_t tests)
{
	subject_init(subject, address->text, address->length, tests);
	subject->address = address;
}

static bool fits(
	struct rules_run *run, const struct pattern *pattern, const struct subject *subject)
{
	if (subject->address == NULL)
		return pattern_text(
			pattern, &run->matcher, subject->text, subject->length, &run->budget);
	return pattern_address(
		pattern, &run->matcher, subject->address, run->rules->delimiters, &run->budget);
}

/* Whether a pattern of a test has it. What is compared as a whole is, whatever the budget. */
static bool has(struct rules_run *run, uint32_t index, const struct subject *subject)
{
	const struct rules_test *test = &run->rules->tests[index];

	for (size_t i = 0; i < test->count; i++) {
		const struct pattern *pattern = &test->patterns[i];
		bool is_costly = pattern->kind == PATTERN_GLOB || pattern->kind == PATTERN_REGEX;

		if (is_costly &&
			pattern_spend(&run->budget, PATTERN_COST + (int64_t)pattern->length) &&
			subject->has_pairs && !pattern_may_match(pattern, &subject->pairs))
			continue;
		if ((!is_costly || !pattern_is_spent(&run->budget)) && fits(run, pattern, subject))
			return true;
		if (is_costly && pattern_is_spent(&run->budget))
			run->answers[index] |= CUT;
	}
	return false;
}

static bool has_client(const struct rules_test *test, const uint8_t address[NETWORK_OCTETS])
{
	for (size_t i = 0; i < test->count; i++)
		if (network_has(&test->networks[i], address))
			return true;
	return false;
}

static bool has_minute(const struct rules_test *test, int minute)
{
	for (size_t i = 0; i < test->count; i++)
		if (daytime_has(&test->daytimes[i], minute))
			return true;
	return false;
}

/* Takes the first test of RANGE that is open, and all before it. */
static bool take_open(const struct rules_run *run, struct rules_range *range, uint32_t *test)
{
	while (range->count > 0) {
		*test = range->first++;
		range->count--;
		if (answer_at(run, *test) == RULES_OPEN)
			return true;
	}
	return false;
}

void rules_run_sender(struct rules_run *run, const struct address *sender)
{
	struct rules_range range = tests_about(run, RULES_SENDER);
	struct subject subject;

	subject_init_address(&subject, sender, range.count);
	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, has(run, i, &subject));
}

/* It never becomes fewer: "over" is so at once, "under" is not so at once. */
static void count_recipient(struct rules_run *run)
{
	struct rules_range over = tests_about(run, RULES_RECIPIENTS_OVER);
	struct rules_range under = tests_about(run, RULES_RECIPIENTS_UNDER);

	run->recipients++;
	for (uint32_t i; take_open(run, &over, &i);)
		if (run->recipients > run->rules->tests[i].size)
			set_answer(run, i, true);
	for (uint32_t i; take_open(run, &under, &i);)
		if (run->recipients >= run->rules->tests[i].size)
			set_answer(run, i, false);
}

void rules_run_recipient(struct rules_run *run, const struct address *recipient)
{
	struct rules_range any = tests_about(run, RULES_RECIPIENT);
	struct rules_range every = tests_about(run, RULES_ALL_RECIPIENTS);
	struct subject subject;

	count_recipient(run);
	subject_init_address(&subject, recipient, any.count + every.count);
	for (uint32_t i; take_open(run, &any, &i);)
		if (has(run, i, &subject))
			set_answer(run, i, true);
	for (uint32_t i; take_open(run, &every, &i);)
		if (!has(run, i, &subject))
			set_answer(run, i, false);
}

void rules_run_client(struct rules_run *run, const uint8_t address[NETWORK_OCTETS])
{
	struct rules_range range = tests_about(run, RULES_CLIENT);

	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, address != NULL && has_client(&run->rules->tests[i], address));
}

void rules_run_text(struct rules_run *run, enum rules_fact fact, const char *text)
{
	struct rules_range range = tests_about(run, fact);
	struct subject subject;

	assert((fact >= RULES_CLIENT_NAME && fact <= RULES_TLS) || fact == RULES_LISTENER ||
		fact == RULES_LISTENER_PORT);
	subject_init(&subject, text, strlen(text), range.count);
	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, has(run, i, &subject));
}

void rules_run_tls_verified(struct rules_run *run, bool is_verified)
{
	struct rules_range range = tests_about(run, RULES_TLS_VERIFIED);

	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, run->rules->tests[i].is_true == is_verified);
}

static struct rules_range tests_of_header(const struct rules_run *run, size_t header)
{
	bool is_any = !is_over(run) && header < run->rules->header_count;

	return is_any && !tags_of(run, CUTS)[header] ? run->rules->headers[header].tests : no_tests;
}

bool rules_run_wants_header(const struct rules_run *run, size_t header)
{
	struct rules_range range = tests_of_header(run, header);
	uint32_t test;

	return take_open(run, &range, &test);
}

void rules_run_header(struct rules_run *run, size_t header, const char *value, size_t length)
{
	struct rules_range range = tests_of_header(run, header);
	struct subject subject;

	if (range.count == 0)
		return;
	pattern_spend(&run->budget, HEADER_COST + TEST_COST * (int64_t)range.count);
	/* All octets are looked at, be it for the pairs. */
	if (pattern_spend(&run->budget, (int64_t)length / OCTETS_PAIRED))
		subject_init(&subject, value, length, range.count);
	tags_of(run, CUTS)[header] = pattern_is_spent(&run->budget);
	for (uint32_t i; take_open(run, &range, &i);)
		if (pattern_is_spent(&run->budget))
			run->answers[i] |= CUT;
		else if (run->rules->tests[i].count == 0 || has(run, i, &subject))
			set_answer(run, i, true);
}

void rules_run_size(struct rules_run *run, int64_t size)
{
	struct rules_range over = tests_about(run, RULES_SIZE_OVER);
	struct rules_range under = tests_about(run, RULES_SIZE_UNDER);

	for (uint32_t i; take_open(run, &over, &i);)
		set_answer(run, i, size > run->rules->tests[i].size);
	for (uint32_t i; take_open(run, &under, &i);)
		set_answer(run, i, size < run->rules->tests[i].size);
}

void rules_run_macro(struct rules_run *run, const char *name, const char *value)
{
	struct rules_range range = tests_about(run, RULES_MACRO);
	struct subject subject;

	subject_init(&subject, value, strlen(value), 1);
	for (uint32_t i; take_open(run, &range, &i);) {
		const struct rules_test *test = &run->rules->tests[i];

		if (strcmp(test->name, name) == 0)
			set_answer(run, i, test->count == 0 || has(run, i, &subject));
	}
}

void rules_run_time(struct rules_run *run, int minute)
{
	struct rules_range range = tests_about(run, RULES_TIME);

	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, has_minute(&run->rules->tests[i], minute));
}

void rules_run_share(struct rules_run *run, uint64_t hash)
{
	struct rules_range range = tests_about(run, RULES_PERCENT);

	for (uint32_t i; take_open(run, &range, &i);) {
		const struct rules_test *test = &run->rules->tests[i];
		/* Its upper half as a part of 2^32. */
		uint64_t part = hash_pair(hash, test->seed) >> 32;

		set_answer(run, i, part * RULES_PERCENT_WHOLE >> 32 < test->percent);
	}
}

void rules_run_close(struct rules_run *run, enum rules_fact fact)
{
	struct rules_range range = tests_about(run, fact);
	bool by_any = fact == RULES_ALL_RECIPIENTS || fact == RULES_RECIPIENTS_UNDER;

	for (uint32_t i; take_open(run, &range, &i);)
		set_answer(run, i, by_any && run->recipients > 0);
}

/* ---- what follows */

static bool sets_tag(const struct rule *rule)
{
	return rule->tag != 0 && !rule->is_shadow;
}

/* One more rule before whoever asks. */
static void set_tag(uint8_t *tags, const struct rule *rule, uint8_t holds)
{
	uint8_t *tag = &tags[rule->tag - 1];

	if (holds == RULES_YES || (holds == RULES_OPEN && *tag == RULES_NO))
		*tag = holds;
}

static uint8_t answer_of_test(const struct rules_run *run, const uint8_t *tags, uint32_t test)
{
	const struct rules_range *about_tags = &run->rules->facts[RULES_TAG];

	/* Nearly never; so the test itself need not be looked at. */
	if (test >= about_tags->first && test - about_tags->first < about_tags->count)
		return tags[run->rules->tests[test].tag];
	return answer_at(run, test);
}

static uint8_t evaluate(const struct rules_run *run, const uint8_t *tags, uint32_t node);

/* An ALL ends at the first that is not so, an ANY at the first that is. */
static uint8_t evaluate_inside(
	const struct rules_run *run, const uint8_t *tags, uint32_t node, uint8_t last)
{
	const struct rules_node *nodes = run->rules->nodes;
	uint8_t result = last == RULES_NO ? RULES_YES : RULES_NO;

	for (uint32_t i = node + 1; i < nodes[node].end; i = nodes[i].end) {
		uint8_t one = evaluate(run, tags, i);

		if (one == last)
			return last;
		if (one == RULES_OPEN)
			result = RULES_OPEN;
	}
	return result;
}

static uint8_t evaluate(const struct rules_run *run, const uint8_t *tags, uint32_t node)
{
	uint8_t inner;

	switch (run->rules->nodes[node].kind) {
	case RULES_TEST:
		return answer_of_test(run, tags, run->rules->nodes[node].test);
	case RULES_ALL:
		return evaluate_inside(run, tags, node, RULES_NO);
	case RULES_ANY:
		return evaluate_inside(run, tags, node, RULES_YES);
	case RULES_NOT:
		break;
	}
	inner = evaluate(run, tags, node + 1);
	return inner == RULES_NO ? RULES_YES : inner == RULES_YES ? RULES_NO : inner;
}

int rules_run_decide(struct rules_run *run)
{
	const struct rules *rules = run->rules;
	uint8_t *holds = answers_of_rules(run);
	uint8_t *tags = tags_of(run, TAGS_NOW);
	uint8_t *tags_before = tags_of(run, TAGS_BEFORE);

	if (run->decided >= 0)
		return run->decided;
	memcpy(tags, tags_before, rules->tag_count);
	run->decided = RULES_NONE;
	for (run->looked = run->first; run->looked < rules->count; run->looked++) {
		size_t i = run->looked;
		const struct rule *rule = &rules->list[i];

		if (holds[i] == RULES_OPEN)
			holds[i] = evaluate(run, tags, rule->node);
		if (sets_tag(rule))
			set_tag(tags, rule, holds[i]);
		if (run->first == i && holds[i] != RULES_OPEN) {
			run->first++;
			if (sets_tag(rule))
				set_tag(tags_before, rule, holds[i]);
		}
		if (holds[i] == RULES_NO || !rules_decides(rule))
			continue;
		run->looked++;
		run->decided = holds[i] == RULES_YES ? (int)i : RULES_UNDECIDED;
		break;
	}
	return run->decided;
}

int rules_run_end(struct rules_run *run)
{
	for (int fact = 0; fact < RULES_FACT_COUNT; fact++)
		rules_run_close(run, (enum rules_fact)fact);
	return rules_run_decide(run);
}

/* What is known of a rule, TAGS being as it sees them. */
static uint8_t answer_of_rule(const struct rules_run *run, const uint8_t *tags, size_t rule)
{
	uint8_t known = answers_of_rules(run)[rule];

	if (known != RULES_OPEN || rule < run->looked)
		return known;
	return evaluate(run, tags, run->rules->list[rule].node);
}

/* The tags as a rule sees them. */
static const uint8_t *tags_before_rule(const struct rules_run *run, size_t rule)
{
	uint8_t *tags = tags_of(run, TAGS_ASKED);

	memset(tags, RULES_NO, run->rules->tag_count);
	for (size_t i = 0; i < rule && run->rules->tag_count > 0; i++)
		if (sets_tag(&run->rules->list[i]))
			set_tag(tags, &run->rules->list[i], answer_of_rule(run, tags, i));
	return tags;
}

enum rules_answer rules_run_rule(const struct rules_run *run, size_t rule)
{
	uint8_t known = answers_of_rules(run)[rule];

	/* Whoever counts asks about each: the tags take time. */
	if (known == RULES_OPEN && rule >= run->looked)
		known = answer_of_rule(run, tags_before_rule(run, rule), rule);
	return (enum rules_answer)known;
}

bool rules_run_is_cut(const struct rules_run *run, size_t rule)
{
	const struct rules_node *nodes = run->rules->nodes;
	uint32_t node = run->rules->list[rule].node;

	for (uint32_t i = node; i < nodes[node].end; i++)
		if (nodes[i].kind == RULES_TEST && (run->answers[nodes[i].test] & CUT) != 0)
			return true;
	return false;
}

const struct rules_node *rules_run_failed(const struct rules_run *run, size_t rule)
{
	const struct rules_node *nodes = run->rules->nodes;
	const uint8_t *tags = tags_before_rule(run, rule);
	uint32_t node = run->rules->list[rule].node;
	uint8_t why = evaluate(run, tags, node);

	if (why == RULES_YES)
		return NULL;
	while (nodes[node].kind == RULES_ALL) {
		uint32_t inside = node + 1;

		while (evaluate(run, tags, inside) != why)
			inside = nodes[inside].end;
		node = inside;
	}
	return &nodes[node];
}

bool rules_run_has_tag(const struct rules_run *run, size_t tag)
{
	return tags_of(run, TAGS_NOW)[tag] == RULES_YES;
}
