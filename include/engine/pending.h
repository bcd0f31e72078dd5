/* pending: messages that were given a host first and are not known to have left the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_PENDING_H
#define ENGINE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * When is a drained host out of use? When no message that may still begin with it is left. A list
 * that Postfix was told by FILTER stays with the message in its queue, so such a message is pending
 * until the MTA's log says that it has left the queue. All others get a new list at each attempt:
 * they are pending until the first result.
 *
 * Of fixed size. Where too many messages fall on the same set, the oldest is forgotten, and `since`
 * says from when on all are known. An entry whose end was never read is dropped in the end.
 *
 * Limits: only the first host of a list is looked at; the others are tried where that one fails.
 * Messages from before the daemon's start are not known.
 *
 * The engine lock must be held for all functions.
 */

enum {
	PENDING_SETS = 8192, /* a power of two */
	PENDING_WAYS = 8,
};

struct pending_entry {
	uint64_t message; /* hash of its queue id; 0: free */
	uint64_t host;	  /* table_host_key() of the first of its list */
	int64_t at;	  /* ms */
	bool is_kept;	  /* its list stays with it in the queue */
};

struct pending {
	int64_t since; /* of all messages chosen since then it is known */
	struct pending_entry entries[PENDING_SETS][PENDING_WAYS];
};

/* Nothing is known of what was before NOW. */
void pending_forget(struct pending *pending, int64_t now);

/* A message without a queue id, 0, is not known of. */
void pending_put(struct pending *pending, const struct pending_entry *entry);

/* The log tells a result of an attempt of that message; or that it has left the queue. */
void pending_result(struct pending *pending, uint64_t message);
void pending_left(struct pending *pending, uint64_t message);

/* How many messages begin with that host. */
size_t pending_count(const struct pending *pending, uint64_t host, int64_t now);

#endif
