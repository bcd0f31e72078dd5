/* route_diff_rule: what has become of the rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_ROUTE_DIFF_RULE_H
#define MIGRATE_ROUTE_DIFF_RULE_H

#include "migrate/route_diff.h"

/*
 * Adds rules that only one side has, by name, what differs in those of both, and if these stand in
 * another order that. Conditions are compared as they are tested, not as they are written.
 */
void route_diff_rule_all(struct route_diff *diff);

#endif
