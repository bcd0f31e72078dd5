/* roster: a route table bound to the slots of the state file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster.h"
#include "core/hash.h"
#include "core/trial.h"
#include "engine/roster_label.h"
#include "engine/roster_names.h"
#include "engine/state_events.h"
#include "engine/state_slots.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building */

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	for (size_t i = 0; roster->hosts != NULL && i < roster->host_count; i++)
		free(roster->hosts[i].counts);
	free(roster->pools);
	free(roster->hosts);
	free(roster->places);
	free(roster->health);
	free(roster->policy);
	free(roster->lane_of_place);
	free(roster->lanes);
	free(roster->windows);
	free(roster->by_name);
	free(roster->by_key);
	free(roster->labelled);
	free(roster->used);
	free(roster->keys);
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

/* ---- maintenance */

/* Puts the windows at TO, or only counts them if it is NULL. */
static size_t put_windows(const struct maintenance *maintenance, struct daytime *to)
{
	if (to != NULL && maintenance->count > 0)
		memcpy(to, maintenance->windows, maintenance->count * sizeof(*to));
	return maintenance->count;
}

static size_t put_windows_of(
	const struct roster *roster, const struct roster_host *host, struct daytime *to)
{
	size_t count = 0;

	for (size_t i = 0; i < host->place_count; i++) {
		struct roster_place place = roster->places[host->first_place + i];
		const struct pool *pool = &roster->table->pools[place.pool];

		count += put_windows(&pool->maintenance, to == NULL ? NULL : to + count);
		count += put_windows(
			&pool->hosts[place.host].maintenance, to == NULL ? NULL : to + count);
	}
	return count;
}

static int collect_windows(struct roster *roster)
{
	size_t count = 0;

	for (size_t i = 0; i < roster->host_count; i++)
		count += put_windows_of(roster, &roster->hosts[i], NULL);
	roster->windows = allocate(count, sizeof(*roster->windows));
	if (roster->windows == NULL)
		return -1;
	count = 0;
	for (size_t i = 0; i < roster->host_count; i++) {
		struct roster_host *host = &roster->hosts[i];

		host->windows = roster->windows + count;
		host->window_count = put_windows_of(roster, host, roster->windows + count);
		count += host->window_count;
	}
	return 0;
}

static bool has_twins(const struct pool *pool)
{
	for (int i = 1; i < pool->host_count; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(pool->hosts[i].name, pool->hosts[k].name) == 0)
				return true;
	return false;
}

/* ---- slots */

/* What the table needs: its pools, then its hosts, then the events. NULL: out of memory. */
static struct state_key *list_keys(const struct roster *roster)
{
	size_t pools = roster->table->pool_count;
	size_t hosts = roster->host_count;
	struct state_key *keys = allocate(pools + hosts + STATE_EVENT_SLOTS, sizeof(*keys));

	if (keys == NULL)
		return NULL;
	for (size_t i = 0; i < pools; i++)
		keys[i] =
			(struct state_key){.type = STATE_POOL, .key = roster->table->pools[i].name};
	for (size_t i = 0; i < hosts; i++)
		keys[pools + i] = (struct state_key){
			.type = STATE_HOST,
			.key = roster->hosts[i].host->name,
			.port = roster->hosts[i].host->port,
		};
	for (size_t i = 0; i < STATE_EVENT_SLOTS; i++)
		keys[pools + hosts + i] = state_events_key(i);
	return keys;
}

static void bind_host(struct roster *roster, struct roster_host *host, struct health *health)
{
	host->health = health;
	host->pool = &roster->table->pools[roster->places[host->first_place].pool];
	host->lane = &roster->lanes[host - roster->hosts];
	lane_init(host->lane, host->pool->policy.silence, &host->pool->policy.rate);
	for (size_t k = 0; k < host->place_count; k++) {
		struct roster_place place = roster->places[host->first_place + k];

		roster->pools[place.pool].health[place.host] = health;
		roster->pools[place.pool].policy[place.host] = &host->pool->policy;
		roster->pools[place.pool].lanes[place.host] = host->lane;
	}
}

static int begin_counts(struct roster *roster)
{
	for (size_t i = 0; i < roster->host_count; i++) {
		roster->hosts[i].counts = malloc(sizeof(struct host_counts));
		if (roster->hosts[i].counts == NULL)
			return -1;
		host_counts_init(roster->hosts[i].counts);
	}
	return 0;
}

/* Claims the slots. All that can fail comes before the first of them changes. */
static int bind_slots(
	struct roster *roster, struct state *state, int64_t now, struct state_report *report)
{
	size_t pools = roster->table->pool_count;
	size_t hosts = roster->host_count;

	roster->key_count = pools + hosts + STATE_EVENT_SLOTS;
	roster->keys = list_keys(roster);
	if (roster->keys == NULL)
		goto no_memory;
	if (state_slots_reserve(state, roster->keys, roster->key_count, now, report) == -1)
		return -1;
	roster->used = allocate(state_slot_count(state), sizeof(bool));
	if (roster->used == NULL)
		goto no_memory;
	state_slots_claim(state, roster->keys, roster->key_count, now);
	for (size_t i = 0; i < roster->key_count; i++) {
		struct state_slot *slot = state_slot(state, roster->keys[i].slot);

		roster->used[roster->keys[i].slot] = true;
		if (i < pools)
			roster->pools[i].state = &slot->pool;
		else if (i < pools + hosts)
			bind_host(roster, &roster->hosts[i - pools], &slot->health);
	}
	return 0;
no_memory:
	snprintf(report->text, sizeof(report->text), "out of memory");
	return -1;
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
	roster->lane_of_place = allocate(place_count, sizeof(struct lane *));
	roster->lanes = allocate(place_count, sizeof(*roster->lanes));
	roster->by_name = allocate(place_count, sizeof(*roster->by_name));
	roster->by_key = allocate(table->pool_count, sizeof(*roster->by_key));
	roster->labelled = allocate(table->pool_count, sizeof(*roster->labelled));
	if (roster->pools == NULL || roster->hosts == NULL || roster->places == NULL ||
		roster->health == NULL || roster->policy == NULL || roster->by_name == NULL ||
		roster->by_key == NULL || roster->labelled == NULL ||
		roster->lane_of_place == NULL || roster->lanes == NULL)
		goto no_memory;
	for (size_t i = 0; i < table->pool_count; i++) {
		roster->pools[i].pool = &table->pools[i];
		roster->pools[i].key = table_pool_key(table->pools[i].name);
		roster->pools[i].health = roster->health + at;
		roster->pools[i].policy = roster->policy + at;
		roster->pools[i].lanes = roster->lane_of_place + at;
		roster->pools[i].has_twins = has_twins(&table->pools[i]);
		at += (size_t)table->pools[i].host_count;
	}
	collect_hosts(roster, place_count);
	roster_names_sort(roster);
	roster_label_all(roster);
	if (begin_counts(roster) == -1 || collect_windows(roster) == -1)
		goto no_memory;
	if (bind_slots(roster, state, now, report) == 0)
		return roster;
	roster_free(roster);
	return NULL;
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
 * What the rotation depends on: the hosts, their weights and priorities, in whatever order they are
 * written, and the method.
 */
static uint64_t shape_of(const struct pool *pool)
{
	uint64_t shape = hash_pair((uint64_t)pool->balance, (uint64_t)pool->host_count);

	for (int i = 0; i < pool->host_count; i++)
		shape += hash_pair(pool->hosts[i].key,
			(uint64_t)pool->hosts[i].weight << 32 | (uint64_t)pool->hosts[i].priority);
	return shape == 0 ? 1 : shape;
}

/* What was owed is owed by the old weights: with new ones all begin with the same. */
static void begin_rotation(struct state_pool *state)
{
	int bank = (int)(state->turn & 1);

	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		state->members[i].credit[bank] = 0;
	state->weight[bank] = 0;
}

static void seat_pool(struct roster_pool *pool)
{
	struct state_pool *state = pool->state;
	uint64_t shape = shape_of(pool->pool);
	bool taken[POOL_HOSTS_MAX] = {false};
	bool is_new[POOL_HOSTS_MAX] = {false};

	/* A kill in between has it begin once more. Of an older version's file it is not known. */
	if (state->shape != shape && state->shape != 0)
		begin_rotation(state);
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
	state->shape = shape;
}

void roster_seat(struct roster *roster)
{
	for (size_t i = 0; i < roster->table->pool_count; i++)
		seat_pool(&roster->pools[i]);
}

/* ---- use */

bool roster_has_usable(const struct roster_pool *pool)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (pool->health[i]->state == HEALTH_UP ||
			trial_wants_message(pool->health[i], pool->policy[i]))
			return true;
	return false;
}

static bool has_usable_for(const struct roster_pool *pool, uint64_t owner, int64_t now)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (candidates_is_ready(pool->pool, (const struct health *const *)pool->health,
			    (const struct lane *const *)pool->lanes, i, now) ||
			trial_may_have(pool->health[i], pool->policy[i], owner, now))
			return true;
	return false;
}

const struct roster_pool *roster_effective(
	const struct roster *roster, const struct roster_pool *pool, uint64_t owner, int64_t now)
{
	const struct roster_pool *at = pool;

	/* No circles: the configuration has none. */
	while (!has_usable_for(at, owner, now)) {
		if (at->pool->fallback == -1)
			return pool;
		at = &roster->pools[at->pool->fallback];
	}
	return at;
}

void roster_keep_event(
	const struct roster *roster, struct state *state, const struct event_entry *entry)
{
	size_t first = roster->key_count - STATE_EVENT_SLOTS;

	state_events_put(state, roster->keys[first + state_events_place(entry->id)].slot, entry);
}

void roster_get_rotation(const struct roster_pool *pool, struct pick_rotation *rotation)
{
	state_get_rotation_of(pool->state, pool->members, pool->pool->host_count, rotation);
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
	struct pick_rotation *rotation, struct candidates *candidates)
{
	struct candidates_input input = {
		.health = (const struct health *const *)pool->health,
		.policy = pool->policy,
		.lanes = (const struct lane *const *)pool->lanes,
		.now = now,
		.rotation = rotation,
		.turn = pool->state->turn,
		.key = ask->key,
		.start = ask->start,
		.from = ask->from,
		.owner = ask->owner,
		.has_no_trial = ask->has_no_trial,
	};

	roster_get_rotation(pool, rotation);
	candidates_order(pool->pool, &input, candidates);
}

void roster_take_turn(const struct roster_pool *pool, const struct pick_rotation *rotation,
	const struct candidates *candidates)
{
	struct state_pool *state = pool->state;
	struct pick_rotation members;

	state_get_rotation(state, &members);
	members.weight = rotation->weight;
	for (int i = 0; i < pool->pool->host_count; i++)
		members.credit[pool->members[i]] = rotation->credit[i];
	for (int i = 0; i < candidates->count; i++)
		state->members[pool->members[candidates->hosts[i]]].listed++;
	state->members[pool->members[candidates->hosts[0]]].first++;
	state_put_rotation(state, &members);
}
