/* recent: the lists that the last messages were given
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/recent.h"

static struct recent_list *place_of(struct recent *recent, uint64_t message)
{
	return &recent->lists[message % RECENT_SIZE];
}

void recent_put(
	struct recent *recent, uint64_t message, size_t pool, const struct candidates *candidates)
{
	*place_of(recent, message) = (struct recent_list){
		.message = message,
		.pool = pool,
		.candidates = *candidates,
	};
}

struct recent_list *recent_find(struct recent *recent, uint64_t message)
{
	struct recent_list *list = place_of(recent, message);

	return message != 0 && list->message == message ? list : NULL;
}

void recent_forget(struct recent *recent)
{
	for (size_t i = 0; i < RECENT_SIZE; i++)
		recent->lists[i].message = 0;
}
