/* state_check: what a state file is worth
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state_check.h"
#include "core/endpoint.h"
#include "core/printable.h"
#include "engine/state_upgrade.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- notes */

void state_check_note(struct state_report *report, const char *format, ...)
{
	va_list arguments;

	if (report->repair_count++ >= STATE_REPAIRS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(report->repairs[report->repair_count - 1], sizeof(report->repairs[0]), format,
		arguments);
	va_end(arguments);
}

static void clear_slot(
	struct state_slot *slot, size_t index, const char *why, struct state_report *report)
{
	char key[STATE_KEY_MAX + 1];
	char name[96];

	memcpy(key, slot->key, sizeof(slot->key));
	key[sizeof(slot->key)] = '\0';
	state_check_note(report, "slot %zu (\"%s\", port %d) is cleared: %s", index,
		printable_copy(name, sizeof(name), key), slot->port, why);
	memset(slot, 0, sizeof(*slot));
}

/* ---- the whole file */

const char *state_check_header(const struct state_header *header, size_t size)
{
	struct state_header ours = {.pid = 0};

	state_map_begin(&ours);
	if (size < sizeof(*header))
		return "truncated";
	if (memcmp(header->magic, ours.magic, sizeof(ours.magic)) != 0)
		return "not a state file";
	if (state_upgrade_is_old(header))
		return NULL;
	if (header->version != ours.version || header->slot_size != ours.slot_size)
		return "of another version";
	return NULL;
}

void state_check_count(const struct state_header *header, size_t slots, struct state_report *report)
{
	if (header->slot_count > STATE_SLOTS_MAX)
		state_check_note(report,
			"its number of slots (%u) is out of range: by its size it has %zu",
			header->slot_count, slots);
	else if (header->slot_count > slots)
		state_check_note(report,
			"somebody has shortened it: of %u slots %zu are left, and kept",
			header->slot_count, slots);
}

/* ---- each slot */

static bool pool_valid(const struct state_pool *pool)
{
	/* Of the sum of all weights, and much more for files of older versions. */
	const int32_t most =
		16 * POOL_HOSTS_MAX * HOST_WEIGHT_MAX * BREAKER_WEIGHT_UNIT * BREAKER_WEIGHT_TIMES;

	for (int bank = 0; bank < 2; bank++) {
		if (pool->weight[bank] < 0 || pool->weight[bank] > most)
			return false;
		for (int i = 0; i < POOL_HOSTS_MAX; i++)
			if (pool->members[i].credit[bank] > most ||
				pool->members[i].credit[bank] < -most)
				return false;
	}
	return true;
}

/* Gives what is wrong with a slot, or NULL. */
static const char *fault_of(const struct state_slot *slot)
{
	if (slot->type == 0)
		return NULL;
	if (slot->type != STATE_POOL && slot->type != STATE_HOST && slot->type != STATE_EVENTS)
		return "it is of no known type";
	if (memchr(slot->key, '\0', sizeof(slot->key)) == NULL || slot->key[0] == '\0')
		return "it has no name";
	if (slot->left_at < 0 || slot->left_at > HEALTH_TIME_MAX)
		return "a time is out of range";
	if (slot->type == STATE_POOL)
		return slot->port == 0 && pool_valid(&slot->pool) ? NULL
								  : "a value is out of range";
	/* Each event is checked by itself. */
	if (slot->type == STATE_EVENTS)
		return slot->port > 0 && slot->port <= STATE_EVENT_SLOTS
			       ? NULL
			       : "a value is out of range";
	return slot->port >= (endpoint_is_unix(slot->key) ? 0 : 1) && slot->port <= 65535 &&
			       health_valid(&slot->health)
		       ? NULL
		       : "a value is out of range";
}

/* By name; of one name those that are in use first, then in the order of the file. */
static int compare(const void *a, const void *b, void *slots)
{
	const struct state_slot *all = slots;
	uint32_t i = *(const uint32_t *)a;
	uint32_t k = *(const uint32_t *)b;
	const struct state_slot *x = &all[i];
	const struct state_slot *y = &all[k];
	int keys = strcmp(x->key, y->key);

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (keys != 0)
		return keys;
	if ((x->left_at == 0) != (y->left_at == 0))
		return x->left_at == 0 ? -1 : 1;
	return i < k ? -1 : 1;
}

static void clear_twins(
	struct state_slot *slots, const uint32_t *order, size_t count, struct state_report *report)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		const struct state_slot *a = &slots[order[first]];
		struct state_slot *b = &slots[order[i]];

		if (a->type == b->type && a->port == b->port && strcmp(a->key, b->key) == 0)
			clear_slot(b, order[i], "another slot has that name", report);
		else
			first = i;
	}
}

int state_check_slots(struct state_slot *slots, size_t count, struct state_report *report)
{
	uint32_t *order = calloc(count + 1, sizeof(*order));
	size_t used = 0;

	if (order == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *fault = fault_of(&slots[i]);

		if (fault != NULL)
			clear_slot(&slots[i], i, fault, report);
		else if (slots[i].type != 0)
			order[used++] = (uint32_t)i;
	}
	qsort_r(order, used, sizeof(*order), compare, slots);
	clear_twins(slots, order, used, report);
	free(order);
	return 0;
}
