/* candidates: the order in which a pool's hosts are tried for one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_CANDIDATES_H
#define CORE_CANDIDATES_H

#include <stdint.h>

#include "core/health.h"
#include "core/table.h"

/*
 * Tiers by rising priority; in each, the hosts that are up or on trial, as a rotation that starts
 * with the host whose turn it is. Then the deferred hosts, soonest retry first: a list that is
 * frozen in a queue file must still reach every host. Drained hosts are left out, unless no other
 * is left.
 *
 * Only the first tier that has a host advances the rotation. The tiers behind it start where the
 * number of the turn says: if the first tier fails before its health is known, they share the load.
 */

struct candidates {
	int count;
	uint8_t hosts[POOL_HOSTS_MAX]; /* indexes into the pool's hosts */
};

/* What the order depends on beside the pool, which has pool->host_count of each. */
struct candidates_input {
	const struct health *const *health;
	int32_t *credit; /* pick.h's memory; changed */
	uint64_t turn;	 /* how many messages the pool has had */
	uint64_t key;	 /* BALANCE_HASH: of the recipient or sender */
};

/* There is always at least one candidate. */
void candidates_order(const struct pool *pool, const struct candidates_input *input,
	struct candidates *candidates);

#endif
