/* test_rules_order: which rule decides, by its nesting, its place, its tags, and when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules_run.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

enum { LETTERS = 8, TAGS = 4, NODES = 100, RULES = 20 };

/* Tests a to h are macros that have to be "+"; tests A to D are tags. */
static struct rules_test tests[LETTERS + TAGS];
static struct rules_node nodes[NODES];
static struct rule list[RULES];
static struct rules rules;
static uint8_t memory[200];

static uint32_t add_node(enum rules_node_kind kind, const char *text)
{
	ck_assert_uint_lt(rules.node_count, NODES);
	nodes[rules.node_count] = (struct rules_node){
		.kind = kind, .text = text, .end = (uint32_t)rules.node_count + 1};
	return (uint32_t)rules.node_count++;
}

/* One condition: a, A, !a, [ab] all, (ab) any. Gives what is after it. */
static const char *add_condition(const char *text)
{
	enum rules_node_kind kind = *text == '['   ? RULES_ALL
				    : *text == '(' ? RULES_ANY
				    : *text == '!' ? RULES_NOT
						   : RULES_TEST;
	uint32_t node = add_node(kind, text);

	if (kind == RULES_TEST) {
		nodes[node].test = (uint32_t)(*text >= 'a' ? *text - 'a' : LETTERS + *text - 'A');
		return text + 1;
	}
	text++;
	if (kind == RULES_NOT)
		text = add_condition(text);
	else
		while (*text++ != (kind == RULES_ALL ? ']' : ')'))
			text = add_condition(text - 1);
	nodes[node].end = (uint32_t)rules.node_count;
	return text;
}

/* Rules with a space between: "~" shadow, "-" goes on, "+A" sets a tag; then its conditions. */
static void make(const char *text)
{
	static const char *const letters[LETTERS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	static const struct pattern plus = {.kind = PATTERN_EXACT, .text = "+", .length = 1};

	rules = (struct rules){.list = list,
		.nodes = nodes,
		.tests = tests,
		.test_count = COUNT(tests),
		.facts = {[RULES_MACRO] = {0, LETTERS}, [RULES_TAG] = {LETTERS, TAGS}},
		.tag_count = TAGS,
		.delimiters = ""};
	for (uint32_t i = 0; i < LETTERS; i++)
		tests[i] = (struct rules_test){
			.fact = RULES_MACRO, .name = letters[i], .patterns = &plus, .count = 1};
	/* The other way round, so that a tag's number is not its test's. */
	for (uint32_t i = 0; i < TAGS; i++)
		tests[LETTERS + i] = (struct rules_test){.fact = RULES_TAG, .tag = TAGS - 1 - i};
	while (*text != '\0') {
		struct rule *rule = &list[rules.count++];

		*rule = (struct rule){.name = text, .route = {.action = ACTION_DNS}};
		if (*text == '~')
			rule->is_shadow = *text++ != '\0';
		if (*text == '-' || *text == '+')
			rule->route.action = ACTION_NONE;
		if (*text == '+')
			rule->tag = (uint32_t)(TAGS - (*++text - 'A'));
		text += text[0] == '-' || rule->tag != 0;
		rule->node = add_node(RULES_ALL, text);
		while (*text != ' ' && *text != '\0')
			text = add_condition(text);
		nodes[rule->node].end = (uint32_t)rules.node_count;
		text += *text == ' ';
	}
}

/* "a+b-": a is so, b is not; "." all facts are closed. */
static void tell(struct rules_run *run, const char *told)
{
	for (; *told != '\0'; told++) {
		const char name[2] = {*told, '\0'};

		if (*told == '.')
			rules_run_end(run);
		else
			rules_run_macro(run, name, *++told == '+' ? "+" : "-");
	}
}

/* Each step: what is told, who decides then ("?": open, "-": nobody), each rule, the tags set. */
static const struct row {
	const char *rules;
	struct step {
		const char *told, *decided, *answers, *tags;
	} steps[4];
} rows[] = {
	/* One rule. */
	{"a", {{"", "?", "?", ""}, {"a+", "0", "+", ""}, {"a-.", "0", "+", ""}}},
	{"a", {{"a-", "-", "-", ""}, {"a+.", "-", "-", ""}}},
	{"a", {{".", "-", "-", ""}}},
	{"[]", {{"", "0", "+", ""}}},
	{"()", {{"", "-", "-", ""}}},
	{"![]", {{"", "-", "-", ""}}},
	{"!()", {{"", "0", "+", ""}}},
	{"!a", {{"", "?", "?", ""}, {"a-", "0", "+", ""}}},
	{"!a", {{"a+", "-", "-", ""}}},
	{"!a", {{".", "0", "+", ""}}},
	{"!!a", {{"", "?", "?", ""}, {"a+", "0", "+", ""}}},
	{"ab", {{"a+", "?", "?", ""}, {"b+", "0", "+", ""}}},
	{"ab", {{"b+", "?", "?", ""}, {"a-", "-", "-", ""}}},
	{"ab", {{"b-", "-", "-", ""}}},
	{"ab", {{"a-", "-", "-", ""}}},
	{"(ab)", {{"a-", "?", "?", ""}, {"b-", "-", "-", ""}}},
	{"(ab)", {{"a-", "?", "?", ""}, {"b+", "0", "+", ""}}},
	{"(ab)", {{"b+", "0", "+", ""}}},
	{"(ab)", {{"a+", "0", "+", ""}}},
	{"![ab]", {{"a+", "?", "?", ""}, {"b-", "0", "+", ""}}},
	{"!(ab)", {{"a-", "?", "?", ""}, {"b-", "0", "+", ""}}},
	{"!(ab)", {{"b+", "-", "-", ""}}},
	{"([ab][cd])e", {{"a+c+", "?", "?", ""}, {"e+", "?", "?", ""}, {"d+", "0", "+", ""}}},
	{"([ab][cd])e", {{"a-c-", "-", "-", ""}}},
	{"([ab][cd])e", {{"a+b+", "?", "?", ""}, {"e-", "-", "-", ""}}},
	{"[(ab)(cd)]", {{"a+d+", "0", "+", ""}}},
	{"[[a]b]![c!d]", {{"a+b+", "?", "?", ""}, {"d+", "0", "+", ""}}},
	{"[()a]", {{"", "-", "-", ""}}},
	{"([]a)", {{"", "0", "+", ""}}},
	{"a()b", {{"", "-", "-", ""}}},
	/* The first that holds, once all before it have failed. */
	{"a b", {{"a+", "0", "+?", ""}, {"b+", "0", "+?", ""}}},
	{"a b", {{"b+", "?", "?+", ""}, {"a-", "1", "-+", ""}}},
	{"a b", {{"b+", "?", "?+", ""}, {"a+", "0", "++", ""}}},
	{"a b", {{"b-", "?", "?-", ""}, {"a-", "-", "--", ""}}},
	{"a b c", {{"b-c+", "?", "?-+", ""}, {"a-", "2", "--+", ""}}},
	{"a b c", {{"a-c+", "?", "-?+", ""}, {".", "2", "--+", ""}}},
	{"a b [] c", {{"a-b-", "2", "--+?", ""}, {"c+.", "2", "--+?", ""}}},
	{"a a a", {{"a+", "0", "+++", ""}}},
	/* Shadow rules, and those that go on, decide nothing and are not waited for. */
	{"~a b", {{"a+", "?", "+?", ""}, {"b+", "1", "++", ""}}},
	{"~a b", {{"b+", "1", "?+", ""}, {"a+", "1", "?+", ""}, {".", "1", "?+", ""}}},
	{"~a b", {{"b-", "-", "?-", ""}, {"a+", "-", "+-", ""}}},
	{"~a b", {{"b-.", "-", "--", ""}}},
	{"b ~a", {{"a+", "?", "?+", ""}, {"b+", "0", "++", ""}}},
	{"~a", {{"", "-", "?", ""}, {"a+", "-", "+", ""}}},
	{"-a b", {{"a+", "?", "+?", ""}, {"b+", "1", "++", ""}}},
	{"-a b", {{"b+", "1", "?+", ""}}},
	{"~-a b", {{"a+b+", "1", "++", ""}}},
	{"-a -b", {{"b+", "-", "?+", ""}, {"a-", "-", "-+", ""}}},
	/* Tags. */
	{"+Aa A", {{"", "?", "??", ""}, {"a+", "1", "++", "A"}}},
	{"+Aa A", {{"a-", "-", "--", ""}}},
	{"+Aa A", {{".", "-", "--", ""}}},
	{"+Aa !A", {{"", "?", "??", ""}, {"a+", "-", "+-", "A"}}},
	{"+Aa !A", {{"a-", "1", "-+", ""}}},
	{"+Aa (Ab)", {{"b+", "1", "?+", ""}, {"a+", "1", "?+", ""}}},
	{"+Aa Ab", {{"b-", "-", "?-", ""}, {"a+", "-", "+-", "A"}}},
	{"+Aa B", {{"", "-", "?-", ""}, {"a+", "-", "+-", "A"}}},
	{"+Ba +Da BD", {{"a+", "2", "+++", "BD"}}},
	{"+Da !D a", {{"a+", "2", "+-+", "D"}}},
	/* Of several that set it one is enough. */
	{"+Aa +Ab A", {{"a-", "?", "-??", ""}, {"b+", "2", "-++", "A"}}},
	{"+Aa +Ab A", {{"b+", "2", "?++", "A"}}},
	{"+Aa +Ab A", {{"a+", "2", "+?+", "A"}}},
	{"+Aa +Ab A", {{"b-", "?", "?-?", ""}, {"a-", "-", "---", ""}}},
	{"+Aa +Ab !A", {{"a-", "?", "-??", ""}, {"b-", "2", "--+", ""}}},
	{"+Aa +Ab A", {{"a-", "?", "-??", ""}, {".", "-", "---", ""}}},
	/* Only those before whoever asks count, and no shadow. */
	{"A +Aa A", {{"a+", "2", "-++", "A"}}},
	{"!A +Aa", {{"a+", "0", "++", ""}}},
	{"A +Aa", {{"", "-", "-?", ""}, {"a+", "-", "-+", "A"}}},
	{"-b !Ac +Aa A", {{"a+", "?", "??++", ""}, {"c-", "3", "?-++", "A"}}},
	{"~b !A +Aa", {{"a+", "1", "?++", ""}}},
	{"~b ~!A +Aa A", {{"a+", "3", "?+++", "A"}}},
	{"~+Aa A", {{"a+", "-", "+-", ""}}},
	{"~+Aa A", {{"", "-", "?-", ""}}},
	{"+AA A", {{"", "-", "--", ""}}},
	{"+Aa +BA B", {{"", "?", "???", ""}, {"a+", "2", "+++", "AB"}}},
	{"+Aa +BA B", {{"a-", "-", "---", ""}}},
	{"+Aa +B!A +CB !C", {{"a+", "3", "+--+", "A"}}},
	/* What an open rule has not set yet is seen by nobody, later not by those before it. */
	{"~c +Aa ~A b", {{"a+", "?", "?++?", "A"}, {"c+b+", "3", "++++", "A"}}},
	{"~A ~c +Aa b ~A", {{"a+", "?", "-?+?+", "A"}, {"c+", "?", "-++?+", "A"}}},
	{"~c ~!A +Aa +Bb AB", {{"a+", "?", "?++??", "A"}, {"b+", "4", "?++++", "AB"}}},
	{"~c ~!Ad +Aa +Bb AB", {{"a+", "?", "??+??", "A"}, {"d+b+", "4", "?++++", "AB"}}},
	/* Behind the decision, rules are as the tags are known. */
	{"a +Ab A !A", {{"a+", "0", "+???", ""}}},
	{"a +Ab A !A", {{"a+b+", "0", "+++-", ""}, {".", "0", "+++-", ""}}},
	{"a +Ab A !A", {{"b-a+", "0", "+--+", ""}}},
	{"a +Ab +BA B", {{"b+", "?", "?+++", ""}, {"a+", "0", "++++", ""}}},
	{"+Bc a +Ab A BA", {{"c+b+", "?", "+?+++", "B"}, {"a+", "1", "+++++", "B"}}},
	{"a +Ab +Bb b", {{"b+a-", "3", "-+++", "AB"}}},
};

static void answers_of(const struct rules_run *run, char out[RULES + 1])
{
	for (size_t i = 0; i < rules.count; i++)
		out[i] = "?-+"[rules_run_rule(run, i)];
	out[rules.count] = '\0';
}

static void tags_of(const struct rules_run *run, char out[TAGS + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < TAGS; i++)
		if (rules_run_has_tag(run, TAGS - 1 - i))
			out[count++] = (char)('A' + i);
	out[count] = '\0';
}

START_TEST(rules_decide)
{
	const struct row *row = &rows[_i];
	struct rules_run run;

	make(row->rules);
	ck_assert_uint_lt(rules_run_room(&rules), sizeof(memory));
	memset(memory, 0x55, sizeof(memory));
	rules_run_begin(&run, &rules, NULL, memory);
	for (int i = 0; i < COUNT(row->steps) && row->steps[i].told != NULL; i++) {
		const struct step *step = &row->steps[i];
		char decided[4] = "?", answers[RULES + 1], tags[TAGS + 1];
		int rule;

		tell(&run, step->told);
		rule = rules_run_decide(&run);
		if (rule != RULES_UNDECIDED)
			snprintf(decided, sizeof(decided), rule == RULES_NONE ? "-" : "%d", rule);
		answers_of(&run, answers);
		tags_of(&run, tags);
		ck_assert_msg(strcmp(decided, step->decided) == 0, "\"%s\": \"%s\": %s decides",
			row->rules, step->told, decided);
		ck_assert_msg(strcmp(answers, step->answers) == 0, "\"%s\": \"%s\": rules %s",
			row->rules, step->told, answers);
		ck_assert_msg(strcmp(tags, step->tags) == 0, "\"%s\": \"%s\": tags %s", row->rules,
			step->told, tags);
	}
	ck_assert_int_eq(memory[rules_run_room(&rules)], 0x55);
}
END_TEST

/* ---- the condition that is to blame */

static const struct failed_row {
	const char *rules;
	const char *told;
	int rule;
	const char *expected; /* how the text of its rule goes on from there; NULL: it holds */
} faileds[] = {
	{"a", "a+", 0, NULL},
	{"[]", "", 0, NULL},
	{"abc", "a+b-c-", 0, "bc"},
	{"abc", "a+b+", 0, "c"},
	/* B is open, but c is why it fails. */
	{"abc", "a+c-", 0, "c"},
	{"abc", "", 0, "abc"},
	{"abc", ".", 0, "abc"},
	{"a()", "a+", 0, "()"},
	{"a(bc)d", "a+d+", 0, "(bc)d"},
	{"a(bc)d", "a+b-c-", 0, "(bc)d"},
	{"a!bd", "a+b+", 0, "!bd"},
	{"a!bd", "a+d+", 0, "!bd"},
	{"a[bc]d", "a+b+c-", 0, "c]d"},
	{"a[b[cd]]e", "a+b+c+d-", 0, "d]]e"},
	{"a[b[cd]]e", "a+b+c+d+", 0, "e"},
	{"a[[]b]", "a+", 0, "b]"},
	{"[a(b[cd])]", "a+b-c-", 0, "(b[cd])]"},
	{"[a![bc]]", "a+b+c+", 0, "![bc]]"},
	{"a b", "a-b-", 1, "b"},
	{"a b", "a+b-", 1, "b"},
	{"+Aa bA", "a-b+", 1, "A"},
	{"+Aa bA", "b+", 1, "A"},
	{"+Aa bA", "a+b+", 1, NULL},
	{"!Ab +Aa A", "a+b+", 0, NULL},
	{"A +Aa A", "a+", 0, "A"},
	{"a +Ab Ac", "a+b-", 2, "Ac"},
	{"a +Ab Ac", "a+b+", 2, "c"},
	{"a +Ab !A", "a+b+", 2, "!A"},
};

START_TEST(the_first_that_fails_is_named)
{
	const struct failed_row *row = &faileds[_i];
	const struct rules_node *node;
	struct rules_run run;

	make(row->rules);
	rules_run_begin(&run, &rules, NULL, memory);
	tell(&run, row->told);
	/* It needs no decision. */
	for (int i = 0; i < 2; i++) {
		node = rules_run_failed(&run, (size_t)row->rule);
		ck_assert_msg((node == NULL) == (row->expected == NULL), "\"%s\": \"%s\": %s",
			row->rules, row->told, node == NULL ? "it holds" : node->text);
		ck_assert_msg(node == NULL || strncmp(node->text, row->expected,
						      strlen(row->expected)) == 0,
			"\"%s\": \"%s\": %s", row->rules, row->told, node->text);
		rules_run_decide(&run);
	}
}
END_TEST

/* Told after the last decision: what it went by is old. */
START_TEST(failing_goes_by_what_is_known_now)
{
	struct rules_run run;

	make("ab");
	rules_run_begin(&run, &rules, NULL, memory);
	ck_assert_int_eq(rules_run_decide(&run), RULES_UNDECIDED);
	tell(&run, "b-");
	ck_assert_str_eq(rules_run_failed(&run, 0)->text, "b");
	tell(&run, "a-");
	ck_assert_str_eq(rules_run_failed(&run, 0)->text, "ab");
}
END_TEST

/* That is seen by what they would be, were they looked at. */
START_TEST(answered_rules_are_not_looked_at_again)
{
	uint8_t *answers = memory + LETTERS + TAGS;
	struct rules_run run;

	make("a ~b c d []");
	rules_run_begin(&run, &rules, NULL, memory);
	tell(&run, "a-c-");
	ck_assert_int_eq(rules_run_decide(&run), RULES_UNDECIDED);
	list[0].node = list[2].node = list[4].node;
	ck_assert_int_eq(rules_run_decide(&run), RULES_UNDECIDED);
	/* Those before the first that is open, not even by their answers. */
	answers[0] = RULES_OPEN;
	ck_assert_int_eq(rules_run_decide(&run), RULES_UNDECIDED);
	tell(&run, "d-");
	ck_assert_int_eq(rules_run_decide(&run), 4);
}
END_TEST

/* A thousand rules that all set and ask the same tag: nothing is to grow with each. */
START_TEST(tags_in_a_circle_end)
{
	static struct rule many[RULES * 50];
	struct rules_run run;
	static uint8_t large[5000];

	make("b +Aa");
	for (int i = 0; i < COUNT(many); i++)
		many[i] = list[i > 0];
	rules.list = many;
	rules.count = COUNT(many);
	nodes[list[1].node + 1].test = LETTERS;
	ck_assert_uint_le(rules_run_room(&rules), sizeof(large));
	rules_run_begin(&run, &rules, NULL, large);
	tell(&run, "b+");
	ck_assert_int_eq(rules_run_decide(&run), 0);
	ck_assert_int_eq(rules_run_rule(&run, rules.count - 1), RULES_NO);
	ck_assert_ptr_nonnull(rules_run_failed(&run, rules.count - 1));
}
END_TEST

int main(void)
{
	const struct suite_test cases[] = {{rules_decide, COUNT(rows)},
		{the_first_that_fails_is_named, COUNT(faileds)},
		{failing_goes_by_what_is_known_now, 1}, {answered_rules_are_not_looked_at_again, 1},
		{tags_in_a_circle_end, 1}};

	return suite_run("rules_order", cases, COUNT(cases));
}
