/* engine_waiting: the messages of a pool that were put off
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_waiting.h"
#include "engine/engine_self.h"

#include <string.h>

static bool is_host_of(const struct roster *roster, uint32_t index, uint64_t pool)
{
	const struct roster_host *host = &roster->hosts[index];

	for (size_t i = 0; i < host->place_count; i++)
		if (roster->pools[roster->places[host->first_place + i].pool].key == pool)
			return true;
	return false;
}

/* RESULT: by which it was put off. */
static bool is_of(const struct roster *roster, const struct attempt *attempt,
	const struct attempt_record_entry *result, uint64_t pool)
{
	if (attempt->pool != 0 || result->host >= roster->host_count)
		return attempt->pool == pool;
	return is_host_of(roster, result->host, pool);
}

/* The engine lock must be held. */
static void add(struct engine_waiting *waiting, const struct attempt *attempt,
	const struct attempt_record_entry *result)
{
	struct engine_waiting_message *message = &waiting->messages[waiting->count++];

	memcpy(message->queue_id, attempt->queue_id, sizeof(message->queue_id));
	message->since = result->at;
	message->tries = attempt->record.tries;
}

void engine_waiting_list(
	struct engine *engine, uint64_t pool, int64_t from, struct engine_waiting *waiting)
{
	const struct attempts *attempts = &engine->attempts;
	int looked_at = 0;
	uint16_t index;

	waiting->count = 0;
	engine_self_lock(engine);
	index = attempts->oldest;
	while (index != ATTEMPT_NONE && attempts->list[index].number < (uint64_t)from)
		index = attempts->list[index].newer;
	for (; index != ATTEMPT_NONE && looked_at < ENGINE_WAITING_MAX; looked_at++) {
		const struct attempt *attempt = &attempts->list[index];
		const struct attempt_record_entry *result =
			attempt_record_put_off(&attempt->record, attempt->is_open);

		if (attempt->queue_id[0] != '\0' && result != NULL &&
			is_of(engine->roster, attempt, result, pool))
			add(waiting, attempt, result);
		index = attempt->newer;
	}
	waiting->next = index == ATTEMPT_NONE ? -1 : (int64_t)attempts->list[index].number;
	engine_self_unlock(engine);
}

int64_t engine_waiting_forgotten(struct engine *engine)
{
	int64_t forgotten;

	engine_self_lock(engine);
	forgotten = (int64_t)engine->attempts.forgotten;
	engine_self_unlock(engine);
	return forgotten;
}
