/* engine: the one lock, and all that changes while mail flows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine.h"
#include "core/blame.h"
#include "core/breaker.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "core/nexthop.h"
#include "core/printable.h"
#include "core/rules.h"
#include "engine/attribution.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/log.h"
#include "engine/recent.h"
#include "engine/roster.h"
#include "engine/roster_names.h"
#include "engine/selection.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life */

struct engine *engine_new(struct state *state)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return NULL;
	engine->rule_register = ruleset_register_new();
	if (engine->rule_register == NULL || pthread_mutex_init(&engine->lock, NULL) != 0) {
		ruleset_register_free(engine->rule_register);
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
	ruleset_drop(engine->ruleset);
	ruleset_register_free(engine->rule_register);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

static struct engine_needs needs_of(const struct table *table)
{
	struct engine_needs needs = {.sender = table_needs_sender(table)};
	bool is_sendmail = table->mta == TABLE_SENDMAIL;

	if (table->rules != NULL)
		needs.rules = rules_needs(table->rules);
	needs.pools = (needs.rules & (is_sendmail ? RULES_NEEDS_CHANGES : RULES_NEEDS_POOLS)) != 0;
	for (size_t i = 0; i < table->route_count && !needs.pools; i++)
		needs.pools = table->routes[i].action == ACTION_POOL ||
			      (is_sendmail && table->routes[i].action == ACTION_DISCARD);
	needs.headers = needs.pools && !is_sendmail;
	needs.aborts = is_sendmail;
	return needs;
}

int engine_swap(struct engine *engine, const struct table *table, struct state_report *report)
{
	int64_t now = clock_now();
	struct engine_needs needs = needs_of(table);
	bool has_rules = table->rules != NULL;
	struct ruleset *ruleset = has_rules ? ruleset_new(table, engine->rule_register) : NULL;
	struct roster *roster;

	if (has_rules && ruleset == NULL) {
		view_copy_text(report->text, sizeof(report->text), "out of memory");
		return -1;
	}
	roster = roster_new(table, engine->state, now, report);
	if (roster == NULL) {
		ruleset_drop(ruleset);
		return -1;
	}
	engine_self_lock(engine);

	struct roster *before = engine->roster;
	struct ruleset *rules_before = engine->ruleset;

	roster_seat(roster);
	engine->roster = roster;
	engine->ruleset = ruleset;
	engine->needs = needs;
	recent_forget(&engine->recent);
	engine_self_unlock(engine);
	state_leave_others(engine->state, roster->used, now);
	roster_free(before);
	ruleset_drop(rules_before);
	return 0;
}

/* ---- messages */

void engine_route(struct engine *engine, const struct address *recipient, struct view_route *route)
{
	engine_self_lock(engine);
	view_copy_route(route, engine->roster, table_lookup(engine->roster->table, recipient));
	engine_self_unlock(engine);
}

struct ruleset *engine_rules(struct engine *engine)
{
	struct ruleset *ruleset;

	engine_self_lock(engine);
	ruleset = engine->ruleset;
	ruleset_hold(ruleset);
	engine_self_unlock(engine);
	return ruleset;
}

int engine_rule_route(
	struct engine *engine, const struct ruleset *ruleset, size_t rule, struct view_route *route)
{
	struct route does = ruleset_rules(ruleset)->list[rule].route;
	const struct roster_pool *pool = NULL;
	bool has_pool = does.action == ACTION_POOL;

	engine_self_lock(engine);
	if (has_pool)
		pool = roster_names_pool(engine->roster,
			table_pool_key(ruleset_table(ruleset)->pools[does.pool].name));
	if (pool != NULL)
		does.pool = (int)(pool - engine->roster->pools);
	if (!has_pool || pool != NULL)
		view_copy_route(route, engine->roster, &does);
	engine_self_unlock(engine);
	return has_pool && pool == NULL ? -1 : 0;
}

/* What follows from having chosen. The engine lock must be held. */
static void note_choice(struct engine *engine, const struct selection *selection,
	const struct engine_message *from, int64_t now)
{
	const struct roster_pool *pool = selection->pool;
	struct observation named = {.at = now};
	int first = selection->candidates.hosts[0];
	uint64_t message;

	roster_take_turn(pool, selection->credit, &selection->candidates);
	view_copy_text(named.queue_id, sizeof(named.queue_id), from->queue_id);
	message = attribution_message(&named);
	if (selection->candidates.is_trial) {
		struct breaker_event chosen = {
			.kind = BREAKER_CHOSEN,
			.message = message,
			.instead = from->recipient_hash,
		};

		breaker_feed(pool->health[first], pool->policy[first], &chosen, now);
	}
	if (pool->has_twins)
		recent_put(&engine->recent, message, (size_t)(pool - engine->roster->pools),
			&selection->candidates);
}

int engine_choose(
	struct engine *engine, const struct engine_message *message, struct engine_choice *choice)
{
	int64_t now = clock_now();
	struct selection selection;
	struct selection_ask ask = {
		.recipient = message->recipient_hash,
		.sender = message->sender_hash,
		.is_message = true,
	};
	int length, first;

	engine_self_lock(engine);
	ask.pool = roster_pool_of(engine->roster, message->pool);
	if (ask.pool == NULL) {
		engine_self_unlock(engine);
		return -1;
	}
	selection_make(&selection, engine->roster, &engine->replay, &ask, now);
	note_choice(engine, &selection, message, now);
	first = selection.candidates.hosts[0];
	view_copy_text(choice->pool, sizeof(choice->pool), selection.pool->pool->name);
	choice->taker = selection.pool->slot;
	choice->host = selection.pool->pool->hosts[first].key;
	choice->at = now;
	choice->token[0] = '\0';
	if (engine->roster->table->mta == TABLE_SENDMAIL)
		token_name(choice->token, ask.pool->pool->name, first);
	length = nexthop_list(choice->nexthop, sizeof(choice->nexthop), selection.pool->pool,
		&selection.candidates, engine->roster->table->mta);
	engine_self_unlock(engine);
	assert(length > 0);
	return 0;
}

void engine_remember(
	struct engine *engine, uint64_t recipient_hash, const struct engine_choice *choice)
{
	struct replay_choice made = {
		.recipient = recipient_hash,
		.host = choice->host,
		.at = choice->at,
		.pool = choice->taker,
	};

	engine_self_lock(engine);
	replay_put(&engine->replay, &made);
	engine_self_unlock(engine);
}

struct engine_needs engine_needs(struct engine *engine)
{
	struct engine_needs needs;

	engine_self_lock(engine);
	needs = engine->needs;
	engine_self_unlock(engine);
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

static enum event_kind kind_of(uint32_t state, uint32_t reason)
{
	if (reason == HEALTH_REASON_DRAIN_ENDED)
		return EVENT_DRAIN_ENDED;
	return state == HEALTH_DEFERRED ? EVENT_DEFERRED
	       : state == HEALTH_TRIAL	? EVENT_TRIAL
					: EVENT_UP;
}

/* The engine lock must be held. */
static void fill_event(struct event_entry *entry, const struct roster_host *host)
{
	const struct health *health = host->health;

	view_copy_text(entry->host, sizeof(entry->host), host->host->name);
	view_copy_text(entry->text, sizeof(entry->text), health->text);
	entry->port = host->host->port;
	entry->to = health->state;
	entry->reason = health->reason;
	entry->until = health->until;
	entry->failures = health->failures;
	entry->delivered = health->delivered;
}

/* All that a person wants to know at three in the morning, in one line. */
static void log_change(const struct event_entry *entry)
{
	char host[ENDPOINT_TEXT_MAX];
	char text[HEALTH_TEXT_MAX];
	char until[16 + DURATION_TEXT_MAX] = "";
	bool is_reply = entry->to == HEALTH_DEFERRED;

	endpoint_format(host, entry->host, entry->port);
	if (entry->until != 0) {
		char span[DURATION_TEXT_MAX];

		duration_format(span, entry->until - entry->at);
		snprintf(until, sizeof(until), " until=%s", span);
	}
	log_info("host=%s %s->%s reason=%s %s=\"%s\" failures=%u%s delivered=%llu", host,
		health_state_name(entry->from), health_state_name(entry->to),
		health_reason_name(entry->reason), is_reply ? "reply" : "text",
		printable_copy(text, sizeof(text), entry->text), entry->failures, until,
		(unsigned long long)entry->delivered);
}

/*
 * Feeds an event to a host. A change of state is one event and one log line; so is what an operator
 * says (KIND), although it may change nothing.
 */
static void feed(struct engine *engine, size_t host, const struct breaker_event *event,
	enum event_kind kind, int64_t now)
{
	bool is_operator = kind != EVENT_KIND_COUNT;
	struct event_entry entry = {.at = now, .kind = kind};
	bool is_new;

	engine_self_lock(engine);

	const struct roster_host *of = &engine->roster->hosts[host];

	entry.from = of->health->state;
	is_new = breaker_feed(of->health, &of->pool->policy, event, now) || is_operator;
	if (is_new) {
		fill_event(&entry, of);
		if (!is_operator)
			entry.kind = kind_of(entry.to, entry.reason);
		event_ring_add(&engine->events, &entry);
	}
	engine_self_unlock(engine);
	if (is_new)
		log_change(&entry);
}

void engine_drain(struct engine *engine, size_t host, int64_t until, const char *text, int64_t now)
{
	struct breaker_event event = {.kind = BREAKER_DRAIN, .until = until, .text = text};

	feed(engine, host, &event, EVENT_DRAIN, now);
}

void engine_enable(struct engine *engine, size_t host, int64_t now)
{
	feed(engine, host, &(struct breaker_event){.kind = BREAKER_ENABLE}, EVENT_ENABLE, now);
}

void engine_reset(struct engine *engine, size_t host, int64_t now)
{
	feed(engine, host, &(struct breaker_event){.kind = BREAKER_RESET}, EVENT_RESET, now);
}

void engine_tick(struct engine *engine, int64_t now)
{
	const struct breaker_event event = {.kind = BREAKER_TICK};

	for (size_t host = 0; host < engine->roster->host_count; host++)
		feed(engine, host, &event, EVENT_KIND_COUNT, now);
}

/* A probe that was refused for what it had said has found a host that answers. */
static enum breaker_kind breaker_kind_of(enum blame_class class, const struct observation *seen)
{
	switch (class) {
	case BLAME_SUCCESS:
		return BREAKER_SUCCESS;
	case BLAME_HOST_AT_ONCE:
		return BREAKER_FAILURE_AT_ONCE;
	case BLAME_HOST:
		return BREAKER_FAILURE;
	case BLAME_RECIPIENT:
	case BLAME_SENDER:
		if (!seen->is_probe)
			return BREAKER_ATTEMPT;
		return seen->stage >= OBSERVATION_STAGE_MAIL ? BREAKER_SUCCESS : BREAKER_KIND_COUNT;
	default:
		return BREAKER_KIND_COUNT;
	}
}

void engine_observe(struct engine *engine, const struct observation *observation)
{
	size_t host, count;
	struct blame blame = {.class = BLAME_NONE};
	struct breaker_event event = {
		.at = observation->at,
		.message = attribution_message(observation),
		.stage = (uint64_t)observation->stage,
		.is_probe = observation->is_probe,
		.is_repeat = observation->is_repeat,
		.text = observation->text,
	};

	/* The main thread alone swaps the roster: its indexes hold when the lock is given back. */
	engine_self_lock(engine);
	count = engine->roster->host_count;
	host = attribution_find(engine->roster, &engine->recent, observation);
	if (host < count) {
		const struct pool *pool = engine->roster->hosts[host].pool;

		blame = blame_find(pool->rules, pool->rule_count, observation);
	}
	engine_self_unlock(engine);
	engine_count(engine, host < count ? ENGINE_OBSERVED : ENGINE_STRANGERS, 1);
	event.kind = breaker_kind_of(blame.class, observation);
	event.reason = blame.reason;
	if (host < count && event.kind != BREAKER_KIND_COUNT)
		feed(engine, host, &event, EVENT_KIND_COUNT, clock_now());
}

void engine_note(struct engine *engine, enum event_kind kind, const char *text)
{
	struct event_entry entry = {.at = clock_now(), .kind = kind};

	view_copy_text(entry.text, sizeof(entry.text), text);
	engine_self_lock(engine);
	event_ring_add(&engine->events, &entry);
	engine_self_unlock(engine);
}

bool engine_event_after(struct engine *engine, uint64_t id, struct event_entry *entry)
{
	engine_self_lock(engine);

	const struct event_entry *found = event_ring_after(&engine->events, id);

	if (found != NULL)
		*entry = *found;
	engine_self_unlock(engine);
	return found != NULL;
}

uint64_t engine_last_event(struct engine *engine)
{
	uint64_t last;

	engine_self_lock(engine);
	last = engine->events.last;
	engine_self_unlock(engine);
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

size_t engine_rule_count(struct engine *engine)
{
	const struct rules *rules = engine->roster->table->rules;

	return rules == NULL ? 0 : rules->count;
}

size_t engine_find_host(struct engine *engine, const char *name, int port, size_t from)
{
	return roster_names_host(engine->roster, name, port, from);
}
