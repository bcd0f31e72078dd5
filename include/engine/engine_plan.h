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

struct engine_candidate {
	char pool[POOL_KEY_MAX + 1]; /* the one that takes it, or one that that falls back to */
	struct view_host host;
};

enum { ENGINE_PLAN_TRIALS_MAX = 16 };

struct engine_plan {
	struct view_route route;      /* for the caller to set */
	char takes[POOL_KEY_MAX + 1]; /* the pool that takes it: its own, or a fallback */
	int candidate_count;
	struct engine_candidate candidates[POOL_HOSTS_MAX];
	char nexthop[NEXTHOP_MAX];
	char token[TOKEN_NAME_MAX]; /* empty: no pool */
	/* Hosts on trial that choices for this message were given: there is one message for each. */
	uint64_t trials[ENGINE_PLAN_TRIALS_MAX];
	int trial_count;
};

/* A message begins. */
void engine_plan_begin(struct engine_plan *plan);

/* All but the route: no pool. */
void engine_plan_clear(struct engine_plan *plan);

/*
 * What engine_choose() would give now, and no turn is taken: CHOICE, and PLAN but for its route. Gives
 * what that does; without such a pool PLAN is clear.
 */
int engine_plan_choose(struct engine *engine, const struct engine_message *message,
	struct engine_plan *plan, struct engine_choice *choice);

/*
 * How the map will repeat CHOICE to that recipient: with the same host in front, the tiers after it
 * by the recipient. Changes the next hop of CHOICE, and PLAN.
 */
void engine_plan_repeat(struct engine *engine, uint64_t recipient_hash,
	struct engine_choice *choice, struct engine_plan *plan);

/*
 * Fills SIMULATION by the pool of that key, to be run without the engine. Gives 0, or -1 if there is
 * none.
 */
int engine_plan_simulate(struct engine *engine, uint64_t pool, struct simulation *simulation);

/* The same for a pool by its name; fills ROUTE as if one led there. */
int engine_plan_simulate_pool(struct engine *engine, const char *name, struct view_route *route,
	struct simulation *simulation);

#endif
