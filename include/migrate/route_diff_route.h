/* route_diff_route: what has become of the routes, and whose mail goes elsewhere
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_ROUTE_DIFF_ROUTE_H
#define MIGRATE_ROUTE_DIFF_ROUTE_H

#include <stdbool.h>

#include "migrate/route_diff.h"

/* Asks both tables about each match that either of them has. */
void route_diff_route_all(struct route_diff *diff);

/* "pool exchange ([a], [b])", "action = "reject": 550 5.7.1 …"; of NULL: the MTA's own routing. */
const char *route_diff_route_does(
	struct route_diff *diff, const struct table *table, const struct route *route);

/*
 * True if the same becomes of mail by both, but for what pools of one name have become. Either may be
 * NULL: none.
 */
bool route_diff_route_same(
	struct route_diff *diff, const struct route *old, const struct route *new);

#endif
