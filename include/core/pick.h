/* pick: whose turn it is among the hosts of a tier
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PICK_H
#define CORE_PICK_H

#include <stdint.h>

#include "core/table.h"

/*
 * Two methods. Both take the weights of COUNT hosts, from 1 to the heaviest that breaker_weight() gives, and
 * give the index of one.
 */

/*
 * The memory of a rotation: of each host how much it is owed, in parts of a message of which there
 * are `weight` in one. It begins with 0.
 */
struct pick_rotation {
	int32_t weight; /* the sum of weights at the last turn; 0: there was none */
	int32_t credit[POOL_HOSTS_MAX];
};

/*
 * Makes the memory of COUNT hosts fit another sum of weights: what each is owed stays the same part
 * of a message. A heavy host that goes leaves no debts in its own measure to the light ones.
 */
void pick_rescale(struct pick_rotation *rotation, int32_t weight, int count);

/*
 * Makes up for hosts that went with what they owed or were owed: the credit of the COUNT that are
 * left sums up to 0 again, and none is owed a whole message. Where that is so nothing changes.
 */
void pick_level(int32_t *credit, int32_t weight, int count);

/*
 * Weighted round robin by deadlines: each host gains its weight; of those that are owed something,
 * the one is picked that would be owed a whole message soonest, and pays the sum of all. From a
 * credit of 0, after any number of turns each host has had its share to within less than one turn,
 * whatever the weights; always taking the one that is owed most would let many light hosts wait for
 * longer beside heavy ones.
 */
int pick_turn(const int *weights, int32_t *credit, int count);

/*
 * Rendezvous hashing: the host whose own draw for KEY is best. HOSTS are the hosts' keys. A host's
 * share is its weight over the sum; when a host goes, only its own keys move, when it comes back
 * they return.
 */
int pick_hash(const int *weights, const uint64_t *hosts, int count, uint64_t key);

#endif
