/* engine: the one lock, and all that changes while mail flows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine.h"
#include "core/breaker.h"
#include "core/rules.h"
#include "core/trial.h"
#include "engine/attribution.h"
#include "engine/clock.h"
#include "engine/engine_change.h"
#include "engine/engine_disk.h"
#include "engine/engine_learn.h"
#include "engine/engine_self.h"
#include "engine/roster.h"
#include "engine/roster_names.h"
#include "engine/selection.h"
#include "engine/state_events.h"
#include "engine/state_slots.h"
#include "engine/zone.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tick_hosts(struct engine *engine, int64_t now);

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
	state_events_load(state, &engine->events);
	engine->pending.since = clock_now();
	attempt_init(&engine->attempts);
	engine->attempts.since = clock_now();
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
	uint32_t *map;

	if (has_rules && ruleset == NULL) {
		view_copy_text(report->text, sizeof(report->text), "out of memory");
		return -1;
	}
	engine_disk_mend(engine, now);
	roster = roster_new(table, engine->state, now, report);
	if (roster == NULL) {
		ruleset_drop(ruleset);
		return -1;
	}
	map = engine_learn_map(engine->roster, roster);
	engine_self_lock(engine);

	struct roster *before = engine->roster;
	struct ruleset *rules_before = engine->ruleset;

	roster_seat(roster);
	engine->roster = roster;
	engine->ruleset = ruleset;
	engine->needs = needs;
	engine_learn_rename(engine, before, map);
	engine_self_unlock(engine);
	state_slots_leave_others(engine->state, roster->used, now);
	free(map);
	roster_free(before);
	ruleset_drop(rules_before);
	/* A window may be open: then no message goes there first. */
	tick_hosts(engine, now);
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

static uint64_t message_hash(const struct engine_message *message, int64_t now)
{
	struct observation named = {.at = now};

	view_copy_text(named.queue_id, sizeof(named.queue_id), message->queue_id);
	return attribution_message(&named);
}

/* What follows from having chosen. The engine lock must be held. */
static void note_choice(struct engine *engine, const struct selection *selection,
	const struct engine_message *from, int64_t now)
{
	const struct roster_pool *pool = selection->pool;
	int first = selection->candidates.hosts[0];
	uint64_t message = message_hash(from, now);

	roster_take_turn(pool, &selection->rotation, &selection->candidates);
	if (!pool->is_labelled)
		engine->roster->hosts[pool->lanes[first] - engine->roster->lanes]
			.counts->unlabelled++;
	if (selection->candidates.is_trial) {
		struct breaker_event chosen = {
			.kind = BREAKER_CHOSEN,
			.message = trial_owner(message, TRIAL_MESSAGE),
		};

		breaker_feed(pool->health[first], pool->policy[first], &chosen, now);
	}
	pending_put(&engine->pending, &(struct pending_entry){
					      .message = from->queue_id[0] == '\0' ? 0 : message,
					      .host = pool->pool->hosts[first].key,
					      .at = now,
					      .is_kept = from->is_kept,
				      });
	if (from->queue_id[0] != '\0')
		engine_learn_choice(engine, selection, from, now);
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
		.owner = trial_owner(message_hash(message, now), TRIAL_MESSAGE),
	};
	int first;

	engine_self_lock(engine);
	ask.pool = roster_names_pool(engine->roster, message->pool);
	if (ask.pool == NULL) {
		engine_self_unlock(engine);
		return -1;
	}
	selection_make(&selection, engine->roster, &engine->replay, &ask, now);
	note_choice(engine, &selection, message, now);
	first = selection.candidates.hosts[0];
	view_copy_text(choice->pool, sizeof(choice->pool), selection.pool->pool->name);
	choice->taker = selection.pool->key;
	choice->host = selection.pool->pool->hosts[first].key;
	choice->at = now;
	choice->token[0] = '\0';
	if (engine->roster->table->mta == TABLE_SENDMAIL)
		token_name(
			choice->token, ask.pool->pool->name, selection_token_position(&selection));
	selection_nexthop(&selection, engine->roster, choice->nexthop);
	engine_self_unlock(engine);
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

/* ---- the operator, and time */

void engine_asked_by(struct engine *engine, const char *by)
{
	view_copy_text(engine->asked_by, sizeof(engine->asked_by), by);
}

void engine_drain(struct engine *engine, size_t host, int64_t until, const char *text, int64_t now)
{
	struct breaker_event event = {.kind = BREAKER_DRAIN, .until = until, .text = text};

	engine_change_feed(engine, host, &event, EVENT_DRAIN, now);
}

void engine_plan(struct engine *engine, size_t host, int64_t at, int64_t until, const char *text,
	int64_t now)
{
	struct breaker_event event = {
		.kind = BREAKER_PLAN,
		.at = at,
		.until = until,
		.text = text,
	};

	engine_change_feed(
		engine, host, &event, at == 0 ? EVENT_DRAIN_CANCELLED : EVENT_DRAIN_PLANNED, now);
}

static bool has_plan(struct engine *engine, size_t host)
{
	bool has;

	engine_self_lock(engine);
	has = engine->roster->hosts[host].health->drain_at != 0;
	engine_self_unlock(engine);
	return has;
}

/* The end of the maintenance window that is open for the host at NOW, in that MINUTE; 0: none. */
static int64_t window_end(const struct roster_host *host, int64_t now, int minute)
{
	int left = daytime_left(host->windows, host->window_count, minute);

	return left == 0 ? 0 : zone_end(now, left);
}

void engine_enable(struct engine *engine, size_t host, int64_t now)
{
	const struct roster_host *of = &engine->roster->hosts[host];
	struct breaker_event event = {
		.kind = BREAKER_ENABLE,
		.until = window_end(of, now, clock_week_minute(now)),
	};

	if (has_plan(engine, host))
		engine_plan(engine, host, 0, 0, "", now);
	engine_change_feed(engine, host, &event, EVENT_ENABLE, now);
}

void engine_reset(struct engine *engine, size_t host, int64_t now)
{
	engine_change_feed(
		engine, host, &(struct breaker_event){.kind = BREAKER_RESET}, EVENT_RESET, now);
}

void engine_weight(struct engine *engine, size_t host, int percent, int64_t until, const char *text,
	int64_t now)
{
	struct breaker_event event = {
		.kind = BREAKER_WEIGHT,
		.percent = percent,
		.until = until,
		.text = text,
	};

	engine_change_feed(engine, host, &event, EVENT_WEIGHT, now);
}

/* What the operator has set for a time that has come. */
static void obey_clock(struct engine *engine, size_t host, int64_t now)
{
	const struct breaker_event whole = {.kind = BREAKER_WEIGHT, .percent = 100, .text = ""};
	const struct breaker_event due = {.kind = BREAKER_PLAN_DUE};
	const struct health *health = engine->roster->hosts[host].health;
	bool is_whole, is_due, is_over;

	engine_self_lock(engine);
	is_whole = health->weight_until != 0 && health->weight_until <= now;
	is_due = health_plan_is_due(health, now);
	is_over = health_plan_is_over(health, now);
	engine_self_unlock(engine);
	if (is_whole)
		engine_change_feed(engine, host, &whole, EVENT_WEIGHT_ENDED, now);
	if (is_due)
		engine_change_feed(
			engine, host, &due, is_over ? EVENT_DRAIN_DROPPED : EVENT_DRAIN, now);
}

static void tick_hosts(struct engine *engine, int64_t now)
{
	struct breaker_event event = {.kind = BREAKER_TICK};
	int minute = clock_week_minute(now);

	for (size_t host = 0; host < engine->roster->host_count; host++) {
		event.until = window_end(&engine->roster->hosts[host], now, minute);
		obey_clock(engine, host, now);
		event.has_quota = engine_change_quota(engine, host, now);
		engine_change_feed(engine, host, &event, EVENT_KIND_COUNT, now);
	}
}

void engine_tick(struct engine *engine, int64_t now)
{
	engine_disk_mend(engine, now);
	engine_learn_tick(engine, now);
	tick_hosts(engine, now);
}

void engine_note(struct engine *engine, enum event_kind kind, const char *text)
{
	struct event_entry entry = {.at = clock_now(), .kind = kind};

	view_copy_text(entry.text, sizeof(entry.text), text);
	view_copy_text(entry.by, sizeof(entry.by), engine->asked_by);
	engine_self_lock(engine);
	engine_change_add_event(engine, &entry);
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
