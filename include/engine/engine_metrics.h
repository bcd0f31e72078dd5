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
#include "core/histogram.h"
#include "core/map_reply.h"
#include "core/map_request.h"
#include "core/table.h"
#include "engine/engine.h"
#include "engine/host_counts.h"
#include "engine/roster_label.h"

/*
 * For the main thread. Indexes are those of the table in force. What is copied is little, and the lock
 * is given back from host to host and from pool to pool.
 *
 * Pools are told of by their names as roster_label.h says: so the cost is bounded for any number of
 * routes, and nobody's address is a name.
 */

struct engine_metrics_host {
	char name[ENDPOINT_TEXT_MAX]; /* "NAME:PORT" */
	uint32_t state;		      /* enum health_state */
	int64_t since;		      /* of the state; ms */
	uint32_t waiting;	      /* deliveries that wait for it */
	uint32_t quota;		      /* 0: none */
	uint32_t quota_left;
	bool is_silent;
	bool is_probed;
	bool has_unlabelled;  /* it is in pools that are not told of by their names, too */
	uint64_t unlabelled;  /* messages that were to try it first, of such pools */
	int64_t down;	      /* ms that it was deferred or on trial, in all */
	int64_t down_since;   /* ms; 0: it is not */
	uint32_t down_reason; /* enum health_reason, of its last deferral; NONE: it never was */
	const struct host_counts *counts; /* good until the next swap, for all but `unlabelled` */
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
	char name[ROSTER_LABEL_NAME_MAX + 1];
	enum balance balance;
	bool is_on_backup; /* none is up in the best priority with a host not drained or spent */
	int count;	   /* of its hosts */
	struct engine_metrics_place *places; /* by rising priority */
};

/* Of pools that are told of by their names, and of the hosts in all of them together. */
size_t engine_metrics_pool_count(struct engine *engine);
size_t engine_metrics_place_count(struct engine *engine);

/* PLACES has room for all hosts of the pool, and has to live as long as VIEW. */
void engine_metrics_pool(struct engine *engine, size_t pool, struct engine_metrics_place *places,
	struct engine_metrics_pool *view);

enum { ENGINE_METRICS_MAPS = 6, ENGINE_METRICS_MAP_RESULTS = 3 };

/* A request for a map was answered. */
void engine_metrics_map(
	struct engine *engine, enum map_request_map map, enum map_reply_kind result);
uint64_t engine_metrics_map_count(
	struct engine *engine, enum map_request_map map, enum map_reply_kind result);

/* A message's end took so long, µs. Any thread. */
void engine_metrics_decided(struct engine *engine, int64_t us);

extern const struct histogram_bounds engine_metrics_decision_bounds;
const struct histogram *engine_metrics_decisions(struct engine *engine);

#endif
