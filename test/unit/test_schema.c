/* test_schema: the manual page has every key, with its range and its default
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema_values.h"
#include "suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 200 };

/* The subsections of routes.cfg(5), by scope. */
static const char *const titles[SCHEMA_SCOPE_COUNT] = {
	[SCHEMA_TOP] = "The top of the file",
	[SCHEMA_HEALTH] = "Health",
	[SCHEMA_PROBE] = "Probes",
	[SCHEMA_RATE] = "Rate",
	[SCHEMA_POOL] = "Pools",
	[SCHEMA_HOST] = "Hosts",
	[SCHEMA_AUTH] = "Auth",
	[SCHEMA_QUOTA] = "Quota",
	[SCHEMA_TLS] = "TLS",
	[SCHEMA_ROUTE] = "Routes",
	[SCHEMA_CLASSIFY] = "Classify",
	[SCHEMA_RULE] = "Rules",
	[SCHEMA_WHEN] = "Conditions",
};

struct item {
	int scope; /* -1: under another title */
	char name[64];
	char text[1024]; /* the line after it */
};

static struct item items[ITEMS_MAX];
static int item_count;

static int scope_of(const char *title)
{
	for (int i = 0; i < SCHEMA_SCOPE_COUNT; i++)
		if (strcmp(titles[i], title) == 0)
			return i;
	return -1;
}

static void read_page(void)
{
	const char *top = getenv("srcdir");
	char path[PATH_MAX], line[1024], title[128];
	int scope = -1;
	bool is_behind_item = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/man/routes.cfg.5", top == NULL ? "." : top);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		struct item *item = &items[item_count];

		line[strcspn(line, "\n")] = '\0';
		if (is_behind_item)
			strcpy(items[item_count - 1].text, line);
		is_behind_item = false;
		if (sscanf(line, ".Ss %127[^\n]", title) == 1 ||
			sscanf(line, ".Sh %127[^\n]", title) == 1)
			scope = scope_of(title);
		if (sscanf(line, ".It Ic %63s", item->name) == 1) {
			item->scope = scope;
			is_behind_item = true;
			ck_assert_int_lt(++item_count, ITEMS_MAX);
		}
	}
	fclose(file);
}

static const struct item *find_item(const struct schema_key *key)
{
	for (int i = 0; i < item_count; i++)
		if (items[i].scope == (int)key->scope && strcmp(items[i].name, key->name) == 0)
			return &items[i];
	return NULL;
}

START_TEST(every_key_is_in_the_page)
{
	const struct schema_key *key;
	int count = 0;

	for (size_t i = 0; (key = schema_keys_at(i)) != NULL; i++, count++) {
		const struct item *item = find_item(key);
		char words[200], expected[256];

		ck_assert_msg(
			item != NULL, "%s is missing under \"%s\"", key->name, titles[key->scope]);
		schema_values_describe(key, words, sizeof(words));
		snprintf(expected, sizeof(expected), "(%s)", words);
		ck_assert_msg(strcmp(item->text, expected) == 0, "%s: \"%s\", not \"%s\"",
			key->name, item->text, expected);
	}
	ck_assert_int_gt(count, 30);
}
END_TEST

START_TEST(every_item_of_the_page_is_a_key)
{
	for (int i = 0; i < item_count; i++) {
		const struct schema_key *key;
		bool is_key = false;

		for (size_t k = 0; (key = schema_keys_at(k)) != NULL; k++)
			is_key |= find_item(key) == &items[i];
		ck_assert_msg(is_key, "%s is no key", items[i].name);
	}
	ck_assert_int_gt(item_count, 30);
}
END_TEST

static void forget_page(void)
{
	item_count = 0;
}

int main(void)
{
	const struct suite_test tests[] = {
		{every_key_is_in_the_page, 1}, {every_item_of_the_page_is_a_key, 1}};

	return suite_run_with("schema", tests, COUNT(tests), read_page, forget_page);
}
