/* state_slots: which slot of the state file belongs to whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state_slots.h"
#include "engine/state_map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who has which slot */

/* A load's keys and the slots in use, both in the order of their names. */
struct match {
	struct state *state;
	struct state_key **keys;
	size_t key_count;
	uint32_t *slots;
	size_t slot_count;
	bool *taken; /* for each slot of the file: it is a key's already */
};

static int compare_names(uint32_t type_a, int port_a, const char *key_a, uint32_t type_b,
	int port_b, const char *key_b)
{
	if (type_a != type_b)
		return type_a < type_b ? -1 : 1;
	if (port_a != port_b)
		return port_a < port_b ? -1 : 1;
	return strcmp(key_a, key_b);
}

static int compare_keys(const void *a, const void *b)
{
	const struct state_key *x = *(struct state_key *const *)a;
	const struct state_key *y = *(struct state_key *const *)b;

	return compare_names(x->type, x->port, x->key, y->type, y->port, y->key);
}

static int compare_slots(const void *a, const void *b, void *slots)
{
	const struct state_slot *all = slots;
	const struct state_slot *x = &all[*(const uint32_t *)a];
	const struct state_slot *y = &all[*(const uint32_t *)b];

	return compare_names(x->type, x->port, x->key, y->type, y->port, y->key);
}

static bool is_of(const struct state_slot *slot, const struct state_key *key)
{
	return slot->type == key->type && slot->port == key->port &&
	       strcmp(slot->key, key->key) == 0;
}

static void free_match(struct match *match)
{
	free(match->keys);
	free(match->slots);
	free(match->taken);
}

static int make_match(
	struct match *match, struct state *state, struct state_key *keys, size_t key_count)
{
	size_t count = state->slot_count;

	*match = (struct match){.state = state, .key_count = key_count};
	match->keys = calloc(key_count + 1, sizeof(struct state_key *));
	match->slots = calloc(count + 1, sizeof(*match->slots));
	match->taken = calloc(count + 1, sizeof(bool));
	if (match->keys == NULL || match->slots == NULL || match->taken == NULL) {
		free_match(match);
		return -1;
	}
	for (size_t i = 0; i < key_count; i++)
		match->keys[i] = &keys[i];
	for (size_t i = 0; i < count; i++)
		if (state->slots[i].type != 0)
			match->slots[match->slot_count++] = (uint32_t)i;
	qsort(match->keys, key_count, sizeof(struct state_key *), compare_keys);
	qsort_r(match->slots, match->slot_count, sizeof(*match->slots), compare_slots,
		state->slots);
	return 0;
}

/* Gives each key that has a slot that one, the others SIZE_MAX. Gives how many others there are. */
static size_t find_owned(struct match *match)
{
	size_t missing = 0;
	size_t at = 0;

	for (size_t i = 0; i < match->key_count; i++) {
		struct state_key *key = match->keys[i];
		const struct state_slot *slot = NULL;
		int order = -1;

		for (; at < match->slot_count && order < 0; at += order < 0) {
			slot = &match->state->slots[match->slots[at]];
			order = compare_names(
				slot->type, slot->port, slot->key, key->type, key->port, key->key);
		}
		key->slot = order == 0 ? match->slots[at] : SIZE_MAX;
		if (order == 0)
			match->taken[key->slot] = true;
		else
			missing++;
	}
	return missing;
}

/* ---- room */

static bool is_free(const struct match *match, size_t slot, int64_t now)
{
	const struct state_slot *at = &match->state->slots[slot];

	if (match->taken[slot])
		return false;
	return at->type == 0 || (at->left_at != 0 && now - at->left_at > STATE_KEEP_MS);
}

static int grow(struct state *state, size_t needed, struct state_report *report)
{
	size_t count = state->slot_count;
	size_t wanted = count + count / 2;

	if (needed > STATE_SLOTS_MAX) {
		snprintf(report->text, sizeof(report->text),
			"%s: more than %d pools and hosts in the last day", state->path,
			STATE_SLOTS_MAX - STATE_EVENT_SLOTS);
		return -1;
	}
	/* By halves again, so that adding pools one by one does not grow the file each time. */
	if (wanted > STATE_SLOTS_MAX)
		wanted = STATE_SLOTS_MAX;
	if (wanted > needed && state_map_reserve(state, wanted, report) == 0)
		return 0;
	return state_map_reserve(state, needed, report);
}

/* There is room for all. */
static void give_free(struct match *match, size_t old_count, int64_t now)
{
	size_t at = 0;

	for (size_t i = 0; i < match->key_count; i++) {
		if (match->keys[i]->slot != SIZE_MAX)
			continue;
		while (at < old_count && !is_free(match, at, now))
			at++;
		assert(at < match->state->slot_count);
		match->keys[i]->slot = at++;
	}
}

int state_slots_reserve(struct state *state, struct state_key *keys, size_t count, int64_t now,
	struct state_report *report)
{
	size_t old_count = state->slot_count;
	size_t missing, room = 0;
	struct match match;

	if (make_match(&match, state, keys, count) == -1) {
		snprintf(report->text, sizeof(report->text), "%s: out of memory", state->path);
		return -1;
	}
	missing = find_owned(&match);
	for (size_t i = 0; i < old_count; i++)
		room += is_free(&match, i, now);
	if (missing > room && grow(state, old_count + (missing - room), report) == -1) {
		free_match(&match);
		return -1;
	}
	give_free(&match, old_count, now);
	free_match(&match);
	return 0;
}

/* ---- change */

/* Its type comes last: a kill before that leaves a free slot, never half a one. */
static void begin_slot(struct state_slot *slot, const struct state_key *key, int64_t now)
{
	size_t length = strlen(key->key);

	assert(length > 0 && length < sizeof(slot->key));
	__atomic_store_n(&slot->type, 0, __ATOMIC_SEQ_CST);
	memset(slot, 0, sizeof(*slot));
	slot->port = key->port;
	memcpy(slot->key, key->key, length + 1);
	if (key->type == STATE_HOST)
		health_init(&slot->health, now);
	__atomic_store_n(&slot->type, key->type, __ATOMIC_RELEASE);
}

void state_slots_claim(struct state *state, const struct state_key *keys, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct state_slot *slot = state_slot(state, keys[i].slot);

		if (is_of(slot, &keys[i]))
			slot->left_at = 0;
		else
			begin_slot(slot, &keys[i], now);
	}
}

void state_slots_leave_others(struct state *state, const bool *used, int64_t now)
{
	for (size_t i = 0; i < state->slot_count; i++) {
		struct state_slot *slot = &state->slots[i];

		if (used[i])
			slot->left_at = 0;
		else if (slot->type != 0 && (slot->left_at == 0 || slot->left_at > now))
			slot->left_at = now; /* a clock that was set back keeps nothing for ever */
	}
}
