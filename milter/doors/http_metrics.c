/* http_metrics: /metrics, for Prometheus and its kin
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics.h"
#include "doors/http_metrics_hosts.h"
#include "doors/http_metrics_table.h"

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

/* COUNT counters of a family, told apart by one label. */
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

/* ---- the MTA's log */

static void put_log(struct exposition *out, const struct http_profile *profile)
{
	struct view_log log = {.is_on = false};

	if (profile->log != NULL)
		profile->log(profile->log_context, &log);
	if (!log.is_on)
		return;
	put_count(out, HTTP_METRICS_LOG_READABLE, log.is_readable);
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
	put_rules(&out, call->engine);
	put_log(&out, call->profile);
	target.has_failed |= http_metrics_hosts_write(&out, call->engine) == -1;
	exposition_end(&out);
	free(out.buffer);
	return target.has_failed ? -1 : 0;
}
