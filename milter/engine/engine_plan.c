/* engine_plan: what would be chosen
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_plan.h"
#include "core/nexthop.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster_names.h"
#include "engine/selection.h"

static void copy_plan(
	struct engine_plan *plan, const struct roster *roster, const struct selection *selection)
{
	const struct candidates *candidates = &selection->candidates;
	size_t index = (size_t)(selection->pool - roster->pools);

	view_copy_text(plan->takes, sizeof(plan->takes), selection->pool->pool->name);
	token_name(plan->token, plan->route.pool_name, candidates->hosts[0]);
	nexthop_list(plan->nexthop, sizeof(plan->nexthop), selection->pool->pool, candidates,
		roster->table->mta);
	for (int i = 0; i < candidates->count; i++)
		view_copy_pool_host(&plan->candidates[i], roster, index, candidates->hosts[i]);
	plan->candidate_count = candidates->count;
}

/* ROUTE may be NULL. The engine lock must be held. */
static void fill(struct engine *engine, const struct route *route, const struct address *recipient,
	uint64_t sender_hash, struct engine_plan *plan)
{
	struct selection_ask ask = {
		.recipient = recipient->hash,
		.sender = sender_hash,
		.is_message = true,
	};
	struct selection selection;

	plan->nexthop[0] = '\0';
	plan->token[0] = '\0';
	plan->takes[0] = '\0';
	plan->candidate_count = 0;
	view_copy_route(&plan->route, engine->roster, route);
	if (route == NULL || route->action != ACTION_POOL)
		return;
	ask.pool = &engine->roster->pools[route->pool];
	selection_make(&selection, engine->roster, &engine->replay, &ask, clock_now());
	copy_plan(plan, engine->roster, &selection);
}

void engine_plan_route(struct engine *engine, const struct address *recipient, uint64_t sender_hash,
	struct engine_plan *plan)
{
	engine_self_lock(engine);
	fill(engine, table_lookup(engine->roster->table, recipient), recipient, sender_hash, plan);
	engine_self_unlock(engine);
}

void engine_plan_rule(struct engine *engine, size_t rule, const struct address *recipient,
	uint64_t sender_hash, struct engine_plan *plan)
{
	engine_self_lock(engine);
	fill(engine, &engine->roster->table->rules->list[rule].route, recipient, sender_hash, plan);
	engine_self_unlock(engine);
}

/* The engine lock must be held. */
static void simulate(
	struct engine *engine, const struct roster_pool *pool, struct simulation *simulation)
{
	const struct roster_pool *taker = roster_effective(engine->roster, pool);

	simulation_copy(
		simulation, engine->roster, (size_t)(taker - engine->roster->pools), clock_now());
}

void engine_plan_simulate(struct engine *engine, const struct address *recipient,
	struct view_route *route, struct simulation *simulation)
{
	engine_self_lock(engine);

	const struct route *found = table_lookup(engine->roster->table, recipient);

	view_copy_route(route, engine->roster, found);
	if (found != NULL && found->action == ACTION_POOL)
		simulate(engine, &engine->roster->pools[found->pool], simulation);
	engine_self_unlock(engine);
}

int engine_plan_simulate_pool(struct engine *engine, const char *name, struct view_route *route,
	struct simulation *simulation)
{
	struct route to = {.match = "", .file = "", .action = ACTION_POOL};

	engine_self_lock(engine);

	const struct roster_pool *pool = roster_names_pool(engine->roster, table_pool_key(name));

	if (pool != NULL) {
		to.pool = (int)(pool - engine->roster->pools);
		to.file = pool->pool->file;
		to.line = pool->pool->line;
		view_copy_route(route, engine->roster, &to);
		simulate(engine, pool, simulation);
	}
	engine_self_unlock(engine);
	return pool == NULL ? -1 : 0;
}
