/* engine_map: what the maps of the MTAs are answered
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_map.h"
#include "core/hash.h"
#include "core/nexthop.h"
#include "core/token.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster_names.h"
#include "engine/selection.h"

#include <assert.h>
#include <string.h>

/* A trial begins: the recipient is to hear of it again. The engine lock must be held. */
static void note_trial(
	struct engine *engine, const struct selection *selection, uint64_t recipient, int64_t now)
{
	const struct roster_pool *pool = selection->pool;
	int first = selection->candidates.hosts[0];
	struct breaker_event event = {.kind = BREAKER_CHOSEN, .message = recipient};
	struct replay_choice choice = {
		.recipient = recipient,
		.host = pool->pool->hosts[first].key,
		.at = now,
		.pool = pool->slot,
	};

	breaker_feed(pool->health[first], pool->policy[first], &event, now);
	replay_put(&engine->replay, &choice);
}

/* The engine lock must be held. */
static void list_hosts(struct engine *engine, const struct selection_ask *ask,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	int64_t now = clock_now();
	struct selection selection;

	selection_make(&selection, engine->roster, &engine->replay, ask, now);
	if (selection.is_new_trial && key == ENGINE_MAP_RECIPIENT)
		note_trial(engine, &selection, ask->recipient, now);

	int length = nexthop_list(answer->nexthop, sizeof(answer->nexthop), selection.pool->pool,
		&selection.candidates, engine->roster->table->mta);

	assert(length > 0);
}

void engine_map_address(struct engine *engine, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	struct selection_ask ask = {
		.recipient = address->hash,
		.has_no_trial = key == ENGINE_MAP_NOBODY,
	};

	answer->nexthop[0] = '\0';
	engine_self_lock(engine);

	const struct route *route = table_lookup(engine->roster->table, address);

	answer->mta = engine->roster->table->mta;
	view_copy_route(&answer->route, engine->roster, route);
	if (route != NULL && route->action == ACTION_POOL) {
		ask.pool = &engine->roster->pools[route->pool];
		list_hosts(engine, &ask, key, answer);
	}
	engine_self_unlock(engine);
}

void engine_map_nothing(struct engine *engine, struct engine_map_answer *answer)
{
	answer->nexthop[0] = '\0';
	engine_self_lock(engine);
	answer->mta = engine->roster->table->mta;
	view_copy_route(&answer->route, engine->roster, NULL);
	engine_self_unlock(engine);
}

void engine_map_token(struct engine *engine, const char *name, enum engine_map_key key,
	struct engine_map_answer *answer)
{
	struct token token;
	struct selection_ask ask = {
		.recipient = hash_octets(name, strlen(name)),
		.is_token = true,
	};

	engine_map_nothing(engine, answer);
	if (token_parse(&token, name) == -1)
		return;
	ask.position = token.position;
	engine_self_lock(engine);
	ask.pool = roster_names_pool(engine->roster, token.pool);
	if (ask.pool != NULL) {
		answer->route.action = ACTION_POOL;
		view_copy_text(answer->route.pool_name, sizeof(answer->route.pool_name),
			ask.pool->pool->name);
		list_hosts(engine, &ask, key, answer);
	}
	engine_self_unlock(engine);
}
