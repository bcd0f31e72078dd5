/* http_api: what each request of the API gives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_api.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "doors/http_condition.h"
#include "doors/http_deferrals.h"
#include "doors/http_explain.h"
#include "doors/http_hosts.h"
#include "doors/http_json.h"
#include "doors/http_metrics.h"
#include "doors/http_rules.h"
#include "doors/http_stream.h"
#include "doors/http_trace.h"
#include "doors/http_waiting.h"
#include "engine/clock.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "engine/negotiation.h"
#include "text/idn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/http.h>

enum {
	OK = 200,
	BAD_REQUEST = 400,
	FORBIDDEN = 403,
	NOT_FOUND = 404,
	NOT_ALLOWED = 405,
	CONFLICT = 409,
	ROUTES_DEFAULT = 1000,
	ROUTES_MAX = 10000,
	DEBUG_MAX_MS = 86400000,
	ROUTES_AT_ONCE =
		1000, /* in one answer, whatever is asked: others have their turn between */
	ROUTES_LOOKED_AT = 20000,
};

json_t *http_api_error(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

static json_t *refuse(int *status, int code, const char *text)
{
	*status = code;
	return http_api_error(text);
}

/* ---- parameters */

const char *http_api_parameter(const struct http_call *call, const char *name)
{
	const char *value = evhttp_find_header(call->query, name);

	return value == NULL ? "" : value;
}

int64_t http_api_number(
	const struct http_call *call, const char *name, int64_t fallback, int64_t most)
{
	const char *text = http_api_parameter(call, name);

	return *text == '\0' ? fallback : decimal_parse(text, 0, most);
}

int http_api_address(
	const struct http_call *call, const char *name, bool may_be_empty, struct address *address)
{
	const char *text = http_api_parameter(call, name);

	if ((*text == '\0' && !may_be_empty) || strlen(text) > HTTP_PARAMETER_MAX)
		return -1;
	address_parse(address, text);
	idn_fold_address(address);
	return 0;
}

/* ---- lines for each message */

/* Until when they are logged; null: for good, or not at all. */
static json_t *debug_object(void)
{
	int64_t left = log_debug_left(clock_steady());

	return json_pack("{s:b, s:o}", "on", (int)log_has_debug(), "until",
		http_json_time(left == 0 ? 0 : clock_now() + left));
}

/* Switches them on for a time, or off. */
static json_t *change_debug(const struct http_call *call, int *status)
{
	const char *text = http_api_parameter(call, "for");
	int64_t span = *text == '\0' ? 0 : duration_parse(text);

	if (span == -1 || span > DEBUG_MAX_MS)
		return refuse(status, BAD_REQUEST,
			"for is not a duration of at most a day with its unit, such as 10m");
	log_debug_for(span, clock_steady());
	log_info("debug %s%s%s%s", span == 0 ? "off" : "on for=", text,
		*call->by == '\0' ? "" : " by ", call->by);
	return json_pack("{s:o}", "debug", debug_object());
}

/* ---- what is */

static json_t *steps(const struct http_call *call)
{
	json_t *array = json_array();
	struct engine_needs needs = engine_needs(call->engine);

	for (int i = 0; i < NEGOTIATION_STEP_COUNT; i++) {
		enum negotiation_step step = (enum negotiation_step)i;

		if (negotiation_has_step(step, call->profile->milter_is_tcp, needs))
			json_array_append_new(array, json_string(negotiation_step_name(step)));
	}
	return array;
}

/* What the MTA is asked for along with the steps. */
static json_t *macros(const struct http_call *call)
{
	json_t *array = json_array();
	struct ruleset *ruleset = engine_rules(call->engine);
	char list[ENGINE_MACROS_MAX];
	char *rest = list;
	char *name;

	negotiation_all_macros(
		list, engine_needs(call->engine), ruleset == NULL ? NULL : ruleset_rules(ruleset));
	while ((name = strtok_r(rest, " ", &rest)) != NULL)
		json_array_append_new(array, json_string(name));
	ruleset_drop(ruleset);
	return array;
}

/* What libmilter says nothing of. */
static json_t *with_milter(json_t *answer, const struct view_milter *view)
{
	json_t *milter = json_object_get(answer, "milter");

	json_object_set_new(milter, "answers", json_boolean(view->silent_since == 0));
	json_object_set_new(milter, "silent_since", http_json_time(view->silent_since));
	json_object_set_new(answer, "descriptors",
		json_pack("{s:I, s:o}", "open", (json_int_t)view->descriptors, "limit",
			view->descriptors_max == 0
				? json_null()
				: json_integer((json_int_t)view->descriptors_max)));
	return answer;
}

static json_t *show_status(const struct http_call *call, int *status)
{
	const struct http_profile *profile = call->profile;
	struct engine *engine = call->engine;
	struct view_log log = {.is_on = false};
	struct view_map map = {.clients = 0};
	struct view_milter milter = {.silent_since = 0};

	(void)status;
	if (profile->check != NULL)
		profile->check(profile->check_context, &milter);
	if (profile->log != NULL)
		profile->log(profile->log_context, &log);
	if (profile->map != NULL)
		profile->map(profile->map_context, &map);
	return with_milter(
		json_pack(
			"{s:s, s:i, s:o, s:o, s:s, s:s, s:{s:s, s:o, s:s, s:o}, s:I, s:I,"
			" s:I, s:I, s:{s:o, s:b, s:I}, s:o, s:o, s:{s:I, s:I, s:o, s:o}, s:o, s:o,"
			" s:o, s:o, s:o}",
			"version", profile->version, "pid", (int)getpid(), "started",
			http_json_time(profile->started), "config",
			http_json_text_or_null(profile->config), "mta", profile->mta, "state_file",
			profile->state_file, "sockets", "milter", profile->milter_socket, "map",
			http_json_text_or_null(profile->map_socket), "control",
			profile->control_socket, "status",
			http_json_text_or_null(profile->status_listen), "pools",
			(json_int_t)engine_pool_count(engine), "hosts",
			(json_int_t)engine_host_count(engine), "routes",
			(json_int_t)engine_route_count(engine), "rules",
			(json_int_t)engine_rule_count(engine), "reload", "time",
			http_json_time(profile->reloaded), "ok", (int)profile->reload_ok, "count",
			(json_int_t)profile->reload_count, "messages", http_json_messages(engine),
			"recipients", http_json_recipients(engine), "milter", "sessions",
			(json_int_t)engine_counted(engine, ENGINE_SESSIONS), "in_flight",
			(json_int_t)engine_counted(engine, ENGINE_IN_FLIGHT), "steps", steps(call),
			"macros", macros(call), "map", http_json_map(&map), "log",
			http_json_log(&log), "observations", http_json_observations(engine),
			"condition", http_condition_object(call), "debug", debug_object()),
		&milter);
}

static json_t *show_pools(const struct http_call *call, int *status)
{
	json_t *pools = json_array();

	(void)status;
	for (size_t i = 0; i < engine_pool_count(call->engine); i++)
		json_array_append_new(pools, http_json_pool(call->engine, i));
	return json_pack("{s:o}", "pools", pools);
}

static json_t *show_hosts(const struct http_call *call, int *status)
{
	json_t *hosts = json_array();

	(void)status;
	for (size_t i = 0; i < engine_host_count(call->engine); i++)
		json_array_append_new(hosts, http_hosts_object(call, i));
	return json_pack("{s:o, s:o}", "hosts", hosts, "condition", http_condition_object(call));
}

/* Another number for each table that there has been: indexes into one are none into the next. */
static int64_t generation(const struct http_call *call)
{
	return call->profile->started + call->profile->reload_count;
}

static json_t *show_routes(const struct http_call *call, int *status)
{
	int64_t from = http_api_number(call, "from", 0, INT32_MAX);
	int64_t limit = http_api_number(call, "limit", ROUTES_DEFAULT, ROUTES_MAX);
	size_t count = engine_route_count(call->engine);
	int64_t now = generation(call);
	int64_t wanted = http_api_number(call, "generation", now, INT64_MAX - 1);
	json_t *routes;
	size_t at, end;

	if (from == -1 || limit < 1 || wanted == -1)
		return refuse(status, BAD_REQUEST,
			"from, limit or generation is not a number in its range");
	if (wanted != now)
		return refuse(status, CONFLICT,
			"the configuration was reloaded meanwhile: ask from the beginning");
	if (limit > ROUTES_AT_ONCE)
		limit = ROUTES_AT_ONCE;
	routes = json_array();
	at = (size_t)from < count ? (size_t)from : count;
	end = count - at < ROUTES_LOOKED_AT ? count : at + ROUTES_LOOKED_AT;
	while (at < end && json_array_size(routes) < (size_t)limit) {
		struct view_route view;
		bool found;

		at = engine_view_route(
			call->engine, at, http_api_parameter(call, "match"), &view, &found);
		if (found)
			json_array_append_new(routes, http_json_route(&view));
	}
	return json_pack("{s:o, s:o, s:I}", "routes", routes, "next",
		at < count ? json_integer((json_int_t)at) : json_null(), "generation",
		(json_int_t)now);
}

/* So that it is known that somebody does it. */
static void note_follower(const struct http_call *call)
{
	if (!call->is_read_only && call->profile->flush_seen != NULL &&
		strcmp(http_api_parameter(call, "follower"), "flush") == 0)
		*call->profile->flush_seen = clock_steady();
}

static json_t *show_events(const struct http_call *call, int *status)
{
	int64_t since = http_api_number(call, "since", 0, INT64_MAX - 1);
	json_t *events;
	struct event_entry entry;
	uint64_t id;

	if (since == -1)
		return refuse(status, BAD_REQUEST, "since is not an event's id");
	events = json_array();
	for (id = (uint64_t)since; engine_event_after(call->engine, id, &entry); id = entry.id)
		json_array_append_new(events, http_json_event(&entry));
	return json_pack("{s:o, s:I}", "events", events, "last",
		(json_int_t)engine_last_event(call->engine));
}

/* ---- which call is it */

static const char simulate_path[] = "/v1/simulate";

static const struct endpoint_row {
	const char *path;
	json_t *(*answer)(const struct http_call *call, int *status);
	bool is_for_control; /* it computes, or is long: not for everybody */
} rows[] = {
	{"/healthz", http_condition_answer, false},
	{"/v1/status", show_status, false},
	{"/v1/pools", show_pools, false},
	{"/v1/hosts", show_hosts, false},
	{"/v1/routes", show_routes, true},
	{"/v1/rules", http_rules_answer, false},
	{"/v1/explain", http_explain_answer, true},
	{simulate_path, NULL, true},
	{"/v1/events", show_events, false},
	{"/v1/deferrals", http_deferrals_answer, false},
	{HTTP_STREAM_PATH, NULL, false},
	{"/v1/trace", http_trace_answer, true},
	{"/v1/waiting", http_waiting_answer, true},
	{HTTP_METRICS_PATH, NULL, false},
};

static const char reload_path[] = "/v1/reload";
static const char debug_path[] = "/v1/debug";
static const char hosts_path[] = "/v1/hosts/";

bool http_api_is_reload(const struct http_call *call)
{
	return call->is_post && !call->is_read_only && strcmp(call->path, reload_path) == 0;
}

int http_api_is_forced(const struct http_call *call)
{
	return (int)http_api_number(call, "force", 0, 1);
}

bool http_api_is_simulation(const struct http_call *call)
{
	return !call->is_post && !call->is_read_only && strcmp(call->path, simulate_path) == 0;
}

bool http_api_is_change(const struct http_call *call)
{
	return call->is_post && !call->is_read_only &&
	       strncmp(call->path, hosts_path, sizeof(hosts_path) - 1) == 0;
}

/*
 * The verb of /v1/hosts/HOST/VERB, with HOST's length, or of /v1/hosts/VERB, with 0. None: the
 * count of verbs.
 */
static enum http_hosts_verb find_verb(const char *path, size_t *length)
{
	const char *rest = path + sizeof(hosts_path) - 1;
	enum http_hosts_verb verb = HTTP_HOSTS_DRAIN;
	const char *slash, *word;

	if (strncmp(path, hosts_path, sizeof(hosts_path) - 1) != 0)
		return HTTP_HOSTS_VERB_COUNT;
	slash = strchr(rest, '/');
	if (slash == rest)
		return HTTP_HOSTS_VERB_COUNT;
	*length = slash == NULL ? 0 : (size_t)(slash - rest);
	word = slash == NULL ? rest : slash + 1;
	while (verb < HTTP_HOSTS_VERB_COUNT && strcmp(word, http_hosts_verb_name(verb)) != 0)
		verb++;
	return verb;
}

static json_t *change_hosts(
	const struct http_call *call, enum http_hosts_verb verb, size_t length, int *status)
{
	char *encoded, *host;
	json_t *answer;

	if (length == 0)
		return http_hosts_change(call, NULL, verb, status);
	encoded = strndup(call->path + sizeof(hosts_path) - 1, length);
	host = encoded == NULL ? NULL : evhttp_uridecode(encoded, 0, NULL);
	answer = host == NULL ? NULL : http_hosts_change(call, host, verb, status);
	free(host);
	free(encoded);
	return answer;
}

static json_t *answer_change(const struct http_call *call, int *status)
{
	size_t length = 0;
	enum http_hosts_verb verb = find_verb(call->path, &length);
	bool is_debug = strcmp(call->path, debug_path) == 0;
	json_t *answer;

	if (verb == HTTP_HOSTS_VERB_COUNT && !is_debug && strcmp(call->path, reload_path) != 0)
		return refuse(status, NOT_FOUND, "no such path");
	if (!call->is_post)
		return refuse(status, NOT_ALLOWED, "this requires POST");
	if (call->is_read_only)
		return refuse(status, NOT_ALLOWED, "this listener is for reading only");
	if (is_debug)
		return change_debug(call, status);
	engine_asked_by(call->engine, call->by);
	answer = change_hosts(call, verb, length, status);
	engine_asked_by(call->engine, "");
	return answer;
}

/* Hosts write addresses into their replies: who reads is asked for nothing there. */
static json_t *for_listener(const struct http_call *call, json_t *answer)
{
	if (call->is_read_only)
		http_deferrals_mask(answer);
	return answer;
}

json_t *http_api_answer(const struct http_call *call, int *status)
{
	*status = OK;
	note_follower(call);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(call->path, rows[i].path) != 0)
			continue;
		if (call->is_read_only && rows[i].is_for_control)
			return refuse(status, FORBIDDEN, "this is for the control socket only");
		/* A whole message is too much for a query. */
		if (call->is_post && rows[i].answer != http_explain_answer)
			return refuse(status, NOT_ALLOWED, "this requires GET");
		/* Simulations, metrics and streams are answered elsewhere. */
		assert(rows[i].answer != NULL);
		return for_listener(call, rows[i].answer(call, status));
	}
	return answer_change(call, status);
}
