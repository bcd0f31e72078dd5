/* conf_tests: the tests of all rules, each question once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_tests.h"
#include "conf/conf_values.h"

#include <stdlib.h>
#include <string.h>

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
static int compare(const struct rules_test *x, const struct rules_test *y)
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
	return order == 0 ? conf_values_compare(x, y) : order;
}

/* Where a test of the list comes in their order. */
struct place {
	const struct rules_test *test;
};

static int compare_places(const void *a, const void *b)
{
	return compare(((const struct place *)a)->test, ((const struct place *)b)->test);
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
static size_t sort(const struct conf_tests *tests, struct place *order, struct rules_test *out,
	uint32_t *numbers)
{
	size_t count = 0;

	for (size_t i = 0; i < tests->count; i++)
		order[i].test = &tests->list[i];
	qsort(order, tests->count, sizeof(*order), compare_places);
	for (size_t i = 0; i < tests->count; i++) {
		if (count == 0 || compare(&out[count - 1], order[i].test) != 0)
			out[count++] = *order[i].test;
		numbers[order[i].test - tests->list] = (uint32_t)(count - 1);
	}
	return count;
}

void conf_tests_finish(const struct conf_tests *tests, struct schema_reader *reader,
	struct rules_node *nodes, size_t node_count, struct rules *rules)
{
	struct place *order = calloc(tests->count + 1, sizeof(*order));
	uint32_t *numbers = calloc(tests->count + 1, sizeof(*numbers));
	struct rules_test *out = arena_take(reader->arena, tests->count, sizeof(*out));

	if (order == NULL || numbers == NULL || out == NULL) {
		reader->no_memory = true;
		goto out;
	}
	rules->tests = out;
	rules->test_count = sort(tests, order, out, numbers);
	for (size_t i = 0; i < node_count; i++)
		if (nodes[i].kind == RULES_TEST)
			nodes[i].test = numbers[nodes[i].test];
	find_ranges(rules);
	find_headers(reader, rules);
out:
	free(order);
	free(numbers);
}
