/* event_ring: the last changes, for those who ask what happened
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/event_ring.h"

#include <string.h>

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
	[EVENT_SPENT] = "spent",
	[EVENT_RESET] = "reset",
	[EVENT_ELSEWHERE] = "elsewhere",
	[EVENT_WEIGHT] = "weight",
	[EVENT_WEIGHT_ENDED] = "weight_ended",
	[EVENT_DRAIN_PLANNED] = "drain_planned",
	[EVENT_DRAIN_CANCELLED] = "drain_cancelled",
	[EVENT_DRAIN_DROPPED] = "drain_dropped",
};

const struct event_entry *event_ring_add(struct event_ring *ring, const struct event_entry *entry)
{
	uint64_t id = ++ring->last;
	struct event_entry *place = &ring->entries[id % EVENT_RING_SIZE];

	*place = *entry;
	place->id = id;
	return place;
}

void event_ring_restore(struct event_ring *ring, const struct event_entry *entry)
{
	struct event_entry *place = &ring->entries[entry->id % EVENT_RING_SIZE];

	if (entry->id <= place->id)
		return;
	*place = *entry;
	if (entry->id > ring->last)
		ring->last = entry->id;
}

/* Text of the daemon's own, which is ASCII. */
static bool is_plain(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return length < size;
}

static bool is_time(int64_t time)
{
	return time >= 0 && time <= HEALTH_TIME_MAX;
}

bool event_ring_valid(const struct event_entry *entry)
{
	return entry->id > 0 && entry->id <= EVENT_RING_ID_MAX && is_time(entry->at) &&
	       is_time(entry->until) && (unsigned)entry->kind < EVENT_KIND_COUNT &&
	       is_plain(entry->host, sizeof(entry->host)) && entry->port >= 0 &&
	       entry->port <= 65535 && entry->from < HEALTH_STATE_COUNT &&
	       entry->to < HEALTH_STATE_COUNT && entry->reason < HEALTH_REASON_COUNT &&
	       memchr(entry->text, '\0', sizeof(entry->text)) != NULL &&
	       is_plain(entry->by, sizeof(entry->by));
}

const struct event_entry *event_ring_after(const struct event_ring *ring, uint64_t id)
{
	uint64_t oldest = ring->last > EVENT_RING_SIZE ? ring->last - EVENT_RING_SIZE + 1 : 1;

	if (id >= ring->last)
		return NULL;
	if (id + 1 > oldest)
		oldest = id + 1;
	for (; oldest <= ring->last; oldest++)
		if (ring->entries[oldest % EVENT_RING_SIZE].id == oldest)
			return &ring->entries[oldest % EVENT_RING_SIZE];
	return NULL;
}

const char *event_ring_kind_name(enum event_kind kind)
{
	return kind < EVENT_KIND_COUNT ? kind_names[kind] : "?";
}
