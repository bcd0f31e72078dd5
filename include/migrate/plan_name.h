/* plan_name: names for the pools of a plan
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_PLAN_NAME_H
#define MIGRATE_PLAN_NAME_H

#include "migrate/plan.h"

/*
 * Names each set by its hosts, so that the same tables give the same names: "mx-example-com" for mx1 and
 * mx2.example.com, else the first host; with the port and the transport if they are not SMTP's, and a
 * number if another set has that name already.
 */
void plan_name_all(struct plan *plan);

#endif
