/* engine_self: what the engine is made of, for engine.c and engine_view.c alone
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_SELF_H
#define ENGINE_ENGINE_SELF_H

#include <assert.h>
#include <pthread.h>
#include <stdint.h>

#include "core/attempt.h"
#include "core/deferral.h"
#include "core/histogram.h"
#include "engine/engine.h"
#include "engine/engine_metrics.h"
#include "engine/event_ring.h"
#include "engine/pending.h"
#include "engine/replay.h"
#include "engine/roster.h"
#include "engine/ruleset.h"
#include "engine/state.h"
#include "engine/wiring.h"

/* The main thread alone swaps the roster: it may read without the lock what never changes in one. */
struct engine {
	pthread_mutex_t lock;
	struct state *state;
	struct roster *roster;
	struct engine_needs needs;
	struct ruleset_register *rule_register;
	struct ruleset *ruleset; /* NULL: no rules */
	struct event_ring events;
	struct pending pending;
	struct attempts attempts;
	struct replay replay;
	struct wiring wiring;
	struct deferral_table deferrals;
	int64_t map_asked;	     /* when the MTA last asked the map; 0: never */
	char asked_by[EVENT_BY_MAX]; /* the main thread's alone */
	_Atomic int64_t counters[ENGINE_COUNTER_COUNT];
	struct histogram decisions;
	/* The main thread's alone: */
	uint64_t map_requests[ENGINE_METRICS_MAPS][ENGINE_METRICS_MAP_RESULTS];
};

static inline void engine_self_lock(struct engine *engine)
{
	int error = pthread_mutex_lock(&engine->lock);

	assert(error == 0);
}

static inline void engine_self_unlock(struct engine *engine)
{
	int error = pthread_mutex_unlock(&engine->lock);

	assert(error == 0);
}

#endif
