/* judge_postfix: a model of Postfix: queues, deliveries, and the lines about them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_JUDGE_POSTFIX_H
#define TEST_JUDGE_POSTFIX_H

#include "judge_world.h"

/*
 * Each distinct list of hosts is a queue: five deliveries at first (initial_destination_concurrency),
 * up to twenty when they go well, a hundred in all. A delivery walks its list in order; what no host
 * has taken is tried again after five minutes, by the same list. There is no connection cache.
 */

/* The queue manager takes up a message. */
void judge_postfix_active(struct judge_world *world, int message);

/* What the process's session came to. */
void judge_postfix_session(struct judge_world *world, int process);

/* Another truth has begun for the host: what becomes of its sessions. */
void judge_postfix_changed(struct judge_world *world, int host);

#endif
