/* import_exim_excluded: domains that an Exim's routers leave to those after them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_exim_excluded.h"
#include "conf/arena.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ITEMS_MAX = 4096 };

struct item {
	const char *match;
	struct plan_place place;
	int router;
	bool is_taken; /* by a later router */
};

static bool is_within(const char *inner, const char *outer)
{
	size_t length = strlen(inner);
	size_t outer_length = strlen(outer);

	if (strcmp(outer, "ALL") == 0 || strcasecmp(inner, outer) == 0)
		return true;
	return *outer == '.' && length > outer_length &&
	       strcasecmp(inner + length - outer_length, outer) == 0;
}

void import_exim_excluded_add(
	struct import_exim_excluded *excluded, struct plan_place place, const char *match)
{
	struct item *item = arena_take(excluded->plan->arena, 1, sizeof(*item));

	if (excluded->list.count == ITEMS_MAX) {
		plan_fault(excluded->plan, place, "more than %d domains are excluded", ITEMS_MAX);
		return;
	}
	if (item == NULL || !plan_list_add(&excluded->list, item)) {
		excluded->plan->has_no_memory = true;
		return;
	}
	*item = (struct item){match, place, excluded->router, false};
}

/* This router, too, leaves it to others. */
static bool is_left_here(const struct import_exim_excluded *excluded, const char *match)
{
	for (size_t i = excluded->list.count; i-- > 0;) {
		const struct item *item = excluded->list.items[i];

		if (item->router != excluded->router)
			return false;
		if (is_within(match, item->match))
			return true;
	}
	return false;
}

bool import_exim_excluded_has(const struct import_exim_excluded *excluded, const char *match)
{
	for (size_t i = 0; i < excluded->list.count; i++) {
		const struct item *item = excluded->list.items[i];

		if (!item->is_taken && item->router != excluded->router &&
			is_within(match, item->match))
			return true;
	}
	return false;
}

bool import_exim_excluded_take(
	struct import_exim_excluded *excluded, const char *match, const struct plan_target *target)
{
	bool has_any = false;

	for (size_t i = 0; i < excluded->list.count; i++) {
		struct item *item = excluded->list.items[i];

		if (item->is_taken || item->router == excluded->router ||
			!is_within(item->match, match) || is_left_here(excluded, item->match))
			continue;
		item->is_taken = true;
		has_any = true;
		if (!plan_has_route(excluded->plan, item->match))
			plan_add_route(excluded->plan, item->place, item->match, target);
	}
	return has_any;
}

void import_exim_excluded_finish(struct import_exim_excluded *excluded)
{
	const struct plan_target dns = {.action = ACTION_DNS};

	for (size_t i = 0; i < excluded->list.count; i++) {
		const struct item *item = excluded->list.items[i];

		if (!item->is_taken && !plan_has_route(excluded->plan, item->match) &&
			plan_has_wider_route(excluded->plan, item->match))
			plan_add_route(excluded->plan, item->place, item->match, &dns);
	}
	free(excluded->list.items);
	excluded->list = (struct plan_list){.count = 0};
}
