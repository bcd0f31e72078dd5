/* event_ring: the last changes, for those who ask what happened
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/event_ring.h"

static const char *const kind_names[EVENT_KIND_COUNT] = {
	[EVENT_START] = "start",
	[EVENT_RELOAD] = "reload",
	[EVENT_RELOAD_FAILED] = "reload_failed",
	[EVENT_DRAIN] = "drain",
	[EVENT_ENABLE] = "enable",
	[EVENT_DRAIN_ENDED] = "drain_ended",
	[EVENT_DEFERRED] = "deferred",
	[EVENT_TRIAL] = "trial",
	[EVENT_UP] = "up",
	[EVENT_RESET] = "reset",
};

void event_ring_add(struct event_ring *ring, const struct event_entry *entry)
{
	uint64_t id = ++ring->last;
	struct event_entry *place = &ring->entries[id % EVENT_RING_SIZE];

	*place = *entry;
	place->id = id;
}

const struct event_entry *event_ring_after(const struct event_ring *ring, uint64_t id)
{
	uint64_t oldest = ring->last > EVENT_RING_SIZE ? ring->last - EVENT_RING_SIZE + 1 : 1;

	if (id >= ring->last)
		return NULL;
	if (id + 1 > oldest)
		oldest = id + 1;
	return &ring->entries[oldest % EVENT_RING_SIZE];
}

const char *event_ring_kind_name(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT ? kind_names[kind] : "?";
}
