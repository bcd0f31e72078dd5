/* event_ring: the last changes, for those who ask what happened
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_EVENT_RING_H
#define ENGINE_EVENT_RING_H

#include <stddef.h>
#include <stdint.h>

#include "core/health.h"
#include "core/table.h"

/*
 * A ring of fixed size in the memory of the daemon: it begins empty at each start. Ids rise by one
 * from 1. It has no lock of its own.
 */

enum { EVENT_RING_SIZE = 1000 };

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
	EVENT_KIND_COUNT = 10,
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
};

struct event_ring {
	uint64_t last; /* id; 0: there is none yet */
	struct event_entry entries[EVENT_RING_SIZE];
};

/* Adds a copy of ENTRY, with the next id. */
void event_ring_add(struct event_ring *ring, const struct event_entry *entry);

/* The oldest entry kept whose id is greater than ID, or NULL. */
const struct event_entry *event_ring_after(const struct event_ring *ring, uint64_t id);

/* The word for the API. */
const char *event_ring_kind_name(enum event_kind kind);

#endif
