/* test_rules_nesting: any rules, told any facts in any order, against a plain reading of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules_run.h"
#include "suite.h"

#include <string.h>

enum { TESTS = 14, RULES = 6, TAGS = 2, NODES = 400, VALUES = 3, EVENTS = 40, ROOM = 200 };

/* Facts that are told here; two headers are two of them. */
enum subject { HELO = 0, NAME, SIZE, ONE_OF, ALL_OF, HEADER_A, HEADER_B, SUBJECTS };

/* Which tests are about which; the last are tags. */
static const enum subject subjects[TESTS - TAGS] = {
	ONE_OF, ONE_OF, ALL_OF, ALL_OF, NAME, HELO, HELO, HELO, HEADER_A, HEADER_A, HEADER_B, SIZE};
static const enum rules_fact facts[SUBJECTS] = {RULES_HELO, RULES_CLIENT_NAME, RULES_SIZE_OVER,
	RULES_RECIPIENT, RULES_ALL_RECIPIENTS, RULES_HEADER, RULES_HEADER};

/* ---- the plain reading */

struct tree {
	enum rules_node_kind kind;
	int test;
	int count;
	int inside[3]; /* indexes of trees */
	uint32_t node; /* where the rules have it */
};

static struct tree trees[NODES];
static int tree_count;

static struct plain_rule {
	int tree;
	bool is_shadow;
	bool decides;
	int tag; /* -1: none */
} plain_rules[RULES];
static int rule_count;

/* What was told of each: values are small numbers. */
static struct knowledge {
	int values[VALUES];
	int count;
	bool is_closed;
} known[SUBJECTS];

/* Whether the regular expression of a test matches a value. */
static bool matches(int test, int value)
{
	return ((test * 7 + value * 5) % 11) % 3 == 0;
}

static enum rules_answer plain_rule(int rule);

static enum rules_answer plain_tag(int tag, int asking)
{
	enum rules_answer result = RULES_NO;

	for (int i = 0; i < asking; i++) {
		if (plain_rules[i].tag != tag || plain_rules[i].is_shadow)
			continue;
		if (plain_rule(i) == RULES_YES)
			return RULES_YES;
		if (plain_rule(i) == RULES_OPEN)
			result = RULES_OPEN;
	}
	return result;
}

static enum rules_answer plain_test(int test, int asking)
{
	if (test >= TESTS - TAGS)
		return plain_tag(test - (TESTS - TAGS), asking);

	enum subject subject = subjects[test];
	int matched = 0;

	for (int i = 0; i < known[subject].count; i++)
		matched += subject == SIZE ? known[subject].values[i] > test - 5
					   : matches(test, known[subject].values[i]);
	if (subject == ALL_OF) {
		if (matched < known[subject].count)
			return RULES_NO;
		return !known[subject].is_closed   ? RULES_OPEN
		       : known[subject].count == 0 ? RULES_NO
						   : RULES_YES;
	}
	if (matched > 0)
		return RULES_YES;
	/* Of a single value one is enough to know. */
	return known[subject].is_closed || (subject < ONE_OF && known[subject].count > 0)
		       ? RULES_NO
		       : RULES_OPEN;
}

static enum rules_answer plain_tree(int tree, int asking)
{
	const struct tree *self = &trees[tree];
	enum rules_answer wins = self->kind == RULES_ALL ? RULES_NO : RULES_YES;
	int found[3] = {0, 0, 0};

	if (self->kind == RULES_TEST)
		return plain_test(self->test, asking);
	for (int i = 0; i < self->count; i++)
		found[plain_tree(self->inside[i], asking)]++;
	/* Of a NOT there is one. */
	if (found[RULES_OPEN] > 0 && found[wins] == 0)
		return RULES_OPEN;
	return (found[wins] > 0) == (self->kind == RULES_ANY) ? RULES_YES : RULES_NO;
}

static enum rules_answer plain_rule(int rule)
{
	return plain_tree(plain_rules[rule].tree, rule);
}

static int plain_decision(void)
{
	for (int i = 0; i < rule_count; i++) {
		if (!plain_rules[i].decides || plain_rule(i) == RULES_NO)
			continue;
		return plain_rule(i) == RULES_YES ? i : RULES_UNDECIDED;
	}
	return RULES_NONE;
}

static uint32_t plain_failed(int rule)
{
	int tree = plain_rules[rule].tree;

	while (trees[tree].kind == RULES_ALL)
		for (int i = 0; i < trees[tree].count; i++)
			if (plain_tree(trees[tree].inside[i], rule) == plain_rule(rule)) {
				tree = trees[tree].inside[i];
				break;
			}
	return trees[tree].node;
}

/* ---- the same as rules */

static struct pattern patterns[TESTS];
static struct rules_test tests[TESTS];
static struct rules_node nodes[NODES];
static struct rule list[RULES];
static struct rules_header headers[2] = {{.name = "a", .length = 1}, {.name = "b", .length = 1}};
static struct rules rules;

static int calls[TESTS], all_calls;

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	ck_assert(context == calls && !pattern_is_spent(budget));
	ck_assert_uint_ge(length, 1);
	calls[regex]++;
	all_calls++;
	return matches((int)regex, text[0] - '0');
}

static void make_tests(void)
{
	rules = (struct rules){.list = list,
		.nodes = nodes,
		.tests = tests,
		.headers = headers,
		.test_count = TESTS,
		.header_count = 2,
		.tag_count = TAGS,
		.delimiters = ""};
	for (uint32_t i = 0; i < TESTS; i++) {
		bool is_tag = i >= TESTS - TAGS;
		enum rules_fact fact = is_tag ? RULES_TAG : facts[subjects[i]];
		struct rules_range *range = &rules.facts[fact];

		patterns[i] = (struct pattern){.kind = PATTERN_REGEX, .regex = i};
		tests[i] = (struct rules_test){.fact = fact,
			.patterns = &patterns[i],
			.count = 1,
			.size = (int64_t)i - 5,
			.tag = i - (TESTS - TAGS)};
		range->first = i - range->count++;
		if (fact != RULES_HEADER)
			continue;
		range = &headers[subjects[i] - HEADER_A].tests;
		range->first = i - range->count++;
	}
}

static int make_tree(unsigned *seed, int depth)
{
	int tree = tree_count++;
	unsigned kind = depth == 0 ? RULES_ALL : suite_random(seed) % (depth < 4 ? 5 : 1);
	uint32_t node = (uint32_t)rules.node_count++;

	ck_assert_int_lt(tree, NODES);
	kind = kind > RULES_NOT ? RULES_TEST : kind;
	trees[tree] = (struct tree){.kind = (enum rules_node_kind)kind, .node = node};
	trees[tree].test = (int)(suite_random(seed) % TESTS);
	if (kind != RULES_TEST)
		trees[tree].count = kind == RULES_NOT ? 1 : (int)(suite_random(seed) % 8 + 2) / 3;
	for (int i = 0; i < trees[tree].count; i++) {
		int inside = make_tree(seed, depth + 1);

		trees[tree].inside[i] = inside;
	}
	nodes[node] = (struct rules_node){
		trees[tree].kind, (uint32_t)trees[tree].test, (uint32_t)rules.node_count, ""};
	return tree;
}

static void make_rules(unsigned *seed)
{
	rules.node_count = 0;
	tree_count = 0;
	rule_count = 1 + (int)(suite_random(seed) % RULES);
	rules.count = (size_t)rule_count;
	for (int i = 0; i < rule_count; i++) {
		struct plain_rule *plain = &plain_rules[i];

		plain->is_shadow = suite_random(seed) % 5 == 0;
		plain->tag = (int)(suite_random(seed) % (2 * TAGS)) - TAGS;
		plain->tag = plain->tag < 0 ? -1 : plain->tag;
		plain->decides = !plain->is_shadow && plain->tag < 0 && suite_random(seed) % 6 > 0;
		plain->tree = make_tree(seed, 0);
		list[i] = (struct rule){.node = trees[plain->tree].node,
			.is_shadow = plain->is_shadow,
			.tag = (uint32_t)(plain->tag + 1),
			.route.action =
				plain->decides || plain->is_shadow ? ACTION_DNS : ACTION_NONE};
	}
}

/* ---- what is told */

static struct event {
	enum subject subject;
	int value; /* -1: it is closed */
} events[EVENTS];
static int event_count;

/* Recipients are of both subjects at once, so only the first of these has them. */
static void make_events(unsigned *seed)
{
	event_count = 0;
	for (int subject = 0; subject < SUBJECTS; subject++) {
		int most = subject < ONE_OF ? 1 : subject == ALL_OF ? 0 : VALUES;
		int count = (int)(suite_random(seed) % (unsigned)(most + 1));

		for (int i = 0; i < count; i++)
			events[event_count++] = (struct event){
				(enum subject)subject, (int)(suite_random(seed) % 10)};
		/* Both headers are closed at once, by the second. */
		if (subject != HEADER_A && suite_random(seed) % 3 == 0)
			events[event_count++] = (struct event){(enum subject)subject, -1};
	}
}

static bool closes(struct event event, enum subject subject)
{
	return event.value == -1 &&
	       (event.subject == subject || (event.subject == HEADER_B && subject == HEADER_A) ||
		       (event.subject == ALL_OF && subject == ONE_OF));
}

static void swap(int one, int other)
{
	struct event event = events[one];

	events[one] = events[other];
	events[other] = event;
}

/* Nothing is told of what is closed: it goes in front. */
static void shuffle_events(unsigned *seed)
{
	for (int i = event_count - 1; i > 0; i--)
		swap(i, (int)(suite_random(seed) % (unsigned)(i + 1)));
	for (int i = 0; i < event_count; i++)
		for (int k = i + 1; k < event_count; k++)
			if (events[k].value != -1 && closes(events[i], events[k].subject))
				swap(i, k);
}

/* Into the plain reading. */
static void know(struct event event)
{
	if (event.value == -1) {
		known[event.subject].is_closed = true;
		if (event.subject == HEADER_B)
			known[HEADER_A].is_closed = true;
		return;
	}
	known[event.subject].values[known[event.subject].count++] = event.value;
	if (event.subject == ONE_OF)
		known[ALL_OF].values[known[ALL_OF].count++] = event.value;
}

static void tell(struct rules_run *run, struct event event)
{
	const char text[] = {(char)('0' + event.value), '\0'};
	struct address address;

	if (event.value == -1) {
		rules_run_close(run, facts[event.subject]);
		return;
	}
	address_parse(&address, text);
	if (event.subject == SIZE)
		rules_run_size(run, event.value);
	else if (event.subject == ONE_OF)
		rules_run_recipient(run, &address);
	else if (event.subject >= HEADER_A)
		rules_run_header(run, event.subject - HEADER_A, text, 1);
	else
		rules_run_text(run, facts[event.subject], text);
}

/* ---- both together */

static uint8_t memory[ROOM], copied[ROOM];
static const struct pattern_matcher matcher = {match, calls};
static int current_seed;

static void begin(struct rules_run *run)
{
	memset(known, 0, sizeof(known));
	memset(calls, 0, sizeof(calls));
	ck_assert_uint_lt(rules_run_room(&rules), ROOM);
	memset(memory, 0x55, sizeof(memory));
	rules_run_begin(run, &rules, &matcher, memory);
}

/* Each rule is what the plain reading says; BEFORE has what it was, if that was anything. */
static void check(const struct rules_run *run, int at, enum rules_answer before[RULES])
{
	for (int i = 0; i < rule_count; i++) {
		enum rules_answer answer = rules_run_rule(run, (size_t)i);
		const struct rules_node *failed = rules_run_failed(run, (size_t)i);

		ck_assert_msg(answer == plain_rule(i), "seed %d, event %d: rule %d is %d, not %d",
			current_seed, at, i, answer, plain_rule(i));
		ck_assert_msg(before[i] == RULES_OPEN || before[i] == answer,
			"seed %d, event %d: rule %d was %d", current_seed, at, i, before[i]);
		before[i] = answer;
		ck_assert_msg(
			answer == RULES_YES ? failed == NULL : failed == &nodes[plain_failed(i)],
			"seed %d, event %d: rule %d fails elsewhere", current_seed, at, i);
	}
	for (int tag = 0; tag < TAGS; tag++) {
		int last = run->decided == RULES_NONE ? rule_count : (int)run->looked - 1;

		ck_assert_msg(
			rules_run_has_tag(run, (size_t)tag) == (plain_tag(tag, last) == RULES_YES),
			"seed %d, event %d: tag %d", current_seed, at, tag);
	}
}

/* A copy is told that nothing more comes; then it is thrown away. */
static void end_a_copy(const struct rules_run *run, int at)
{
	struct knowledge kept[SUBJECTS];
	int kept_calls = all_calls;
	struct rules_run copy;

	memcpy(kept, known, sizeof(kept));
	rules_run_copy(&copy, run, copied);
	for (int i = 0; i < SUBJECTS; i++)
		known[i].is_closed = true;
	ck_assert_msg(rules_run_end(&copy) == plain_decision(), "seed %d, event %d: the copy",
		current_seed, at);
	for (int i = 0; i < rule_count; i++)
		ck_assert_msg(
			run->decided >= 0 || rules_run_rule(&copy, (size_t)i) == plain_rule(i),
			"seed %d, event %d: rule %d of the copy", current_seed, at, i);
	ck_assert_int_eq(all_calls, kept_calls);
	memset(copied, 0xaa, sizeof(copied));
	memcpy(known, kept, sizeof(kept));
}

/* Nothing that is told then is looked at. */
static bool is_over(const struct rules_run *run)
{
	for (int i = 0; i < rule_count && run->decided < 0; i++)
		if (plain_rule(i) == RULES_OPEN)
			return false;
	return true;
}

/* Decides after each event. Gives the decision. */
static int run_step_by_step(void)
{
	enum rules_answer before[RULES] = {RULES_OPEN};
	struct rules_run run;
	bool over = false;
	int at = 0;

	begin(&run);
	for (;; at++) {
		int decided = rules_run_decide(&run);

		ck_assert_msg(decided == plain_decision(), "seed %d, event %d: %d, not %d",
			current_seed, at, decided, plain_decision());
		check(&run, at, before);
		end_a_copy(&run, at);
		over = is_over(&run);
		if (over || at == event_count)
			break;
		know(events[at]);
		tell(&run, events[at]);
	}

	int count = all_calls;

	/* From here on nothing is to change but, without a decision, what the end closes. */
	for (; at < event_count; at++)
		tell(&run, events[at]);
	for (int i = 0; i < SUBJECTS && !over; i++)
		known[i].is_closed = true;
	ck_assert_int_eq(rules_run_end(&run), plain_decision());
	check(&run, at, before);
	ck_assert_msg(all_calls == count, "seed %d: too much is looked at", current_seed);
	for (int i = 0; i < rule_count && run.decided < 0; i++)
		ck_assert_int_ne(rules_run_rule(&run, (size_t)i), RULES_OPEN);
	ck_assert_int_eq(memory[rules_run_room(&rules)], 0x55);
	return run.decided;
}

/* How many values a test has to look at: all up to the one that answers it. */
static int wanted_calls(int test)
{
	enum subject subject = subjects[test];

	for (int i = 0; i < known[subject].count; i++)
		if (matches(test, known[subject].values[i]) == (subject != ALL_OF))
			return i + 1;
	return known[subject].count;
}

/* Decides at the end. */
static int run_at_once(void)
{
	enum rules_answer before[RULES] = {RULES_OPEN};
	struct rules_run run;

	begin(&run);
	for (int i = 0; i < event_count; i++) {
		know(events[i]);
		tell(&run, events[i]);
	}
	for (int i = 0; i < TESTS - TAGS; i++)
		ck_assert_msg(subjects[i] == SIZE || calls[i] == wanted_calls(i),
			"seed %d: test %d is looked at %d times", current_seed, i, calls[i]);
	for (int i = 0; i < SUBJECTS; i++)
		known[i].is_closed = true;
	rules_run_end(&run);
	check(&run, event_count, before);
	return run.decided;
}

START_TEST(agrees_with_a_plain_reading)
{
	static int decided_by[RULES + 1];

	if (rules.tests == NULL)
		make_tests();
	for (current_seed = _i * 1000; current_seed < (_i + 1) * 1000; current_seed++) {
		unsigned seed = 4711 + (unsigned)current_seed * 77;
		int decided = 0;

		make_rules(&seed);
		make_events(&seed);
		for (int order = 0; order < 4; order++) {
			shuffle_events(&seed);

			int again = order % 2 == 0 ? run_step_by_step() : run_at_once();

			ck_assert_msg(order == 0 || again == decided,
				"seed %d, order %d: %d, not %d", current_seed, order, again,
				decided);
			decided = again;
		}
		decided_by[decided + 1]++;
	}
	/* All of it was tried. */
	for (int i = 0; i < RULES; i++)
		ck_assert_msg(decided_by[i] > 10, "rule %d decided %d times", i - 1, decided_by[i]);
}
END_TEST

int main(void)
{
	const struct suite_test cases[] = {{agrees_with_a_plain_reading, 10}};

	return suite_run("rules_nesting", cases, COUNT(cases));
}
