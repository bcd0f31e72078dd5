/* engine_map: what the maps of the MTAs are answered
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_map.h"
#include "core/authinfo.h"
#include "core/hash.h"
#include "core/token.h"
#include "core/trial.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster_names.h"
#include "engine/selection.h"
#include "text/idn.h"

#include <string.h>

/* So long the milter is taken to see the mail that is asked for: it gives the trials then. */
static const int64_t fed_ms = INT64_C(600000);

/* Some host that may have the mail is on trial. */
static bool has_trial(const struct roster *roster, const struct roster_pool *pool)
{
	for (;;) {
		for (int i = 0; i < pool->pool->host_count; i++)
			if (pool->health[i]->state == HEALTH_TRIAL)
				return true;
		if (pool->pool->fallback == -1)
			return false;
		pool = &roster->pools[pool->pool->fallback];
	}
}

/* The milter has chosen for mail to that pool of late. */
static bool is_fed(const struct roster_pool *pool, int64_t now)
{
	for (int i = 0; i < pool->pool->host_count; i++)
		if (pool->lanes[i]->chosen != 0 && now - pool->lanes[i]->chosen < fed_ms)
			return true;
	return false;
}

/* What the one who asks for a recipient may claim of a trial; 0: nothing. The engine lock must be held. */
static uint64_t owner_of(const struct engine *engine, const struct roster_pool *pool,
	uint64_t recipient, int64_t now)
{
	bool is_known = replay_find(&engine->replay, recipient, now) != NULL;

	if (is_fed(pool, now))
		return 0;
	return trial_owner(recipient, is_known ? TRIAL_ASKED_AGAIN : TRIAL_ASKED);
}

/* So that it is known when it is asked for again. The engine lock must be held. */
static void note_asked(struct engine *engine, uint64_t recipient, int64_t now)
{
	if (replay_find(&engine->replay, recipient, now) == NULL)
		replay_put(&engine->replay,
			&(struct replay_choice){.recipient = recipient, .at = now});
}

/* A trial begins: the recipient is to hear of it again. The engine lock must be held. */
static void note_trial(struct engine *engine, const struct selection *selection,
	const struct selection_ask *ask, int64_t now)
{
	const struct roster_pool *pool = selection->pool;
	uint64_t recipient = ask->recipient;
	int first = selection->candidates.hosts[0];
	struct breaker_event event = {.kind = BREAKER_CHOSEN, .message = ask->owner};
	struct replay_choice choice = {
		.recipient = recipient,
		.host = pool->pool->hosts[first].key,
		.at = now,
		.pool = pool->key,
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

	if (key != ENGINE_MAP_EXPLAIN)
		engine->map_asked = now;
	if (key == ENGINE_MAP_RECIPIENT)
		replay_ask(&engine->replay, ask->recipient);

	selection_make(&selection, engine->roster, &engine->replay, ask, now);
	if (ask->owner != 0 && key == ENGINE_MAP_RECIPIENT && selection.candidates.is_trial)
		note_trial(engine, &selection, ask, now);
	else if (ask->owner != 0 && key == ENGINE_MAP_RECIPIENT &&
		 has_trial(engine->roster, ask->pool))
		note_asked(engine, ask->recipient, now);
	selection_nexthop(&selection, engine->roster, answer->nexthop);
}

/* The list of a pool for a recipient. The engine lock must be held. */
static void list_pool(struct engine *engine, const struct roster_pool *pool, uint64_t recipient,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	struct selection_ask ask = {
		.pool = pool,
		.recipient = recipient,
		.has_no_trial = key == ENGINE_MAP_NOBODY,
	};

	if (key == ENGINE_MAP_EXPLAIN)
		ask.owner = trial_owner(recipient, TRIAL_MESSAGE);
	else if (key == ENGINE_MAP_RECIPIENT)
		ask.owner = owner_of(engine, pool, recipient, clock_now());
	list_hosts(engine, &ask, key, answer);
}

void engine_map_address(struct engine *engine, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	answer->nexthop[0] = '\0';
	answer->policy[0] = '\0';
	engine_self_lock(engine);

	const struct route *route = table_lookup(engine->roster->table, address);

	answer->mta = engine->roster->table->mta;
	view_copy_route(&answer->route, engine->roster, route);
	if (route != NULL && route->action == ACTION_POOL)
		list_pool(engine, &engine->roster->pools[route->pool], address->hash, key, answer);
	engine_self_unlock(engine);
}

/* The engine lock must be held. */
static void begin_answer(struct engine *engine, struct engine_map_answer *answer)
{
	answer->nexthop[0] = '\0';
	answer->policy[0] = '\0';
	answer->mta = engine->roster->table->mta;
	view_copy_route(&answer->route, engine->roster, NULL);
}

void engine_map_nothing(struct engine *engine, struct engine_map_answer *answer)
{
	engine_self_lock(engine);
	begin_answer(engine, answer);
	engine_self_unlock(engine);
}

/* The answer is a pool's list. The engine lock must be held. */
static void name_pool(struct engine_map_answer *answer, const struct roster_pool *pool)
{
	answer->route.action = ACTION_POOL;
	view_copy_text(answer->route.pool_name, sizeof(answer->route.pool_name), pool->pool->name);
}

void engine_map_pool(struct engine *engine, const char *name, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	const struct roster_pool *pool;

	engine_self_lock(engine);
	begin_answer(engine, answer);
	pool = roster_names_pool(engine->roster, table_pool_key(name));
	if (pool != NULL) {
		name_pool(answer, pool);
		list_pool(engine, pool, address->hash, key, answer);
	}
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

	/* For the mail that the token was made for the milter has taken the trial. */
	if (key == ENGINE_MAP_EXPLAIN)
		ask.owner = trial_owner(ask.recipient, TRIAL_MESSAGE);

	engine_map_nothing(engine, answer);
	if (token_parse(&token, name) == -1)
		return;
	ask.position = token.position;
	engine_self_lock(engine);
	ask.pool = roster_names_pool(engine->roster, token.pool);
	if (ask.pool != NULL) {
		name_pool(answer, ask.pool);
		list_hosts(engine, &ask, key, answer);
	}
	engine_self_unlock(engine);
}

void engine_map_policy(struct engine *engine, const char *text, struct engine_map_answer *answer)
{
	const struct table_tls *tls;

	engine_self_lock(engine);
	begin_answer(engine, answer);
	tls = table_policy(engine->roster->table, text);
	if (tls != NULL)
		view_copy_text(answer->policy, sizeof(answer->policy), tls->policy);
	engine_self_unlock(engine);
}

bool engine_map_has(struct engine *engine, enum engine_map_secret secret)
{
	enum table_mta mta;

	engine_self_lock(engine);
	mta = engine->roster->table->mta;
	engine_self_unlock(engine);
	return (mta == TABLE_POSTFIX) == (secret == ENGINE_MAP_SASL);
}

static bool put_text(char *out, size_t size, const char *text)
{
	bool fits = strlen(text) < size;

	if (fits)
		strcpy(out, text);
	return fits;
}

bool engine_map_login(struct engine *engine, enum engine_map_secret secret, const char *text,
	char *out, size_t size)
{
	const struct table_auth *auth;
	bool is_found = false;

	engine_self_lock(engine);
	auth = table_login(engine->roster->table, text);
	if (auth != NULL && secret == ENGINE_MAP_AUTHINFO)
		is_found = authinfo_write(out, size, auth->login) == 0;
	else if (auth != NULL && secret == ENGINE_MAP_AUTH)
		is_found = put_text(out, size, auth->allows_cleartext ? "clear" : "encrypt");
	else if (auth != NULL)
		is_found = put_text(out, size, auth->login);
	engine_self_unlock(engine);
	return is_found;
}

static void answer_request(struct engine *engine, struct map_request *request,
	enum engine_map_key recipient, struct engine_map_answer *answer)
{
	switch (request->key) {
	case MAP_REQUEST_ALL:
		engine_map_address(engine, &request->address, ENGINE_MAP_NOBODY, answer);
		break;
	case MAP_REQUEST_ADDRESS:
		idn_fold_address(&request->address);
		engine_map_address(engine, &request->address, recipient, answer);
		break;
	case MAP_REQUEST_TOKEN:
		engine_map_token(engine, request->text, recipient, answer);
		break;
	case MAP_REQUEST_NAMED:
		idn_fold_address(&request->address);
		engine_map_pool(engine, request->text, &request->address, recipient, answer);
		break;
	case MAP_REQUEST_HOST:
		engine_map_policy(engine, request->text, answer);
		break;
	case MAP_REQUEST_MISSING:
	case MAP_REQUEST_NOBODY:
		engine_map_nothing(engine, answer);
		break;
	}
}

enum map_reply_kind engine_map_reply(
	struct engine *engine, struct map_request *request, bool is_asked, char out[MAP_REPLY_MAX])
{
	struct engine_map_answer answer;
	struct map_reply_route route;

	answer_request(
		engine, request, is_asked ? ENGINE_MAP_EXPLAIN : ENGINE_MAP_RECIPIENT, &answer);
	route = (struct map_reply_route){
		.mta = answer.mta,
		.action = answer.route.action,
		.nexthop = answer.nexthop,
		.policy = answer.policy,
		.code = answer.route.code,
		.enhanced = answer.route.enhanced,
		.text = answer.route.text,
	};
	return map_reply_write(out, request, &route);
}
