/* engine_metrics: what is counted, and how hosts and pools are, for whoever measures
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_METRICS_H
#define ENGINE_ENGINE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/endpoint.h"
#include "core/table.h"
#include "engine/engine.h"

/*
 * For the main thread. Indexes are those of the table in force. What is copied is little, and the lock
 * is given back from host to host and from pool to pool.
 *
 * Pools in place have no name of their own: whatever names a pool tells only of the others. So its
 * cost does not grow with the number of routes, and nobody's address is a name.
 */

struct engine_metrics_host {
	char name[ENDPOINT_TEXT_MAX]; /* "NAME:PORT" */
	uint32_t state;		      /* enum health_state */
	int64_t since;		      /* of the state; ms */
	uint32_t waiting;	      /* deliveries that wait for it */
	bool is_silent;
};
void engine_metrics_host(struct engine *engine, size_t host, struct engine_metrics_host *view);

/* A host in a pool. */
struct engine_metrics_place {
	size_t host;
	int priority;
	int weight;
	/* Its part of the messages is by this, in 1/BREAKER_WEIGHT_UNIT; 0: they go to others first. */
	int effective;
	bool is_up;
	uint64_t first; /* messages that were to try it first */
};

struct engine_metrics_pool {
	char name[POOL_NAME_MAX + 1];
	enum balance balance;
	bool is_on_backup; /* none is up in the best priority with a host that is not drained */
	int count;	   /* of its hosts */
	struct engine_metrics_place *places; /* by rising priority */
};

/* Of pools with a name, and of the hosts in all of them together. */
size_t engine_metrics_pool_count(struct engine *engine);
size_t engine_metrics_place_count(struct engine *engine);

/* PLACES has room for all hosts of the pool, and has to live as long as VIEW. */
void engine_metrics_pool(struct engine *engine, size_t pool, struct engine_metrics_place *places,
	struct engine_metrics_pool *view);

#endif
