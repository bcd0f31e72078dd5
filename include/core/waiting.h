/* waiting: the attempts that wait for a host, and whether it is silent
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_WAITING_H
#define CORE_WAITING_H

#include <stdint.h>

#include "core/attempt.h"

/*
 * One queue for each host, oldest first, through struct attempt. For attempt.c alone; whose queues
 * these are is told there.
 *
 * Who delivers in turn has done with the older ones first: when a host gives the result of an attempt,
 * those that began before it and still wait are stuck by themselves (a large message, a lost line),
 * and are not held against the host.
 */

/* The attempt waits for its host since AT, or does not wait any more. */
void waiting_begin(
	struct attempts *attempts, struct attempt_lanes lanes, uint16_t index, int64_t at);
void waiting_end(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index);

/* The attempt is among those that are pending at its host, or not any more; it does not wait then. */
void waiting_count(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index);
void waiting_uncount(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index);

/* A host has replied in an attempt. */
struct waiting_result {
	uint32_t host;
	int64_t at;
	int64_t took; /* its delivery alone, ms; -1: not given */
};

/*
 * Those that began before it are passed over, and of the other hosts of its list some may be silent
 * now.
 */
void waiting_reply(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index,
	const struct waiting_result *result);

#endif
