/* outage: since when a host has been down and why, how often and how long in all
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_OUTAGE_H
#define CORE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A host that is down goes back and forth between deferred and trial, each with a time and a reason of
 * its own. An outage is all of that, from the first failure that deferred the host until it is up
 * again, or drained: drained is not down, an operator wanted it so.
 *
 * It is for people and monitoring: nothing is decided by it. It is part of struct health, in the state
 * file, so it outlives restarts; all octets zero is a host that was never down. Times are in ms since
 * 1970, of the machine's clock: a clock that is set back makes an outage shorter, never negative.
 */

struct outage {
	int64_t since;	/* of the outage that goes on; 0: there is none */
	int64_t total;	/* ms; all that have ended together */
	uint64_t count; /* how many have begun */
	uint32_t
		reason; /* enum health_reason, of the last deferral; HEALTH_REASON_NONE: none yet */
	uint32_t spare;
};

_Static_assert(sizeof(struct outage) == 32, "no padding in the state file");

/* The host is in a state that is down, or is not, from NOW on. May be called as often as one likes. */
void outage_update(struct outage *outage, bool is_down, int64_t now);

/* How long in all, with the one that goes on. */
int64_t outage_total(const struct outage *outage, int64_t now);

/* False if a value is out of its range. */
bool outage_valid(const struct outage *outage);

#endif
