/* engine_learn: what the MTA's log and the probes say, and what follows for the hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_learn.h"
#include "core/attempt.h"
#include "core/attempt_place.h"
#include "core/blame.h"
#include "core/breaker.h"
#include "core/endpoint.h"
#include "core/hash.h"
#include "core/quota.h"
#include "core/trial.h"
#include "engine/attribution.h"
#include "engine/clock.h"
#include "engine/engine_change.h"
#include "engine/engine_self.h"
#include "engine/log.h"
#include "engine/roster_names.h"
#include "engine/selection.h"

#include <stdlib.h>
#include <string.h>

static struct attempt_lanes lanes_of(const struct roster *roster)
{
	return (struct attempt_lanes){.list = roster->lanes, .count = roster->host_count};
}

/* ---- what follows for the hosts */

/* A probe that was refused for what it had said has found a host that answers. */
static enum breaker_kind kind_of_probe(enum blame_class class, enum observation_stage stage)
{
	switch (class) {
	case BLAME_SUCCESS:
		return BREAKER_SUCCESS;
	case BLAME_HOST_AT_ONCE:
		return BREAKER_FAILURE_AT_ONCE;
	case BLAME_HOST:
		return BREAKER_FAILURE;
	case BLAME_COMPARED:
		/* A probe has no message that could be at fault. */
		return stage < OBSERVATION_STAGE_RCPT ? BREAKER_FAILURE : BREAKER_SUCCESS;
	case BLAME_RECIPIENT:
	case BLAME_SENDER:
		return stage >= OBSERVATION_STAGE_MAIL ? BREAKER_SUCCESS : BREAKER_KIND_COUNT;
	default:
		return BREAKER_KIND_COUNT;
	}
}

static enum breaker_kind kind_of_delivery(enum blame_class class)
{
	switch (class) {
	case BLAME_SUCCESS:
		return BREAKER_SUCCESS;
	case BLAME_HOST_AT_ONCE:
		return BREAKER_FAILURE_AT_ONCE;
	case BLAME_HOST:
		return BREAKER_FAILURE;
	case BLAME_SPENT:
		return BREAKER_SPENT;
	case BLAME_COMPARED:
	case BLAME_SESSION:
	case BLAME_RECIPIENT:
	case BLAME_SENDER:
		return BREAKER_ATTEMPT;
	default:
		return BREAKER_KIND_COUNT;
	}
}

static enum host_counts_probe probe_result(enum breaker_kind kind)
{
	return kind == BREAKER_SUCCESS	    ? HOST_COUNTS_PROBE_SUCCESS
	       : kind == BREAKER_KIND_COUNT ? HOST_COUNTS_PROBE_NONE
					    : HOST_COUNTS_PROBE_FAILURE;
}

/* The delivery began with that host, as far as is known. The engine lock must be held. */
static bool is_first(const struct engine *engine, uint64_t message, uint32_t host)
{
	const struct attempt *attempt = attempt_find(&engine->attempts, message, NULL);

	for (; attempt != NULL; attempt = attempt_find(&engine->attempts, message, attempt))
		if (attempt->count > 0 && attempt->hosts[0] == host)
			return true;
	return false;
}

/* The engine lock must be held. */
static void count_line(struct engine *engine, const struct attempt_line *line)
{
	const struct observation *seen = line->seen;
	const struct roster_host *host = &engine->roster->hosts[line->host];
	struct host_counts *counts = host->counts;
	enum blame_class class = line->blame.class;
	char name[ENDPOINT_TEXT_MAX];

	deferral_note(&engine->deferrals, endpoint_format(name, host->host->name, host->host->port),
		seen);
	if (seen->is_probe)
		host_counts_probe(counts, seen, probe_result(kind_of_probe(class, seen->stage)));
	else
		host_counts_line(counts, seen, class, is_first(engine, line->message, line->host));
}

static void apply(struct engine *engine, const struct attempt_verdict *verdict, bool is_probe)
{
	const struct attempt_word *word = &verdict->word;
	struct breaker_event event = {
		.kind = is_probe ? kind_of_probe(word->class, word->stage)
				 : kind_of_delivery(word->class),
		.at = word->at,
		.began = verdict->began,
		.message = verdict->message,
		.stage = (uint64_t)word->stage,
		.is_probe = is_probe,
		.is_repeat = verdict->is_repeat,
		.reason = word->reason,
		.text = word->text,
	};

	if (event.kind != BREAKER_KIND_COUNT)
		engine_change_feed(engine, word->host, &event, EVENT_KIND_COUNT, clock_now());
}

static void apply_all(struct engine *engine, const struct attempt_verdicts *verdicts, bool is_probe)
{
	for (int i = 0; i < verdicts->count; i++)
		apply(engine, &verdicts->list[i], is_probe);
}

/* ---- whether mail goes where it was routed */

/* A map that was not asked for so long before a message is not wired. */
static const int64_t unwired_ms = INT64_C(600000);

/* The hosts behind a name with MX records have other names in the log. */
static bool has_mx(const struct roster *roster, const struct attempt *attempt)
{
	for (int i = 0; i < attempt->count; i++)
		if (attempt->hosts[i] >= roster->host_count ||
			roster->hosts[attempt->hosts[i]].host->lookup == LOOKUP_MX)
			return true;
	return false;
}

/*
 * Of mail that goes by the map: whether that was asked. SEEN is a line that tells of another host;
 * NULL: the message has left without a word of its list.
 */
static bool is_unasked(
	const struct engine *engine, const struct attempt *attempt, const struct observation *seen)
{
	/* An alias may have given it a recipient of this machine: of that no line of SMTP tells. But a
	 * map that is wired is asked for each recipient before the message comes to its end. */
	if (seen == NULL)
		return attempt->opened - engine->map_asked > unwired_ms;
	return attempt->is_whole && !seen->is_rewritten &&
	       replay_is_unasked(&engine->replay, attempt->recipient, attempt->opened);
}

/* True: a line is to be logged. SEEN: is_unasked()'s. The engine lock must be held. */
static bool note_elsewhere(struct engine *engine, uint64_t message, const char *queue_id,
	const struct observation *seen)
{
	const struct attempt *attempt = NULL;
	bool is_news = false;

	if (engine->roster->table->mta != TABLE_POSTFIX)
		return false;
	while ((attempt = attempt_place_next(&engine->attempts, message, attempt)) != NULL) {
		if (has_mx(engine->roster, attempt) ||
			(!attempt->is_kept && !is_unasked(engine, attempt, seen)))
			continue;
		attempt_place_end(&engine->attempts, attempt);
		is_news |= wiring_wrong(&engine->wiring, attempt->is_kept,
			seen == NULL ? "" : seen->host, queue_id, clock_now());
	}
	return is_news;
}

bool engine_learn_elsewhere(struct engine *engine, char text[WIRING_TEXT_MAX])
{
	bool is_wrong;

	engine_self_lock(engine);
	is_wrong = wiring_describe(&engine->wiring, text);
	engine_self_unlock(engine);
	return is_wrong;
}

static void tell_elsewhere(struct engine *engine)
{
	char text[WIRING_TEXT_MAX];

	if (!engine_learn_elsewhere(engine, text))
		return;
	log_warning("%s", text);
	engine_note(engine, EVENT_ELSEWHERE, text);
}

/* ---- quotas */

/* All recipients of one transaction have one reply, which differs from that of the next one. */
static uint64_t transaction_of(const struct observation *seen, uint64_t message)
{
	uint64_t key = hash_pair(
		message, hash_pair(seen->pid,
				 hash_octets(seen->text, strnlen(seen->text, sizeof(seen->text)))));

	return key == 0 ? 1 : key;
}

/* The engine lock must be held. True if the host has a quota, and this counts. */
static bool count_quota(const struct roster_host *host, const struct attempt_line *line)
{
	const struct quota_limits *limits = host->host->limits;

	if (limits == NULL || quota_limit(limits) == 0 || line->blame.class != BLAME_SUCCESS ||
		line->seen->outcome != OBSERVATION_SENT || line->seen->is_probe)
		return false;
	quota_count(&host->health->quota, limits, transaction_of(line->seen, line->message),
		line->seen->at, clock_now());
	return true;
}

/* ---- lines */

void engine_learn_line(struct engine *engine, const struct observation *observation)
{
	struct attempt_line line = {.seen = observation, .host = ATTEMPT_STRANGER};
	struct attempt_verdicts verdicts;
	bool has_id = observation->queue_id[0] != '\0';
	bool is_news = false, is_counted = false;
	size_t host;

	verdicts.count = 0;
	/* The main thread alone swaps the roster: its indexes hold when the lock is given back. */
	engine_self_lock(engine);

	const struct roster *roster = engine->roster;

	host = attribution_find(roster, &engine->attempts, observation);
	if (has_id || observation->is_probe)
		line.message = attribution_message(observation);
	if (observation->outcome != OBSERVATION_PASSED_ON && has_id)
		pending_result(&engine->pending, line.message);
	if (host < roster->host_count) {
		const struct pool *pool = roster->hosts[host].pool;

		line.host = (uint32_t)host;
		line.blame = blame_find(pool->rules, pool->rule_count, observation);
		line.is_inferring = roster->table->mta == TABLE_SENDMAIL;
		count_line(engine, &line);
		is_counted = count_quota(&roster->hosts[host], &line);
	}
	if (has_id && attempt_place_by(&engine->attempts, line.message, line.host))
		wiring_right(&engine->wiring);
	else if (has_id && observation->outcome != OBSERVATION_PASSED_ON)
		is_news = note_elsewhere(engine, line.message, observation->queue_id, observation);
	attempt_feed(&engine->attempts, lanes_of(roster), &line, &verdicts);
	engine_self_unlock(engine);
	if (is_news)
		tell_elsewhere(engine);
	engine_count(engine, line.host == ATTEMPT_STRANGER ? ENGINE_STRANGERS : ENGINE_OBSERVED, 1);
	apply_all(engine, &verdicts, observation->is_probe);
	if (is_counted)
		engine_change_quota(engine, host, clock_now());
}

void engine_learn_active(struct engine *engine, const char *queue_id, int64_t size, int64_t at)
{
	engine_self_lock(engine);
	attempt_activate(
		&engine->attempts, lanes_of(engine->roster), attribution_named(queue_id), size, at);
	engine_self_unlock(engine);
}

/* The engine lock must be held. */
static void withdraw_trials(struct engine *engine, uint64_t message)
{
	for (const struct attempt *attempt = attempt_find(&engine->attempts, message, NULL);
		attempt != NULL; attempt = attempt_find(&engine->attempts, message, attempt))
		if (attempt->count > 0 && attempt->hosts[0] < engine->roster->host_count)
			trial_withdraw(engine->roster->hosts[attempt->hosts[0]].health, message);
}

void engine_learn_left(struct engine *engine, const char *queue_id, bool is_deleted, int64_t at)
{
	bool is_news = false;

	engine_self_lock(engine);
	if (queue_id == NULL) {
		pending_forget(&engine->pending, clock_now());
	} else {
		pending_left(&engine->pending, attribution_named(queue_id));
		if (!is_deleted)
			is_news =
				note_elsewhere(engine, attribution_named(queue_id), queue_id, NULL);
		withdraw_trials(engine, attribution_named(queue_id));
		attempt_left(&engine->attempts, lanes_of(engine->roster),
			attribution_named(queue_id), at);
	}
	engine_self_unlock(engine);
	if (is_news)
		tell_elsewhere(engine);
}

void engine_learn_tick(struct engine *engine, int64_t now)
{
	struct attempt_verdicts verdicts;

	verdicts.count = 0;
	engine_self_lock(engine);
	attempt_tick(&engine->attempts, lanes_of(engine->roster), now, &verdicts);
	engine_self_unlock(engine);
	apply_all(engine, &verdicts, false);
}

/* ---- lists */

static uint32_t index_of(const struct roster *roster, const struct roster_pool *pool, int host)
{
	return (uint32_t)(pool->lanes[host] - roster->lanes);
}

void engine_learn_choice(struct engine *engine, const struct selection *selection,
	const struct engine_message *from, int64_t now)
{
	const struct roster *roster = engine->roster;
	struct attempt_list list = {
		.message = attribution_named(from->queue_id),
		.queue_id = from->queue_id,
		.pool = selection->pool->key,
		.at = now,
		.recipient = from->recipient_hash,
		.is_whole = from->is_whole,
		.is_kept = from->is_kept,
		.is_mute = roster->table->mta == TABLE_SENDMAIL,
		.rule = from->rule,
		.source = from->source,
	};

	for (int i = 0; i < selection->candidates.count; i++)
		list.hosts[list.count++] =
			index_of(roster, selection->pool, selection->candidates.hosts[i]);
	for (int i = 0; i < selection->behind_count && list.count < POOL_HOSTS_MAX; i++) {
		const struct roster_place *place = &selection->behind[i];

		list.hosts[list.count++] =
			index_of(roster, &roster->pools[place->pool], (int)place->host);
	}
	lane_chosen(&roster->lanes[list.hosts[0]], now);
	attempt_open(&engine->attempts, lanes_of(roster), &list);
}

/* ---- reloads */

uint32_t *engine_learn_map(const struct roster *before, const struct roster *next)
{
	uint32_t *map = before == NULL ? NULL : calloc(before->host_count + 1, sizeof(*map));

	for (size_t i = 0; map != NULL && i < before->host_count; i++) {
		const struct pool_host *host = before->hosts[i].host;
		size_t first;
		size_t count = roster_names_ports(next, host->name, &first);

		map[i] = ATTEMPT_STRANGER;
		for (size_t k = first; k < first + count; k++)
			if (next->hosts[next->by_name[k]].host->port == host->port)
				map[i] = next->by_name[k];
	}
	return map;
}

void engine_learn_rename(struct engine *engine, const struct roster *before, const uint32_t *map)
{
	const struct roster *roster = engine->roster;

	for (size_t i = 0; map != NULL && i < before->host_count; i++) {
		struct host_counts *fresh;

		if (map[i] == ATTEMPT_STRANGER)
			continue;
		lane_inherit(&roster->lanes[map[i]], &before->lanes[i]);
		fresh = roster->hosts[map[i]].counts;
		roster->hosts[map[i]].counts = before->hosts[i].counts;
		before->hosts[i].counts = fresh;
	}
	attempt_rename(
		&engine->attempts, lanes_of(roster), map, map == NULL ? 0 : before->host_count);
}
