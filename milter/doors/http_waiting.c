/* http_waiting: the messages of a pool that were put off, as the API has them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_waiting.h"
#include "doors/http_json.h"
#include "engine/engine_trace.h"
#include "engine/engine_view.h"
#include "engine/engine_waiting.h"

#include <string.h>

enum { BAD_REQUEST = 400, NOT_FOUND = 404 };

/* The index of the pool of that name, or the count of pools. */
static size_t find_pool(struct engine *engine, const char *name, struct view_pool *view)
{
	size_t count = engine_pool_count(engine);

	for (size_t i = 0; i < count; i++) {
		engine_view_pool(engine, i, view);
		if (strcmp(view->name, name) == 0)
			return i;
	}
	return count;
}

/* Of its hosts, those that would get a message. */
static int count_usable(struct engine *engine, size_t pool, int host_count)
{
	int usable = 0;

	for (int i = 0; i < host_count; i++) {
		struct view_host host;

		engine_view_pool_host(engine, pool, i, &host);
		usable += host.health.state == HEALTH_UP || host.health.state == HEALTH_TRIAL ||
			  host.health.state == HEALTH_SPENT;
	}
	return usable;
}

static json_t *messages_array(const struct engine_waiting *waiting)
{
	json_t *messages = json_array();

	for (int i = 0; i < waiting->count; i++)
		json_array_append_new(messages,
			json_pack("{s:s, s:o, s:i}", "queue_id", waiting->messages[i].queue_id,
				"since", http_json_time(waiting->messages[i].since), "tries",
				waiting->messages[i].tries));
	return messages;
}

json_t *http_waiting_answer(const struct http_call *call, int *status)
{
	const char *name = http_api_parameter(call, "pool");
	int64_t from = http_api_number(call, "from", 0, INT64_MAX - 1);
	struct engine_waiting waiting;
	struct view_pool pool = {.host_count = 0};
	size_t index;

	if (from == -1) {
		*status = BAD_REQUEST;
		return http_api_error("from is not a number in its range");
	}
	index = find_pool(call->engine, name, &pool);
	if (index == engine_pool_count(call->engine)) {
		*status = *name == '\0' ? BAD_REQUEST : NOT_FOUND;
		return http_api_error(*name == '\0' ? "pool is not there: the name of a pool"
						    : "there is no pool of that name");
	}
	engine_waiting_list(call->engine, table_pool_key(name), from, &waiting);
	return json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:I}", "pool", pool.name, "mta",
		call->profile->mta, "hosts", pool.host_count, "usable",
		count_usable(call->engine, index, pool.host_count), "messages",
		messages_array(&waiting), "next",
		waiting.next == -1 ? json_null() : json_integer((json_int_t)waiting.next),
		"known_since", http_json_time(engine_trace_since(call->engine)), "forgotten",
		(json_int_t)engine_waiting_forgotten(call->engine));
}
