/* selection: the pool that takes a message or a map's key, and the order of its hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/selection.h"
#include "core/nexthop.h"
#include "core/trial.h"
#include "engine/roster_names.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* A host that was chosen before. */
struct chosen {
	const struct roster_pool *pool; /* NULL: there is none */
	int host;
	bool is_trial; /* it is on trial, and this is the mail that it was given to */
};

static struct chosen chosen_by_milter(const struct roster *roster, const struct replay *replay,
	const struct selection_ask *ask, int64_t now)
{
	struct chosen chosen = {.pool = NULL};
	const struct replay_choice *choice;
	const struct roster_pool *pool;

	/* A message takes a turn, whatever was chosen before. */
	if (ask->is_message)
		return chosen;
	choice = replay_find(replay, ask->recipient, now);
	pool = choice == NULL ? NULL : roster_names_pool(roster, choice->pool);
	if (pool == NULL || !roster_may_take(roster, ask->pool, pool))
		return chosen;
	chosen.host = roster_place_of(pool, choice->host);
	if (chosen.host == -1)
		return chosen;
	chosen.pool = pool;
	chosen.is_trial = trial_has_owner(pool->health[chosen.host], pool->policy[chosen.host]);
	return chosen;
}

/* The host waits for the mail that it was given to; or it would be given to OWNER. */
static bool is_given(const struct roster_pool *pool, int host, uint64_t owner, int64_t now)
{
	return trial_has_owner(pool->health[host], pool->policy[host]) ||
	       trial_may_have(pool->health[host], pool->policy[host], owner, now);
}

/*
 * A token says the place in the pool that took the message, which now may be another one. One that was
 * made for a trial says which: the others, made before or later, are not to take it.
 */
static struct chosen chosen_by_token(const struct roster *roster, const struct selection_ask *ask,
	const struct roster_pool *taker, int64_t now)
{
	const struct roster_pool *pool = ask->pool;
	int place = ask->position % POOL_HOSTS_MAX;
	int serial = ask->position / POOL_HOSTS_MAX;

	for (; serial != 0; pool = &roster->pools[pool->pool->fallback]) {
		if (place < pool->pool->host_count && is_given(pool, place, ask->owner, now) &&
			serial == trial_serial(pool->health[place]))
			return (struct chosen){.pool = pool, .host = place, .is_trial = true};
		if (pool->pool->fallback == -1)
			break;
	}
	return (struct chosen){.pool = taker, .host = place % taker->pool->host_count};
}

int selection_token_position(const struct selection *selection)
{
	int place = selection->candidates.hosts[0];

	if (!selection->candidates.is_trial)
		return place;
	return place + trial_serial(selection->pool->health[place]) * POOL_HOSTS_MAX;
}

static bool has_host(const struct selection *selection, const struct roster *roster, uint64_t key)
{
	for (int i = 0; i < selection->candidates.count; i++)
		if (selection->pool->pool->hosts[selection->candidates.hosts[i]].key == key)
			return true;
	for (int i = 0; i < selection->behind_count; i++) {
		const struct roster_place *place = &selection->behind[i];

		if (roster->pools[place->pool].pool->hosts[place->host].key == key)
			return true;
	}
	return false;
}

/*
 * The order is that of the pool that follows, begun by the first host of the list: as many lists as the
 * pool in front has rotations, and each is a queue of its own to Postfix.
 */
static void put_behind(struct selection *selection, const struct roster *roster,
	const struct roster_pool *pool, int64_t now)
{
	int first = selection->candidates.hosts[0];
	const struct roster_ask order = {
		.key = selection->pool->pool->hosts[first].key,
		.start = CANDIDATES_BY_KEY,
		.has_no_trial = true,
	};
	struct pick_rotation unused;
	struct candidates candidates;

	roster_order(pool, &order, now, &unused, &candidates);
	for (int i = 0; i < candidates.count; i++) {
		int host = candidates.hosts[i];
		int count = selection->candidates.count + selection->behind_count;

		if (count == POOL_HOSTS_MAX || pool->health[host]->state == HEALTH_DRAINED ||
			has_host(selection, roster, pool->pool->hosts[host].key))
			continue;
		selection->behind[selection->behind_count++] = (struct roster_place){
			.pool = (uint32_t)(pool - roster->pools), .host = (uint32_t)host};
	}
}

static void put_fallbacks_behind(
	struct selection *selection, const struct roster *roster, int64_t now)
{
	const struct roster_pool *pool = selection->pool;

	selection->behind_count = 0;
	/* Sendmail queries again whenever it delivers. */
	if (roster->table->mta != TABLE_POSTFIX || nexthop_is_alone(pool->pool))
		return;
	while (pool->pool->fallback != -1) {
		pool = &roster->pools[pool->pool->fallback];
		if (strcmp(pool->pool->transport, selection->pool->pool->transport) == 0 &&
			!nexthop_is_alone(pool->pool))
			put_behind(selection, roster, pool, now);
	}
}

void selection_make(struct selection *selection, const struct roster *roster,
	const struct replay *replay, const struct selection_ask *ask, int64_t now)
{
	const struct roster_pool *taker = roster_effective(roster, ask->pool, ask->owner, now);
	struct chosen chosen = ask->is_token ? chosen_by_token(roster, ask, taker, now)
					     : chosen_by_milter(roster, replay, ask, now);
	bool is_by_sender = taker->pool->hash_on == HASH_ON_SENDER && ask->is_message;
	struct roster_ask order = {
		.key = is_by_sender ? ask->sender : ask->recipient,
		.start = ask->is_message ? CANDIDATES_BY_TURN : CANDIDATES_BY_KEY,
		.owner = ask->owner,
		.has_no_trial = ask->has_no_trial || (ask->is_token && !chosen.is_trial),
	};

	/* It goes on being tried by that mail, although the pool may have no usable host since. */
	if (chosen.is_trial)
		taker = chosen.pool;
	if (!ask->is_message && chosen.pool == taker) {
		order.start = CANDIDATES_FROM_HOST;
		order.from = chosen.host;
	}
	selection->pool = taker;
	roster_order(taker, &order, now, &selection->rotation, &selection->candidates);
	put_fallbacks_behind(selection, roster, now);
}

void selection_nexthop(
	const struct selection *selection, const struct roster *roster, char out[NEXTHOP_MAX])
{
	int length = nexthop_list(out, NEXTHOP_MAX, selection->pool->pool, &selection->candidates,
		roster->table->mta);

	for (int i = 0; i < selection->behind_count; i++) {
		const struct roster_place *place = &selection->behind[i];

		length = nexthop_append(out, NEXTHOP_MAX, length,
			roster->pools[place->pool].pool->hosts[place->host].nexthop);
	}
	assert(length > 0);
}
