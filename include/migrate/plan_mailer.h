/* plan_mailer: what Sendmail can have of a pool
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_PLAN_MAILER_H
#define MIGRATE_PLAN_MAILER_H

#include "migrate/plan.h"

/*
 * A mailer of Sendmail has one port: in FITTED are the hosts of POOL, which has one at least, that
 * listen on the port of the one that is tried first, with a mailer of that port. Remarks name the
 * other hosts, and a mailer that sendmail.mc has to define.
 */
void plan_mailer_fit(struct plan *plan, struct plan_place place, const struct plan_pool *pool,
	struct plan_pool *fitted);

#endif
