/* simulation: how the next messages of a pool would spread
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/simulation.h"
#include "core/candidates.h"
#include "core/trial.h"

#include <string.h>

void simulation_copy(
	struct simulation *simulation, const struct roster *roster, size_t pool, int64_t now)
{
	const struct roster_pool *from = &roster->pools[pool];

	simulation->pool = *from->pool;
	simulation->pool.hosts = simulation->pool_hosts;
	simulation->pool.name = "";
	simulation->pool.transport = "";
	simulation->pool.file = "";
	simulation->pool.rules = NULL;
	simulation->pool.rule_count = 0;
	simulation->pool.probe = (struct pool_probe){.interval = 0};
	for (int i = 0; i < from->pool->host_count; i++) {
		struct view_host *host = &simulation->hosts[i];

		view_copy_pool_host(host, roster, pool, i);
		simulation->pool_hosts[i] = from->pool->hosts[i];
		simulation->pool_hosts[i].name = host->name;
		simulation->pool_hosts[i].nexthop = "";
		simulation->pool_hosts[i].file = "";
		simulation->pool_hosts[i].limits = host->limits.per == 0 ? NULL : &host->limits;
		simulation->health[i] = &host->health;
		simulation->policies[i] = *from->policy[i];
		simulation->policy[i] = &simulation->policies[i];
		simulation->lanes[i] = *from->lanes[i];
		simulation->lane[i] = &simulation->lanes[i];
	}
	simulation->turn = from->state->turn;
	simulation->now = now;
	memset(simulation->first, 0, sizeof(simulation->first));
	roster_get_rotation(from, &simulation->rotation);
}

void simulation_run(struct simulation *simulation, uint64_t key, int count)
{
	for (int i = 0; i < count; i++) {
		struct candidates candidates;
		struct candidates_input input = {
			.health = simulation->health,
			.policy = simulation->policy,
			.lanes = simulation->lane,
			.now = simulation->now,
			.rotation = &simulation->rotation,
			.turn = simulation->turn++,
			.key = key,
			.owner = trial_owner(1, TRIAL_MESSAGE),
		};

		candidates_order(&simulation->pool, &input, &candidates);
		simulation->first[candidates.hosts[0]]++;
		simulation->lanes[candidates.hosts[0]].pending++;
		lane_chosen(&simulation->lanes[candidates.hosts[0]], simulation->now);
		/* A trial waits for the result of its message: later ones do not get it. */
		if (candidates.is_trial)
			simulation->hosts[candidates.hosts[0]].health.trial_message =
				trial_owner(2, TRIAL_MESSAGE);
	}
}
