/* probe_door: asks hosts how they are, before mail has to find out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_PROBE_DOOR_H
#define DOORS_PROBE_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "doors/probe_talk.h"

/*
 * Runs on the main thread's event loop. Once a second it goes through all hosts and begins the
 * probes that are due; never two of one host (name and port) at once, however often it is listed,
 * and never more than a limit in all: the others then wait for their turn, nobody is left out. The
 * first probes after a start are spread over the interval. A probe that is under way when its host
 * leaves the configuration is dropped.
 *
 * It logs nothing but shortages of our own.
 *
 * Limits: intervals are kept to a second. With more hosts than the limit can get through, intervals
 * become longer.
 */

enum {
	PROBE_DOOR_LIMIT = 64,
	PROBE_DOOR_PASS_MS = 1000,
};

/* None of these may free the door. */
struct probe_door_services {
	struct event_base *base;
	void *context;
	/* How many hosts there are; may change from call to call. */
	size_t (*count)(void *context);
	/* Fills in how the host is to be probed. False: not at all, or there is no such host. */
	bool (*target)(void *context, size_t host, struct probe_target *target);
	void (*result)(void *context, const struct probe_target *target,
		const struct observation *observation);
	int limit;		 /* probes at once; 0: PROBE_DOOR_LIMIT */
	int pass_ms;		 /* from one look at all hosts to the next; 0: PROBE_DOOR_PASS_MS */
	const char *resolv_conf; /* a path that outlives the door; NULL: /etc/resolv.conf */
};

struct probe_door;

/* SERVICES is copied. NULL: out of memory. */
struct probe_door *probe_door_new(const struct probe_door_services *services);

/* How many probes are under way, their goodbyes included. */
int probe_door_in_flight(const struct probe_door *door);

/* Closes every connection; nothing is called any more. */
void probe_door_free(struct probe_door *door);

#endif
