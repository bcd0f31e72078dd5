/* engine_change: a host's state changes: one event and one log line for each
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_CHANGE_H
#define ENGINE_ENGINE_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/breaker.h"
#include "engine/engine.h"

/*
 * Feeds an event to the host of that index. A change of its state is one event and one log line, the
 * line written without the lock; so is what an operator says (KIND; else EVENT_KIND_COUNT), although
 * that may change nothing. Main thread only.
 */
void engine_change_feed(struct engine *engine, size_t host, const struct breaker_event *event,
	enum event_kind kind, int64_t now);

/*
 * Has the state of the host of that index be what its quota says. False if it has none. Main thread
 * only.
 */
bool engine_change_quota(struct engine *engine, size_t host, int64_t now);

/* The engine lock must be held. */
void engine_change_add_event(struct engine *engine, const struct event_entry *entry);

#endif
