/* event_ring: the last changes, for those who ask what happened
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_EVENT_RING_H
#define ENGINE_EVENT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/health.h"
#include "core/table.h"

/*
 * A ring of fixed size in the memory of the daemon, which begins with what the state file has kept.
 * Ids rise by one, through restarts; an event between two others may be lost. It has no lock of its
 * own.
 */

enum { EVENT_RING_SIZE = 1000, EVENT_BY_MAX = 40 };

enum event_kind {
	EVENT_START = 0,
	EVENT_RELOAD = 1,
	EVENT_RELOAD_FAILED = 2,
	EVENT_DRAIN = 3,
	EVENT_ENABLE = 4,
	EVENT_DRAIN_ENDED = 5,
	EVENT_DEFERRED = 6,
	EVENT_TRIAL = 7,
	EVENT_UP = 8,
	EVENT_RESET = 9,
	EVENT_ELSEWHERE = 10, /* mail went elsewhere than it was routed (wiring.h) */
	EVENT_WEIGHT = 11,    /* the operator has set a part of its weight */
	EVENT_WEIGHT_ENDED = 12,
	EVENT_DRAIN_PLANNED = 13, /* the operator has planned a drain */
	EVENT_DRAIN_CANCELLED = 14,
	EVENT_DRAIN_DROPPED = 15, /* one that was planned: its end had passed, too */
	EVENT_SPENT = 16,
	EVENT_KIND_COUNT = 17,
};

struct event_entry {
	uint64_t id;
	int64_t at; /* ms since 1970 */
	enum event_kind kind;
	char host[DOMAIN_MAX + 1]; /* empty: it is not about a host */
	int port;
	uint32_t from; /* enum health_state, before and after */
	uint32_t to;
	uint32_t reason;    /* enum health_reason */
	int64_t until;	    /* of the new state; 0: it has no end */
	uint32_t failures;  /* that led to it */
	uint64_t delivered; /* so far */
	char text[HEALTH_TEXT_MAX];
	char by[EVENT_BY_MAX]; /* who asked for it: "uid=0 pid=123"; empty: nobody */
};

/* Of ids; none comes near it. */
#define EVENT_RING_ID_MAX (UINT64_MAX / 4)

struct event_ring {
	uint64_t last; /* id; 0: there is none yet */
	struct event_entry entries[EVENT_RING_SIZE];
};

/* Adds a copy of ENTRY, with the next id; gives the copy. */
const struct event_entry *event_ring_add(struct event_ring *ring, const struct event_entry *entry);

/* Puts an entry that was kept back in its place, unless a newer one has it. */
void event_ring_restore(struct event_ring *ring, const struct event_entry *entry);

/* False if a value is out of its range: for what comes from a file. */
bool event_ring_valid(const struct event_entry *entry);

/* The oldest entry kept whose id is greater than ID, or NULL. */
const struct event_entry *event_ring_after(const struct event_ring *ring, uint64_t id);

/* The word for the API. */
const char *event_ring_kind_name(enum event_kind kind);

#endif
