/* engine_view: the engine's views, under its lock
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_view.h"
#include "core/trial.h"
#include "engine/clock.h"
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
	probe->protocol = pool->protocol;
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

size_t engine_view_pending(struct engine *engine, size_t host, int64_t *since)
{
	size_t count;

	engine_self_lock(engine);
	count = pending_count(&engine->pending, engine->roster->hosts[host].host->key, clock_now());
	*since = engine->pending.since;
	engine_self_unlock(engine);
	return count;
}

static void count_states(const struct roster_pool *pool, struct engine_use *use)
{
	int64_t now = clock_now();
	bool has_best = false;
	int best = 0;

	for (int i = 0; i < pool->pool->host_count; i++) {
		int priority = pool->pool->hosts[i].priority;
		uint32_t state = pool->health[i]->state;

		use->up += state == HEALTH_UP;
		use->up_spare += state == HEALTH_UP && health_percent(pool->health[i], now) == 0;
		use->drained += state == HEALTH_DRAINED;
		use->spent += state == HEALTH_SPENT;
		use->deferred += state == HEALTH_DEFERRED || state == HEALTH_TRIAL;
		/* By rising priority. That others take over from a spent one is what a quota is for. */
		if (!has_best && state != HEALTH_DRAINED && state != HEALTH_SPENT) {
			has_best = true;
			best = priority;
		}
		use->best_tier_up += state == HEALTH_UP && priority == best;
	}
}

static bool has_up(const struct roster_pool *pool)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (pool->health[i]->state == HEALTH_UP)
			return true;
	return false;
}

/* The engine lock must be held. Gives the pool that has its mail. */
static const struct roster_pool *fill_use(
	const struct roster *roster, const struct roster_pool *pool, struct engine_use *use)
{
	const struct roster_pool *taker =
		roster_effective(roster, pool, trial_owner(0, TRIAL_MESSAGE), clock_now());

	*use = (struct engine_use){
		.all_deferred = pool->pool->all_deferred,
		.on_recovery = pool->pool->on_recovery,
	};
	count_states(pool, use);
	for (int at = pool->pool->fallback; at != -1 && !use->has_fallback;
		at = roster->pools[at].pool->fallback)
		use->has_fallback = has_up(&roster->pools[at]);
	view_copy_text(use->pool, sizeof(use->pool), pool->pool->name);
	view_copy_text(use->taker, sizeof(use->taker), taker->pool->name);
	return taker;
}

void engine_view_pool_use(struct engine *engine, size_t pool, struct engine_use *use)
{
	engine_self_lock(engine);
	fill_use(engine->roster, &engine->roster->pools[pool], use);
	engine_self_unlock(engine);
}

bool engine_view_use(struct engine *engine, size_t host, size_t place, struct engine_use *use)
{
	const struct roster *roster = engine->roster;
	const struct roster_host *of = &roster->hosts[host];
	const struct roster_pool *pool;

	if (place >= of->place_count)
		return false;
	pool = &roster->pools[roster->places[of->first_place + place].pool];
	engine_self_lock(engine);
	use->is_used =
		fill_use(roster, pool, use) == pool &&
		(of->health->state != HEALTH_DRAINED || use->drained == pool->pool->host_count);
	for (int i = 0; i < pool->pool->host_count; i++)
		use->up_planned += pool->health[i]->state == HEALTH_UP &&
				   health_plans_meet(of->health, pool->health[i]);
	engine_self_unlock(engine);
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

int engine_view_deferrals(struct engine *engine, struct deferral_group out[DEFERRAL_GROUPS])
{
	int count;

	engine_self_lock(engine);
	count = deferral_list(&engine->deferrals, out);
	engine_self_unlock(engine);
	return count;
}

uint64_t engine_view_deferral_changes(struct engine *engine)
{
	uint64_t changes;

	engine_self_lock(engine);
	changes = engine->deferrals.changes;
	engine_self_unlock(engine);
	return changes;
}
