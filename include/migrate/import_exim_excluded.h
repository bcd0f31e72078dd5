/* import_exim_excluded: domains that an Exim's routers leave to those after them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_EXIM_EXCLUDED_H
#define MIGRATE_IMPORT_EXIM_EXCLUDED_H

#include "migrate/plan.h"

/*
 * "domains = ! a.example": the routers after that one may have its mail, though a wider route is there.
 * MATCH is as for plan_add_route().
 */

/* Begin with the plan. */
struct import_exim_excluded {
	struct plan *plan;
	struct plan_list list;
	int router; /* the number of the one that is read */
};

/* The router that is read leaves that mail to others. */
void import_exim_excluded_add(
	struct import_exim_excluded *excluded, struct plan_place place, const char *match);

/* Whether an earlier router has left that mail to this one. */
bool import_exim_excluded_has(const struct import_exim_excluded *excluded, const char *match);

/*
 * Routes to TARGET for what is within MATCH and was left by earlier routers, and not by this one. Gives
 * whether there was any.
 */
bool import_exim_excluded_take(
	struct import_exim_excluded *excluded, const char *match, const struct plan_target *target);

/* What no router has taken goes by the MTA's own routing, where a wider route would have it. Frees. */
void import_exim_excluded_finish(struct import_exim_excluded *excluded);

#endif
