/* engine_waiting: the messages of a pool that were put off
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_WAITING_H
#define ENGINE_ENGINE_WAITING_H

#include <stdint.h>

#include "core/attempt.h"
#include "core/queue_id.h"
#include "engine/engine.h"

/*
 * Those that engine_trace.h has as put off, and that are still in the MTA's queue as far as is known.
 * Of a message that was given no list (the daemon was started after that) the pools are those of the
 * host that replied last. For the main thread.
 *
 * Limits: of ATTEMPT_COUNT attempts an old one makes room for a new one, and is not listed then, until
 * the log speaks of its message again; nor is one whose queue id is not valid (queue_id.h).
 */

/* So many attempts are looked at in one call: the lock is held meanwhile. */
enum { ENGINE_WAITING_MAX = 256 };

struct engine_waiting_message {
	char queue_id[QUEUE_ID_MAX + 1];
	int64_t since; /* when it was put off last */
	int tries;     /* how often the MTA has taken it up */
};

struct engine_waiting {
	int count;
	struct engine_waiting_message messages[ENGINE_WAITING_MAX]; /* the oldest first */
	int64_t next; /* where to go on; -1: that was all */
};

/*
 * Fills WAITING from the attempt of number FROM on. POOL is the key of its name (table_pool_key()). The
 * call after it is made with FROM = next.
 */
void engine_waiting_list(
	struct engine *engine, uint64_t pool, int64_t from, struct engine_waiting *waiting);

/* So many attempts have made room since the daemon's start while their messages were put off. */
int64_t engine_waiting_forgotten(struct engine *engine);

#endif
