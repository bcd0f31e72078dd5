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
#include "core/lane.h"
#include "core/pick.h"
#include "core/table.h"

/*
 * Tiers by rising priority; in each, the hosts that are up, as a rotation that starts with the host
 * whose turn it is; those that are silent or busy (lane.h) come last in their tier. Then the hosts
 * that have had their quota, in tiers as well; then the hosts on trial and the deferred ones, soonest
 * retry first: a list that is frozen in a queue file must still reach every host. Drained hosts are
 * left out, unless no other is left.
 *
 * A quota counts what was delivered and what is pending, so a host that is up may have had it: it is
 * spent when all that is pending has been delivered. It has no trials then.
 *
 * A host on trial that waits for a message is put in front of all others, for that one message,
 * unless a host of a better priority is up. The rotation stands still for that message.
 *
 * Only the first tier that has a host advances the rotation. The tiers after it start where the
 * number of the turn says: if the first tier fails before its health is known, they share the load.
 *
 * A host of which the operator has set 0 percent of its weight comes after the others of its tier that
 * are up, and is first only if no host of the pool is that has more: of no message, trials too.
 *
 * Who must not advance the rotation starts by a key, or from the host that was chosen before.
 */

struct candidates {
	int count;
	int tiered; /* so many of them stand by priority; the rest waits, or has had its quota */
	uint64_t parted; /* bits of places at which hosts of 0 percent begin, behind their tier's */
	bool is_trial;	 /* the first is on trial: this is its message */
	uint8_t hosts[POOL_HOSTS_MAX]; /* indexes into the pool's hosts */
};

/* Which host of a tier comes first. */
enum candidates_start {
	CANDIDATES_BY_TURN = 0,	  /* as the pool's balance has it */
	CANDIDATES_BY_KEY = 1,	  /* by the key, whatever the balance; credit stays as it is */
	CANDIDATES_FROM_HOST = 2, /* `from`, or the next of its tier that is up; else by the key */
};

/* What the order depends on beside the pool, which has pool->host_count of each. */
struct candidates_input {
	const struct health *const *health;
	const struct breaker_policy *const *policy;
	const struct lane *const *lanes; /* NULL: nothing is known of how they do */
	struct pick_rotation *rotation;	 /* pick.h's memory; changed */
	uint64_t turn;			 /* how many messages the pool has had */
	uint64_t key; /* BALANCE_HASH, CANDIDATES_BY_KEY: of the recipient or sender */
	enum candidates_start start;
	int from;	   /* CANDIDATES_FROM_HOST: index of the host */
	uint64_t owner;	   /* that may take a trial (trial_owner()); 0: it only asks */
	bool has_no_trial; /* no host on trial is put in front: no mail follows */
	int64_t now;
};

/* The host of that index is up, and its quota has room for one more message. LANES may be NULL. */
bool candidates_is_ready(const struct pool *pool, const struct health *const *health,
	const struct lane *const *lanes, int host, int64_t now);

/* There is always at least one candidate. */
void candidates_order(const struct pool *pool, const struct candidates_input *input,
	struct candidates *candidates);

#endif
