/* engine_view: the engine's views, under its lock
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_view.h"
#include "engine/engine_self.h"
#include "engine/roster.h"

#include <string.h>

enum { ROUTES_AT_ONCE = 1000 };

void engine_view_host(struct engine *engine, size_t host, struct view_host *view)
{
	engine_self_lock(engine);
	view_copy_host(view, engine->roster, host);
	engine_self_unlock(engine);
}

void engine_view_pool(struct engine *engine, size_t pool, struct view_pool *view)
{
	engine_self_lock(engine);
	view_copy_pool(view, engine->roster, pool);
	engine_self_unlock(engine);
}

void engine_view_pool_host(struct engine *engine, size_t pool, int host, struct view_host *view)
{
	engine_self_lock(engine);
	view_copy_pool_host(view, engine->roster, pool, host);
	engine_self_unlock(engine);
}

bool engine_view_probe(struct engine *engine, size_t host, struct engine_probe *probe)
{
	const struct roster_host *of = &engine->roster->hosts[host];
	const struct pool *pool = of->pool;

	/* Behind a name with MX records stand others. */
	if (pool->probe.interval == 0 || of->host->lookup == LOOKUP_MX)
		return false;
	probe->probe = pool->probe;
	probe->jitter = pool->policy.jitter;
	engine_view_host(engine, host, &probe->host);
	return true;
}

bool engine_view_place(
	struct engine *engine, size_t host, size_t place, char name[POOL_KEY_MAX + 1])
{
	const struct roster *roster = engine->roster;
	const struct roster_host *of = &roster->hosts[host];

	if (place >= of->place_count)
		return false;
	view_copy_text(name, POOL_KEY_MAX + 1,
		roster->pools[roster->places[of->first_place + place].pool].pool->name);
	return true;
}

size_t engine_view_route(
	struct engine *engine, size_t from, const char *part, struct view_route *view, bool *found)
{
	const struct table *table = engine->roster->table;
	size_t end = from + ROUTES_AT_ONCE;

	*found = false;
	engine_self_lock(engine);
	for (; from < table->route_count && from < end && !*found; from++) {
		if (strstr(table->routes[from].match, part) == NULL)
			continue;
		view_copy_route(view, engine->roster, &table->routes[from]);
		*found = true;
	}
	engine_self_unlock(engine);
	return from;
}
