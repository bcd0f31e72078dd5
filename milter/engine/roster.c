/* roster: a route table bound to the slots of the state file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster.h"
#include "engine/roster_names.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building */

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	free(roster->pools);
	free(roster->hosts);
	free(roster->places);
	free(roster->health);
	free(roster->policy);
	free(roster->by_name);
	free(roster->by_key);
	free(roster->pool_of_slot);
	free(roster->used);
	free(roster);
}

static size_t count_places(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->pool_count; i++)
		count += (size_t)table->pools[i].host_count;
	return count;
}

static void *allocate(size_t count, size_t size)
{
	return calloc(count == 0 ? 1 : count, size);
}

static const struct pool_host *host_at(const struct table *table, struct roster_place place)
{
	return &table->pools[place.pool].hosts[place.host];
}

static int compare_places(const void *a, const void *b, void *context)
{
	const struct table *table = context;
	const struct roster_place *x = a;
	const struct roster_place *y = b;
	const struct pool_host *p = host_at(table, *x);
	const struct pool_host *q = host_at(table, *y);

	if (p->key != q->key)
		return p->key < q->key ? -1 : 1;
	if (p->port != q->port)
		return p->port - q->port;

	int names = strcmp(p->name, q->name);

	if (names != 0)
		return names;
	if (x->pool != y->pool)
		return x->pool < y->pool ? -1 : 1;
	return x->host < y->host ? -1 : x->host > y->host;
}

static int compare_hosts(const void *a, const void *b, void *context)
{
	const struct roster *roster = context;
	struct roster_place x = roster->places[((const struct roster_host *)a)->first_place];
	struct roster_place y = roster->places[((const struct roster_host *)b)->first_place];

	if (x.pool != y.pool)
		return x.pool < y.pool ? -1 : 1;
	return x.host < y.host ? -1 : x.host > y.host;
}

static bool same_host(const struct pool_host *a, const struct pool_host *b)
{
	return a->port == b->port && strcmp(a->name, b->name) == 0;
}

/* Sorts all places by host: the places of one host then lie side by side. */
static void collect_hosts(struct roster *roster, size_t place_count)
{
	const struct table *table = roster->table;
	size_t at = 0;

	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++)
			roster->places[at++] = (struct roster_place){(uint32_t)i, (uint32_t)k};
	qsort_r(roster->places, place_count, sizeof(*roster->places), compare_places,
		(void *)table);
	for (size_t i = 0; i < place_count; i++) {
		const struct pool_host *host = host_at(table, roster->places[i]);

		if (i > 0 && same_host(host_at(table, roster->places[i - 1]), host)) {
			roster->hosts[roster->host_count - 1].place_count++;
			continue;
		}
		roster->hosts[roster->host_count++] = (struct roster_host){
			.host = host,
			.first_place = i,
			.place_count = 1,
		};
	}
	qsort_r(roster->hosts, roster->host_count, sizeof(*roster->hosts), compare_hosts, roster);
}

static bool has_twins(const struct pool *pool)
{
	for (int i = 1; i < pool->host_count; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(pool->hosts[i].name, pool->hosts[k].name) == 0)
				return true;
	return false;
}

static void claim_hosts(struct roster *roster, struct state *state, int64_t now)
{
	for (size_t i = 0; i < roster->host_count; i++) {
		struct roster_host *host = &roster->hosts[i];
		size_t slot =
			state_claim(state, STATE_HOST, host->host->name, host->host->port, now);

		roster->used[slot] = true;
		host->health = &state_slot(state, slot)->health;
		host->pool = &roster->table->pools[roster->places[host->first_place].pool];
		for (size_t k = 0; k < host->place_count; k++) {
			struct roster_place place = roster->places[host->first_place + k];

			roster->pools[place.pool].health[place.host] = host->health;
			roster->pools[place.pool].policy[place.host] = &host->pool->policy;
		}
	}
}

static void claim_pools(struct roster *roster, struct state *state, int64_t now)
{
	for (size_t i = 0; i < roster->table->pool_count; i++) {
		struct roster_pool *pool = &roster->pools[i];

		pool->slot = state_claim(state, STATE_POOL, pool->pool->name, 0, now);
		pool->state = &state_slot(state, pool->slot)->pool;
		roster->used[pool->slot] = true;
		roster->pool_of_slot[pool->slot] = (uint32_t)i + 1;
	}
}

/* How many slots there are not yet: only those need room. */
static size_t count_missing(const struct roster *roster, struct state *state, int64_t now)
{
	size_t missing = 0;

	for (size_t i = 0; i < roster->table->pool_count; i++)
		missing += !state_has(state, STATE_POOL, roster->table->pools[i].name, 0, now);
	for (size_t i = 0; i < roster->host_count; i++)
		missing += !state_has(state, STATE_HOST, roster->hosts[i].host->name,
			roster->hosts[i].host->port, now);
	return missing;
}

struct roster *roster_new(
	const struct table *table, struct state *state, int64_t now, struct state_report *report)
{
	struct roster *roster = calloc(1, sizeof(*roster));
	size_t place_count = count_places(table);
	size_t at = 0;

	if (roster == NULL)
		goto no_memory;
	roster->table = table;
	roster->pools = allocate(table->pool_count, sizeof(*roster->pools));
	roster->hosts = allocate(place_count, sizeof(*roster->hosts));
	roster->places = allocate(place_count, sizeof(struct roster_place));
	roster->health = allocate(place_count, sizeof(struct health *));
	roster->policy = allocate(place_count, sizeof(struct breaker_policy *));
	roster->by_name = allocate(place_count, sizeof(*roster->by_name));
	roster->by_key = allocate(table->pool_count, sizeof(*roster->by_key));
	if (roster->pools == NULL || roster->hosts == NULL || roster->places == NULL ||
		roster->health == NULL || roster->policy == NULL || roster->by_name == NULL ||
		roster->by_key == NULL)
		goto no_memory;
	for (size_t i = 0; i < table->pool_count; i++) {
		roster->pools[i].pool = &table->pools[i];
		roster->pools[i].health = roster->health + at;
		roster->pools[i].policy = roster->policy + at;
		roster->pools[i].has_twins = has_twins(&table->pools[i]);
		at += (size_t)table->pools[i].host_count;
	}
	collect_hosts(roster, place_count);
	roster_names_sort(roster);
	if (state_reserve(state, count_missing(roster, state, now), now, report) == -1) {
		roster_free(roster);
		return NULL;
	}
	roster->slot_count = state_slot_count(state);
	roster->pool_of_slot = allocate(roster->slot_count, sizeof(uint32_t));
	roster->used = allocate(roster->slot_count, sizeof(bool));
	if (roster->pool_of_slot == NULL || roster->used == NULL)
		goto no_memory;
	claim_pools(roster, state, now);
	claim_hosts(roster, state, now);
	return roster;
no_memory:
	snprintf(report->text, sizeof(report->text), "out of memory");
	roster_free(roster);
	return NULL;
}

/* ---- places in the rotation */

static int find_member(const struct state_pool *state, uint64_t host)
{
	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		if (state->members[i].host == host)
			return i;
	return -1;
}

/* A place that is free, or whose host is not in the pool any more. */
static int free_member(const struct state_pool *state, const bool taken[POOL_HOSTS_MAX])
{
	int left = -1;

	for (int i = 0; i < POOL_HOSTS_MAX; i++) {
		if (state->members[i].host == 0)
			return i;
		if (!taken[i])
			left = i;
	}
	return left;
}

/*
 * Smooth weighted round robin lives on a credit that sums up to nothing. A host that left took its
 * own along: what is missing is spread, or it would add up over many changes of the pool.
 */
static void level_credit(struct roster_pool *pool)
{
	int bank = (int)(pool->state->turn & 1);
	int count = pool->pool->host_count;
	int32_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += pool->state->members[pool->members[i]].credit[bank];
	for (int i = 0; sum != 0 && i < count; i++) {
		int32_t part = sum / (count - i);

		pool->state->members[pool->members[i]].credit[bank] -= part;
		sum -= part;
	}
}

static void seat_pool(struct roster_pool *pool)
{
	struct state_pool *state = pool->state;
	bool taken[POOL_HOSTS_MAX] = {false};
	bool is_new[POOL_HOSTS_MAX] = {false};

	for (int i = 0; i < pool->pool->host_count; i++) {
		int member = find_member(state, pool->pool->hosts[i].key);

		is_new[i] = member == -1;
		if (member == -1)
			continue;
		pool->members[i] = (uint8_t)member;
		taken[member] = true;
	}
	for (int i = 0; i < pool->pool->host_count; i++) {
		if (!is_new[i])
			continue;

		int member = free_member(state, taken);

		assert(member != -1);
		state->members[member] = (struct state_member){.host = pool->pool->hosts[i].key};
		pool->members[i] = (uint8_t)member;
		taken[member] = true;
	}
	level_credit(pool);
}

void roster_seat(struct roster *roster)
{
	for (size_t i = 0; i < roster->table->pool_count; i++)
		seat_pool(&roster->pools[i]);
}

/* ---- use */

const struct roster_pool *roster_pool_of(const struct roster *roster, size_t slot)
{
	if (slot >= roster->slot_count || roster->pool_of_slot[slot] == 0)
		return NULL;
	return &roster->pools[roster->pool_of_slot[slot] - 1];
}

bool roster_has_usable(const struct roster_pool *pool)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (pool->health[i]->state == HEALTH_UP ||
			breaker_wants_message(pool->health[i], pool->policy[i]))
			return true;
	return false;
}

const struct roster_pool *roster_effective(
	const struct roster *roster, const struct roster_pool *pool)
{
	const struct roster_pool *at = pool;

	/* No circles: the configuration has none. */
	while (!roster_has_usable(at)) {
		if (at->pool->fallback == -1)
			return pool;
		at = &roster->pools[at->pool->fallback];
	}
	return at;
}

void roster_get_credit(const struct roster_pool *pool, int32_t credit[POOL_HOSTS_MAX])
{
	state_get_credit_of(pool->state, pool->members, pool->pool->host_count, credit);
}

bool roster_may_take(const struct roster *roster, const struct roster_pool *pool,
	const struct roster_pool *taker)
{
	while (pool != taker) {
		if (pool->pool->fallback == -1)
			return false;
		pool = &roster->pools[pool->pool->fallback];
	}
	return true;
}

int roster_place_of(const struct roster_pool *pool, uint64_t host)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (pool->pool->hosts[i].key == host)
			return i;
	return -1;
}

void roster_order(const struct roster_pool *pool, const struct roster_ask *ask, int64_t now,
	int32_t credit[POOL_HOSTS_MAX], struct candidates *candidates)
{
	struct candidates_input input = {
		.health = (const struct health *const *)pool->health,
		.policy = pool->policy,
		.now = now,
		.credit = credit,
		.turn = pool->state->turn,
		.key = ask->key,
		.start = ask->start,
		.from = ask->from,
		.recipient = ask->recipient,
		.has_no_trial = ask->has_no_trial,
	};

	roster_get_credit(pool, credit);
	candidates_order(pool->pool, &input, candidates);
}

void roster_take_turn(const struct roster_pool *pool, const int32_t credit[POOL_HOSTS_MAX],
	const struct candidates *candidates)
{
	struct state_pool *state = pool->state;
	int32_t members[POOL_HOSTS_MAX];

	state_get_credit(state, members);
	for (int i = 0; i < pool->pool->host_count; i++)
		members[pool->members[i]] = credit[i];
	for (int i = 0; i < candidates->count; i++)
		state->members[pool->members[candidates->hosts[i]]].listed++;
	state->members[pool->members[candidates->hosts[0]]].first++;
	state_put_credit(state, members);
}
