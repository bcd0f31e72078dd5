/* judge_clock: the time and the log of simulated worlds
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_JUDGE_CLOCK_H
#define TEST_JUDGE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Who links this has no other clock and no other log: it stands in the place of engine/clock.h and
 * engine/log.h.
 */
extern int64_t judge_clock_ms;
extern bool judge_clock_is_told; /* the daemon's log goes to stdout */

#endif
