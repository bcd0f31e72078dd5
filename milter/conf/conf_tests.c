/* conf_tests: the tests of all rules: what they compare with, each question once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_tests.h"
#include "conf/conf_address.h"
#include "core/decimal.h"
#include "text/regex_glob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- one value as a pattern */

enum { PORT_MAX = 65535, PORT_TEXT_MAX = 6 };

static bool is_regex(const char *text, size_t length)
{
	return length >= 2 && text[0] == '/' && text[length - 1] == '/';
}

static bool is_glob(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '*' || *text == '?')
			return true;
	}
	return false;
}

static int keep(struct schema_reader *reader, enum pattern_kind kind, const char *text,
	size_t length, struct pattern *pattern)
{
	*pattern = (struct pattern){
		.kind = kind,
		.text = schema_keep(reader, text, length),
		.length = length,
	};
	return pattern->text == NULL ? -1 : 0;
}

/* In lower case; in an exact text a backslash only says that the next octet is itself. */
static int keep_lower(struct schema_reader *reader, enum pattern_kind kind, const char *text,
	struct pattern *pattern)
{
	char *lower = arena_copy(reader->arena, text, strlen(text));
	size_t length = 0;

	if (lower == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (; *text != '\0'; text++) {
		if (kind == PATTERN_EXACT && *text == '\\' && text[1] != '\0')
			text++;
		address_fold(lower + length++, text, 1);
	}
	lower[length] = '\0';
	*pattern = (struct pattern){.kind = kind, .text = lower, .length = length};
	return 0;
}

/* ---- kinds of patterns */

/* A glob for all that the expression matches. */
static int keep_glob(
	struct schema_reader *reader, size_t regex, const char *expression, struct pattern *pattern)
{
	char *glob = arena_take(reader->arena, regex_glob_room(strlen(expression)), 1);

	if (glob == NULL) {
		reader->no_memory = true;
		return -1;
	}
	*pattern = (struct pattern){.kind = PATTERN_REGEX, .text = glob, .regex = regex};
	pattern->length = regex_glob(expression, glob);
	return 0;
}

static int read_regex(struct conf_patterns *patterns, const config_setting_t *setting,
	const char *text, size_t length, struct pattern *pattern)
{
	struct schema_reader *reader = patterns->reader;
	const char *expression = schema_keep(reader, text + 1, length - 2);
	char error[REGEX_ERROR_MAX];
	size_t offset = 0;
	int regex;

	if (expression == NULL)
		return -1;
	if (patterns->regexes == NULL)
		patterns->regexes = regex_set_new();
	if (patterns->regexes == NULL) {
		reader->no_memory = true;
		return -1;
	}
	regex = regex_set_add(patterns->regexes, expression, error, &offset);
	if (regex == -1) {
		schema_fault(
			reader, setting, "pattern \"%s\": %s at octet %zu", text, error, offset);
		return -1;
	}
	return keep_glob(reader, (size_t)regex, expression, pattern);
}

/* ".example.com", in A-labels. */
static int read_parent(struct schema_reader *reader, const char *text, struct pattern *pattern)
{
	char domain[1 + DOMAIN_MAX + 1] = ".";

	if (conf_address_domain(text + 1, domain + 1) == -1)
		return -1;
	return keep(reader, PATTERN_PARENT, domain, strlen(domain), pattern);
}

static int read_domain(struct schema_reader *reader, const char *text, struct pattern *pattern)
{
	char domain[DOMAIN_MAX + 1];

	if (*text == '.')
		return read_parent(reader, text, pattern);
	if (conf_address_mail_domain(text, domain) == -1)
		return -1;
	return keep(reader, PATTERN_DOMAIN, domain, strlen(domain), pattern);
}

static int read_address(struct schema_reader *reader, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	const char *name = rules_fact_name(fact);
	struct address address;
	const char *wrong;

	/* The sender of bounces. */
	if (*text == '\0')
		return keep(reader, PATTERN_EXACT, text, 0, pattern);
	if (strcasecmp(text, "ALL") == 0) {
		schema_fault(reader, setting, "%s \"%s\": for every address say \"*\"", name, text);
		return -1;
	}
	if (strchr(text, '@') == NULL && *text != '"') {
		if (read_domain(reader, text, pattern) == 0)
			return 0;
		schema_fault(reader, setting,
			"%s \"%s\" is not an address, a domain, a .domain or a pattern", name,
			text);
		return -1;
	}
	wrong = conf_address_mail(text, &address);
	if (wrong == NULL)
		return keep(reader, PATTERN_EXACT, address.text, address.length, pattern);
	schema_fault(reader, setting, "%s \"%s\" %s", name, text, wrong);
	return -1;
}

/* The name of a host. */
static int read_name(struct schema_reader *reader, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	if (*text != '.')
		return keep_lower(reader, PATTERN_EXACT, text, pattern);
	if (read_parent(reader, text, pattern) == 0)
		return 0;
	schema_fault(reader, setting, "%s \"%s\" is not a .domain", rules_fact_name(fact), text);
	return -1;
}

static int read_port(struct schema_reader *reader, const config_setting_t *setting,
	const char *text, struct pattern *pattern)
{
	int64_t port = decimal_parse(text, 1, PORT_MAX);
	char digits[PORT_TEXT_MAX];

	if (port == -1) {
		schema_fault(reader, setting, "listener_port \"%s\" is not a number of 1 to %d",
			text, PORT_MAX);
		return -1;
	}
	return keep(reader, PATTERN_EXACT, digits, (size_t)(decimal_put(digits, port) - digits),
		pattern);
}

/* Of these "" says that there is none. */
static bool may_be_empty(enum rules_fact fact)
{
	return fact == RULES_SENDER || fact == RULES_AUTH_USER || fact == RULES_TLS ||
	       fact == RULES_HEADER || fact == RULES_MACRO;
}

int conf_tests_read_pattern(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	struct schema_reader *reader = patterns->reader;
	size_t length = strlen(text);

	if (length == 0 && !may_be_empty(fact)) {
		schema_fault(reader, setting, "%s is never \"\"", rules_fact_name(fact));
		return -1;
	}
	if (is_regex(text, length))
		return read_regex(patterns, setting, text, length, pattern);
	if (is_glob(text))
		return keep_lower(reader, PATTERN_GLOB, text, pattern);
	switch (fact) {
	case RULES_SENDER:
	case RULES_RECIPIENT:
	case RULES_ALL_RECIPIENTS:
		return read_address(reader, fact, setting, text, pattern);
	case RULES_CLIENT_NAME:
	case RULES_HELO:
		return read_name(reader, fact, setting, text, pattern);
	case RULES_LISTENER_PORT:
		return read_port(reader, setting, text, pattern);
	default:
		return keep_lower(reader, PATTERN_EXACT, text, pattern);
	}
}

/* ---- the values of one test, in their order */

static int compare_patterns(const void *a, const void *b)
{
	const struct pattern *x = a;
	const struct pattern *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->kind == PATTERN_REGEX)
		return (x->regex > y->regex) - (x->regex < y->regex);
	return strcmp(x->text, y->text);
}

static int compare_networks(const void *a, const void *b)
{
	const struct network *x = a;
	const struct network *y = b;

	return x->bits != y->bits ? x->bits - y->bits
				  : memcmp(x->octets, y->octets, NETWORK_OCTETS);
}

static int compare_daytimes(const void *a, const void *b)
{
	return daytime_compare(a, b);
}

/* Gives how many are left. */
static size_t sort_values(
	void *list, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *octets = list;
	size_t kept = 0;

	qsort(list, count, size, compare);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare(octets + (kept - 1) * size, octets + i * size) == 0)
			continue;
		if (kept != i)
			memcpy(octets + kept * size, octets + i * size, size);
		kept++;
	}
	return kept;
}

/* As strcmp() does. */
static int compare_values(const struct rules_test *a, const struct rules_test *b)
{
	int order = 0;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = 0; i < a->count && order == 0; i++) {
		if (a->fact == RULES_CLIENT)
			order = compare_networks(&a->networks[i], &b->networks[i]);
		else if (a->fact == RULES_TIME)
			order = compare_daytimes(&a->daytimes[i], &b->daytimes[i]);
		else
			order = compare_patterns(&a->patterns[i], &b->patterns[i]);
	}
	return order;
}

/* ---- the values of one test, from the file */

size_t conf_tests_value_count(const config_setting_t *setting)
{
	return config_setting_is_aggregate(setting) ? (size_t)config_setting_length(setting) : 1;
}

const config_setting_t *conf_tests_value_at(const config_setting_t *setting, size_t index)
{
	return config_setting_is_aggregate(setting)
		       ? config_setting_get_elem(setting, (unsigned)index)
		       : setting;
}

/* A port may stand there as a number. */
static const char *text_of(
	struct schema_reader *reader, enum rules_fact fact, const config_setting_t *setting)
{
	int type = config_setting_type(setting);
	char number[24];

	if (fact != RULES_LISTENER_PORT || type == CONFIG_TYPE_STRING)
		return schema_text(reader, setting);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		schema_fault(reader, setting, "listener_port must be a number or a string");
		return NULL;
	}
	snprintf(number, sizeof(number), "%lld",
		type == CONFIG_TYPE_INT ? config_setting_get_int(setting)
					: config_setting_get_int64(setting));
	return schema_keep(reader, number, strlen(number));
}

static int read_network(
	struct schema_reader *reader, const config_setting_t *setting, struct network *network)
{
	const char *text = schema_text(reader, setting);
	char wrong[CONF_ADDRESS_WRONG_MAX];

	if (text == NULL)
		return -1;
	if (conf_address_network(text, network, wrong) == NULL)
		return 0;
	schema_fault(reader, setting, "client \"%s\" %s", text, wrong);
	return -1;
}

static int read_daytime(struct schema_reader *reader, const char *name,
	const config_setting_t *setting, struct daytime *daytime)
{
	const char *text = schema_text(reader, setting);

	if (text == NULL)
		return -1;
	if (daytime_parse(daytime, text) == 0)
		return 0;
	schema_fault(reader, setting, "%s \"%s\" is not hours such as \"Mon-Fri 08:00-18:00\"",
		name, text);
	return -1;
}

int conf_tests_read_daytimes(struct schema_reader *reader, const char *name,
	const config_setting_t *setting, struct daytime **list, size_t *count)
{
	size_t length = conf_tests_value_count(setting);
	int result = 0;

	*count = 0;
	*list = arena_take(reader->arena, length + 1, sizeof(**list));
	if (*list == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < length; i++)
		if (read_daytime(reader, name, conf_tests_value_at(setting, i), &(*list)[i]) == -1)
			result = -1;
	if (result == 0)
		*count = sort_values(*list, length, sizeof(**list), compare_daytimes);
	return result;
}

static int read_hours(
	struct schema_reader *reader, const config_setting_t *setting, struct rules_test *test)
{
	struct daytime *list;
	int result = conf_tests_read_daytimes(reader, "time", setting, &list, &test->count);

	test->daytimes = list;
	return result;
}

static int read_pattern(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, struct pattern *pattern)
{
	const char *text = text_of(patterns->reader, fact, setting);

	return text == NULL ? -1 : conf_tests_read_pattern(patterns, fact, setting, text, pattern);
}

void conf_tests_set_patterns(struct rules_test *test, struct pattern *list, size_t count)
{
	test->patterns = list;
	test->count = sort_values(list, count, sizeof(*list), compare_patterns);
}

int conf_tests_read_values(
	struct conf_patterns *patterns, const config_setting_t *setting, struct rules_test *test)
{
	struct schema_reader *reader = patterns->reader;
	size_t count = conf_tests_value_count(setting);
	struct network *networks = NULL;
	struct pattern *list = NULL;
	int result = 0;

	if (test->fact == RULES_TIME)
		return read_hours(reader, setting, test);
	if (test->fact == RULES_CLIENT)
		test->networks = networks = arena_take(reader->arena, count, sizeof(*networks));
	else
		list = arena_take(reader->arena, count, sizeof(*list));
	if (networks == NULL && list == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		const config_setting_t *value = conf_tests_value_at(setting, i);
		int failed;

		if (networks != NULL)
			failed = read_network(reader, value, &networks[i]);
		else
			failed = read_pattern(patterns, test->fact, value, &list[i]);
		result = failed == -1 ? -1 : result;
	}
	if (result == -1)
		return -1;
	if (networks != NULL)
		test->count = sort_values(networks, count, sizeof(*networks), compare_networks);
	else
		conf_tests_set_patterns(test, list, count);
	return 0;
}

/* ---- the tests of all rules */

int conf_tests_add(struct conf_tests *tests, struct schema_reader *reader,
	const struct rules_test *test, uint32_t *index)
{
	if (tests->count == tests->room) {
		size_t room = tests->room == 0 ? 64 : 2 * tests->room;
		struct rules_test *list = realloc(tests->list, room * sizeof(*list));

		if (list == NULL) {
			reader->no_memory = true;
			return -1;
		}
		tests->list = list;
		tests->room = room;
	}
	*index = (uint32_t)tests->count;
	tests->list[tests->count++] = *test;
	return 0;
}

void conf_tests_end(struct conf_tests *tests)
{
	free(tests->list);
	*tests = (struct conf_tests){.list = NULL};
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By fact, then by name, as struct rules wants them; the rest brings equal ones together. */
static int compare_tests(const struct rules_test *x, const struct rules_test *y)
{
	int order = (int)x->fact - (int)y->fact;

	if (order == 0 && x->name != NULL)
		order = strcmp(x->name, y->name);
	if (order == 0)
		order = compare_numbers(x->size, y->size);
	if (order == 0)
		order = (int)x->is_true - (int)y->is_true;
	if (order == 0)
		order = compare_numbers(x->percent, y->percent);
	if (order == 0 && x->seed != y->seed)
		order = x->seed < y->seed ? -1 : 1;
	if (order == 0)
		order = compare_numbers(x->tag, y->tag);
	return order == 0 ? compare_values(x, y) : order;
}

/* Where a test of the list comes in their order. */
struct entry {
	const struct rules_test *test;
};

static int compare_entries(const void *a, const void *b)
{
	return compare_tests(((const struct entry *)a)->test, ((const struct entry *)b)->test);
}

static void find_ranges(struct rules *rules)
{
	for (uint32_t i = 0; i < rules->test_count; i++) {
		struct rules_range *range = &rules->facts[rules->tests[i].fact];

		if (range->count++ == 0)
			range->first = i;
	}
}

static void find_headers(struct schema_reader *reader, struct rules *rules)
{
	const struct rules_range *range = &rules->facts[RULES_HEADER];
	struct rules_header *headers = arena_take(reader->arena, range->count, sizeof(*headers));
	size_t count = 0;

	if (headers == NULL) {
		reader->no_memory = true;
		return;
	}
	for (uint32_t i = range->first; i < range->first + range->count; i++) {
		const char *name = rules->tests[i].name;

		if (count == 0 || strcmp(headers[count - 1].name, name) != 0) {
			struct rules_header *header = &headers[count++];

			header->name = name;
			header->length = strlen(name);
			header->tests.first = i;
		}
		headers[count - 1].tests.count++;
	}
	rules->headers = headers;
	rules->header_count = count;
}

/* The tests in their order to OUT; NUMBERS gets where each one of the list has come. */
static size_t sort_tests(const struct conf_tests *tests, struct entry *order,
	struct rules_test *out, uint32_t *numbers)
{
	size_t count = 0;

	for (size_t i = 0; i < tests->count; i++)
		order[i].test = &tests->list[i];
	qsort(order, tests->count, sizeof(*order), compare_entries);
	for (size_t i = 0; i < tests->count; i++) {
		if (count == 0 || compare_tests(&out[count - 1], order[i].test) != 0)
			out[count++] = *order[i].test;
		numbers[order[i].test - tests->list] = (uint32_t)(count - 1);
	}
	return count;
}

void conf_tests_finish(const struct conf_tests *tests, struct schema_reader *reader,
	struct rules_node *nodes, size_t node_count, struct rules *rules)
{
	struct entry *order = calloc(tests->count + 1, sizeof(*order));
	uint32_t *numbers = calloc(tests->count + 1, sizeof(*numbers));
	struct rules_test *out = arena_take(reader->arena, tests->count, sizeof(*out));

	if (order == NULL || numbers == NULL || out == NULL) {
		reader->no_memory = true;
		goto out;
	}
	rules->tests = out;
	rules->test_count = sort_tests(tests, order, out, numbers);
	for (size_t i = 0; i < node_count; i++)
		if (nodes[i].kind == RULES_TEST)
			nodes[i].test = numbers[nodes[i].test];
	find_ranges(rules);
	find_headers(reader, rules);
out:
	free(order);
	free(numbers);
}
