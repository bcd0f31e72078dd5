/* zone: what the clocks of the machine's zone show, and when they do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ZONE_H
#define ENGINE_ZONE_H

#include <stdint.h>

#include "core/moment.h"

/* Times are in ms since 1970. The zone is that of TZ, or of the machine. */

enum zone_fault {
	ZONE_FINE = 0,
	ZONE_SKIPPED = 1, /* the clocks are set forward over it: there is no such time */
	ZONE_PAST = 2,
};

/*
 * The time that MOMENT is for who says it at NOW, in *AT. A clock's time is the next one that is still to
 * come, today or tomorrow. Of a time that the clocks show twice it is the first that is still to come.
 */
enum zone_fault zone_resolve(const struct moment *moment, int64_t now, int64_t *at);

/*
 * When a window ends that at NOW has so many whole minutes left by the clock, with the present one.
 * Where the clocks change before that, it ends as they show it; an end that they skip is their change.
 */
int64_t zone_end(int64_t now, int minutes);

#endif
