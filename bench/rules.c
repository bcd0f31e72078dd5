/* rules: what 1,000 rules cost a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Each row is the time that a message takes more with these rules than with none, and its ratio to
 * the baseline of the same run: finding the route of an address, one of 1,000. No rule holds, so all
 * are looked at to the end. "cold": as if other work had displaced the rules from the CPU's caches
 * since the last message. Rows are taken in turns, five times; the median counts.
 */

#include "core/rules_run.h"
#include "core/table.h"
#include "text/regex.h"
#include "text/regex_glob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ROUNDS = 5,
	MESSAGES = 2000,
	COLD_MESSAGES = 50,
	RULES = 1000,
	FACTS = 5, /* that a rule asks for, at the most */
	NODES = 12,
	HEADERS = 30,
	TEXT_MAX = 48,
	CACHES = 64 << 20,
};

static volatile uint64_t sink;

/* Rules and all that they point to. */
struct book {
	struct rules rules;
	struct rule list[RULES];
	struct rules_node nodes[RULES * NODES];
	struct rules_test tests[RULES * FACTS];
	struct pattern patterns[RULES * FACTS];
	struct network networks[RULES];
	struct rules_header headers[RULES];
	char names[RULES][TEXT_MAX];
	char texts[RULES * FACTS][TEXT_MAX];
	uint8_t memory[RULES * (FACTS + 4)];
	struct regex_set *regexes;
};

struct kind {
	const char *name;
	void (*make)(struct book *book);
	struct book *book;
	double warm[ROUNDS];
	double cold[ROUNDS];
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *take(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL) {
		fprintf(stderr, "rules: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* ---- making rules: tests first, fact by fact */

static uint32_t add_test(struct book *book, enum rules_fact fact)
{
	struct rules_range *range = &book->rules.facts[fact];
	uint32_t test = (uint32_t)book->rules.test_count++;

	if (range->count++ == 0)
		range->first = test;
	book->tests[test].fact = fact;
	return test;
}

/* All numbers have four digits: texts differ late, and headers are in order. */
static uint32_t add_pattern_test(struct book *book, enum rules_fact fact, enum pattern_kind kind,
	const char *before, int i, const char *behind)
{
	uint32_t test = add_test(book, fact);
	struct pattern *pattern = &book->patterns[test];

	snprintf(book->texts[test], TEXT_MAX, "%s%d%s", before, 1000 + i, behind);
	*pattern = (struct pattern){
		.kind = kind, .text = book->texts[test], .length = strlen(book->texts[test])};
	book->tests[test].patterns = pattern;
	book->tests[test].count = 1;
	return test;
}

static void add_header(struct book *book, const char *name, uint32_t first, uint32_t count)
{
	book->headers[book->rules.header_count++] =
		(struct rules_header){name, strlen(name), {first, count}};
	for (uint32_t i = 0; i < count; i++)
		book->tests[first + i].name = name;
}

static void add_client_test(struct book *book, int i)
{
	struct rules_test *test = &book->tests[add_test(book, RULES_CLIENT)];

	network_from_ipv4(
		book->networks[i].octets, (uint8_t[]){10, (uint8_t)(i / 256), (uint8_t)i, 0});
	book->networks[i].bits = NETWORK_IPV4_BITS + 24;
	test->networks = &book->networks[i];
	test->count = 1;
}

static struct rule *add_rule(struct book *book)
{
	struct rule *rule = &book->list[book->rules.count++];

	rule->node = (uint32_t)book->rules.node_count;
	rule->route.action = ACTION_DNS;
	return rule;
}

/* "&(ab)" all, "|(ab)" any, "!a" not; a is the I-th test of the first fact, b of the second. */
static const char *add_nodes(struct book *book, const char *text, uint32_t i)
{
	struct rules_node *node = &book->nodes[book->rules.node_count++];

	node->kind = *text == '&'   ? RULES_ALL
		     : *text == '|' ? RULES_ANY
		     : *text == '!' ? RULES_NOT
				    : RULES_TEST;
	if (node->kind == RULES_TEST) {
		node->test = (uint32_t)(*text - 'a') * RULES + i;
	} else if (node->kind == RULES_NOT) {
		text = add_nodes(book, text + 1, i) - 1;
	} else {
		for (text += 2; *text != ')';)
			text = add_nodes(book, text, i);
	}
	node->end = (uint32_t)book->rules.node_count;
	return text + 1;
}

static void add_rules(struct book *book, const char *text)
{
	for (uint32_t i = 0; i < RULES; i++) {
		add_rule(book);
		add_nodes(book, text, i);
	}
}

/* ---- the kinds */

static void make_none(struct book *book)
{
	(void)book;
}

static void make_senders(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_SENDER, PATTERN_EXACT, "user", i, "@customer.example");
	add_rules(book, "&(a)");
}

static void make_sender_domains(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_SENDER, PATTERN_PARENT, ".customer", i, ".example");
	add_rules(book, "&(a)");
}

static void make_networks(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_client_test(book, i);
	add_rules(book, "&(a)");
}

/* Every header of the message is asked for. */
static void make_headers(struct book *book)
{
	for (int i = 0; i < RULES; i++) {
		uint32_t test = add_pattern_test(
			book, RULES_HEADER, PATTERN_EXACT, "weekly report ", i, "");

		snprintf(book->names[i], TEXT_MAX, "x-header-%d", 1000 + i);
		add_header(book, book->names[i], test, 1);
	}
	add_rules(book, "&(a)");
}

static void make_globs(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_HEADER, PATTERN_GLOB, "*report ", i, " of*");
	add_header(book, "subject", 0, RULES);
	add_rules(book, "&(a)");
}

static void make_regexes(struct book *book)
{
	static char globs[RULES][2 * TEXT_MAX + 3];
	char error[REGEX_ERROR_MAX];
	size_t offset;

	book->regexes = regex_set_new();
	for (int i = 0; i < RULES; i++) {
		uint32_t test = add_pattern_test(
			book, RULES_HEADER, PATTERN_REGEX, "\\breport ", i, " of [0-9]+");
		int regex = regex_set_add(book->regexes, book->texts[test], error, &offset);

		if (regex == -1)
			abort();
		book->patterns[test].regex = (size_t)regex;
		book->patterns[test].length = regex_glob(book->texts[test], globs[i]);
		book->patterns[test].text = globs[i];
	}
	add_header(book, "subject", 0, RULES);
	add_rules(book, "&(a)");
}

static void make_mixed(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_SENDER, PATTERN_EXACT, "user", i, "@customer.example");
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_RECIPIENT, PATTERN_DOMAIN, "d", i, ".example");
	for (int i = 0; i < RULES; i++)
		add_client_test(book, i);
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_HEADER, PATTERN_GLOB, "*report ", i, " of*");
	add_header(book, "subject", 3 * RULES, RULES);
	for (int i = 0; i < RULES; i++)
		book->tests[add_test(book, RULES_SIZE_OVER)].size = i;
	add_rules(book, "&(|(ab&(ce))e!&(ed))");
}

/* Every other rule sets a tag that the one after it, and the last one, require. */
static void make_tags(struct book *book)
{
	for (int i = 0; i < RULES; i++)
		add_pattern_test(book, RULES_SENDER, PATTERN_EXACT, "user", i, "@customer.example");
	for (uint32_t i = 0; i < RULES; i++)
		book->tests[add_test(book, RULES_TAG)].tag = i / 2;
	for (uint32_t i = 0; i < RULES; i++) {
		add_rule(book)->tag = i % 2 == 0 ? i / 2 + 1 : 0;
		add_nodes(book, i % 2 == 0 ? "&(a)" : "&(b)", i);
	}
	book->rules.tag_count = RULES / 2;
}

static struct book *make(struct kind *kind)
{
	struct book *book = take(1, sizeof(*book));

	book->rules = (struct rules){.list = book->list,
		.nodes = book->nodes,
		.tests = book->tests,
		.headers = book->headers,
		.delimiters = "+"};
	kind->make(book);
	if (rules_run_room(&book->rules) > sizeof(book->memory))
		abort();
	return book;
}

/* ---- a message */

static struct address sender, recipient;
static uint8_t client[NETWORK_OCTETS];
static char header_names[HEADERS][TEXT_MAX];
static const char value[] = "Weekly report 17 of 2031: totals for all customers, by region";
static struct regex_scratch *scratch;

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	return regex_set_match(context, scratch, regex, text, length, budget) == REGEX_YES;
}

/* As the facts come in, with a look after each step of the conversation. */
static void run_message(struct book *book)
{
	struct pattern_matcher matcher = {match, book->regexes};
	struct rules_run run;

	rules_run_begin(&run, &book->rules, &matcher, book->memory);
	rules_run_client(&run, client);
	rules_run_text(&run, RULES_HELO, "mail.example.net");
	rules_run_sender(&run, &sender);
	sink += (uint64_t)rules_run_decide(&run);
	rules_run_recipient(&run, &recipient);
	rules_run_close(&run, RULES_RECIPIENT);
	sink += (uint64_t)rules_run_decide(&run);
	for (int i = 0; i < HEADERS; i++) {
		size_t header = rules_find_header(&book->rules, header_names[i]);

		rules_run_header(&run, header, value, sizeof(value) - 1);
	}
	rules_run_close(&run, RULES_HEADER);
	sink += (uint64_t)rules_run_decide(&run);
	rules_run_size(&run, 123456);
	if (rules_run_end(&run) != RULES_NONE)
		abort();
}

static void make_message(void)
{
	address_parse(&sender, "<user0234@customer.example>");
	address_parse(&recipient, "<someone@d0234.example>");
	network_from_ipv4(client, (uint8_t[]){10, 200, 3, 4});
	scratch = regex_scratch_new();
	strcpy(header_names[0], "Subject");
	for (int i = 1; i < HEADERS; i++)
		snprintf(header_names[i], TEXT_MAX, "X-Header-%d", 1000 + i * 31);
}

/* ---- time */

static double time_warm(struct book *book)
{
	double start;

	run_message(book);
	start = now_ns();
	for (int i = 0; i < MESSAGES; i++)
		run_message(book);
	return (now_ns() - start) / MESSAGES;
}

static double time_cold(struct book *book)
{
	static char *other;
	double sum = 0;

	if (other == NULL)
		other = take(1, CACHES);
	for (int i = 0; i < COLD_MESSAGES; i++) {
		memset(other, i, CACHES);

		double start = now_ns();

		run_message(book);
		sum += now_ns() - start;
	}
	return sum / COLD_MESSAGES;
}

static double time_baseline(void)
{
	static struct route routes[RULES];
	static char names[RULES][TEXT_MAX];
	static struct table table = {.routes = routes, .delimiters = "+"};
	double start;

	for (; table.route_count < RULES; table.route_count++) {
		if (table.places == NULL) {
			table.place_count = table_places_for(RULES);
			table.places = take(table.place_count, sizeof(*table.places));
		}
		snprintf(names[table.route_count], TEXT_MAX, "d%zu.example",
			1000 + table.route_count);
		routes[table.route_count].match = names[table.route_count];
		if (table_insert(&table, table.route_count) != NULL)
			abort();
	}
	start = now_ns();
	for (int i = 0; i < MESSAGES * 100; i++)
		sink += (uintptr_t)table_lookup(&table, &recipient);
	return (now_ns() - start) / (MESSAGES * 100);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double times[ROUNDS])
{
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	return times[ROUNDS / 2];
}

int main(void)
{
	static struct kind kinds[] = {
		{.name = "no rules", .make = make_none},
		{.name = "sender addresses", .make = make_senders},
		{.name = "parent domains of senders", .make = make_sender_domains},
		{.name = "client networks", .make = make_networks},
		{.name = "headers of as many names", .make = make_headers},
		{.name = "globs on one header", .make = make_globs},
		{.name = "regexes on one header", .make = make_regexes},
		{.name = "five conditions, nested", .make = make_mixed},
		{.name = "tags set and asked for", .make = make_tags},
	};
	const int count = sizeof(kinds) / sizeof(kinds[0]);
	double baselines[ROUNDS];
	double baseline, none, cold_none;

	make_message();
	for (int i = 0; i < count; i++)
		kinds[i].book = make(&kinds[i]);
	for (int round = 0; round < ROUNDS; round++) {
		baselines[round] = time_baseline();
		for (int i = 0; i < count; i++) {
			kinds[i].warm[round] = time_warm(kinds[i].book);
			kinds[i].cold[round] = time_cold(kinds[i].book);
		}
	}
	baseline = median(baselines);
	none = median(kinds[0].warm);
	cold_none = median(kinds[0].cold);
	printf("%-28s %8s %8s %8s\n", "1,000 rules, a message", "us", "ratio", "cold us");
	printf("%-28s %8.3f %8.1f\n", "a route of 1,000", baseline / 1000, 1.0);
	printf("%-28s %8.3f %8.1f %8.1f\n", kinds[0].name, none / 1000, none / baseline,
		cold_none / 1000);
	for (int i = 1; i < count; i++) {
		double more = median(kinds[i].warm) - none;

		printf("%-28s %8.2f %8.0f %8.1f\n", kinds[i].name, more / 1000, more / baseline,
			(median(kinds[i].cold) - cold_none) / 1000);
	}
	return EXIT_SUCCESS;
}
