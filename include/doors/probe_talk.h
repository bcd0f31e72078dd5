/* probe_talk: one probe, from the name of a host to what was found
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_PROBE_TALK_H
#define DOORS_PROBE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "core/probe.h"
#include "doors/probe_names.h"

/*
 * Looks the name up, tries its addresses until one connects, and lets core/probe.h speak. All of it
 * has to be over in the target's time, whatever comes in and however slowly: what is not, is
 * OBSERVATION_TIMEOUT (OBSERVATION_NO_ADDRESS while there is none yet).
 *
 * Of several addresses that fail, the failure that says most about the host is the result: refused,
 * then timed out, then unreachable. Our own shortages (descriptors, memory, local ports) are
 * OBSERVATION_OURS.
 *
 * A Unix socket that is not there, or at which nobody listens, is refused.
 *
 * Limits: at most PROBE_TALK_ADDRESSES of a name are tried, in the order in which they come.
 */

enum { PROBE_TALK_ADDRESSES = 5 };

/* A host, and how it is to be probed. */
struct probe_target {
	char name[DOMAIN_MAX + 1]; /* or an IP address, without brackets, or "unix:/path" */
	int port;
	uint64_t key; /* table_host_key() */
	struct probe_plan plan;
	bool is_up;		  /* else the fast interval holds */
	int32_t interval_ms;	  /* from the beginning of one probe to that of the next */
	int32_t fast_interval_ms; /* 0: the same */
	int32_t timeout_ms;	  /* for the whole of a probe */
	int jitter;		  /* percent of the interval, more or less */
};

struct probe_talk;

struct probe_talk_services {
	struct event_base *base;
	struct probe_names *names;
	void *context;
	/* The result, once; it comes before the goodbye. The talk may not be freed here. */
	void (*result)(
		void *context, const struct probe_talk *talk, const struct observation *result);
	/* The connection is closed; now the talk is to be freed. */
	void (*end)(void *context, struct probe_talk *talk);
};

/*
 * Begins a probe; both callbacks come from the loop. SERVICES has to outlive it, TARGET is copied.
 * NULL: out of memory.
 */
struct probe_talk *probe_talk_new(
	const struct probe_talk_services *services, const struct probe_target *target);

const struct probe_target *probe_talk_target(const struct probe_talk *talk);

/* Also while it runs: the connection is closed, and nothing is called any more. */
void probe_talk_free(struct probe_talk *talk);

#endif
