/* http_api: what each request of the API gives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_api.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "doors/http_explain.h"
#include "doors/http_json.h"
#include "doors/http_rules.h"
#include "engine/clock.h"
#include "engine/engine_plan.h"
#include "engine/engine_view.h"
#include "text/idn.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/http.h>

enum {
	OK = 200,
	BAD_REQUEST = 400,
	NOT_FOUND = 404,
	NOT_ALLOWED = 405,
	PARAMETER_MAX = 1000,
	ROUTES_DEFAULT = 1000,
	ROUTES_MAX = 10000,
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

static const char *parameter(const struct http_call *call, const char *name)
{
	const char *value = evhttp_find_header(call->query, name);

	return value == NULL ? "" : value;
}

/* The number in a parameter, FALLBACK if there is none, -1 if it is not one of 0 to MOST. */
static int64_t number(
	const struct http_call *call, const char *name, int64_t fallback, int64_t most)
{
	const char *text = parameter(call, name);

	return *text == '\0' ? fallback : decimal_parse(text, 0, most);
}

/* Gives -1 if the parameter is not there or too long to be an address. */
static int read_address(
	const struct http_call *call, const char *name, bool may_be_empty, struct address *address)
{
	const char *text = parameter(call, name);

	if ((*text == '\0' && !may_be_empty) || strlen(text) > PARAMETER_MAX)
		return -1;
	address_parse(address, text);
	idn_fold_address(address);
	return 0;
}

/* ---- what is */

static json_t *steps(const struct http_call *call)
{
	json_t *array = json_array();
	struct engine_needs needs = engine_needs(call->engine);
	const char *step;

	for (int i = 0;
		(step = call->facts->milter_step(call->facts->milter_is_tcp, needs, i)) != NULL;
		i++)
		json_array_append_new(array, json_string(step));
	return array;
}

/* What the MTA is asked for along with the steps. */
static json_t *macros(const struct http_call *call)
{
	json_t *array = json_array();
	struct ruleset *ruleset = engine_rules(call->engine);
	char list[HTTP_MACROS_MAX] = "";
	char *rest = list;
	char *name;

	if (call->facts->milter_macros != NULL)
		call->facts->milter_macros(list, engine_needs(call->engine),
			ruleset == NULL ? NULL : ruleset_rules(ruleset));
	while ((name = strtok_r(rest, " ", &rest)) != NULL)
		json_array_append_new(array, json_string(name));
	ruleset_drop(ruleset);
	return array;
}

static json_t *show_status(const struct http_call *call, int *status)
{
	const struct http_facts *facts = call->facts;
	struct engine *engine = call->engine;
	struct view_log log = {.is_on = false};
	struct view_map map = {.clients = 0};

	(void)status;
	if (facts->log != NULL)
		facts->log(facts->log_context, &log);
	if (facts->map != NULL)
		facts->map(facts->map_context, &map);
	return json_pack("{s:s, s:i, s:o, s:o, s:s, s:s, s:{s:s, s:o, s:s, s:o}, s:I, s:I,"
			 " s:I, s:I, s:{s:o, s:b, s:I}, s:o, s:o, s:{s:I, s:I, s:o, s:o}, s:o, s:o,"
			 " s:o}",
		"version", facts->version, "pid", (int)getpid(), "started",
		http_json_time(facts->started), "config", http_json_text_or_null(facts->config),
		"mta", facts->mta, "state_file", facts->state_file, "sockets", "milter",
		facts->milter_socket, "map", http_json_text_or_null(facts->map_socket), "control",
		facts->control_socket, "status", http_json_text_or_null(facts->status_listen),
		"pools", (json_int_t)engine_pool_count(engine), "hosts",
		(json_int_t)engine_host_count(engine), "routes",
		(json_int_t)engine_route_count(engine), "rules",
		(json_int_t)engine_rule_count(engine), "reload", "time",
		http_json_time(facts->reloaded), "ok", (int)facts->reload_ok, "count",
		(json_int_t)facts->reload_count, "messages", http_json_messages(engine),
		"recipients", http_json_recipients(engine), "milter", "sessions",
		(json_int_t)engine_counted(engine, ENGINE_SESSIONS), "in_flight",
		(json_int_t)engine_counted(engine, ENGINE_IN_FLIGHT), "steps", steps(call),
		"macros", macros(call), "map", http_json_map(&map), "log", http_json_log(&log),
		"observations", http_json_observations(engine));
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
		json_array_append_new(hosts, http_json_host(call->engine, i));
	return json_pack("{s:o}", "hosts", hosts);
}

static json_t *show_routes(const struct http_call *call, int *status)
{
	int64_t from = number(call, "from", 0, INT32_MAX);
	int64_t limit = number(call, "limit", ROUTES_DEFAULT, ROUTES_MAX);
	size_t count = engine_route_count(call->engine);
	json_t *routes;
	size_t at;

	if (from == -1 || limit < 1)
		return refuse(status, BAD_REQUEST, "from or limit is not a number in its range");
	routes = json_array();
	at = (size_t)from < count ? (size_t)from : count;
	while (at < count && json_array_size(routes) < (size_t)limit) {
		struct view_route view;
		bool found;

		at = engine_view_route(call->engine, at, parameter(call, "match"), &view, &found);
		if (found)
			json_array_append_new(routes, http_json_route(&view));
	}
	return json_pack("{s:o, s:o}", "routes", routes, "next",
		at < count ? json_integer((json_int_t)at) : json_null());
}

static json_t *show_events(const struct http_call *call, int *status)
{
	int64_t since = number(call, "since", 0, INT64_MAX - 1);
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

/* ---- what would be */

static json_t *simulate(const struct http_call *call, int *status)
{
	int64_t count = number(call, "count", 1000, SIMULATION_MESSAGES_MAX);
	struct address recipient, sender;
	struct view_route route;
	struct simulation *simulation;
	const char *pool = parameter(call, "pool");
	bool has_pool = *pool != '\0';
	json_t *answer;

	if (read_address(call, "recipient", has_pool, &recipient) == -1 ||
		read_address(call, "sender", true, &sender) == -1)
		return refuse(status, BAD_REQUEST, "recipient or sender is missing or too long");
	if (count < 1)
		return refuse(status, BAD_REQUEST, "count is not a number of 1 to 100000");
	simulation = malloc(sizeof(*simulation));
	if (simulation == NULL)
		return NULL;
	if (!has_pool) {
		engine_plan_simulate(call->engine, &recipient, &route, simulation);
	} else if (engine_plan_simulate_pool(call->engine, pool, &route, simulation) == -1) {
		free(simulation);
		return refuse(status, NOT_FOUND, "there is no pool of that name");
	}
	if (route.action == ACTION_POOL)
		simulation_run(simulation,
			route.hash_on == HASH_ON_SENDER ? sender.hash : recipient.hash, (int)count);
	answer = http_json_simulation(&route, simulation, parameter(call, "recipient"), (int)count);
	free(simulation);
	return answer;
}

/* ---- changes */

/* An IP address in any form becomes the one that the table has; a name its A-labels. */
static void canonical_host(struct endpoint *endpoint)
{
	unsigned char octets[sizeof(struct in6_addr)];
	char ascii[DOMAIN_MAX + 1];
	size_t length = strlen(endpoint->name);

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

/* What a POST to /v1/hosts/HOST/… does. */
enum verb { VERB_DRAIN, VERB_ENABLE, VERB_RESET, VERB_COUNT };

static const char *const verb_names[VERB_COUNT] = {
	[VERB_DRAIN] = "drain",
	[VERB_ENABLE] = "enable",
	[VERB_RESET] = "reset",
};

static void change_host(
	const struct http_call *call, size_t host, enum verb verb, int64_t span, int64_t now)
{
	switch (verb) {
	case VERB_DRAIN:
		engine_drain(call->engine, host, span == 0 ? 0 : now + span,
			parameter(call, "reason"), now);
		break;
	case VERB_ENABLE:
		engine_enable(call->engine, host, now);
		break;
	default:
		engine_reset(call->engine, host, now);
	}
}

static json_t *change_hosts(
	const struct http_call *call, const struct endpoint *endpoint, enum verb verb, int64_t span)
{
	json_t *hosts = json_array();
	int64_t now = clock_now();
	size_t count = engine_host_count(call->engine);
	size_t at = 0;

	while ((at = engine_find_host(call->engine, endpoint->name, endpoint->port, at)) < count) {
		change_host(call, at, verb, span, now);
		json_array_append_new(hosts, http_json_host(call->engine, at++));
	}
	return json_pack("{s:o}", "hosts", hosts);
}

/* HOST is what stands between /v1/hosts/ and the verb. */
static json_t *steer(const struct http_call *call, const char *host, enum verb verb, int *status)
{
	const char *span_text = verb == VERB_DRAIN ? parameter(call, "for") : "";
	int64_t span = *span_text == '\0' ? 0 : duration_parse(span_text);
	struct endpoint endpoint;

	if (span == -1)
		return refuse(
			status, BAD_REQUEST, "for is not a duration such as 90s, 2h or 1d12h");
	if (strlen(parameter(call, "reason")) >= HEALTH_TEXT_MAX)
		return refuse(status, BAD_REQUEST, "reason is longer than 199 octets");
	if (endpoint_parse(&endpoint, host) == -1)
		return refuse(status, BAD_REQUEST, "not a HOST or HOST:PORT");
	canonical_host(&endpoint);
	if (engine_find_host(call->engine, endpoint.name, endpoint.port, 0) ==
		engine_host_count(call->engine))
		return refuse(status, NOT_FOUND, "no pool has that host");
	return change_hosts(call, &endpoint, verb, span);
}

/* ---- which call is it */

static json_t *show_health(const struct http_call *call, int *status)
{
	(void)call;
	(void)status;
	return json_pack("{s:b}", "ok", 1);
}

static const struct endpoint_row {
	const char *path;
	json_t *(*answer)(const struct http_call *call, int *status);
} rows[] = {
	{"/healthz", show_health},
	{"/v1/status", show_status},
	{"/v1/pools", show_pools},
	{"/v1/hosts", show_hosts},
	{"/v1/routes", show_routes},
	{"/v1/rules", http_rules_answer},
	{"/v1/explain", http_explain_answer},
	{"/v1/simulate", simulate},
	{"/v1/events", show_events},
};

static const char reload_path[] = "/v1/reload";
static const char hosts_path[] = "/v1/hosts/";

bool http_api_is_reload(const struct http_call *call)
{
	return call->is_post && !call->is_read_only && strcmp(call->path, reload_path) == 0;
}

/* The length of HOST in /v1/hosts/HOST/VERB, or 0. */
static size_t host_length(const char *path, const char *verb)
{
	const char *host = path + sizeof(hosts_path) - 1;
	const char *slash;

	if (strncmp(path, hosts_path, sizeof(hosts_path) - 1) != 0)
		return 0;
	slash = strchr(host, '/');
	return slash != NULL && strcmp(slash + 1, verb) == 0 ? (size_t)(slash - host) : 0;
}

static json_t *answer_change(const struct http_call *call, int *status)
{
	size_t length = 0;
	enum verb verb = VERB_COUNT;
	char *encoded, *host;
	json_t *answer;

	for (int i = 0; i < VERB_COUNT && length == 0; i++) {
		length = host_length(call->path, verb_names[i]);
		verb = (enum verb)i;
	}
	if (length == 0 && strcmp(call->path, reload_path) != 0)
		return refuse(status, NOT_FOUND, "no such path");
	if (!call->is_post)
		return refuse(status, NOT_ALLOWED, "this takes a POST");
	if (call->is_read_only)
		return refuse(status, NOT_ALLOWED, "this listener is for reading only");
	encoded = strndup(call->path + sizeof(hosts_path) - 1, length);
	host = encoded == NULL ? NULL : evhttp_uridecode(encoded, 0, NULL);
	answer = host == NULL ? NULL : steer(call, host, verb, status);
	free(host);
	free(encoded);
	return answer;
}

json_t *http_api_answer(const struct http_call *call, int *status)
{
	*status = OK;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(call->path, rows[i].path) != 0)
			continue;
		/* A whole message is too much for a query. */
		if (call->is_post && (rows[i].answer != http_explain_answer || call->is_read_only))
			return refuse(status, NOT_ALLOWED, "this takes a GET");
		return rows[i].answer(call, status);
	}
	return answer_change(call, status);
}
