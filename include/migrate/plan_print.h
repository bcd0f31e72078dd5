/* plan_print: a plan as a routes.cfg
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_PLAN_PRINT_H
#define MIGRATE_PLAN_PRINT_H

#include <stdio.h>

#include "migrate/plan.h"

/*
 * Writes the plan, which plan_finish() has approved, as a whole configuration: what was not carried over
 * as comments, settings, pools, rules and routes. ORIGIN says in its head what it was made from:
 * "milterctl import esa smtproutes". Whether all could be written, TO knows: ferror().
 */
void plan_print(const struct plan *plan, const char *origin, FILE *to);

#endif
