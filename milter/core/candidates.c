/* candidates: the order in which a pool's hosts are tried for one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/candidates.h"
#include "core/trial.h"

#include <assert.h>

/* The hosts of one tier that may be tried. */
struct tier {
	int count;
	uint8_t hosts[POOL_HOSTS_MAX];
};

static int weight_of(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, int i)
{
	int host = tier->hosts[i];

	return breaker_weight(
		input->health[host], input->policy[host], pool->hosts[host].weight, input->now);
}

static int start_by_turn(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, struct pick_rotation *rotation)
{
	int weights[POOL_HOSTS_MAX];
	int32_t credits[POOL_HOSTS_MAX];
	int32_t sum = 0;

	for (int i = 0; i < tier->count; i++) {
		weights[i] = weight_of(pool, input, tier, i);
		sum += weights[i];
	}
	pick_rescale(rotation, sum, pool->host_count);
	for (int i = 0; i < tier->count; i++)
		credits[i] = rotation->credit[tier->hosts[i]];
	pick_level(credits, sum, tier->count);

	int start = pick_turn(weights, credits, tier->count);

	for (int i = 0; i < tier->count; i++)
		rotation->credit[tier->hosts[i]] = credits[i];
	return start;
}

/* Of the tier the hosts with the fewest attempts pending by their weight. */
static void find_idle(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, struct tier *idle)
{
	uint64_t least = 0;
	uint64_t least_weight = 1;

	idle->count = 0;
	for (int i = 0; i < tier->count; i++) {
		uint64_t pending = input->lanes[tier->hosts[i]]->pending;
		uint64_t weight = (uint64_t)weight_of(pool, input, tier, i);

		if (idle->count > 0 && pending * least_weight > least * weight)
			continue;
		if (idle->count > 0 && pending * least_weight < least * weight)
			idle->count = 0;
		least = pending;
		least_weight = weight;
		idle->hosts[idle->count++] = tier->hosts[i];
	}
}

/* Equals take turns. */
static int start_by_pending(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, struct pick_rotation *rotation)
{
	struct tier idle;
	int start;

	find_idle(pool, input, tier, &idle);
	start = idle.hosts[start_by_turn(pool, input, &idle, rotation)];
	for (int i = 0; i < tier->count; i++)
		if (tier->hosts[i] == start)
			return i;
	return 0;
}

static int start_by_hash(
	const struct pool *pool, const struct candidates_input *input, const struct tier *tier)
{
	int weights[POOL_HOSTS_MAX];
	uint64_t keys[POOL_HOSTS_MAX];

	for (int i = 0; i < tier->count; i++) {
		weights[i] = weight_of(pool, input, tier, i);
		keys[i] = pool->hosts[tier->hosts[i]].key;
	}
	return pick_hash(weights, keys, tier->count, input->key);
}

/* The host that was chosen before, or the one after it. */
static int start_from_host(
	const struct pool *pool, const struct candidates_input *input, const struct tier *tier)
{
	int i = 0;

	if (pool->hosts[input->from].priority != pool->hosts[tier->hosts[0]].priority)
		return start_by_hash(pool, input, tier);
	while (i < tier->count && tier->hosts[i] < input->from)
		i++;
	return i % tier->count;
}

/* Appends one tier, as a rotation. ROTATION is the memory of the first one; NULL for all others. */
static void append_tier(const struct pool *pool, const struct candidates_input *input,
	const struct tier *tier, struct pick_rotation *rotation, struct candidates *candidates)
{
	int start;

	if (input->start == CANDIDATES_FROM_HOST)
		start = start_from_host(pool, input, tier);
	else if (input->start == CANDIDATES_BY_KEY || pool->balance == BALANCE_HASH)
		start = start_by_hash(pool, input, tier);
	else if (rotation != NULL && pool->balance == BALANCE_LEAST_PENDING && input->lanes != NULL)
		start = start_by_pending(pool, input, tier, rotation);
	else if (rotation != NULL)
		start = start_by_turn(pool, input, tier, rotation);
	else
		start = (int)(input->turn % (uint64_t)tier->count);
	for (int i = 0; i < tier->count; i++)
		candidates->hosts[candidates->count++] = tier->hosts[(start + i) % tier->count];
}

static bool is_behind(const struct candidates_input *input, int host)
{
	return input->lanes != NULL && lane_is_behind(input->lanes[host], input->now);
}

/* Those tiers' hosts that are in STATE. */
static void append_tiers(const struct pool *pool, const struct candidates_input *input,
	enum health_state state, struct pick_rotation *rotation, struct candidates *candidates)
{
	for (int i = 0; i < pool->host_count;) {
		struct tier tier = {.count = 0};
		struct tier behind = {.count = 0};
		int priority = pool->hosts[i].priority;

		for (; i < pool->host_count && pool->hosts[i].priority == priority; i++) {
			struct tier *to = is_behind(input, i) ? &behind : &tier;

			if (input->health[i]->state == state)
				to->hosts[to->count++] = (uint8_t)i;
		}
		if (tier.count + behind.count == 0)
			continue;
		if (tier.count > 0)
			append_tier(pool, input, &tier, rotation, candidates);
		if (behind.count > 0)
			append_tier(
				pool, input, &behind, tier.count > 0 ? NULL : rotation, candidates);
		rotation = NULL;
	}
}

/* Whether this mail is the trial of that host: it may take it, or was given it before. */
static bool is_trial_of(const struct candidates_input *input, int host)
{
	const struct health *health = input->health[host];
	const struct breaker_policy *policy = input->policy[host];
	bool is_chosen = input->start == CANDIDATES_FROM_HOST && input->from == host;

	/* Nearly always; the rest is left to another module. */
	if (health->state != HEALTH_TRIAL)
		return false;
	return trial_may_have(health, policy, input->owner, input->now) ||
	       (is_chosen && trial_has_owner(health, policy));
}

/* The host on trial whose message this is, or -1. */
static int find_trial(const struct pool *pool, const struct candidates_input *input)
{
	int best = HOST_PRIORITY_MAX;

	if (input->has_no_trial)
		return -1;
	/* By rising priority: the first that is up has the best one. */
	for (int i = 0; i < pool->host_count && best == HOST_PRIORITY_MAX; i++)
		if (input->health[i]->state == HEALTH_UP)
			best = pool->hosts[i].priority;
	for (int i = 0; i < pool->host_count && pool->hosts[i].priority <= best; i++)
		if (is_trial_of(input, i))
			return i;
	return -1;
}

static bool is_waiting(const struct health *health)
{
	return health->state == HEALTH_TRIAL || health->state == HEALTH_DEFERRED;
}

/* By insertion: equal times keep the order of the pool. A trial has none, and so comes first. */
static void append_waiting(const struct pool *pool, const struct candidates_input *input, int trial,
	struct candidates *candidates)
{
	int first = candidates->count;

	for (int i = 0; i < pool->host_count; i++) {
		if (i == trial || !is_waiting(input->health[i]))
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
	int trial = find_trial(pool, input);
	struct pick_rotation unused;
	struct pick_rotation *rotation = input->rotation;

	assert(pool->host_count > 0 && pool->host_count <= POOL_HOSTS_MAX);
	candidates->count = 0;
	candidates->is_trial = trial != -1;
	if (trial != -1) {
		candidates->hosts[candidates->count++] = (uint8_t)trial;
		unused = *rotation;
		rotation = &unused;
	}
	append_tiers(pool, input, HEALTH_UP, rotation, candidates);
	candidates->tiered = candidates->count;
	append_waiting(pool, input, trial, candidates);
	if (candidates->count > 0)
		return;
	append_tiers(pool, input, HEALTH_DRAINED, rotation, candidates);
	candidates->tiered = candidates->count;
}
