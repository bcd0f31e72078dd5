/* moment: a time as an operator writes it: 14:30, 2026-01-31T14:30, now+2h
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_MOMENT_H
#define CORE_MOMENT_H

#include <stdint.h>

/* What was written. Which time that is depends on the zone, which the core does not know: zone.h. */

enum moment_kind {
	MOMENT_CLOCK = 0, /* the next time that the clock shows it */
	MOMENT_DATE = 1,
	MOMENT_SPAN = 2, /* so long from now */
};

struct moment {
	enum moment_kind kind;
	int year, month, day; /* MOMENT_DATE; the month from 1 */
	int hour, minute;
	int64_t span; /* MOMENT_SPAN, ms */
};

#define MOMENT_WANTED "HH:MM, YYYY-MM-DDTHH:MM or now+DURATION, such as now+2h"

/* Gives 0, or -1 if TEXT is none of MOMENT_WANTED, or a date that no calendar has. */
int moment_parse(struct moment *moment, const char *text);

#endif
