/* engine_view: the engine's views, under its lock
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_VIEW_H
#define ENGINE_ENGINE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

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
 * The first route with an index of FROM or more whose match contains PART. Looks at no more than
 * 1000 routes and gives the index to go on from; *FOUND says whether VIEW is one.
 */
size_t engine_view_route(
	struct engine *engine, size_t from, const char *part, struct view_route *view, bool *found);

/* How the host of that index is to be probed: false if it is not. */
struct engine_probe {
	struct view_host host;
	struct pool_probe probe; /* its strings live until the next swap */
	int jitter;		 /* percent of the interval */
};
bool engine_view_probe(struct engine *engine, size_t host, struct engine_probe *probe);

#endif
