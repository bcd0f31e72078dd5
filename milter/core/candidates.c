/* candidates: the order in which a pool's hosts are tried for one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/candidates.h"
#include "core/quota.h"
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
	int weight = breaker_weight(
		input->health[host], input->policy[host], pool->hosts[host].weight, input->now);

	/* Those that have no part of theirs are only ever compared with each other. */
	return weight > 0 ? weight : pool->hosts[host].weight * BREAKER_WEIGHT_UNIT;
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

/* The operator has given it no part of its weight: it has no first turns where another host has. */
static bool is_spare(const struct candidates_input *input, int host)
{
	return health_percent(input->health[host], input->now) == 0;
}

/* ---- quotas */

static bool has_had_quota(const struct pool *pool, const struct health *const *health,
	const struct lane *const *lanes, int host, int64_t now)
{
	const struct quota_limits *limits = pool->hosts[host].limits;

	return limits != NULL && quota_is_full(&health[host]->quota, limits,
					 lanes == NULL ? 0 : lanes[host]->pending, now);
}

bool candidates_is_ready(const struct pool *pool, const struct health *const *health,
	const struct lane *const *lanes, int host, int64_t now)
{
	return health[host]->state == HEALTH_UP && !has_had_quota(pool, health, lanes, host, now);
}

/* Among which hosts it stands. Not its state: one that is up is spent as soon as its quota is full. */
static enum health_state standing_of(
	const struct pool *pool, const struct candidates_input *input, int host)
{
	enum health_state state = (enum health_state)input->health[host]->state;

	if (state == HEALTH_UP &&
		has_had_quota(pool, input->health, input->lanes, host, input->now))
		return HEALTH_SPENT;
	return state;
}

/* ---- tiers */

/* The hosts of one tier, in the order in which they come. */
enum { GROUP_READY, GROUP_BEHIND, GROUP_SPARE, GROUP_COUNT };

static int group_of(const struct candidates_input *input, int host)
{
	return is_spare(input, host)	? GROUP_SPARE
	       : is_behind(input, host) ? GROUP_BEHIND
					: GROUP_READY;
}

static void append_groups(const struct pool *pool, const struct candidates_input *input,
	const struct tier groups[GROUP_COUNT], struct pick_rotation *rotation,
	struct candidates *candidates)
{
	int first = candidates->count;

	for (int i = 0; i < GROUP_COUNT; i++) {
		if (groups[i].count == 0)
			continue;
		if (i == GROUP_SPARE && candidates->count > first)
			candidates->parted |= UINT64_C(1) << candidates->count;
		append_tier(pool, input, &groups[i], rotation, candidates);
		rotation = NULL;
	}
}

/* The tiers' hosts from FROM to before TO that are in STATE; both are where a tier begins. */
static void append_range(const struct pool *pool, const struct candidates_input *input,
	enum health_state state, int from, int to, struct pick_rotation *rotation,
	struct candidates *candidates)
{
	for (int i = from; i < to;) {
		struct tier groups[GROUP_COUNT] = {{.count = 0}};
		int before = candidates->count;
		int priority = pool->hosts[i].priority;

		for (; i < to && pool->hosts[i].priority == priority; i++) {
			struct tier *group = &groups[group_of(input, i)];

			if (standing_of(pool, input, i) == state)
				group->hosts[group->count++] = (uint8_t)i;
		}
		append_groups(pool, input, groups, rotation, candidates);
		if (candidates->count > before)
			rotation = NULL;
	}
}

/*
 * All tiers' hosts that are in STATE. Tiers that have none but spare ones come after the first that
 * has another.
 */
static void append_tiers(const struct pool *pool, const struct candidates_input *input,
	enum health_state state, struct pick_rotation *rotation, struct candidates *candidates)
{
	int count = pool->host_count;
	int from = 0, to, main = 0;

	while (main < count && (standing_of(pool, input, main) != state || is_spare(input, main)))
		main++;
	if (main == count) {
		append_range(pool, input, state, 0, count, rotation, candidates);
		return;
	}
	while (pool->hosts[from].priority != pool->hosts[main].priority)
		from++;
	for (to = main; to < count && pool->hosts[to].priority == pool->hosts[main].priority;)
		to++;
	append_range(pool, input, state, from, to, rotation, candidates);
	append_range(pool, input, state, 0, from, NULL, candidates);
	append_range(pool, input, state, to, count, NULL, candidates);
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

/* The best priority that has a host which is up, among the spare ones or the others; -1: none. */
static int best_up(const struct pool *pool, const struct candidates_input *input, bool spare)
{
	for (int i = 0; i < pool->host_count; i++)
		if (standing_of(pool, input, i) == HEALTH_UP && is_spare(input, i) == spare)
			return pool->hosts[i].priority;
	return -1;
}

/* The same for the host on trial whose message this is, unless one of a better priority is up. */
static int find_trial_among(
	const struct pool *pool, const struct candidates_input *input, int best, bool spare)
{
	for (int i = 0; i < pool->host_count; i++) {
		if (best != -1 && pool->hosts[i].priority > best)
			break;
		if (is_trial_of(input, i) &&
			!has_had_quota(pool, input->health, input->lanes, i, input->now) &&
			is_spare(input, i) == spare)
			return i;
	}
	return -1;
}

/* The host on trial whose message this is, or -1. */
static int find_trial(const struct pool *pool, const struct candidates_input *input)
{
	int best, trial;

	if (input->has_no_trial)
		return -1;
	best = best_up(pool, input, false);
	trial = find_trial_among(pool, input, best, false);
	if (trial != -1 || best != -1)
		return trial;
	return find_trial_among(pool, input, best_up(pool, input, true), true);
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
	candidates->parted = 0;
	candidates->is_trial = trial != -1;
	if (trial != -1) {
		candidates->hosts[candidates->count++] = (uint8_t)trial;
		unused = *rotation;
		rotation = &unused;
	}
	append_tiers(pool, input, HEALTH_UP, rotation, candidates);
	candidates->tiered = candidates->count;
	append_tiers(pool, input, HEALTH_SPENT, candidates->count > (trial != -1) ? NULL : rotation,
		candidates);
	if (candidates->tiered == (trial != -1))
		candidates->tiered = candidates->count;
	append_waiting(pool, input, trial, candidates);
	if (candidates->count > 0)
		return;
	append_tiers(pool, input, HEALTH_DRAINED, rotation, candidates);
	candidates->tiered = candidates->count;
}
