/* recent: the lists that the last messages were given
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_RECENT_H
#define ENGINE_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/candidates.h"

/*
 * Lines of the MTA's log often name a host without its port. Where a name has several ports, the
 * list that the message was given says which of them was meant.
 *
 * Of fixed size: a message puts the one before it out whose hash falls on the same place. The engine
 * lock must be held for all functions.
 */

enum { RECENT_SIZE = 4096 };

struct recent_list {
	uint64_t message; /* hash of the queue id; 0: none */
	uint64_t tried; /* bits of hosts, by their place in the list, that failed in this attempt */
	size_t pool;	/* index in the table */
	struct candidates candidates;
};

struct recent {
	struct recent_list lists[RECENT_SIZE];
};

void recent_put(
	struct recent *recent, uint64_t message, size_t pool, const struct candidates *candidates);

/* The list of that message, or NULL. */
struct recent_list *recent_find(struct recent *recent, uint64_t message);

/* Forgets all: indexes mean something else after a reload. */
void recent_forget(struct recent *recent);

#endif
