/* import_exim_list: lists of an Exim configuration, and lists of domains by name
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_exim_list.h"
#include "conf/arena.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, STEPS_MAX = 100000 };

/* ---- items */

char import_exim_list_separator(struct span *list)
{
	char separator = ':';

	if (span_starts(*list, "<") && list->length > 1 &&
		strchr("abcdefghijklmnopqrstuvwxyz0123456789 ", list->at[1]) == NULL) {
		separator = list->at[1];
		span_skip(list, 2);
	}
	return separator;
}

bool import_exim_list_item(struct span *list, char separator, char out[WORD_MAX])
{
	size_t length = 0;
	bool is_inside = false;

	if (list->length == 0)
		return false;
	while (list->length > 0) {
		char octet = *list->at;

		span_skip(list, 1);
		is_inside = octet == '[' || (is_inside && octet != ']');
		if (octet == separator && !is_inside) {
			if (list->length == 0 || *list->at != separator)
				break;
			span_skip(list, 1);
		}
		if (length + 1 < WORD_MAX)
			out[length++] = octet;
	}
	out[length] = '\0';
	return true;
}

struct span import_exim_list_unquote(struct span text)
{
	text = span_trim(text);
	if (text.length > 1 && span_starts(text, "\"") && span_ends(text, "\"")) {
		span_skip(&text, 1);
		text.length--;
	}
	return span_trim(text);
}

/* ---- lists by name */

static const struct import_exim_named *find(const struct import_exim_lists *lists, struct span name)
{
	for (size_t i = 0; i < lists->named.count; i++) {
		const struct import_exim_named *named = lists->named.items[i];

		if (named->name.length == name.length &&
			memcmp(named->name.at, name.at, name.length) == 0)
			return named;
	}
	return NULL;
}

void import_exim_list_take(struct import_exim_lists *lists, struct span line)
{
	struct span name;
	struct import_exim_named *named;
	bool is_list;

	span_take(&line, "hide ");
	is_list = span_take(&line, "domainlist ");
	if (!span_take_until(&line, "=", &name))
		return;
	name = span_trim(name);
	if (!is_list) {
		if (span_is(name, "primary_hostname"))
			lists->primary = import_exim_list_unquote(line);
		return;
	}
	named = arena_take(lists->plan->arena, 1, sizeof(*named));
	if (named == NULL || !plan_list_add(&lists->named, named)) {
		lists->plan->has_no_memory = true;
		return;
	}
	*named = (struct import_exim_named){name, import_exim_list_unquote(line)};
}

void import_exim_list_free(struct import_exim_lists *lists)
{
	free(lists->named.items);
	lists->named = (struct plan_list){.count = 0};
}

/* ---- their patterns */

static bool has_negation(struct span list)
{
	char separator = import_exim_list_separator(&list);
	char item[WORD_MAX];

	while (import_exim_list_item(&list, separator, item))
		if (span_starts(span_trim(span_make(item, strlen(item))), "!"))
			return true;
	return false;
}

static void add(struct import_exim_lists *lists, struct span text, bool is_excluded,
	struct plan_list *patterns)
{
	struct import_exim_pattern *pattern;

	pattern = arena_take(lists->plan->arena, 1, sizeof(*pattern));
	if (pattern == NULL || !plan_list_add(patterns, pattern)) {
		lists->plan->has_no_memory = true;
		return;
	}
	if (span_is(text, "@") && lists->primary.length > 0)
		text = lists->primary;
	*pattern = (struct import_exim_pattern){
		span_make(plan_keep(lists->plan, text), text.length), is_excluded};
}

static void expand(struct import_exim_lists *lists, struct span list, bool is_excluded, int depth,
	struct plan_list *patterns)
{
	char separator = import_exim_list_separator(&list);
	char item[WORD_MAX];

	if (++lists->steps >= STEPS_MAX && lists->steps <= STEPS_MAX + 1)
		plan_fault(lists->plan, lists->place, "lists in lists have too many domains");
	while (lists->steps < STEPS_MAX && import_exim_list_item(&list, separator, item)) {
		struct span text = span_trim(span_make(item, strlen(item)));
		bool is_negated = span_take(&text, "!");
		struct span name;
		const struct import_exim_named *named = NULL;

		text = span_trim(text);
		lists->steps++;
		name = text;
		if (span_take(&name, "+"))
			named = find(lists, name);
		if (named != NULL && depth < DEPTH_MAX && !has_negation(named->value) &&
			span_find(named->value, "$") == NULL)
			expand(lists, named->value, is_excluded != is_negated, depth + 1, patterns);
		else if (text.length > 0)
			add(lists, text, is_excluded != is_negated, patterns);
	}
}

void import_exim_list_expand(
	struct import_exim_lists *lists, struct span list, struct plan_list *patterns)
{
	lists->steps = 0;
	expand(lists, import_exim_list_unquote(list), false, 0, patterns);
}
