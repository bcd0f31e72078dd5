/* selection: the pool that takes a message or a map's key, and the order of its hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/selection.h"
#include "core/breaker.h"

#include <stddef.h>

/* A host that was chosen before. */
struct chosen {
	const struct roster_pool *pool; /* NULL: there is none */
	int host;
};

/* Some host that may have the mail is on trial. */
static bool has_trial(const struct roster *roster, const struct roster_pool *pool)
{
	for (;;) {
		for (int i = 0; i < pool->pool->host_count; i++)
			if (pool->health[i]->state == HEALTH_TRIAL)
				return true;
		if (pool->pool->fallback == -1)
			return false;
		pool = &roster->pools[pool->pool->fallback];
	}
}

static struct chosen chosen_by_milter(const struct roster *roster, const struct replay *replay,
	const struct selection_ask *ask, int64_t now)
{
	struct chosen chosen = {.pool = NULL};
	const struct replay_choice *choice;
	const struct roster_pool *pool;

	/* A message takes a turn whatever was chosen before, unless that is a trial of its own. */
	if (ask->is_message && !has_trial(roster, ask->pool))
		return chosen;
	choice = replay_find(replay, ask->recipient, now);
	pool = choice == NULL ? NULL : roster_pool_of(roster, choice->pool);
	if (pool == NULL || !roster_may_take(roster, ask->pool, pool))
		return chosen;
	chosen.host = roster_place_of(pool, choice->host);
	if (chosen.host != -1)
		chosen.pool = pool;
	return chosen;
}

/* A token says the place in the pool that took the message, which now may be another one. */
static struct chosen chosen_by_token(
	const struct selection_ask *ask, const struct roster_pool *taker)
{
	int place = ask->position % ask->pool->pool->host_count;

	if (breaker_has_message(ask->pool->health[place], ask->pool->policy[place]))
		return (struct chosen){.pool = ask->pool, .host = place};
	return (struct chosen){.pool = taker, .host = ask->position % taker->pool->host_count};
}

/*
 * A host on trial goes on being tried by the mail that it was given to, although the pool may have no
 * usable host since.
 */
static bool is_tried_by(const struct chosen *chosen, const struct selection_ask *ask)
{
	const struct health *health = chosen->pool->health[chosen->host];

	if (!breaker_has_message(health, chosen->pool->policy[chosen->host]))
		return false;
	/* A message takes over what the map has given to its recipient, not another message's. */
	return !ask->is_message || health->trial_message == ask->recipient;
}

void selection_make(struct selection *selection, const struct roster *roster,
	const struct replay *replay, const struct selection_ask *ask, int64_t now)
{
	const struct roster_pool *taker = roster_effective(roster, ask->pool);
	struct chosen chosen = ask->is_token ? chosen_by_token(ask, taker)
					     : chosen_by_milter(roster, replay, ask, now);
	bool is_by_sender = taker->pool->hash_on == HASH_ON_SENDER && ask->is_message;
	struct roster_ask order = {
		.key = is_by_sender ? ask->sender : ask->recipient,
		.start = ask->is_message ? CANDIDATES_BY_TURN : CANDIDATES_BY_KEY,
		.recipient = ask->recipient,
		.has_no_trial = ask->has_no_trial,
	};
	int first;

	if (chosen.pool != NULL && is_tried_by(&chosen, ask))
		taker = chosen.pool;
	if (!ask->is_message && chosen.pool == taker) {
		order.start = CANDIDATES_FROM_HOST;
		order.from = chosen.host;
	}
	selection->pool = taker;
	roster_order(taker, &order, now, selection->credit, &selection->candidates);
	first = selection->candidates.hosts[0];
	selection->is_new_trial = selection->candidates.is_trial &&
				  breaker_wants_message(taker->health[first], taker->policy[first]);
}
