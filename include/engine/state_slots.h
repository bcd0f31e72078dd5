/* state_slots: which slot of the state file belongs to whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_SLOTS_H
#define ENGINE_STATE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/state.h"

/*
 * A load of a configuration needs a slot for each of its pools and hosts, and all of them are looked
 * for in one step: first every name that has a slot gets that one, however long ago it left; only
 * then are the others given slots that are free, or whose owner left more than STATE_KEEP_MS ago. So
 * two names of one load never share a slot.
 */

struct state_key {
	uint32_t type; /* STATE_POOL or STATE_HOST */
	int port;      /* 0 for a pool */
	const char *key;
	size_t slot; /* its index: state_slots_reserve() fills it in */
};

/*
 * Finds a slot for each of COUNT keys; the file grows if it must. No slot changes: on -1 all is as
 * it was, and nothing can fail afterwards.
 */
int state_slots_reserve(struct state *state, struct state_key *keys, size_t count, int64_t now,
	struct state_report *report);

/* Makes those slots the keys' own. The others stay as they are. */
void state_slots_claim(
	struct state *state, const struct state_key *keys, size_t count, int64_t now);

/* Marks every slot whose place in USED (one for each slot) is false as left, the others as not. */
void state_slots_leave_others(struct state *state, const bool *used, int64_t now);

#endif
