/* engine_learn: what the MTA's log and the probes say, and what follows for the hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_LEARN_H
#define ENGINE_ENGINE_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/observation.h"
#include "engine/engine.h"
#include "engine/wiring.h"

/*
 * A line goes to the attempt that it is of (attempt.h); what counts for a host's health then goes to
 * its breaker. Main thread only.
 */

/* Learns from what was seen of a host. Other hosts than those of the pools are only counted. */
void engine_learn_line(struct engine *engine, const struct observation *observation);

/* Postfix's queue manager has taken up the message, of SIZE octets (0: not given). */
void engine_learn_active(struct engine *engine, const char *queue_id, int64_t size, int64_t at);

/*
 * The MTA's log says that the message has left its queue (pending.h). NULL: another log is followed
 * from now on, which tells nothing of the messages so far. IS_DELETED: it was not delivered.
 */
void engine_learn_left(struct engine *engine, const char *queue_id, bool is_deleted, int64_t at);

/* What is wrong with where mail goes (wiring.h); false: nothing is. */
bool engine_learn_elsewhere(struct engine *engine, char text[WIRING_TEXT_MAX]);

/* For engine_tick(). */
void engine_learn_tick(struct engine *engine, int64_t now);

struct selection;

/* The list that was chosen for a message with a queue id. The engine lock must be held. */
void engine_learn_choice(struct engine *engine, const struct selection *selection,
	const struct engine_message *from, int64_t now);

/*
 * For engine_swap(), before it takes the lock: the indexes of the hosts of BEFORE (NULL: none) in
 * NEXT, for engine_learn_rename(). The caller frees them. NULL if there is no memory, and then
 * nothing is carried over.
 */
uint32_t *engine_learn_map(const struct roster *before, const struct roster *next);

/* The roster has taken the place of BEFORE. The engine lock must be held. */
void engine_learn_rename(struct engine *engine, const struct roster *before, const uint32_t *map);

#endif
