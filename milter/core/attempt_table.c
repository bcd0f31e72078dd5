/* attempt_table: the attempts by their messages, and which of them makes room
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_table.h"
#include "core/waiting.h"

#include <string.h>

void attempt_table_init(struct attempts *attempts)
{
	memset(attempts, 0, sizeof(*attempts));
	memset(attempts->buckets, 0xff, sizeof(attempts->buckets));
	attempts->oldest = ATTEMPT_NONE;
	attempts->newest = ATTEMPT_NONE;
	for (int i = 0; i < ATTEMPT_COUNT; i++)
		attempts->list[i].next =
			i + 1 < ATTEMPT_COUNT ? (uint16_t)(i + 1) : (uint16_t)ATTEMPT_NONE;
}

static uint16_t *bucket_of(struct attempts *attempts, uint64_t message)
{
	return &attempts->buckets[message & (ATTEMPT_BUCKETS - 1)];
}

static void leave_ages(struct attempts *attempts, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];

	if (attempt->older == ATTEMPT_NONE)
		attempts->oldest = attempt->newer;
	else
		attempts->list[attempt->older].newer = attempt->newer;
	if (attempt->newer == ATTEMPT_NONE)
		attempts->newest = attempt->older;
	else
		attempts->list[attempt->newer].older = attempt->older;
}

static void join_ages(struct attempts *attempts, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];

	attempt->older = attempts->newest;
	attempt->newer = ATTEMPT_NONE;
	if (attempts->newest == ATTEMPT_NONE)
		attempts->oldest = index;
	else
		attempts->list[attempts->newest].newer = index;
	attempts->newest = index;
}

static void evict(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];
	uint16_t *link = bucket_of(attempts, attempt->message);

	if (attempt->opened > attempts->since)
		attempts->since = attempt->opened;
	if (attempt_record_put_off(&attempt->record, attempt->is_open) != NULL)
		attempts->forgotten++;
	waiting_uncount(attempts, lanes, index);
	while (*link != index)
		link = &attempts->list[*link].next;
	*link = attempt->next;
	leave_ages(attempts, index);
	attempt->message = 0;
	attempt->next = attempts->free;
	attempts->free = index;
}

/* The oldest that is closed, among so many; else the oldest. */
static void evict_one(struct attempts *attempts, struct attempt_lanes lanes)
{
	uint16_t index = attempts->oldest;

	for (int i = 0; i < 64 && index != ATTEMPT_NONE; i++) {
		if (!attempts->list[index].is_open) {
			evict(attempts, lanes, index);
			return;
		}
		index = attempts->list[index].newer;
	}
	evict(attempts, lanes, attempts->oldest);
}

uint16_t attempt_table_take(struct attempts *attempts, struct attempt_lanes lanes, uint64_t message)
{
	uint16_t index;
	uint16_t *bucket;

	if (attempts->free == ATTEMPT_NONE)
		evict_one(attempts, lanes);
	index = attempts->free;
	attempts->free = attempts->list[index].next;
	bucket = bucket_of(attempts, message);
	memset(&attempts->list[index], 0, sizeof(attempts->list[index]));
	attempts->list[index].message = message;
	attempts->list[index].number = attempts->taken++;
	attempts->list[index].next = *bucket;
	*bucket = index;
	join_ages(attempts, index);
	return index;
}

uint16_t attempt_table_next(const struct attempts *attempts, uint16_t index, uint64_t message)
{
	while (index != ATTEMPT_NONE && attempts->list[index].message != message)
		index = attempts->list[index].next;
	return index;
}

uint16_t attempt_table_first(const struct attempts *attempts, uint64_t message)
{
	return attempt_table_next(
		attempts, attempts->buckets[message & (ATTEMPT_BUCKETS - 1)], message);
}
