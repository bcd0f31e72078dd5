/* route_diff_pool: what has become of the pools
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_ROUTE_DIFF_POOL_H
#define MIGRATE_ROUTE_DIFF_POOL_H

#include <stdbool.h>

#include "migrate/route_diff.h"

/* Adds what differs in pools of one name, and named pools that only one side has. */
void route_diff_pool_all(struct route_diff *diff);

/* True if all in them is the same but their names. */
bool route_diff_pool_same(struct route_diff *diff, const struct pool *old, const struct pool *new);

/* The hosts by priority: "[mx1], [mx2]; then [mx3]". */
const char *route_diff_pool_hosts(struct route_diff *diff, const struct pool *pool);

#endif
