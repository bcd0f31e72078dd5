/* http_metrics: /metrics, for Prometheus and its kin
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics.h"
#include "doors/http_metrics_hosts.h"
#include "doors/http_metrics_table.h"
#include "engine/engine_metrics.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER = 16 * EXPOSITION_LINE_MAX, US_IN_MS = 1000 };

bool http_metrics_is_asked(const struct http_call *call)
{
	return !call->is_post && strcmp(call->path, HTTP_METRICS_PATH) == 0;
}

/* ---- what the daemon knows of itself */

static void begin(struct exposition *out, enum http_metrics_id id)
{
	exposition_family(out, &http_metrics_table_row(id)->family);
}

static void put_count(struct exposition *out, enum http_metrics_id id, uint64_t value)
{
	begin(out, id);
	exposition_begin(out);
	exposition_count(out, value);
}

static void put_time(struct exposition *out, enum http_metrics_id id, int64_t ms)
{
	begin(out, id);
	exposition_begin(out);
	exposition_millionths(out, ms * US_IN_MS);
}

static void put_daemon(struct exposition *out, const struct http_profile *profile)
{
	begin(out, HTTP_METRICS_BUILD_INFO);
	exposition_begin(out);
	exposition_label(out, "version", profile->version);
	exposition_count(out, 1);
	put_time(out, HTTP_METRICS_START_TIME, profile->started);
	put_count(out, HTTP_METRICS_RELOAD_SUCCESSFUL, profile->reload_ok);
	put_time(out, HTTP_METRICS_RELOAD_TIME, profile->loaded);
}

/* ---- messages */

struct counted {
	const char *word; /* as milterctl status has it */
	enum engine_counter counter;
};

/* COUNT counters of a family, distinguished by one label. */
static void put_counted(struct exposition *out, struct engine *engine, enum http_metrics_id id,
	const struct counted *list, size_t count)
{
	begin(out, id);
	for (size_t i = 0; i < count; i++) {
		exposition_begin(out);
		exposition_label(out, http_metrics_table_row(id)->labels, list[i].word);
		exposition_count(out, (uint64_t)engine_counted(engine, list[i].counter));
	}
}

static void put_gauge(struct exposition *out, struct engine *engine, enum http_metrics_id id,
	enum engine_counter counter)
{
	int64_t value = engine_counted(engine, counter);

	/* One thread may count down before another one's up is seen. */
	put_count(out, id, value < 0 ? 0 : (uint64_t)value);
}

static void put_messages(struct exposition *out, struct engine *engine)
{
	static const struct counted messages[] = {
		{"routed", ENGINE_ROUTED},
		{"unrouted", ENGINE_UNROUTED},
		{"mixed", ENGINE_MIXED},
		{"discarded", ENGINE_DISCARDED},
		{"refused", ENGINE_REFUSED},
		{"faults", ENGINE_FAULTS},
	};
	static const struct counted recipients[] = {
		{"rejected", ENGINE_RCPT_REJECTED},
		{"deferred", ENGINE_RCPT_DEFERRED},
		{"put_off", ENGINE_PUT_OFF},
		{"split", ENGINE_SPLIT},
	};

	put_counted(out, engine, HTTP_METRICS_MESSAGES, messages,
		sizeof(messages) / sizeof(messages[0]));
	put_counted(out, engine, HTTP_METRICS_RECIPIENTS, recipients,
		sizeof(recipients) / sizeof(recipients[0]));
	put_gauge(out, engine, HTTP_METRICS_IN_FLIGHT, ENGINE_IN_FLIGHT);
	put_gauge(out, engine, HTTP_METRICS_SESSIONS, ENGINE_SESSIONS);
}

static void put_decisions(struct exposition *out, struct engine *engine)
{
	begin(out, HTTP_METRICS_DECISION_TIME);
	exposition_histogram(out, engine_metrics_decisions(engine), &engine_metrics_decision_bounds,
		NULL, NULL, 0);
}

static void put_rules(struct exposition *out, struct engine *engine)
{
	struct ruleset *ruleset = engine_rules(engine);
	const struct rules *rules = ruleset == NULL ? NULL : ruleset_rules(ruleset);

	if (rules != NULL)
		begin(out, HTTP_METRICS_RULE_HITS);
	for (size_t i = 0; rules != NULL && i < rules->count; i++) {
		exposition_begin(out);
		exposition_label(out, "rule", rules->list[i].name);
		exposition_count(out, (uint64_t)ruleset_counted(ruleset, i).hits);
	}
	ruleset_drop(ruleset);
}

/* ---- the map */

static void put_request(
	struct exposition *out, enum map_request_map map, const char *result, uint64_t count)
{
	exposition_begin(out);
	exposition_label(out, "map", map_request_map_name(map));
	exposition_label(out, "result", result);
	exposition_count(out, count);
}

static void put_map(struct exposition *out, struct engine *engine, enum map_request_map map)
{
	put_request(out, map, "found", engine_metrics_map_count(engine, map, MAP_REPLY_FOUND));
	put_request(
		out, map, "not_found", engine_metrics_map_count(engine, map, MAP_REPLY_NOT_FOUND));
	put_request(out, map, "refused", engine_metrics_map_count(engine, map, MAP_REPLY_REFUSED));
}

/* Those of the MTA; nobody asks for the others, and if so that is seen with the unknown ones. */
static void put_maps(
	struct exposition *out, struct engine *engine, const struct http_profile *profile)
{
	static const enum map_request_map of_postfix[] = {
		MAP_REQUEST_TRANSPORT, MAP_REQUEST_POOL, MAP_REQUEST_TLS};
	static const enum map_request_map of_sendmail[] = {
		MAP_REQUEST_MAILERTABLE, MAP_REQUEST_NEXTHOP};
	bool is_sendmail = strcmp(profile->mta, "sendmail") == 0;
	const enum map_request_map *maps = is_sendmail ? of_sendmail : of_postfix;
	const int count = is_sendmail ? 2 : 3;
	struct view_map seen;
	uint64_t others;

	if (profile->map == NULL)
		return;
	profile->map(profile->map_context, &seen);
	others = seen.requests;
	begin(out, HTTP_METRICS_MAP_REQUESTS);
	for (int i = 0; i < count; i++) {
		put_map(out, engine, maps[i]);
		for (int k = 0; k < ENGINE_METRICS_MAP_RESULTS; k++)
			others -= engine_metrics_map_count(engine, maps[i], (enum map_reply_kind)k);
	}
	put_request(out, MAP_REQUEST_UNKNOWN, "refused", others);
}

/* ---- the MTA's log */

static void put_lines(struct exposition *out, const struct view_log *log)
{
	static const char *const kinds[VIEW_LINE_KINDS] = {
		[VIEW_LINE_DELIVERY] = "delivery",
		[VIEW_LINE_QUEUE] = "queue",
		[VIEW_LINE_OTHER] = "other",
	};

	begin(out, HTTP_METRICS_LOG_LINES);
	for (int i = 0; i < VIEW_LINE_KINDS; i++) {
		exposition_begin(out);
		exposition_label(out, "kind", kinds[i]);
		exposition_count(out, log->kinds[i]);
	}
	put_count(out, HTTP_METRICS_LOG_UNRECOGNISED, log->unrecognised);
}

static void put_log(struct exposition *out, const struct http_profile *profile)
{
	struct view_log log = {.is_on = false};

	if (profile->log != NULL)
		profile->log(profile->log_context, &log);
	if (!log.is_on)
		return;
	put_count(out, HTTP_METRICS_LOG_READABLE, log.is_readable);
	put_lines(out, &log);
	if (log.lag >= 0)
		put_time(out, HTTP_METRICS_LOG_LAG, log.lag);
	if (log.last_line != 0)
		put_time(out, HTTP_METRICS_LOG_LAST_LINE, log.last_line);
}

/* ---- all of it */

struct target {
	struct evbuffer *body;
	bool has_failed;
};

static void flush(void *context, const char *octets, size_t length)
{
	struct target *target = context;

	target->has_failed |= evbuffer_add(target->body, octets, length) == -1;
}

int http_metrics_write(
	const struct http_call *call, enum exposition_format format, struct evbuffer *body)
{
	struct target target = {.body = body};
	struct exposition out = {
		.format = format,
		.buffer = malloc(BUFFER),
		.size = BUFFER,
		.flush = flush,
		.context = &target,
	};

	if (out.buffer == NULL)
		return -1;
	put_daemon(&out, call->profile);
	put_messages(&out, call->engine);
	put_decisions(&out, call->engine);
	put_rules(&out, call->engine);
	put_maps(&out, call->engine, call->profile);
	put_log(&out, call->profile);
	target.has_failed |= http_metrics_hosts_write(&out, call->engine) == -1;
	exposition_end(&out);
	free(out.buffer);
	return target.has_failed ? -1 : 0;
}
