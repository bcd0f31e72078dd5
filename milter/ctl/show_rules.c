/* show_rules: rules, and what they do, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show_rules.h"
#include "core/printable.h"
#include "ctl/fields.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CELL_MAX = 1024 };

static bool is_word(const json_t *object, const char *name, const char *word)
{
	const char *text = fields_text(object, name);

	return text != NULL && strcmp(text, word) == 0;
}

/* ---- all of them */

/* Only those that there are. */
static void show_over_budget(const json_t *rules)
{
	size_t i;
	json_t *rule;

	json_array_foreach (rules, i, rule) {
		long long messages = fields_number(rule, "over_budget");

		if (messages > 0)
			printf("%s: cut short by the budget of %lld %s\n",
				fields_shown(rule, "name"), messages,
				messages == 1 ? "message" : "messages");
	}
}

void show_rules(const json_t *answer)
{
	struct columns *columns = columns_new("NAME|MODE|DOES|TAG|>HITS|LAST HIT|SOURCE");
	const json_t *patterns = json_object_get(answer, "patterns");
	long long count = fields_number(patterns, "count");
	long long compiled = fields_number(patterns, "compiled");
	long long over_limit = fields_number(patterns, "over_limit");
	size_t i;
	json_t *rule;

	json_array_foreach (json_object_get(answer, "rules"), i, rule) {
		fields_add_text(columns, rule, "name");
		fields_add_text(columns, rule, "mode");
		fields_add_text(columns, rule, "does");
		fields_add_text(columns, rule, "tag");
		fields_add_number(columns, rule, "hits");
		fields_add_time(columns, rule, "last_hit");
		fields_add_text(columns, rule, "source");
	}
	fields_print(columns, "");
	show_over_budget(json_object_get(answer, "rules"));
	if (compiled < count)
		printf("%lld of %lld patterns are interpreted: no JIT\n", count - compiled, count);
	if (over_limit > 0)
		printf("%lld of %lld patterns went over their match limit\n", over_limit, count);
}

/* ---- for one message */

/* What it does if it holds, else why it does not. */
static void add_outcome(struct columns *columns, const json_t *rule, const char *decides)
{
	const char *condition = fields_text(rule, "condition");
	const char *does = fields_text(rule, "does");
	const char *tag = fields_text(rule, "tag");
	bool is_shadow = is_word(rule, "mode", "shadow");
	char text[CELL_MAX];

	if (!is_word(rule, "result", "yes"))
		snprintf(text, sizeof(text), "%s%s", condition == NULL ? "-" : condition,
			is_word(rule, "result", "open") ? ": not given" : "");
	else
		snprintf(text, sizeof(text), "%s%s%s%s%s", is_shadow ? "shadow: " : "",
			does == NULL ? "-" : does, tag == NULL ? "" : ", tag ",
			tag == NULL ? "" : tag,
			decides != NULL && is_word(rule, "name", decides) ? "  <- decides" : "");
	columns_add(columns, text);
}

static void show_tags(const json_t *tags)
{
	size_t i;
	json_t *tag;

	if (json_array_size(tags) == 0)
		return;
	printf("tags      ");
	json_array_foreach (tags, i, tag) {
		char shown[CELL_MAX];

		printf("%s %s", i == 0 ? "" : ",",
			json_is_string(tag)
				? printable_copy(shown, sizeof(shown), json_string_value(tag))
				: "-");
	}
	printf("\n");
}

void show_rules_tried(const json_t *answer)
{
	const json_t *rules = json_object_get(answer, "rules");
	struct columns *columns;
	size_t i;
	json_t *rule;

	if (json_array_size(rules) == 0)
		return;
	printf("rules\n");
	columns = columns_new("RULE|SOURCE|RESULT|DOES, OR CONDITION");
	json_array_foreach (rules, i, rule) {
		fields_add_text(columns, rule, "name");
		fields_add_text(columns, rule, "source");
		fields_add_text(columns, rule, "result");
		add_outcome(columns, rule, fields_text(answer, "rule"));
	}
	fields_print(columns, "  ");
	if (json_is_true(json_object_get(answer, "over_budget")))
		printf("the message's budget was spent: what is left counts as no match\n");
	show_tags(json_object_get(answer, "tags"));
	printf("\n");
}

/* ---- for a mailbox */

static void add_share_of(struct columns *columns, const json_t *row)
{
	fields_add_share(columns, json_number_value(json_object_get(row, "share")));
}

static void show_pool(const json_t *pool)
{
	struct columns *columns = columns_new("HOST|>FIRST|>SHARE");
	size_t i;
	json_t *host;

	printf("pool %s: %lld messages\n", fields_shown(pool, "pool"),
		fields_number(pool, "messages"));
	json_array_foreach (json_object_get(pool, "hosts"), i, host) {
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "first");
		add_share_of(columns, host);
	}
	fields_print(columns, "  ");
}

void show_rules_spread(const json_t *answer)
{
	struct columns *columns = columns_new("RULE|ACTION|POOL|>MESSAGES|>RECIPIENTS|>SHARE");
	size_t i;
	json_t *row;

	printf("%lld messages, %lld skipped\n", fields_number(answer, "messages"),
		fields_number(answer, "skipped"));
	json_array_foreach (json_object_get(answer, "rules"), i, row) {
		if (fields_text(row, "rule") != NULL)
			fields_add_text(columns, row, "rule");
		else
			columns_add(columns,
				is_word(row, "action", "none") ? "(no route)" : "(routes)");
		fields_add_text(columns, row, "action");
		fields_add_text(columns, row, "pool");
		fields_add_number(columns, row, "messages");
		fields_add_number(columns, row, "recipients");
		add_share_of(columns, row);
	}
	fields_print(columns, "  ");
	json_array_foreach (json_object_get(answer, "pools"), i, row)
		show_pool(row);
}
