/* hostile: what a message costs that is made to be costly for the rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Each row is a message of 10 MB, which is what Postfix takes, of nothing but one header again and
 * again, by rules that ask for it: processor time, the ratio to an ordinary message by the same
 * rules, how much of the budget is left, and how much of the message was looked at before it was
 * spent. As the milter does it: values are decoded, then told. The last line is the worst.
 */

#include "core/rules_run.h"
#include "text/header_text.h"
#include "text/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RULES = 1000, MESSAGE = 10240000, HEADER_MAX = 102000, TURNS = 3, ORDINARY_TURNS = 100 };

static const char ordinary[] = "Weekly report 17 of 2031: totals for all customers, by region";

struct row {
	const char *name;
	const char *pattern; /* "/x/" is a regular expression, else it is a glob */
	int rules;	     /* with that pattern, and a number after it if there are several */
	const char *unit;    /* the value: this, again and again */
	size_t length;
	const char *end; /* and this after it */
};

static const struct row rows[] = {
	{"nested", "/(a+)+b$/", 1, "a", 250, "b!"},
	{"nested, short", "/(a+)+b$/", 1, "a", 30, "b!"},
	{"nested, long", "/(a+)+b$/", 1, "a", 100000, "b!"},
	{"nested, interpreted", "/(*NO_JIT)(a+)+b$/", 1, "a", 250, "b!"},
	{"every day, long", "/free.*money.*now/", 1, "free money ", 100000, ""},
	{"every day", "/free.*money.*now/", 1, "free money ", 250, ""},
	{"every day, interpreted", "/(*NO_JIT)free.*money.*now/", 1, "free money ", 100000, ""},
	{"octets run over", "/[ab]*[cd]/", 1, "a", 250, "!"},
	{"octets run over, interpreted", "/(*NO_JIT)[ab]*[cd]/", 1, "a", 250, "!"},
	{"many ways", "/(a?){6}[xy]/", 1, "a", 250, "!"},
	{"words", "/^(\\w+\\s?)*$/", 1, "lorem ipsum ", 250, "!"},
	{"no UTF-8", "/[a-z]+[xy]/", 1, "a\xff", 100000, "!"},
	{"no UTF-8 at all", "/[a-z]+[xy]/", 1, "\xff", 100000, "!"},
	{"nothing to count", "/newsletter|unsubscribe/", 1, "lorem ", 100000, ""},
	{"nothing to count, 1,000 rules", "/[ab]x|[cd]x/", RULES, "lorem ipsum ", 250, ""},
	{"1,000 regexes", "/(re|fwd?): /", RULES, "re fw fwd ", 250, ""},
	{"1,000 regexes, 2 kB", "/[a-z.]+@example/", RULES, "lorem.ipsum ", 2000, ""},
	{"1,000 globs", "*report*7*of*", RULES, "report7of ", 250, ""},
	{"a glob in the other case", "*a?b*", 1, "A", 100000, ""},
	{"no value, 1,000 rules", "*report*", RULES, "", 0, ""},
	{"a letter, 1,000 rules", "/a|b/", RULES, "c", 1, ""},
	{"eight charsets", "*report*", 1,
		"=?koi8-r?Q?a?= =?koi8-u?Q?a?= =?cp1250?Q?a?= =?cp1251?Q?a?= =?cp1253?Q?a?= "
		"=?cp1254?Q?a?= =?cp1255?Q?a?= =?cp1256?Q?a?= ",
		136, ""},
	{"ten charsets", "*report*", 1,
		"=?koi8-r?Q?a?= =?koi8-u?Q?a?= =?cp1250?Q?a?= =?cp1251?Q?a?= =?cp1253?Q?a?= "
		"=?cp1254?Q?a?= =?cp1255?Q?a?= =?cp1256?Q?a?= =?euc-kr?Q?a?= =?big5?Q?a?= ",
		100000, ""},
	{"broken characters", "*report*", 1, "=?cp1252?Q?=81=81=81=81=81=81=81=81?= ", 100000, ""},
	{"Japanese", "*report*", 1, "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= ", 100000, ""},
	{"encoded, 1,000 rules", "/[a-z.]+@example/", RULES, "=?utf-8?Q?lorem?= ", 250, ""},
};

static uint8_t memory[3 * RULES];
static struct regex_set *regexes;
static struct regex_scratch *scratch;
static struct charset_converter converter;

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	(void)context;
	return regex_set_match(regexes, scratch, regex, text, length, budget) == REGEX_YES;
}

static void make_pattern(struct pattern *pattern, const struct row *row, int number)
{
	static char texts[RULES][100];
	bool is_regex = row->pattern[0] == '/';
	char error[REGEX_ERROR_MAX];
	char *text = texts[number];
	size_t offset;
	int length = is_regex ? snprintf(text, sizeof(texts[0]), "%.*s",
					(int)strlen(row->pattern) - 2, row->pattern + 1)
			      : snprintf(text, sizeof(texts[0]), "%s", row->pattern);

	if (row->rules > 1)
		length += snprintf(text + length, sizeof(texts[0]) - (size_t)length, "%d", number);
	*pattern = (struct pattern){.kind = is_regex ? PATTERN_REGEX : PATTERN_GLOB,
		.text = is_regex ? "*" : text,
		.length = is_regex ? 1 : (size_t)length};
	if (is_regex)
		pattern->regex = (size_t)regex_set_add(regexes, text, error, &offset);
}

static void make_rules(struct rules *rules, const struct row *row)
{
	static struct pattern patterns[RULES];
	static struct rules_test tests[RULES];
	static struct rules_header header;
	static struct rules_node nodes[2 * RULES];
	static struct rule list[RULES];

	for (int i = 0; i < row->rules; i++) {
		uint32_t at = (uint32_t)i;

		make_pattern(&patterns[i], row, i);
		tests[i] = (struct rules_test){
			.fact = RULES_HEADER, .patterns = &patterns[i], .count = 1};
		nodes[2 * at] = (struct rules_node){RULES_ALL, 0, 2 * at + 2, ""};
		nodes[2 * at + 1] = (struct rules_node){RULES_TEST, at, 2 * at + 2, ""};
		list[i].node = 2 * at;
	}
	header.tests = (struct rules_range){0, (uint32_t)row->rules};
	*rules = (struct rules){.list = list,
		.count = (size_t)row->rules,
		.nodes = nodes,
		.node_count = 2 * (size_t)row->rules,
		.tests = tests,
		.test_count = (size_t)row->rules,
		.facts = {[RULES_HEADER] = header.tests},
		.headers = &header,
		.header_count = 1,
		.delimiters = ""};
}

/* As routing_rules_header() does. */
static void tell(struct rules_run *run, const char *value, size_t length)
{
	static char text[(CHARSET_EXPANSION + 1) * HEADER_MAX + 1];

	if (!rules_run_wants_header(run, 0))
		return;
	if (!pattern_is_spent(&run->budget) && !header_text_is_plain(value, length)) {
		length = header_text_decode(value, length, text, &converter, &run->budget);
		value = text;
	}
	rules_run_header(run, 0, value, length);
}

/* Gives how many of the headers were looked at. */
static size_t run_message(struct rules_run *run, const struct rules *rules, const char *value,
	size_t length, size_t count)
{
	static const struct pattern_matcher matcher = {.match = match};
	size_t seen = 0;

	rules_run_begin(run, rules, &matcher, memory);
	charset_begin(&converter);
	for (size_t i = 0; i < count; i++) {
		seen += !pattern_is_spent(&run->budget);
		tell(run, value, length);
	}
	rules_run_end(run);
	return seen;
}

static double time_row(const struct row *row)
{
	static char value[HEADER_MAX];
	size_t unit = strlen(row->unit);
	size_t length = row->length + strlen(row->end);
	size_t count = MESSAGE / (length + sizeof("Subject: \r\n") - 1);
	size_t seen = 0;
	double worst = 0;
	double usual;
	struct rules rules;
	struct rules_run run;

	regexes = regex_set_new();
	scratch = regex_scratch_new();
	make_rules(&rules, row);
	for (size_t i = 0; i < row->length; i++)
		value[i] = row->unit[i % unit];
	strcpy(value + row->length, row->end);
	for (int i = 0; i < TURNS; i++) {
		double start = now_ms();

		seen = run_message(&run, &rules, value, length, count);
		worst = now_ms() - start > worst ? now_ms() - start : worst;
	}

	double left = (double)(run.budget.left < 0 ? 0 : run.budget.left);

	usual = now_ms();
	for (int i = 0; i < ORDINARY_TURNS; i++)
		run_message(&run, &rules, ordinary, sizeof(ordinary) - 1, 1);
	usual = (now_ms() - usual) / ORDINARY_TURNS;
	printf("%-30s %7zu %9.3f %9.0f %7.0f%% %7.1f%%\n", row->name, length, worst, worst / usual,
		100 * left / RULES_RUN_BUDGET, 100 * (double)seen / (double)count);
	regex_scratch_free(scratch);
	regex_set_free(regexes);
	return worst;
}

int main(void)
{
	double worst = 0;

	printf("%-30s %7s %9s %9s %8s %8s\n", "10 MB of one header", "octets", "ms", "ratio",
		"budget", "seen");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double time = time_row(&rows[i]);

		worst = time > worst ? time : worst;
	}
	printf("%-30s %7s %9.3f\n", "the worst", "", worst);
	charset_end(&converter);
	return EXIT_SUCCESS;
}
