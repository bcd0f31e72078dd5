/* state_events: the last events in the state file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_EVENTS_H
#define ENGINE_STATE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/event_ring.h"
#include "engine/state.h"
#include "engine/state_slots.h"

/*
 * STATE_EVENT_SLOTS slots of type STATE_EVENTS have the last STATE_EVENTS_MAX events, each with a hash
 * of its own: a record that a fall of the machine has torn, or of a release in which it was made
 * another way, is passed over alone. Whoever loads a configuration claims these slots with its own.
 */

enum {
	STATE_EVENTS_PER_SLOT = 3,
	STATE_EVENTS_MAX = STATE_EVENT_SLOTS * STATE_EVENTS_PER_SLOT,
};

struct state_record {
	uint64_t check; /* hash of the entry; 0: there is none */
	struct event_entry entry;
};

struct state_events {
	struct state_record records[STATE_EVENTS_PER_SLOT];
};

_Static_assert(sizeof(struct state_events) <= STATE_ROOM, "a slot's events fit into it");

/* The key of the slot of that index, below STATE_EVENT_SLOTS. */
struct state_key state_events_key(size_t index);

/* The index of the slot in which the event of that id is kept. */
size_t state_events_place(uint64_t id);

/* Writes an event into that slot. The engine lock must be held. */
void state_events_put(struct state *state, size_t slot, const struct event_entry *entry);

/*
 * Fills an empty ring with what is there. Its next id is greater than any that was given before, though
 * that event may be lost. Gives how many events there are.
 */
size_t state_events_load(struct state *state, struct event_ring *ring);

#endif
