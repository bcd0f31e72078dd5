/* clock: the time of day
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include <stdint.h>

enum { CLOCK_TEXT_MAX = 32 };

/* ms since 1970: what is kept in the state file has to mean the same after a reboot. */
int64_t clock_now(void);

/* ms from some time in the past, for intervals: it never jumps. */
int64_t clock_steady(void);

/* The same in µs. */
int64_t clock_steady_us(void);

/* The minute of the week by the machine's own zone, 0: Monday, 00:00. */
int clock_week_minute(int64_t ms);

/* RFC 3339, UTC, whole seconds: "2026-01-31T12:00:00Z". Gives OUT. */
char *clock_format(char out[CLOCK_TEXT_MAX], int64_t ms);

#endif
