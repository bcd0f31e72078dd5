/* attempt_place: whether a message goes to the hosts that were chosen for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ATTEMPT_PLACE_H
#define CORE_ATTEMPT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attempt.h"

/* Of each attempt it is found out once: it then is placed. One that is chosen anew is not. */

/* A line speaks of HOST: true if that is the first that places an attempt of the message. */
bool attempt_place_by(struct attempts *attempts, uint64_t message, uint32_t host);

/*
 * The next attempt of the message after AFTER (NULL: the first) that the MTA has begun with, and
 * that is not placed; or NULL.
 */
const struct attempt *attempt_place_next(
	const struct attempts *attempts, uint64_t message, const struct attempt *after);

/* It went elsewhere, or nobody can know. */
void attempt_place_end(struct attempts *attempts, const struct attempt *attempt);

#endif
