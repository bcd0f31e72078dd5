/* diff: what a configuration does in another way than the one before it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/diff.h"
#include "core/printable.h"
#include "core/rules.h"
#include "ctl/answer.h"
#include "ctl/local.h"
#include "migrate/route_diff.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

enum { SOURCE_MAX = 4096, SHOWN_MAX = 8 };

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static const char *source(const struct route_diff_side *side, char out[SOURCE_MAX])
{
	char text[SOURCE_MAX];

	snprintf(text, sizeof(text), "%s:%d", side->file, side->line);
	return printable_copy(out, SOURCE_MAX, text);
}

static size_t count_of(const struct route_diff *diff, enum route_diff_part part)
{
	size_t count = 0;

	for (size_t i = 0; i < diff->count; i++)
		count += diff->items[i].part == part;
	return count;
}

/* ---- whose mail a pool has */

/* Whether mail for POOL of that table may come to the one of that name: it is that, or falls back to it. */
static bool leads_to(const struct table *table, int pool, const char *name)
{
	for (; pool != -1; pool = table->pools[pool].fallback)
		if (strcmp(table->pools[pool].name, name) == 0)
			return true;
	return false;
}

/* The matches of routes that lead to a pool of that name, and "rule NAME" for rules. */
static json_t *touched(const struct table *table, const char *name)
{
	const struct rules *rules = table->rules;
	json_t *list = json_array();

	for (size_t i = 0; i < table->route_count; i++)
		if (table->routes[i].action == ACTION_POOL &&
			leads_to(table, table->routes[i].pool, name))
			json_array_append_new(list, json_string(table->routes[i].match));
	for (size_t i = 0; rules != NULL && i < rules->count; i++)
		if (rules->list[i].route.action == ACTION_POOL &&
			leads_to(table, rules->list[i].route.pool, name))
			json_array_append_new(list, json_sprintf("rule %s", rules->list[i].name));
	return list;
}

static json_t *touched_by(const struct route_diff *diff, const struct route_diff_item *item)
{
	const struct conf *conf =
		item->change == ROUTE_DIFF_REMOVED && item->what == NULL ? diff->old : diff->new;

	return touched(&conf->table, item->name);
}

static void print_touched(const struct route_diff *diff, const struct route_diff_item *item)
{
	json_t *list = touched_by(diff, item);
	size_t count = json_array_size(list);

	if (count == 0)
		printf("; no mail goes there");
	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		printf("%s%s", i == 0 ? "; mail of " : ", ",
			json_string_value(json_array_get(list, i)));
	if (count > SHOWN_MAX)
		printf(" and %zu more", count - SHOWN_MAX);
	json_decref(list);
}

/* ---- for people */

static void print_side(
	const struct route_diff_item *item, const struct route_diff_side *side, char mark)
{
	char text[SOURCE_MAX];

	if (side->text == NULL)
		return;
	printf("    %c ", mark);
	if (side->file != NULL)
		printf("%s: ", source(side, text));
	printf("%s", side->text);
	if (side->match != NULL && item->name != NULL && strcmp(side->match, item->name) != 0)
		printf(", by %s", side->match);
	printf("\n");
}

/* Whom a match is of, where that is not plain. */
static const char *whose(const char *match)
{
	if (match == NULL)
		return "";
	if (strcmp(match, "ALL") == 0)
		return ": every other recipient";
	return *match == '.' ? ": its subdomains" : "";
}

static void print_head(const struct route_diff *diff, const struct route_diff_item *item)
{
	static const char *const words[] = {"route", "pool", "rule", "setting"};

	if (item->name == NULL)
		printf("  %s %s", route_diff_change_name(item->change), item->what);
	else
		printf("  %s %s %s%s%s", route_diff_change_name(item->change), words[item->part],
			item->name, item->what == NULL ? "" : ": ",
			item->what == NULL ? "" : item->what);
	if (item->part == ROUTE_DIFF_ROUTE)
		printf("%s%s", whose(item->name),
			item->is_same_mail ? "; the same becomes of its mail as before" : "");
	else if (item->part == ROUTE_DIFF_POOL)
		print_touched(diff, item);
	printf("\n");
}

static void print_summary(const struct route_diff *diff, const char *const *paths)
{
	const struct table *table = &diff->new->table;
	size_t rules = table->rules == NULL ? 0 : table->rules->count;
	char old[SOURCE_MAX];
	char new[SOURCE_MAX];
	size_t counts[ROUTE_DIFF_PART_COUNT];

	printable_copy(old, sizeof(old), paths[0]);
	printable_copy(new, sizeof(new), paths[1]);
	if (diff->count == 0) {
		printf("%s and %s do the same: %zu route%s, %zu pool%s, %zu rule%s\n", old, new,
			table->route_count, plural(table->route_count), table->pool_count,
			plural(table->pool_count), rules, plural(rules));
		return;
	}
	for (int part = 0; part < ROUTE_DIFF_PART_COUNT; part++)
		counts[part] = count_of(diff, (enum route_diff_part)part);
	printf("%s => %s: differences in routes: %zu, pools: %zu, rules: %zu, settings: %zu\n", old,
		new, counts[ROUTE_DIFF_ROUTE], counts[ROUTE_DIFF_POOL], counts[ROUTE_DIFF_RULE],
		counts[ROUTE_DIFF_SETTING]);
}

static void print(const struct route_diff *diff, const char *const *paths)
{
	print_summary(diff, paths);
	for (size_t i = 0; i < diff->count; i++) {
		print_head(diff, &diff->items[i]);
		print_side(&diff->items[i], &diff->items[i].old, '-');
		print_side(&diff->items[i], &diff->items[i].new, '+');
	}
}

/* ---- for programs */

static json_t *side_object(const struct route_diff_side *side)
{
	char text[SOURCE_MAX];

	if (side->text == NULL)
		return json_null();
	return json_pack("{s:s, s:s?, s:s?}", "text", side->text, "match", side->match, "source",
		side->file == NULL ? NULL : source(side, text));
}

static json_t *item_object(const struct route_diff *diff, const struct route_diff_item *item)
{
	json_t *object =
		json_pack("{s:s, s:s?, s:o, s:o}", "change", route_diff_change_name(item->change),
			item->part == ROUTE_DIFF_ROUTE ? "match" : "name", item->name, "old",
			side_object(&item->old), "new", side_object(&item->new));

	if (item->part == ROUTE_DIFF_ROUTE)
		json_object_set_new(object, "same_mail", json_boolean(item->is_same_mail));
	if (item->part == ROUTE_DIFF_POOL || item->part == ROUTE_DIFF_RULE)
		json_object_set_new(
			object, "what", item->what == NULL ? json_null() : json_string(item->what));
	if (item->part == ROUTE_DIFF_POOL)
		json_object_set_new(object, "mail_of", touched_by(diff, item));
	return object;
}

static void print_json(const struct route_diff *diff)
{
	json_t *answer = json_pack("{s:b}", "same", diff->count == 0);

	for (int part = 0; part < ROUTE_DIFF_PART_COUNT; part++) {
		json_t *list = json_array();

		for (size_t i = 0; i < diff->count; i++)
			if (diff->items[i].part == (enum route_diff_part)part)
				json_array_append_new(list, item_object(diff, &diff->items[i]));
		json_object_set_new(answer, route_diff_part_name((enum route_diff_part)part), list);
	}
	answer_print(answer, JSON_INDENT(2));
	json_decref(answer);
}

/* ---- both */

static int compare(const struct verb_call *call, const struct conf *old, const struct conf *new)
{
	struct route_diff *diff = route_diff_new(old, new);
	int result;

	if (diff == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_USAGE;
	}
	result = diff->count == 0 ? CLIENT_DONE : CLIENT_NO;
	if (call->is_json)
		print_json(diff);
	else
		print(diff, call->arguments);
	route_diff_free(diff);
	return result;
}

int diff_run(const struct verb_call *call)
{
	/* The faults of both are of interest. */
	struct conf *old = local_load(call->arguments[0]);
	struct conf *new = local_load(call->arguments[1]);
	int result = CLIENT_USAGE;

	if (old != NULL && new != NULL)
		result = compare(call, old, new);
	conf_free(old);
	conf_free(new);
	return result;
}
