/* engine_view: the engine's views, under its lock
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_VIEW_H
#define ENGINE_ENGINE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/deferral.h"
#include "core/table.h"
#include "engine/engine.h"
#include "engine/view.h"

/* For the main thread. Indexes are those of the table in force. */

void engine_view_host(struct engine *engine, size_t host, struct view_host *view);
void engine_view_pool(struct engine *engine, size_t pool, struct view_pool *view);
void engine_view_pool_host(struct engine *engine, size_t pool, int host, struct view_host *view);

/* The names of the pools that a host is in, one by one: false if there is no such PLACE. */
bool engine_view_place(
	struct engine *engine, size_t host, size_t place, char name[POOL_KEY_MAX + 1]);

/*
 * Messages that begin with the host of that index and have not left the MTA, as far as its log tells
 * (pending.h): of all that were routed since *SINCE.
 */
size_t engine_view_pending(struct engine *engine, size_t host, int64_t *since);

/* How a pool that a host is in goes on without its drained hosts. */
struct engine_use {
	char pool[POOL_KEY_MAX + 1];
	char taker[POOL_KEY_MAX + 1]; /* that has its mail now: itself, or a fallback */
	enum all_deferred all_deferred;
	enum on_recovery on_recovery;
	int up;
	int up_spare;	/* of these, those that the operator has given 0 percent of their weight */
	int up_planned; /* of these, those whose planned drain meets that of the host asked for */
	int deferred;	/* or on trial */
	int drained;
	int spent;
	/* Of those that are up, in the best priority that has a host which is neither drained nor spent. */
	int best_tier_up;
	bool has_fallback; /* some pool along its fallbacks has a host that is up */
	bool is_used;	   /* new messages are given lists with that host */
};

/* Of a pool, without `is_used` and `up_planned`. */
void engine_view_pool_use(struct engine *engine, size_t pool, struct engine_use *use);

/* False if there is no such PLACE. */
bool engine_view_use(struct engine *engine, size_t host, size_t place, struct engine_use *use);

/*
 * The first route with an index of FROM or more whose match contains PART. Looks at up to
 * 1000 routes and gives the index to go on from; *FOUND says whether VIEW is one.
 */
size_t engine_view_route(
	struct engine *engine, size_t from, const char *part, struct view_route *view, bool *found);

/* How the host of that index is to be probed: false if it is not. */
struct engine_probe {
	struct view_host host;
	struct pool_probe probe; /* its strings live until the next swap */
	enum protocol protocol;
	int jitter; /* percent of the interval */
};
bool engine_view_probe(struct engine *engine, size_t host, struct engine_probe *probe);

/* What hosts have replied to mail that they did not take: see deferral_list(). */
int engine_view_deferrals(struct engine *engine, struct deferral_group out[DEFERRAL_GROUPS]);

/* Another number after each change of that. */
uint64_t engine_view_deferral_changes(struct engine *engine);

#endif
