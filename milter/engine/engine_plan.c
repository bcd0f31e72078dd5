/* engine_plan: what would be chosen
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_plan.h"
#include "core/trial.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster_names.h"
#include "engine/selection.h"

static void copy_candidate(
	struct engine_plan *plan, const struct roster *roster, size_t pool, int host)
{
	struct engine_candidate *candidate = &plan->candidates[plan->candidate_count++];

	view_copy_text(candidate->pool, sizeof(candidate->pool), roster->pools[pool].pool->name);
	view_copy_pool_host(&candidate->host, roster, pool, host);
}

void engine_plan_begin(struct engine_plan *plan)
{
	engine_plan_clear(plan);
	plan->trial_count = 0;
}

void engine_plan_clear(struct engine_plan *plan)
{
	plan->nexthop[0] = '\0';
	plan->token[0] = '\0';
	plan->takes[0] = '\0';
	plan->candidate_count = 0;
}

static void copy_plan(struct engine_plan *plan, const struct roster *roster,
	const struct roster_pool *asked, const struct selection *selection)
{
	const struct candidates *candidates = &selection->candidates;
	size_t index = (size_t)(selection->pool - roster->pools);

	view_copy_text(plan->takes, sizeof(plan->takes), selection->pool->pool->name);
	token_name(plan->token, asked->pool->name, selection_token_position(selection));
	selection_nexthop(selection, roster, plan->nexthop);
	plan->candidate_count = 0;
	for (int i = 0; i < candidates->count; i++)
		copy_candidate(plan, roster, index, candidates->hosts[i]);
	for (int i = 0; i < selection->behind_count; i++)
		copy_candidate(
			plan, roster, selection->behind[i].pool, (int)selection->behind[i].host);
}

static bool was_given(const struct engine_plan *plan, uint64_t host)
{
	for (int i = 0; i < plan->trial_count; i++)
		if (plan->trials[i] == host)
			return true;
	return false;
}

/* A trial that this message was given before is no other recipient's. The engine lock must be held. */
static void choose(struct engine *engine, struct selection_ask *ask, struct engine_plan *plan,
	struct selection *selection)
{
	const struct candidates *candidates = &selection->candidates;
	int64_t now = clock_now();
	uint64_t first;

	selection_make(selection, engine->roster, &engine->replay, ask, now);
	if (!candidates->is_trial)
		return;
	first = selection->pool->pool->hosts[candidates->hosts[0]].key;
	ask->has_no_trial = was_given(plan, first);
	if (ask->has_no_trial)
		selection_make(selection, engine->roster, &engine->replay, ask, now);
	else if (plan->trial_count < ENGINE_PLAN_TRIALS_MAX)
		plan->trials[plan->trial_count++] = first;
}

int engine_plan_choose(struct engine *engine, const struct engine_message *message,
	struct engine_plan *plan, struct engine_choice *choice)
{
	struct selection_ask ask = {
		.recipient = message->recipient_hash,
		.sender = message->sender_hash,
		.is_message = true,
		.owner = trial_owner(message->recipient_hash, TRIAL_MESSAGE),
	};
	struct selection selection;

	engine_plan_clear(plan);
	engine_self_lock(engine);
	ask.pool = roster_names_pool(engine->roster, message->pool);
	if (ask.pool != NULL) {
		choice->at = clock_now();
		choose(engine, &ask, plan, &selection);
		copy_plan(plan, engine->roster, ask.pool, &selection);
		choice->taker = selection.pool->key;
		choice->host = selection.pool->pool->hosts[selection.candidates.hosts[0]].key;
		view_copy_text(choice->pool, sizeof(choice->pool), plan->takes);
		view_copy_text(choice->token, sizeof(choice->token), plan->token);
		view_copy_text(choice->nexthop, sizeof(choice->nexthop), plan->nexthop);
	}
	engine_self_unlock(engine);
	return ask.pool == NULL ? -1 : 0;
}

void engine_plan_repeat(struct engine *engine, uint64_t recipient_hash,
	struct engine_choice *choice, struct engine_plan *plan)
{
	struct selection_ask ask = {
		.recipient = recipient_hash,
		.is_token = true,
		.has_no_trial = !was_given(plan, choice->host),
	};
	struct selection selection;

	engine_self_lock(engine);
	ask.pool = roster_names_pool(engine->roster, choice->taker);
	ask.position = ask.pool == NULL ? -1 : roster_place_of(ask.pool, choice->host);
	if (ask.position >= 0) {
		/* As for a token: from that host on. */
		selection_make(&selection, engine->roster, &engine->replay, &ask, clock_now());
		copy_plan(plan, engine->roster, ask.pool, &selection);
		view_copy_text(choice->nexthop, sizeof(choice->nexthop), plan->nexthop);
	}
	engine_self_unlock(engine);
}

/* The engine lock must be held. */
static void simulate(
	struct engine *engine, const struct roster_pool *pool, struct simulation *simulation)
{
	int64_t now = clock_now();
	const struct roster_pool *taker =
		roster_effective(engine->roster, pool, trial_owner(0, TRIAL_MESSAGE), now);

	simulation_copy(simulation, engine->roster, (size_t)(taker - engine->roster->pools), now);
}

int engine_plan_simulate(struct engine *engine, uint64_t pool, struct simulation *simulation)
{
	const struct roster_pool *found;

	engine_self_lock(engine);
	found = roster_names_pool(engine->roster, pool);
	if (found != NULL)
		simulate(engine, found, simulation);
	engine_self_unlock(engine);
	return found == NULL ? -1 : 0;
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
