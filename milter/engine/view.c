/* view: what people may see of the engine, copied out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/view.h"
#include "core/decimal.h"

#include <string.h>

void view_copy_text(char *out, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(out, text, length);
	out[length] = '\0';
}

/* "file:line"; of a path that is too long, its end. */
static void copy_source(char out[VIEW_SOURCE_MAX], const char *file, int line)
{
	const size_t room = VIEW_SOURCE_MAX - 16;
	size_t length = strlen(file);

	if (length > room) {
		file += length - room;
		length = room;
	}
	memcpy(out, file, length);
	out[length] = ':';
	*decimal_put(out + length + 1, line) = '\0';
}

static void copy_host(struct view_host *view, const struct pool_host *host)
{
	static const struct quota_limits no_limits = {.per = 0};

	view_copy_text(view->name, sizeof(view->name), host->name);
	view->port = host->port;
	view->priority = host->priority;
	view->weight = host->weight;
	view->auth_user[0] = '\0';
	view->limits = host->limits == NULL ? no_limits : *host->limits;
	view->tls[0] = '\0';
	view->first = 0;
	view->listed = 0;
}

static void copy_lane(struct view_host *view, const struct lane *lane)
{
	view->waiting = lane->waiting;
	view->pending = lane->pending;
	view->usual = lane->usual;
	view->silent_since = lane->silent_since;
	view->busy_until = lane->busy_until;
}

static void add_counts(struct view_host *view, const struct roster_pool *pool, uint32_t host)
{
	const struct state_member *member = &pool->state->members[pool->members[host]];

	view->first += member->first;
	view->listed += member->listed;
}

void view_copy_host(struct view_host *view, const struct roster *roster, size_t host)
{
	const struct roster_host *from = &roster->hosts[host];

	copy_host(view, from->host);
	view->health = *from->health;
	copy_lane(view, from->lane);
	for (size_t i = 0; i < from->place_count; i++) {
		struct roster_place place = roster->places[from->first_place + i];

		add_counts(view, &roster->pools[place.pool], place.host);
	}
}

void view_copy_pool(struct view_pool *view, const struct roster *roster, size_t pool)
{
	const struct roster_pool *from = &roster->pools[pool];

	view_copy_text(view->name, sizeof(view->name), from->pool->name);
	view_copy_text(view->transport, sizeof(view->transport), from->pool->transport);
	copy_source(view->source, from->pool->file, from->pool->line);
	view->balance = from->pool->balance;
	view->hash_on = from->pool->hash_on;
	view->all_deferred = from->pool->all_deferred;
	view->on_recovery = from->pool->on_recovery;
	view_copy_text(view->fallback, sizeof(view->fallback),
		from->pool->fallback == -1 ? "" : roster->pools[from->pool->fallback].pool->name);
	view->messages = from->state->turn;
	view->host_count = from->pool->host_count;
}

void view_copy_pool_host(struct view_host *view, const struct roster *roster, size_t pool, int host)
{
	const struct roster_pool *from = &roster->pools[pool];

	const struct pool_host *of = &from->pool->hosts[host];

	copy_host(view, of);
	view_copy_text(
		view->auth_user, sizeof(view->auth_user), of->auth == NULL ? "" : of->auth->user);
	view_copy_text(view->tls, sizeof(view->tls), of->tls == NULL ? "" : of->tls->policy);
	view->health = *from->health[host];
	copy_lane(view, from->lanes[host]);
	add_counts(view, from, (uint32_t)host);
}

/* What recipients are answered while all hosts of their pool are deferred (RFC 3463, 4.4.1). */
static const struct route put_off = {
	.code = "451",
	.enhanced = "4.4.1",
	.text = "All hosts for this recipient fail, try again later",
};

static void copy_reply(struct view_route *view, const struct route *route)
{
	view_copy_text(view->code, sizeof(view->code), route->code);
	view_copy_text(view->enhanced, sizeof(view->enhanced), route->enhanced);
	view_copy_text(view->text, sizeof(view->text), route->text);
}

/* A pool whose hosts are all drained is used all the same. */
static bool is_put_off(const struct roster_pool *pool)
{
	bool has_deferred = false;

	if (pool->pool->all_deferred != ALL_DEFERRED_TEMPFAIL || roster_has_usable(pool))
		return false;
	for (int i = 0; i < pool->pool->host_count; i++) {
		/* What it does with mail that is too much for it is its own to say. */
		if (pool->health[i]->state == HEALTH_SPENT)
			return false;
		has_deferred |= pool->health[i]->state != HEALTH_DRAINED;
	}
	return has_deferred;
}

void view_copy_route(
	struct view_route *view, const struct roster *roster, const struct route *route)
{
	view->action = route == NULL ? ACTION_NONE : route->action;
	view->pool = 0;
	view->is_put_off = false;
	view->hash_on = HASH_ON_RECIPIENT;
	view->is_by_hash = false;
	view->match[0] = '\0';
	view->source[0] = '\0';
	view->pool_name[0] = '\0';
	view->code[0] = '\0';
	view->enhanced[0] = '\0';
	view->text[0] = '\0';
	if (route == NULL)
		return;
	view_copy_text(view->match, sizeof(view->match), route->match);
	copy_source(view->source, route->file, route->line);
	if (route->action == ACTION_POOL) {
		const struct roster_pool *pool = &roster->pools[route->pool];

		view->pool = pool->key;
		view->is_put_off = is_put_off(pool);
		if (view->is_put_off)
			copy_reply(view, &put_off);
		view->hash_on = pool->pool->hash_on;
		view->is_by_hash = pool->pool->balance == BALANCE_HASH &&
				   pool->pool->hash_on == HASH_ON_RECIPIENT;
		view_copy_text(view->pool_name, sizeof(view->pool_name), pool->pool->name);
	} else if (route->action == ACTION_REJECT || route->action == ACTION_DEFER) {
		copy_reply(view, route);
	}
}

bool view_route_refuses(const struct view_route *route)
{
	return route->action == ACTION_REJECT || route->action == ACTION_DEFER || route->is_put_off;
}
