/* host_counts: what was counted of a host since the daemon's start
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_HOST_COUNTS_H
#define ENGINE_HOST_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/blame.h"
#include "core/health.h"
#include "core/histogram.h"
#include "core/observation.h"

/*
 * Only for people and monitoring: nothing is decided by it. It outlives reloads as long as the host
 * stays, and ends with the daemon. Main thread only, but for `unlabelled`.
 *
 * Failures and changes are counted by several words at once. Of all that could be put together few
 * occur: those that do have a cell each, and should there be too many, the rest has one together.
 */

enum {
	HOST_COUNTS_FAILURES = 40,
	HOST_COUNTS_CHANGES = 24,
	HOST_COUNTS_REST = 255, /* in each member of a cell: the rest */
};

enum host_counts_reply {
	HOST_COUNTS_NO_REPLY = 0, /* no connection, or it was lost */
	HOST_COUNTS_4XX = 1,
	HOST_COUNTS_5XX = 2,
	HOST_COUNTS_OTHER_REPLY = 3,
};

struct host_counts_failure {
	uint8_t stage; /* enum observation_stage */
	uint8_t class; /* enum blame_class */
	uint8_t reply; /* enum host_counts_reply */
	uint64_t count;
};

struct host_counts_change {
	uint8_t to;	/* enum health_state */
	uint8_t reason; /* enum health_reason */
	uint64_t count;
};

enum host_counts_probe {
	HOST_COUNTS_PROBE_SUCCESS = 0,
	HOST_COUNTS_PROBE_FAILURE = 1,
	HOST_COUNTS_PROBE_NONE = 2, /* it says nothing of the host */
	HOST_COUNTS_PROBE_COUNT = 3,
};

struct host_counts {
	uint64_t deliveries[OBSERVATION_OUTCOME_COUNT];
	uint64_t probes[HOST_COUNTS_PROBE_COUNT];
	struct histogram connection_setup;
	struct histogram transmission;
	struct histogram probe;
	int failure_count;
	int change_count;
	struct host_counts_failure failures[HOST_COUNTS_FAILURES];
	struct host_counts_change changes[HOST_COUNTS_CHANGES];
	uint64_t
		unlabelled; /* put first for pools that are not labelled; under the engine's lock */
};

extern const struct histogram_bounds host_counts_delivery_bounds;
extern const struct histogram_bounds host_counts_probe_bounds;

/* The changes that each host may go through are there with 0. */
void host_counts_init(struct host_counts *counts);

/*
 * A line about the host that is no probe's, judged by itself. IS_FIRST: the delivery began with that
 * host, so its time to connect is that host's alone.
 */
void host_counts_line(struct host_counts *counts, const struct observation *seen,
	enum blame_class class, bool is_first);

void host_counts_probe(
	struct host_counts *counts, const struct observation *seen, enum host_counts_probe result);

void host_counts_change(struct host_counts *counts, uint32_t to, uint32_t reason);

/* The words: "4xx", …; "success", … */
const char *host_counts_reply_name(uint8_t reply);
const char *host_counts_probe_name(enum host_counts_probe result);

#endif
