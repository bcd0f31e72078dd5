/* state_events: the last events in the state file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state_events.h"
#include "core/hash.h"
#include "engine/state_map.h"

#include <stdbool.h>
#include <string.h>

struct state_key state_events_key(size_t index)
{
	return (struct state_key){.type = STATE_EVENTS, .key = "events", .port = (int)index + 1};
}

size_t state_events_place(uint64_t id)
{
	return (size_t)(id / STATE_EVENTS_PER_SLOT % STATE_EVENT_SLOTS);
}

static uint64_t check_of(const struct state_record *record)
{
	uint64_t hash = hash_octets(&record->entry, sizeof(record->entry));

	return hash == 0 ? 1 : hash;
}

static struct state_record *record_of(struct state_slot *slot, uint64_t i)
{
	return &((struct state_events *)slot->room)->records[i % STATE_EVENTS_PER_SLOT];
}

void state_events_put(struct state *state, size_t slot, const struct event_entry *entry)
{
	struct state_record *record = record_of(state_slot(state, slot), entry->id);

	memcpy(&record->entry, entry, sizeof(*entry));
	record->check = check_of(record);
	state->header->last_event = entry->id;
}

static bool is_whole(const struct state_record *record)
{
	return record->check != 0 && record->check == check_of(record) &&
	       event_ring_valid(&record->entry);
}

size_t state_events_load(struct state *state, struct event_ring *ring)
{
	size_t count = 0;

	for (size_t i = 0; i < state_slot_count(state); i++) {
		struct state_slot *slot = state_slot(state, i);

		for (uint64_t k = 0; slot->type == STATE_EVENTS && k < STATE_EVENTS_PER_SLOT; k++) {
			const struct state_record *record = record_of(slot, k);

			if (!is_whole(record))
				continue;
			event_ring_restore(ring, &record->entry);
			count++;
		}
	}
	if (state->header->last_event <= EVENT_RING_ID_MAX &&
		state->header->last_event > ring->last)
		ring->last = state->header->last_event;
	return count;
}
