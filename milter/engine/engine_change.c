/* engine_change: a host's state changes: one event and one log line for each
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_change.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "core/printable.h"
#include "core/quota.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/log.h"

#include <stdio.h>

static enum event_kind kind_of(uint32_t state, uint32_t reason)
{
	if (reason == HEALTH_REASON_DRAIN_ENDED)
		return EVENT_DRAIN_ENDED;
	if (state == HEALTH_DRAINED)
		return EVENT_DRAIN;
	return state == HEALTH_DEFERRED ? EVENT_DEFERRED
	       : state == HEALTH_TRIAL	? EVENT_TRIAL
	       : state == HEALTH_SPENT	? EVENT_SPENT
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

static bool is_of_weight(enum event_kind kind)
{
	return kind == EVENT_WEIGHT || kind == EVENT_WEIGHT_ENDED;
}

/* "50%", or "50%: REASON", for as long as that holds. The engine lock must be held. */
static void fill_weight(struct event_entry *entry, const struct health *health)
{
	const char *text = entry->kind == EVENT_WEIGHT ? health->weight_text : "its time is over";

	snprintf(entry->text, sizeof(entry->text), "%d%%%s%.190s",
		health_percent(health, entry->at), *text == '\0' ? "" : ": ", text);
	entry->until = health->weight_until;
	entry->reason = entry->kind == EVENT_WEIGHT ? HEALTH_REASON_OPERATOR : HEALTH_REASON_NONE;
}

static bool is_of_plan(enum event_kind kind)
{
	return kind == EVENT_DRAIN_PLANNED || kind == EVENT_DRAIN_CANCELLED ||
	       kind == EVENT_DRAIN_DROPPED;
}

/* "from TIME until TIME: REASON" of what EVENT plans, or else of what was planned before it. */
static void write_plan(
	char out[HEALTH_TEXT_MAX], const struct health *health, const struct breaker_event *event)
{
	bool is_new = event->kind == BREAKER_PLAN && event->at != 0;
	int64_t until = is_new ? event->until : health->drain_until;
	const char *text = is_new ? event->text : health->drain_text;
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX] = "";

	clock_format(from, is_new ? event->at : health->drain_at);
	if (until != 0)
		clock_format(to, until);
	snprintf(out, HEALTH_TEXT_MAX, "from %s%s%s%s%.120s", from, until == 0 ? "" : " until ", to,
		*text == '\0' ? "" : ": ", text);
}

/* PLAN is what write_plan() has written: no state changes by it. */
static void fill_plan(struct event_entry *entry, const char *plan)
{
	view_copy_text(entry->text, sizeof(entry->text), plan);
	entry->until = 0;
	entry->reason =
		entry->kind == EVENT_DRAIN_DROPPED ? HEALTH_REASON_NONE : HEALTH_REASON_OPERATOR;
}

enum { UNTIL_MAX = 16 + DURATION_TEXT_MAX };

/* " until=2h", or "". */
static void write_until(char out[UNTIL_MAX], const struct event_entry *entry)
{
	char span[DURATION_TEXT_MAX];

	out[0] = '\0';
	if (entry->until == 0)
		return;
	duration_format(span, entry->until - entry->at);
	snprintf(out, UNTIL_MAX, " until=%s", span);
}

/* Of what changes no state. */
static void log_set(const struct event_entry *entry)
{
	char host[ENDPOINT_TEXT_MAX];
	char text[HEALTH_TEXT_MAX];
	char until[UNTIL_MAX];
	bool is_asked = entry->by[0] != '\0';

	write_until(until, entry);
	log_info("host=%s %s=\"%s\"%s%s%s", endpoint_format(host, entry->host, entry->port),
		event_ring_kind_name(entry->kind), printable_copy(text, sizeof(text), entry->text),
		until, is_asked ? " by " : "", entry->by);
}

/* All that a person wants to know at three in the morning, in one line. */
static void log_change(const struct event_entry *entry)
{
	char host[ENDPOINT_TEXT_MAX];
	char text[HEALTH_TEXT_MAX];
	char until[UNTIL_MAX];
	bool is_asked = entry->by[0] != '\0';
	bool is_reply = entry->to == HEALTH_DEFERRED;

	endpoint_format(host, entry->host, entry->port);
	write_until(until, entry);
	log_info("host=%s %s->%s reason=%s %s=\"%s\" failures=%u%s delivered=%llu%s%s", host,
		health_state_name(entry->from), health_state_name(entry->to),
		health_reason_name(entry->reason), is_reply ? "reply" : "text",
		printable_copy(text, sizeof(text), entry->text), entry->failures, until,
		(unsigned long long)entry->delivered, is_asked ? " by " : "", entry->by);
}

void engine_change_add_event(struct engine *engine, const struct event_entry *entry)
{
	roster_keep_event(engine->roster, engine->state, event_ring_add(&engine->events, entry));
}

void engine_change_feed(struct engine *engine, size_t host, const struct breaker_event *event,
	enum event_kind kind, int64_t now)
{
	bool is_operator = kind != EVENT_KIND_COUNT;
	bool is_set = is_of_weight(kind) || is_of_plan(kind);
	struct event_entry entry = {.at = now, .kind = kind};
	char plan[HEALTH_TEXT_MAX];
	bool is_new;

	engine_self_lock(engine);

	const struct roster_host *of = &engine->roster->hosts[host];

	entry.from = of->health->state;
	if (is_of_plan(kind))
		write_plan(plan, of->health, event);
	is_new = breaker_feed(of->health, &of->pool->policy, event, now) || is_operator;
	if (of->health->state != entry.from) {
		lane_restart(of->lane);
		host_counts_change(of->counts, of->health->state, of->health->reason);
	}
	if (is_new) {
		fill_event(&entry, of);
		if (is_of_weight(kind))
			fill_weight(&entry, of->health);
		if (is_of_plan(kind))
			fill_plan(&entry, plan);
		if (!is_operator)
			entry.kind = kind_of(entry.to, entry.reason);
		else
			view_copy_text(entry.by, sizeof(entry.by), engine->asked_by);
		engine_change_add_event(engine, &entry);
	}
	engine_self_unlock(engine);
	if (is_new && is_set)
		log_set(&entry);
	else if (is_new)
		log_change(&entry);
}

/* Until when its quota is spent (0: it is not) is not what its health says. */
static bool is_news(const struct health *health, int64_t until)
{
	return health->state == HEALTH_SPENT && health->reason == HEALTH_REASON_QUOTA
		       ? health->until != until
	       : health->state == HEALTH_SPENT ? until > health->until
					       : health->state == HEALTH_UP && until != 0;
}

bool engine_change_quota(struct engine *engine, size_t host, int64_t now)
{
	const struct roster_host *of = &engine->roster->hosts[host];
	const struct quota_limits *limits = of->host->limits;
	char text[HEALTH_TEXT_MAX];
	struct breaker_event event = {.kind = BREAKER_QUOTA, .text = text};
	char per[DURATION_TEXT_MAX];
	bool is_new;

	if (limits == NULL || quota_limit(limits) == 0)
		return false;
	engine_self_lock(engine);
	quota_tick(&of->health->quota, limits, now);
	event.until = quota_until(&of->health->quota, limits, now);
	is_new = is_news(of->health, event.until);
	engine_self_unlock(engine);
	if (!is_new)
		return true;
	snprintf(text, sizeof(text), "%u %s in %s", quota_limit(limits),
		limits->messages != 0 ? "messages" : "recipients",
		duration_format(per, limits->per));
	engine_change_feed(engine, host, &event, EVENT_KIND_COUNT, now);
	return true;
}
