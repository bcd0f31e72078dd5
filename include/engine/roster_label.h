/* roster_label: which pools metrics tell of by their names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROSTER_LABEL_H
#define ENGINE_ROSTER_LABEL_H

#include <stdbool.h>

#include "core/address.h"
#include "engine/roster.h"

/*
 * All that have a name of their own. A pool in place is called after its route, "route:MATCH", or its
 * rule: it is told of if that is a domain, ALL or a rule, and nobody's address. There may be as many as
 * there are routes, and a scrape is to cost the same: so only the first ROSTER_LABEL_MAX are.
 */

enum {
	ROSTER_LABEL_MAX = 1000,
	ROSTER_LABEL_NAME_MAX = 6 + DOMAIN_MAX, /* of a pool in place */
};

/* True if a pool of that name may be told of. */
bool roster_label_may(const char *name);

/* Fills in what a roster knows of it; its hosts and places are there already. */
void roster_label_all(struct roster *roster);

#endif
