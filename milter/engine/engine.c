/* engine: the one lock, and all that changes while mail flows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "core/nexthop.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "engine/roster.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTES_AT_ONCE = 1000 };

struct engine {
	pthread_mutex_t lock;
	struct state *state;
	struct roster *roster;
	struct engine_needs needs;
	int64_t next_end; /* the earliest end of a drain; 0: none has one */
	struct event_ring events;
	_Atomic int64_t counters[ENGINE_COUNTER_COUNT];
};

static void lock(struct engine *engine)
{
	int error = pthread_mutex_lock(&engine->lock);

	assert(error == 0);
}

static void unlock(struct engine *engine)
{
	int error = pthread_mutex_unlock(&engine->lock);

	assert(error == 0);
}

/* ---- life */

struct engine *engine_new(struct state *state)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return NULL;
	if (pthread_mutex_init(&engine->lock, NULL) != 0) {
		free(engine);
		return NULL;
	}
	engine->state = state;
	return engine;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	roster_free(engine->roster);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

static struct engine_needs needs_of(const struct table *table)
{
	struct engine_needs needs = {.sender = table_needs_sender(table)};

	for (size_t i = 0; i < table->route_count && !needs.pools; i++)
		needs.pools = table->routes[i].action == ACTION_POOL;
	return needs;
}

/* The engine lock must be held. */
static void find_next_end(struct engine *engine)
{
	engine->next_end = 0;
	for (size_t i = 0; i < engine->roster->host_count; i++) {
		const struct health *health = engine->roster->hosts[i].health;

		if (health->state == HEALTH_DRAINED && health->until != 0 &&
			(engine->next_end == 0 || health->until < engine->next_end))
			engine->next_end = health->until;
	}
}

int engine_swap(struct engine *engine, const struct table *table, struct state_report *report)
{
	int64_t now = clock_now();
	struct engine_needs needs = needs_of(table);
	struct roster *roster = roster_new(table, engine->state, now, report);

	if (roster == NULL)
		return -1;
	lock(engine);

	struct roster *before = engine->roster;

	roster_seat(roster);
	engine->roster = roster;
	engine->needs = needs;
	find_next_end(engine);
	unlock(engine);
	state_leave_others(engine->state, roster->used, now);
	roster_free(before);
	return 0;
}

/* ---- messages */

void engine_route(struct engine *engine, const struct address *recipient, struct view_route *route)
{
	lock(engine);
	view_copy_route(route, engine->roster, table_lookup(engine->roster->table, recipient));
	unlock(engine);
}

int engine_choose(struct engine *engine, size_t pool, uint64_t recipient_hash, uint64_t sender_hash,
	struct engine_choice *choice)
{
	struct candidates candidates;
	int32_t credit[POOL_HOSTS_MAX];

	lock(engine);

	const struct roster_pool *from = roster_pool_of(engine->roster, pool);

	if (from == NULL) {
		unlock(engine);
		return -1;
	}

	bool by_sender = from->pool->hash_on == HASH_ON_SENDER;
	int length;

	roster_order(from, by_sender ? sender_hash : recipient_hash, credit, &candidates);
	roster_take_turn(from, credit, &candidates);
	view_copy_text(choice->pool, sizeof(choice->pool), from->pool->name);
	length = nexthop_list(choice->nexthop, sizeof(choice->nexthop), from->pool, &candidates);
	unlock(engine);
	assert(length > 0);
	return 0;
}

struct engine_needs engine_needs(struct engine *engine)
{
	struct engine_needs needs;

	lock(engine);
	needs = engine->needs;
	unlock(engine);
	return needs;
}

void engine_count(struct engine *engine, enum engine_counter counter, int change)
{
	atomic_fetch_add_explicit(&engine->counters[counter], change, memory_order_relaxed);
}

int64_t engine_counted(struct engine *engine, enum engine_counter counter)
{
	return atomic_load_explicit(&engine->counters[counter], memory_order_relaxed);
}

/* ---- changes and events */

/* The engine lock must be held. */
static void fill_event(struct event_entry *entry, const struct roster_host *host)
{
	view_copy_text(entry->host, sizeof(entry->host), host->host->name);
	view_copy_text(entry->text, sizeof(entry->text), host->health->text);
	entry->port = host->host->port;
	entry->to = host->health->state;
	entry->reason = host->health->reason;
	entry->until = host->health->until;
}

static void log_change(const struct event_entry *entry)
{
	char host[ENDPOINT_TEXT_MAX];
	char text[HEALTH_TEXT_MAX];
	char until[16 + DURATION_TEXT_MAX] = "";

	endpoint_format(host, entry->host, entry->port);
	if (entry->until != 0) {
		char span[DURATION_TEXT_MAX];

		duration_format(span, entry->until - entry->at);
		snprintf(until, sizeof(until), " until=%s", span);
	}
	log_info("host=%s %s->%s reason=%s text=\"%s\"%s", host, health_state_name(entry->from),
		health_state_name(entry->to), health_reason_name(entry->reason),
		printable_copy(text, sizeof(text), entry->text), until);
}

void engine_drain(struct engine *engine, size_t host, int64_t until, const char *text, int64_t now)
{
	struct event_entry entry = {.at = now, .kind = EVENT_DRAIN};

	lock(engine);

	const struct roster_host *of = &engine->roster->hosts[host];

	entry.from = of->health->state;
	health_drain(of->health, until, text, now);
	fill_event(&entry, of);
	event_ring_add(&engine->events, &entry);
	find_next_end(engine);
	unlock(engine);
	log_change(&entry);
}

void engine_enable(struct engine *engine, size_t host, int64_t now)
{
	struct event_entry entry = {.at = now, .kind = EVENT_ENABLE};

	lock(engine);

	const struct roster_host *of = &engine->roster->hosts[host];

	entry.from = of->health->state;
	health_enable(of->health, now);
	fill_event(&entry, of);
	event_ring_add(&engine->events, &entry);
	unlock(engine);
	log_change(&entry);
}

/* Ends the first drain that has run out, from that host on. The engine lock must be held. */
static bool end_one(struct engine *engine, size_t *host, int64_t now, struct event_entry *entry)
{
	for (; *host < engine->roster->host_count; ++*host) {
		const struct roster_host *of = &engine->roster->hosts[*host];
		uint32_t from = of->health->state;

		if (!health_expire(of->health, now))
			continue;
		*entry = (struct event_entry){.at = now, .kind = EVENT_DRAIN_ENDED, .from = from};
		fill_event(entry, of);
		event_ring_add(&engine->events, entry);
		return true;
	}
	find_next_end(engine);
	return false;
}

void engine_tick(struct engine *engine, int64_t now)
{
	bool is_due = true;

	for (size_t host = 0; is_due;) {
		struct event_entry entry;

		lock(engine);
		is_due = engine->next_end != 0 && engine->next_end <= now &&
			 end_one(engine, &host, now, &entry);
		unlock(engine);
		if (is_due)
			log_change(&entry);
	}
}

void engine_note(struct engine *engine, enum event_kind kind, const char *text)
{
	struct event_entry entry = {.at = clock_now(), .kind = kind};

	view_copy_text(entry.text, sizeof(entry.text), text);
	lock(engine);
	event_ring_add(&engine->events, &entry);
	unlock(engine);
}

bool engine_event_after(struct engine *engine, uint64_t id, struct event_entry *entry)
{
	lock(engine);

	const struct event_entry *found = event_ring_after(&engine->events, id);

	if (found != NULL)
		*entry = *found;
	unlock(engine);
	return found != NULL;
}

uint64_t engine_last_event(struct engine *engine)
{
	uint64_t last;

	lock(engine);
	last = engine->events.last;
	unlock(engine);
	return last;
}

/* ---- views: the main thread swaps the roster, so it may read what never changes in one */

size_t engine_pool_count(struct engine *engine)
{
	return engine->roster->table->pool_count;
}

size_t engine_host_count(struct engine *engine)
{
	return engine->roster->host_count;
}

size_t engine_route_count(struct engine *engine)
{
	return engine->roster->table->route_count;
}

size_t engine_find_host(struct engine *engine, const char *name, int port, size_t from)
{
	return roster_find_host(engine->roster, name, port, from);
}

void engine_view_host(struct engine *engine, size_t host, struct view_host *view)
{
	lock(engine);
	view_copy_host(view, engine->roster, host);
	unlock(engine);
}

void engine_view_pool(struct engine *engine, size_t pool, struct view_pool *view)
{
	lock(engine);
	view_copy_pool(view, engine->roster, pool);
	unlock(engine);
}

void engine_view_pool_host(struct engine *engine, size_t pool, int host, struct view_host *view)
{
	lock(engine);
	view_copy_pool_host(view, engine->roster, pool, host);
	unlock(engine);
}

bool engine_view_place(
	struct engine *engine, size_t host, size_t place, char name[POOL_KEY_MAX + 1])
{
	const struct roster *roster = engine->roster;
	const struct roster_host *of = &roster->hosts[host];

	if (place >= of->place_count)
		return false;
	view_copy_text(name, POOL_KEY_MAX + 1,
		roster->pools[roster->places[of->first_place + place].pool].pool->name);
	return true;
}

size_t engine_view_route(
	struct engine *engine, size_t from, const char *part, struct view_route *view, bool *found)
{
	const struct table *table = engine->roster->table;
	size_t end = from + ROUTES_AT_ONCE;

	*found = false;
	lock(engine);
	for (; from < table->route_count && from < end && !*found; from++) {
		if (strstr(table->routes[from].match, part) == NULL)
			continue;
		view_copy_route(view, engine->roster, &table->routes[from]);
		*found = true;
	}
	unlock(engine);
	return from;
}

void engine_explain(struct engine *engine, const struct address *recipient, uint64_t sender_hash,
	struct engine_plan *plan)
{
	struct candidates candidates = {.count = 0};
	int32_t credit[POOL_HOSTS_MAX];

	plan->nexthop[0] = '\0';
	lock(engine);

	const struct route *route = table_lookup(engine->roster->table, recipient);

	view_copy_route(&plan->route, engine->roster, route);
	if (route != NULL && route->action == ACTION_POOL) {
		const struct roster_pool *pool = &engine->roster->pools[route->pool];
		bool by_sender = pool->pool->hash_on == HASH_ON_SENDER;

		roster_order(pool, by_sender ? sender_hash : recipient->hash, credit, &candidates);
		nexthop_list(plan->nexthop, sizeof(plan->nexthop), pool->pool, &candidates);
		for (int i = 0; i < candidates.count; i++)
			view_copy_pool_host(&plan->candidates[i], engine->roster,
				(size_t)route->pool, candidates.hosts[i]);
	}
	unlock(engine);
	plan->candidate_count = candidates.count;
}

void engine_simulate(struct engine *engine, const struct address *recipient,
	struct view_route *route, struct simulation *simulation)
{
	lock(engine);

	const struct route *found = table_lookup(engine->roster->table, recipient);

	view_copy_route(route, engine->roster, found);
	if (found != NULL && found->action == ACTION_POOL)
		simulation_copy(simulation, engine->roster, (size_t)found->pool);
	unlock(engine);
}
