/* attempt_place: whether a message goes to the hosts that were chosen for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_place.h"
#include "core/attempt_table.h"

static bool has_host(const struct attempt *attempt, uint32_t host)
{
	for (int i = 0; i < attempt->count; i++)
		if (attempt->hosts[i] == host)
			return true;
	return false;
}

bool attempt_place_by(struct attempts *attempts, uint64_t message, uint32_t host)
{
	uint16_t index = attempt_table_first(attempts, message);
	bool is_new = false;

	for (; index != ATTEMPT_NONE;
		index = attempt_table_next(attempts, attempts->list[index].next, message)) {
		struct attempt *attempt = &attempts->list[index];

		if (attempt->is_placed || !has_host(attempt, host))
			continue;
		attempt->is_placed = true;
		is_new = true;
	}
	return is_new;
}

const struct attempt *attempt_place_next(
	const struct attempts *attempts, uint64_t message, const struct attempt *after)
{
	const struct attempt *attempt = attempt_find(attempts, message, after);

	while (attempt != NULL && (attempt->count == 0 || attempt->is_placed || !attempt->is_begun))
		attempt = attempt_find(attempts, message, attempt);
	return attempt;
}

void attempt_place_end(struct attempts *attempts, const struct attempt *attempt)
{
	attempts->list[attempt - attempts->list].is_placed = true;
}
