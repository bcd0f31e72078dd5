/* simulation: how the next messages of a pool would spread
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_SIMULATION_H
#define ENGINE_SIMULATION_H

#include <stdint.h>

#include "core/lane.h"
#include "core/table.h"
#include "engine/roster.h"
#include "engine/view.h"

/*
 * A copy of one pool with its rotation and its hosts' health: running it changes nothing else and
 * needs no lock.
 */

/* No more turns for one question, and how that is said. */
enum { SIMULATION_MESSAGES_MAX = 100000 };
#define SIMULATION_MESSAGES "1 to 100000"

struct simulation {
	struct view_host hosts[POOL_HOSTS_MAX];
	struct pool_host pool_hosts[POOL_HOSTS_MAX];
	const struct health *health[POOL_HOSTS_MAX];
	struct breaker_policy policies[POOL_HOSTS_MAX];
	const struct breaker_policy *policy[POOL_HOSTS_MAX];
	struct lane lanes[POOL_HOSTS_MAX];
	const struct lane *lane[POOL_HOSTS_MAX];
	int64_t now;
	struct pool pool;
	struct pick_rotation rotation;
	uint64_t turn;
	uint64_t first[POOL_HOSTS_MAX]; /* how many messages each host would get first */
};

/* The engine lock must be held. SIMULATION points into itself: it may not be moved. */
void simulation_copy(
	struct simulation *simulation, const struct roster *roster, size_t pool, int64_t now);

/*
 * Sends COUNT messages of which the balancing hash would be KEY. No result comes meanwhile: what was
 * sent to a host is pending there.
 */
void simulation_run(struct simulation *simulation, uint64_t key, int count);

#endif
