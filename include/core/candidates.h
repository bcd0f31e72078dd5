/* candidates: the order in which a pool's hosts are tried for one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_CANDIDATES_H
#define CORE_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/breaker.h"
#include "core/health.h"
#include "core/table.h"

/*
 * Tiers by rising priority; in each, the hosts that are up, as a rotation that starts with the host
 * whose turn it is. Then the hosts on trial and the deferred ones, soonest retry first: a list that
 * is frozen in a queue file must still reach every host. Drained hosts are left out, unless no other
 * is left.
 *
 * A host on trial that waits for a message is put in front of all others, for that one message,
 * unless a host of a better priority is up. The rotation stands still for that message.
 *
 * Only the first tier that has a host advances the rotation. The tiers behind it start where the
 * number of the turn says: if the first tier fails before its health is known, they share the load.
 */

struct candidates {
	int count;
	bool is_trial;		       /* the first is on trial: this is its message */
	uint8_t hosts[POOL_HOSTS_MAX]; /* indexes into the pool's hosts */
};

/* What the order depends on beside the pool, which has pool->host_count of each. */
struct candidates_input {
	const struct health *const *health;
	const struct breaker_policy *const *policy;
	int32_t *credit; /* pick.h's memory; changed */
	uint64_t turn;	 /* how many messages the pool has had */
	uint64_t key;	 /* BALANCE_HASH: of the recipient or sender */
	int64_t now;
};

/* There is always at least one candidate. */
void candidates_order(const struct pool *pool, const struct candidates_input *input,
	struct candidates *candidates);

#endif
