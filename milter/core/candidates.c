/* candidates: the order in which a pool's hosts are tried for one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/candidates.h"
#include "core/pick.h"

#include <assert.h>
#include <stdbool.h>

/* The hosts of one tier that may be tried. */
struct tier {
	int count;
	uint8_t hosts[POOL_HOSTS_MAX];
};

static bool is_usable(uint32_t state)
{
	return state == HEALTH_UP || state == HEALTH_TRIAL;
}

static bool is_drained(uint32_t state)
{
	return state == HEALTH_DRAINED;
}

static int start_by_turn(const struct pool *pool, const struct tier *tier, int32_t *credit)
{
	int weights[POOL_HOSTS_MAX];
	int32_t credits[POOL_HOSTS_MAX];

	for (int i = 0; i < tier->count; i++) {
		weights[i] = pool->hosts[tier->hosts[i]].weight;
		credits[i] = credit[tier->hosts[i]];
	}

	int start = pick_turn(weights, credits, tier->count);

	for (int i = 0; i < tier->count; i++)
		credit[tier->hosts[i]] = credits[i];
	return start;
}

static int start_by_hash(const struct pool *pool, const struct tier *tier, uint64_t key)
{
	int weights[POOL_HOSTS_MAX];
	uint64_t keys[POOL_HOSTS_MAX];

	for (int i = 0; i < tier->count; i++) {
		weights[i] = pool->hosts[tier->hosts[i]].weight;
		keys[i] = pool->hosts[tier->hosts[i]].key;
	}
	return pick_hash(weights, keys, tier->count, key);
}

/* Appends one tier, as a rotation. */
static void append_tier(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, struct candidates *candidates)
{
	int start;

	if (tier->count == 0)
		return;
	if (pool->balance == BALANCE_HASH)
		start = start_by_hash(pool, tier, input->key);
	else if (candidates->count == 0)
		start = start_by_turn(pool, tier, input->credit);
	else
		start = (int)(input->turn % (uint64_t)tier->count);
	for (int i = 0; i < tier->count; i++)
		candidates->hosts[candidates->count++] = tier->hosts[(start + i) % tier->count];
}

static void append_tiers(const struct pool *pool, const struct candidates_input *input,
	bool (*is_wanted)(uint32_t state), struct candidates *candidates)
{
	for (int i = 0; i < pool->host_count;) {
		struct tier tier = {.count = 0};
		int priority = pool->hosts[i].priority;

		for (; i < pool->host_count && pool->hosts[i].priority == priority; i++)
			if (is_wanted(input->health[i]->state))
				tier.hosts[tier.count++] = (uint8_t)i;
		append_tier(pool, input, &tier, candidates);
	}
}

/* By insertion: equal times keep the order of the pool. */
static void append_deferred(const struct pool *pool, const struct candidates_input *input,
	struct candidates *candidates)
{
	int first = candidates->count;

	for (int i = 0; i < pool->host_count; i++) {
		if (input->health[i]->state != HEALTH_DEFERRED)
			continue;

		int at = candidates->count++;

		for (; at > first; at--) {
			uint8_t before = candidates->hosts[at - 1];

			if (input->health[before]->until <= input->health[i]->until)
				break;
			candidates->hosts[at] = before;
		}
		candidates->hosts[at] = (uint8_t)i;
	}
}

void candidates_order(const struct pool *pool, const struct candidates_input *input,
	struct candidates *candidates)
{
	assert(pool->host_count > 0 && pool->host_count <= POOL_HOSTS_MAX);
	candidates->count = 0;
	append_tiers(pool, input, is_usable, candidates);
	append_deferred(pool, input, candidates);
	if (candidates->count == 0)
		append_tiers(pool, input, is_drained, candidates);
}
