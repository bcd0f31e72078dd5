/* pick: whose turn it is among the hosts of a tier
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PICK_H
#define CORE_PICK_H

#include <stdint.h>

/*
 * Two methods. Both take the weights of COUNT hosts (1..HOST_WEIGHT_MAX * BREAKER_WEIGHT_UNIT) and
 * give the index of one.
 */

/*
 * Smooth weighted round robin: each host gains its weight, the one that has most is picked and pays
 * the sum of all. CREDIT is the rotation's memory, one number a host, all 0 at the beginning; it
 * stays within twice the sum of the weights. Over any number of turns a host of k equal ones is
 * picked exactly its share, rounded up or down.
 */
int pick_turn(const int *weights, int32_t *credit, int count);

/*
 * Rendezvous hashing: the host whose own draw for KEY is best. HOSTS are the hosts' keys. A host's
 * share is its weight over the sum; when a host goes, only its own keys move, when it comes back
 * they return.
 */
int pick_hash(const int *weights, const uint64_t *hosts, int count, uint64_t key);

#endif
