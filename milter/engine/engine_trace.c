/* engine_trace: what was chosen for a message, and what has become of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_trace.h"
#include "core/attempt.h"
#include "engine/attribution.h"
#include "engine/engine_self.h"
#include "engine/roster_names.h"
#include "engine/view.h"

#include <string.h>

static void copy_host(struct engine_trace_host *out, const struct roster *roster, uint32_t host)
{
	bool is_there = host < roster->host_count;

	view_copy_text(
		out->name, sizeof(out->name), is_there ? roster->hosts[host].host->name : "");
	out->port = is_there ? roster->hosts[host].host->port : 0;
}

static void copy_word(struct engine_trace_word *out, const struct roster *roster,
	const struct attempt_record_entry *entry)
{
	out->entry = *entry;
	out->text = out->entry.text + entry->name_length;
	copy_host(&out->host, roster, entry->host);
	if (entry->name_length == 0)
		return;
	memcpy(out->host.name, entry->text, entry->name_length);
	out->host.name[entry->name_length] = '\0';
}

/* ---- where it is */

static void put_at(struct engine_trace *trace, enum engine_trace_place place,
	const struct engine_trace_host *at, int64_t since)
{
	trace->place = place;
	trace->since = since;
	if (at != NULL)
		trace->at = *at;
}

/* No result says so: it is in the queue, or at a host. */
static void find_open(struct engine_trace *trace, const struct attempt *attempt)
{
	bool is_at_host = attempt->turn != 0 && attempt->place < trace->host_count;

	/* Whom it waits for is not known. */
	if (!trace->has_list && trace->word_count > 0)
		put_at(trace, ENGINE_TRACE_WAITS, NULL,
			trace->words[trace->word_count - 1].entry.at);
	else if (!attempt->is_open)
		put_at(trace, ENGINE_TRACE_UNKNOWN, NULL, trace->chosen);
	else if (is_at_host)
		put_at(trace, ENGINE_TRACE_WAITS, &trace->hosts[attempt->place], attempt->turn);
	else if (attempt->record.tries == 0 && trace->word_count == 0)
		put_at(trace, ENGINE_TRACE_QUEUED, NULL, trace->chosen);
	else
		put_at(trace, ENGINE_TRACE_WAITS, NULL, trace->chosen);
}

static void find_place(struct engine_trace *trace, const struct attempt *attempt)
{
	const struct attempt_record *record = &attempt->record;
	const struct attempt_record_entry *result = attempt_record_result(record);
	const struct attempt_record_entry *put_off =
		attempt_record_put_off(record, attempt->is_open);
	const struct engine_trace_word *word =
		result == NULL ? NULL : &trace->words[result - record->entries];

	if (result != NULL && result->outcome == OBSERVATION_SENT)
		put_at(trace, ENGINE_TRACE_SENT, &word->host, result->at);
	else if (result != NULL && result->outcome == OBSERVATION_BOUNCED)
		put_at(trace, ENGINE_TRACE_BOUNCED, &word->host, result->at);
	else if (trace->left != 0)
		put_at(trace, ENGINE_TRACE_LEFT, NULL, trace->left);
	else if (put_off != NULL)
		put_at(trace, ENGINE_TRACE_PUT_OFF, NULL, put_off->at);
	else
		find_open(trace, attempt);
}

/* ---- an attempt */

static void copy_attempt(
	struct engine_trace *trace, const struct roster *roster, const struct attempt *attempt)
{
	const struct attempt_record *record = &attempt->record;
	const struct roster_pool *pool =
		attempt->pool == 0 ? NULL : roster_names_pool(roster, attempt->pool);

	memset(trace, 0, sizeof(*trace));
	view_copy_text(trace->pool, sizeof(trace->pool), pool == NULL ? "" : pool->pool->name);
	view_copy_text(trace->rule, sizeof(trace->rule), record->rule);
	view_copy_text(trace->source, sizeof(trace->source), record->source);
	trace->has_list = attempt->count > 0;
	trace->chosen = attempt->opened;
	trace->tries = record->tries;
	trace->left = record->left;
	trace->dropped = record->dropped;
	for (int i = 0; i < record->count; i++)
		copy_word(&trace->words[trace->word_count++], roster, &record->entries[i]);
	for (int i = 0; i < attempt->count; i++)
		copy_host(&trace->hosts[trace->host_count++], roster, attempt->hosts[i]);
	find_place(trace, attempt);
}

bool engine_trace_attempt(
	struct engine *engine, const char *queue_id, size_t index, struct engine_trace *trace)
{
	uint64_t message = attribution_named(queue_id);
	const struct attempt *attempt;

	engine_self_lock(engine);
	attempt = attempt_find(&engine->attempts, message, NULL);
	for (; attempt != NULL && index > 0; index--)
		attempt = attempt_find(&engine->attempts, message, attempt);
	if (attempt != NULL)
		copy_attempt(trace, engine->roster, attempt);
	engine_self_unlock(engine);
	return attempt != NULL;
}

int64_t engine_trace_since(struct engine *engine)
{
	int64_t since;

	engine_self_lock(engine);
	since = engine->attempts.since;
	engine_self_unlock(engine);
	return since;
}

const char *engine_trace_place_name(enum engine_trace_place place)
{
	static const char *const names[ENGINE_TRACE_PLACE_COUNT] = {
		[ENGINE_TRACE_QUEUED] = "queued",
		[ENGINE_TRACE_WAITS] = "waits",
		[ENGINE_TRACE_PUT_OFF] = "put_off",
		[ENGINE_TRACE_SENT] = "delivered",
		[ENGINE_TRACE_BOUNCED] = "bounced",
		[ENGINE_TRACE_LEFT] = "left",
		[ENGINE_TRACE_UNKNOWN] = "unknown",
	};

	return names[place];
}
