/* engine_plan: what would be chosen
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_PLAN_H
#define ENGINE_ENGINE_PLAN_H

#include "core/address.h"
#include "core/table.h"
#include "core/token.h"
#include "engine/engine.h"
#include "engine/simulation.h"
#include "engine/view.h"

/* For people who want to know: nothing advances. For the main thread. */

struct engine_plan {
	struct view_route route;
	char takes[POOL_KEY_MAX + 1]; /* the pool that takes it: its own, or a fallback */
	int candidate_count;
	struct view_host candidates[POOL_HOSTS_MAX];
	char nexthop[NEXTHOP_MAX];
	char token[TOKEN_NAME_MAX]; /* empty: no pool */
};

/* What the next message to that recipient would get, by its route. */
void engine_plan_route(struct engine *engine, const struct address *recipient, uint64_t sender_hash,
	struct engine_plan *plan);

/* The same, were it decided by that rule of those in force. */
void engine_plan_rule(struct engine *engine, size_t rule, const struct address *recipient,
	uint64_t sender_hash, struct engine_plan *plan);

/* Fills ROUTE; if it leads to a pool, also SIMULATION, to be run without the engine. */
void engine_plan_simulate(struct engine *engine, const struct address *recipient,
	struct view_route *route, struct simulation *simulation);

/* The same for a pool by its name. Gives 0, or -1 if there is none. */
int engine_plan_simulate_pool(struct engine *engine, const char *name, struct view_route *route,
	struct simulation *simulation);

#endif
