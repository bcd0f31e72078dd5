/* http_hosts: what the operator's verbs do to hosts, and what is so then
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_hosts.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "core/moment.h"
#include "core/printable.h"
#include "core/similar.h"
#include "doors/http_json.h"
#include "engine/clock.h"
#include "engine/engine_view.h"
#include "engine/zone.h"
#include "text/idn.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	BAD_REQUEST = 400,
	NOT_FOUND = 404,
	HOSTS_MAX = 100,     /* of one call */
	NAMED_MAX = 8,	     /* of those that there are, where one is not found */
	COMPARED_MAX = 5000, /* hosts: more would hold up the loop */
	SHOWN_MAX = 300,
	ERROR_MAX = 1024 + NAMED_MAX * ENDPOINT_TEXT_MAX,
};

static const char *const verb_names[HTTP_HOSTS_VERB_COUNT] = {
	[HTTP_HOSTS_DRAIN] = "drain",
	[HTTP_HOSTS_ENABLE] = "enable",
	[HTTP_HOSTS_RESET] = "reset",
	[HTTP_HOSTS_WEIGHT] = "weight",
};

const char *http_hosts_verb_name(enum http_hosts_verb verb)
{
	return verb_names[verb];
}

/* The hosts of one call. */
struct chosen {
	size_t hosts[HOSTS_MAX];
	size_t count;
	int status;
	char error[ERROR_MAX];
};

static int refuse(struct chosen *chosen, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct chosen *chosen, int status, const char *format, ...)
{
	va_list arguments;

	chosen->status = status;
	va_start(arguments, format);
	vsnprintf(chosen->error, sizeof(chosen->error), format, arguments);
	va_end(arguments);
	return -1;
}

/* ---- which hosts */

/* An IP address in any form becomes the one that the table has; a name its A-labels. */
static void canonical_host(struct endpoint *endpoint)
{
	unsigned char octets[sizeof(struct in6_addr)];
	char ascii[DOMAIN_MAX + 1];
	size_t length = strlen(endpoint->name);

	if (endpoint_is_unix(endpoint->name))
		return;
	if (inet_pton(AF_INET6, endpoint->name, octets) == 1) {
		inet_ntop(AF_INET6, octets, endpoint->name, sizeof(endpoint->name));
		return;
	}
	if (length > 1 && endpoint->name[length - 1] == '.')
		endpoint->name[length - 1] = '\0';
	if (inet_pton(AF_INET, endpoint->name, octets) != 1 &&
		idn_to_ascii(endpoint->name, ascii) == 0)
		memcpy(endpoint->name, ascii, sizeof(endpoint->name));
}

static char *name_of(struct engine *engine, size_t host, char name[ENDPOINT_TEXT_MAX])
{
	struct view_host view;

	engine_view_host(engine, host, &view);
	return endpoint_format(name, view.name, view.port);
}

/* Appends "NAME, NAME" of the hosts of that NAME, or of all if it is NULL. */
static void list_hosts(struct engine *engine, const char *name, struct chosen *chosen)
{
	size_t count = engine_host_count(engine);
	size_t used = strlen(chosen->error);
	int named = 0;
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		if (name != NULL && (i = engine_find_host(engine, name, 0, i)) == count)
			break;
		if (named == NAMED_MAX) {
			snprintf(chosen->error + used, sizeof(chosen->error) - used,
				" and more: milterctl hosts shows them");
			break;
		}
		used += (size_t)snprintf(chosen->error + used, sizeof(chosen->error) - used, "%s%s",
			named++ == 0 ? " " : ", ", name_of(engine, i, text));
	}
}

/* Says which there are, the one that may have been meant first. */
static int refuse_unknown(
	struct engine *engine, const char *text, const char *name, struct chosen *chosen)
{
	size_t count = engine_host_count(engine);
	char shown[SHOWN_MAX], known[ENDPOINT_TEXT_MAX];
	struct similar similar;
	size_t distance = SIZE_MAX, best = count;

	printable_copy(shown, sizeof(shown), text);
	if (engine_find_host(engine, name, 0, 0) < count) {
		refuse(chosen, NOT_FOUND, "no pool has host %s: that name has", shown);
		list_hosts(engine, name, chosen);
		return -1;
	}
	for (size_t i = 0; i < count && i < COMPARED_MAX; i++) {
		struct view_host view;

		engine_view_host(engine, i, &view);
		similar_begin(&similar, name);
		similar_try(&similar, view.name);
		if (similar.best == NULL || similar.distance >= distance)
			continue;
		distance = similar.distance;
		best = i;
	}
	if (best < count)
		refuse(chosen, NOT_FOUND, "no pool has host %s: did you mean %s? There are", shown,
			name_of(engine, best, known));
	else
		refuse(chosen, NOT_FOUND, "no pool has host %s: there are", shown);
	list_hosts(engine, NULL, chosen);
	return -1;
}

static int choose_host(struct engine *engine, const char *text, struct chosen *chosen)
{
	struct endpoint endpoint;
	size_t count = engine_host_count(engine);
	size_t host;
	char shown[SHOWN_MAX];

	printable_copy(shown, sizeof(shown), text);
	if (endpoint_parse(&endpoint, text) == -1)
		return refuse(chosen, BAD_REQUEST, "\"%s\" is not a HOST or HOST:PORT", shown);
	canonical_host(&endpoint);
	host = engine_find_host(engine, endpoint.name, endpoint.port, 0);
	if (host == count)
		return refuse_unknown(engine, text, endpoint.name, chosen);
	if (endpoint.port == 0 && engine_find_host(engine, endpoint.name, 0, host + 1) < count) {
		refuse(chosen, BAD_REQUEST,
			"%s has several ports, name those that you mean:", shown);
		list_hosts(engine, endpoint.name, chosen);
		return -1;
	}
	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->hosts[i] == host)
			return 0;
	if (chosen->count == HOSTS_MAX)
		return refuse(chosen, BAD_REQUEST, "more than %d hosts", HOSTS_MAX);
	chosen->hosts[chosen->count++] = host;
	return 0;
}

static int choose_hosts(const struct http_call *call, const char *host, struct chosen *chosen)
{
	const struct evkeyval *parameter;

	if (host != NULL)
		return choose_host(call->engine, host, chosen);
	TAILQ_FOREACH(parameter, call->query, next)
	{
		if (strcasecmp(parameter->key, "host") == 0 &&
			choose_host(call->engine, parameter->value, chosen) == -1)
			return -1;
	}
	return chosen->count == 0 ? refuse(chosen, BAD_REQUEST, "no host is named") : 0;
}

/* ---- what is so */

/* NULL if it is known which messages have left the MTA. */
static const char *why_unknown(const struct http_call *call, char why[SHOWN_MAX])
{
	struct view_log log = {.is_on = false};

	if (call->profile->log != NULL)
		call->profile->log(call->profile->log_context, &log);
	if (!log.is_on)
		return "health.log is \"none\": the MTA's log is not read";
	if (log.is_readable)
		return NULL;
	snprintf(why, SHOWN_MAX, "the MTA's log cannot be read: %.200s", log.error);
	return why;
}

static bool is_in_use(struct engine *engine, size_t host)
{
	struct engine_use use;

	for (size_t place = 0; engine_view_use(engine, host, place, &use); place++)
		if (use.is_used)
			return true;
	return false;
}

json_t *http_hosts_object(const struct http_call *call, size_t host)
{
	json_t *object = http_json_host(call->engine, host);
	struct view_host view;
	char text[SHOWN_MAX];
	const char *why = NULL;
	int64_t since = 0;
	json_t *pending = NULL;

	engine_view_host(call->engine, host, &view);
	if (view.health.state == HEALTH_DRAINED) {
		why = why_unknown(call, text);
		if (why == NULL)
			pending = json_integer(
				(json_int_t)engine_view_pending(call->engine, host, &since));
	}
	json_object_set_new(object, "in_use", json_boolean(is_in_use(call->engine, host)));
	json_object_set_new(object, "pending", pending == NULL ? json_null() : pending);
	json_object_set_new(object, "pending_since", http_json_time(since));
	json_object_set_new(object, "pending_why", http_json_text_or_null(why));
	return object;
}

/* ---- what a drain leaves behind */

static const char *what_happens(enum all_deferred all_deferred)
{
	return all_deferred == ALL_DEFERRED_TEMPFAIL ? "its clients get 451"
						     : "its mail tries those, and waits";
}

/* What an operator may not have meant, for one pool of a host that is drained now. */
static json_t *warning_of(const char *host, const struct engine_use *use)
{
	int others = use->up + use->deferred + use->drained + use->spent - 1;

	if (use->up > 0)
		return NULL;
	if (strcmp(use->pool, use->taker) != 0)
		return json_sprintf("pool %s has no host up: its mail goes to its fallback, pool "
				    "%s",
			use->pool, use->taker);
	if (use->spent > 0)
		return json_sprintf("pool %s has no host up, %d with a spent quota: its mail goes "
				    "to those",
			use->pool, use->spent);
	if (use->deferred > 0)
		return json_sprintf("pool %s has no host up, %d deferred: %s", use->pool,
			use->deferred, what_happens(use->all_deferred));
	return json_sprintf("%s is drained, but mail goes on to it: %s of pool %s", host,
		others == 0 ? "it is the only host" : "all hosts are drained", use->pool);
}

/* The same for one that has 0 percent of its weight now. */
static json_t *warning_of_weight(const char *host, const struct engine_use *use)
{
	if (!use->is_used || use->up > use->up_spare)
		return NULL;
	return json_sprintf(
		"%s has 0%% of its weight, but mail goes on to it: no host of pool %s that "
		"is up has more",
		host, use->pool);
}

/* The same for one that is to be drained later, by what is so now. */
static json_t *warning_of_plan(const char *host, const struct engine_use *use)
{
	int others = use->up + use->deferred + use->drained + use->spent - 1;

	if (use->up > use->up_planned)
		return NULL;
	if (others == 0)
		return json_sprintf(
			"%s is to be drained, but mail will go on to it: it is the only "
			"host of pool %s",
			host, use->pool);
	return json_sprintf("%s is to be drained: pool %s has no other host up that is not to be "
			    "drained at that time",
		host, use->pool);
}

/* What is to be done to each host. */
struct order {
	enum http_hosts_verb verb;
	int64_t at;	 /* HTTP_HOSTS_DRAIN: when it begins; 0: now */
	int64_t until;	 /* 0: without an end */
	int64_t percent; /* HTTP_HOSTS_WEIGHT; NONE: it is only shown */
	const char *reason;
};

enum { NONE = -2 };

static json_t *warnings(struct engine *engine, size_t host, const struct order *order)
{
	json_t *array = json_array();
	char name[ENDPOINT_TEXT_MAX];
	struct engine_use use;
	struct view_host view;
	bool is_spare;

	name_of(engine, host, name);
	engine_view_host(engine, host, &view);
	is_spare = order->verb == HTTP_HOSTS_WEIGHT && view.health.state == HEALTH_UP &&
		   health_percent(&view.health, clock_now()) == 0;
	for (size_t place = 0; engine_view_use(engine, host, place, &use); place++) {
		if (order->verb == HTTP_HOSTS_DRAIN && order->at != 0)
			json_array_append_new(array, warning_of_plan(name, &use));
		else if (order->verb == HTTP_HOSTS_DRAIN)
			json_array_append_new(array, warning_of(name, &use));
		else if (is_spare)
			json_array_append_new(array, warning_of_weight(name, &use));
	}
	return array;
}

/* ---- the change */

static json_t *before_object(const struct health *health)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:i, s:o, s:o, s:o}", "state",
		health_state_name(health->state), "since", http_json_time(health->since), "until",
		http_json_time(health->until), "reason", health_reason_name(health->reason), "text",
		http_json_text_or_null(health->text), "failures", (int)health->failures,
		"last_success", http_json_time(health->last_success), "last_failure",
		http_json_time(health->last_failure), "drain_at", http_json_time(health->drain_at));
}

static void change_host(struct engine *engine, size_t host, const struct order *order, int64_t now)
{
	switch (order->verb) {
	case HTTP_HOSTS_DRAIN:
		if (order->at == 0)
			engine_drain(engine, host, order->until, order->reason, now);
		else
			engine_plan(engine, host, order->at, order->until, order->reason, now);
		break;
	case HTTP_HOSTS_ENABLE:
		engine_enable(engine, host, now);
		break;
	case HTTP_HOSTS_WEIGHT:
		if (order->percent != NONE)
			engine_weight(engine, host, (int)order->percent, order->until,
				order->reason, now);
		break;
	default:
		engine_reset(engine, host, now);
	}
}

/* All are changed before the first is described: what is left of a pool is what all leave. */
static json_t *change(const struct http_call *call, const struct chosen *chosen,
	const struct order *order, int64_t now)
{
	json_t *hosts = json_array();
	struct view_host before[HOSTS_MAX];

	for (size_t i = 0; i < chosen->count; i++) {
		engine_view_host(call->engine, chosen->hosts[i], &before[i]);
		change_host(call->engine, chosen->hosts[i], order, now);
	}
	for (size_t i = 0; i < chosen->count; i++) {
		json_t *object = http_hosts_object(call, chosen->hosts[i]);
		const char *state = json_string_value(json_object_get(object, "state"));
		bool is_trial = state != NULL && strcmp(state, "trial") == 0;
		struct engine_probe probe;
		bool has_probe = engine_view_probe(call->engine, chosen->hosts[i], &probe);

		json_object_set_new(object, "before", before_object(&before[i].health));
		json_object_set_new(object, "trial_by",
			!is_trial ? json_null() : json_string(has_probe ? "probe" : "message"));
		json_object_set_new(
			object, "warnings", warnings(call->engine, chosen->hosts[i], order));
		json_array_append_new(hosts, object);
	}
	return json_pack("{s:o}", "hosts", hosts);
}

/* The beginning, by a time. Gives what is wrong, or NULL. */
static const char *read_beginning(struct order *order, const struct http_call *call, int64_t now)
{
	const char *text = http_api_parameter(call, "at");
	struct moment moment;

	if (*text == '\0')
		return NULL;
	if (moment_parse(&moment, text) == -1)
		return "at is not " MOMENT_WANTED;
	switch (zone_resolve(&moment, now, &order->at)) {
	case ZONE_SKIPPED:
		return "at: there is no such time on that day, the clocks are set forward over it";
	case ZONE_PAST:
		return "at is past: without it the drain begins now";
	default:
		return NULL;
	}
}

/*
 * The end, by a duration or a time: of what begins at FROM, which is NOW or later. Gives what is wrong,
 * or NULL.
 */
static const char *read_end(
	struct order *order, const struct http_call *call, int64_t from, int64_t now)
{
	const char *span_text = http_api_parameter(call, "for");
	const char *until_text = http_api_parameter(call, "until");
	int64_t span = *span_text == '\0' ? 0 : duration_parse(span_text);
	struct moment moment;

	if (span == -1)
		return "for is not a duration with its unit, such as 90s, 2h or 1d12h";
	order->until = span == 0 ? 0 : from + span;
	if (*until_text == '\0')
		return NULL;
	if (span != 0)
		return "there are both for and until: the end is one of them";
	if (moment_parse(&moment, until_text) == -1)
		return "until is not " MOMENT_WANTED;
	if (moment.kind == MOMENT_SPAN)
		from = now;
	switch (zone_resolve(&moment, from, &order->until)) {
	case ZONE_SKIPPED:
		return "until: there is no such time on that day, the clocks are set forward over it";
	case ZONE_PAST:
		return order->at == 0 ? "until is past" : "until is not after at";
	default:
		return order->at != 0 && order->until <= order->at ? "until is not after at" : NULL;
	}
}

static const char *read_times(struct order *order, const struct http_call *call, int64_t now)
{
	bool is_drain = order->verb == HTTP_HOSTS_DRAIN;
	const char *wrong = is_drain ? read_beginning(order, call, now) : NULL;

	if (!is_drain && *http_api_parameter(call, "at") != '\0')
		return "at is for a drain alone";
	if (wrong != NULL || (!is_drain && order->verb != HTTP_HOSTS_WEIGHT))
		return wrong;
	wrong = read_end(order, call, order->at == 0 ? now : order->at, now);
	if (wrong == NULL && (order->at > HEALTH_TIME_MAX || order->until > HEALTH_TIME_MAX))
		return "that is after the year 9999";
	return wrong;
}

/* Gives what is wrong, or NULL. */
static const char *read_order(struct order *order, const struct http_call *call, int64_t now)
{
	const char *wrong = read_times(order, call, now);

	order->reason = http_api_parameter(call, "reason");
	order->percent = http_api_number(call, "percent", NONE, HEALTH_PERCENT_MAX);
	if (wrong != NULL)
		return wrong;
	if (strlen(order->reason) >= HEALTH_TEXT_MAX)
		return "reason is longer than 199 octets";
	if (order->percent == -1)
		return "percent is not a number of 0 to 1000";
	if (order->verb == HTTP_HOSTS_WEIGHT && (order->percent == 100 || order->percent == NONE) &&
		order->until != 0)
		return "for and until have no meaning without another percent than 100: that is as "
		       "configured";
	return NULL;
}

json_t *http_hosts_change(
	const struct http_call *call, const char *host, enum http_hosts_verb verb, int *status)
{
	struct order order = {.verb = verb};
	int64_t now = clock_now();
	const char *wrong = read_order(&order, call, now);
	struct chosen chosen = {.count = 0};

	if (wrong != NULL)
		refuse(&chosen, BAD_REQUEST, "%s", wrong);
	else
		choose_hosts(call, host, &chosen);
	if (chosen.status == 0)
		return change(call, &chosen, &order, now);
	*status = chosen.status;
	return http_api_error(chosen.error);
}
