/* probe_agenda: which host is to be probed when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/probe_agenda.h"

#include <stdlib.h>

enum { SIZE_LEAST = 64 };

/* Open addressing, linear probing, at most half full. Keys are hashes already. */
struct probe_agenda {
	struct probe_entry *entries;
	size_t size; /* a power of two */
	size_t count;
};

static struct probe_entry *place_of(const struct probe_agenda *agenda, uint64_t key)
{
	size_t at = (size_t)key & (agenda->size - 1);

	while (agenda->entries[at].is_used && agenda->entries[at].key != key)
		at = (at + 1) & (agenda->size - 1);
	return &agenda->entries[at];
}

/* Moves the entries that are not older than that pass into a table of that size. */
static int rebuild(struct probe_agenda *agenda, size_t size, uint32_t oldest)
{
	struct probe_agenda next = {.size = size};

	next.entries = calloc(size, sizeof(*next.entries));
	if (next.entries == NULL)
		return -1;
	for (size_t i = 0; i < agenda->size; i++) {
		const struct probe_entry *entry = &agenda->entries[i];

		if (!entry->is_used || entry->pass < oldest)
			continue;
		*place_of(&next, entry->key) = *entry;
		next.count++;
	}
	free(agenda->entries);
	*agenda = next;
	return 0;
}

struct probe_agenda *probe_agenda_new(void)
{
	struct probe_agenda *agenda = calloc(1, sizeof(*agenda));

	if (agenda == NULL)
		return NULL;
	if (rebuild(agenda, SIZE_LEAST, 0) == 0)
		return agenda;
	free(agenda);
	return NULL;
}

void probe_agenda_free(struct probe_agenda *agenda)
{
	if (agenda == NULL)
		return;
	free(agenda->entries);
	free(agenda);
}

struct probe_entry *probe_agenda_find(struct probe_agenda *agenda, uint64_t key)
{
	struct probe_entry *entry = place_of(agenda, key);

	return entry->is_used ? entry : NULL;
}

static uint16_t draw(void)
{
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return (uint16_t)(random % (PROBE_DRAW_MAX + 1));
}

struct probe_entry *probe_agenda_enter(struct probe_agenda *agenda, uint64_t key, int64_t now)
{
	struct probe_entry *entry = place_of(agenda, key);

	if (entry->is_used)
		return entry;
	if (2 * (agenda->count + 1) > agenda->size) {
		if (rebuild(agenda, 2 * agenda->size, 0) == -1)
			return NULL;
		entry = place_of(agenda, key);
	}
	agenda->count++;
	*entry = (struct probe_entry){.key = key, .is_used = true, .since = now, .draw = draw()};
	return entry;
}

bool probe_agenda_is_due(
	const struct probe_entry *entry, const struct probe_target *target, int64_t now)
{
	bool is_slow = target->is_up || target->fast_interval_ms <= 0;
	int64_t interval = is_slow ? target->interval_ms : target->fast_interval_ms;
	int64_t span = interval * target->jitter / 100;
	int64_t wait = interval * entry->draw / PROBE_DRAW_MAX;

	if (entry->talk != NULL)
		return false;
	if (entry->has_begun)
		wait = interval - span + 2 * span * entry->draw / PROBE_DRAW_MAX;
	return now - entry->since >= wait;
}

void probe_agenda_begin(struct probe_entry *entry, struct probe_talk *talk, int64_t now)
{
	entry->talk = talk;
	entry->since = now;
	entry->has_begun = true;
	entry->draw = draw();
}

void probe_agenda_sweep(struct probe_agenda *agenda, uint32_t oldest,
	void (*drop)(void *context, struct probe_talk *talk), void *context)
{
	bool found = false;

	for (size_t i = 0; i < agenda->size; i++) {
		struct probe_entry *entry = &agenda->entries[i];

		if (!entry->is_used || entry->pass >= oldest)
			continue;
		found = true;
		if (entry->talk != NULL)
			drop(context, entry->talk);
		entry->talk = NULL;
	}
	/* Out of memory: they are only removed later. */
	if (found)
		rebuild(agenda, agenda->size, oldest);
}
