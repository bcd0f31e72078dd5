/* route_diff_route: what has become of the routes, and whose mail goes elsewhere
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/route_diff_route.h"
#include "core/address.h"
#include "migrate/route_diff_pool.h"

#include <string.h>

const char *route_diff_route_does(
	struct route_diff *diff, const struct table *table, const struct route *route)
{
	const struct pool *pool;

	if (route == NULL)
		return "the MTA's own routing";
	if (route->action == ACTION_REJECT || route->action == ACTION_DEFER)
		return route_diff_text(diff, "action = \"%s\": %s %s %s",
			table_action_name(route->action), route->code, route->enhanced,
			route->text);
	if (route->action != ACTION_POOL)
		return route_diff_text(diff, "action = \"%s\"", table_action_name(route->action));
	pool = &table->pools[route->pool];
	/* The name of one in place is that of its route. */
	if (strchr(pool->name, ':') != NULL)
		return route_diff_text(diff, "hosts %s", route_diff_pool_hosts(diff, pool));
	return route_diff_text(diff, "pool %s (%s)", pool->name, route_diff_pool_hosts(diff, pool));
}

static bool same_pool(struct route_diff *diff, const struct pool *old, const struct pool *new)
{
	bool is_in_place = strchr(old->name, ':') != NULL && strchr(new->name, ':') != NULL;

	if (strcmp(old->name, new->name) == 0)
		return true;
	return is_in_place && route_diff_pool_same(diff, old, new);
}

bool route_diff_route_same(
	struct route_diff *diff, const struct route *old, const struct route *new)
{
	if (old == NULL || new == NULL)
		return old == new;
	if (old->action != new->action)
		return false;
	if (old->action == ACTION_POOL)
		return same_pool(diff, &diff->old->table.pools[old->pool],
			&diff->new->table.pools[new->pool]);
	if (old->action != ACTION_REJECT && old->action != ACTION_DEFER)
		return true;
	return strcmp(old->code, new->code) == 0 && strcmp(old->enhanced, new->enhanced) == 0 &&
	       strcmp(old->text, new->text) == 0;
}

static struct route_diff_side side_of(
	struct route_diff *diff, const struct table *table, const struct route *route)
{
	return (struct route_diff_side){
		.text = route_diff_route_does(diff, table, route),
		.match = route == NULL ? NULL : route->match,
		.file = route == NULL ? NULL : route->file,
		.line = route == NULL ? 0 : route->line,
	};
}

static bool has_match(const struct route *route, const char *match)
{
	return route != NULL && strcmp(route->match, match) == 0;
}

/* What each side does with the mail of MATCH, which one of them has. */
static void compare(struct route_diff *diff, const char *match, bool is_of_new)
{
	struct address address;
	const struct route *old, *new;
	struct route_diff_item *item;
	bool is_same;

	table_address_of(&address, match);
	old = table_lookup(&diff->old->table, &address);
	new = table_lookup(&diff->new->table, &address);
	/* That it is in both was seen from the old one. */
	if (is_of_new && has_match(old, match))
		return;
	is_same = route_diff_route_same(diff, old, new);
	if (is_same && has_match(old, match) && has_match(new, match))
		return;
	item = route_diff_add(diff, ROUTE_DIFF_ROUTE,
		!has_match(old, match)	 ? ROUTE_DIFF_ADDED
		: !has_match(new, match) ? ROUTE_DIFF_REMOVED
					 : ROUTE_DIFF_CHANGED,
		match);
	if (item == NULL)
		return;
	item->is_same_mail = is_same;
	item->old = side_of(diff, &diff->old->table, old);
	item->new = side_of(diff, &diff->new->table, new);
}

void route_diff_route_all(struct route_diff *diff)
{
	const struct table *old = &diff->old->table;
	const struct table *new = &diff->new->table;

	for (size_t i = 0; i < old->route_count; i++)
		compare(diff, old->routes[i].match, false);
	for (size_t i = 0; i < new->route_count; i++)
		compare(diff, new->routes[i].match, true);
}
