/* attempt_table: the attempts by their messages, and which of them makes room
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ATTEMPT_TABLE_H
#define CORE_ATTEMPT_TABLE_H

#include <stdint.h>

#include "core/attempt.h"

/* For attempt.c alone; what they are is told there. Of fixed size: a new one evicts an old one. */

void attempt_table_init(struct attempts *attempts);

/* One for MESSAGE, empty. Evicts the oldest that is closed, among the oldest 64; else the oldest. */
uint16_t attempt_table_take(
	struct attempts *attempts, struct attempt_lanes lanes, uint64_t message);

/* Those of a message, the newest first; NEXT: from INDEX on. ATTEMPT_NONE: there is none. */
uint16_t attempt_table_first(const struct attempts *attempts, uint64_t message);
uint16_t attempt_table_next(const struct attempts *attempts, uint16_t index, uint64_t message);

#endif
