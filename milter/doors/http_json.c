/* http_json: the API's objects
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_json.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/engine_view.h"

#include <stdio.h>
#include <string.h>

json_t *http_json_time(int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	return ms == 0 ? json_null() : json_string(clock_format(text, ms));
}

/* Jansson accepts UTF-8 only; what came from outside may be anything. */
static json_t *foreign_text(const char *text)
{
	char clean[1024];

	return json_string(printable_copy(clean, sizeof(clean), text));
}

json_t *http_json_text_or_null(const char *text)
{
	return text == NULL || *text == '\0' ? json_null() : foreign_text(text);
}

static json_t *counter(uint64_t count)
{
	return json_integer((json_int_t)count);
}

/* Since when it is down and why, how often it was and how long in all. */
static json_t *with_outage(json_t *host, const struct outage *outage)
{
	json_object_set_new(host, "down_since", http_json_time(outage->since));
	json_object_set_new(host, "down_reason",
		outage->reason == HEALTH_REASON_NONE
			? json_null()
			: json_string(health_reason_name(outage->reason)));
	json_object_set_new(host, "outages", counter(outage->count));
	json_object_set_new(
		host, "downtime", counter((uint64_t)outage_total(outage, clock_now()) / 1000));
	return host;
}

/* What the operator has set for a while, or for later. */
static json_t *with_set(json_t *host, const struct health *health)
{
	int percent = health_percent(health, clock_now());
	bool is_whole = percent == 100;

	json_object_set_new(host, "weight_percent", json_integer(percent));
	json_object_set_new(host, "weight_until",
		is_whole ? json_null() : http_json_time(health->weight_until));
	json_object_set_new(host, "weight_text",
		is_whole ? json_null() : http_json_text_or_null(health->weight_text));
	json_object_set_new(host, "waived_until", http_json_time(health->waived_until));
	json_object_set_new(host, "drain_at", http_json_time(health->drain_at));
	json_object_set_new(host, "drain_until", http_json_time(health->drain_until));
	json_object_set_new(host, "drain_text", http_json_text_or_null(health->drain_text));
	return host;
}

/* Null: it has none. */
static json_t *quota_object(const struct view_host *host)
{
	const struct quota_limits *limits = &host->limits;
	const struct quota *quota = &host->health.quota;
	int64_t limit = quota_limit(limits);
	int64_t now = clock_now();
	int64_t used;

	if (limit == 0)
		return json_null();
	used = quota_used(quota, limits, now);
	return json_pack("{s:s, s:I, s:f, s:I, s:I, s:b}", "of",
		limits->messages != 0 ? "messages" : "recipients", "limit", (json_int_t)limit,
		"per", (double)limits->per / 1000, "used", (json_int_t)used, "left",
		(json_int_t)(used < limit ? limit - used : 0), "full",
		quota_is_full(quota, limits, host->pending, now));
}

/* POOLS is taken over. */
static json_t *host_object(const struct view_host *host, json_t *pools)
{
	const struct health *health = &host->health;
	json_t *object;

	object = with_outage(
		json_pack("{s:s, s:i, s:o, s:i, s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:i, s:o,"
			  " s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}",
			"host", host->name, "port", host->port, "pools", pools, "priority",
			host->priority, "weight", host->weight, "state",
			health_state_name(health->state), "since", http_json_time(health->since),
			"until", http_json_time(health->until), "reason",
			health_reason_name(health->reason), "text", foreign_text(health->text),
			"first", counter(host->first), "listed", counter(host->listed), "failures",
			(int)health->failures, "attempts", counter(health->attempts), "delivered",
			counter(health->delivered), "deferred", counter(health->deferred),
			"last_success", http_json_time(health->last_success), "last_failure",
			http_json_time(health->last_failure), "waiting", (int)host->waiting,
			"usual",
			host->usual == 0 ? json_null() : json_real((double)host->usual / 1000),
			"silent_since", http_json_time(host->silent_since), "busy_until",
			host->busy_until > clock_now() ? http_json_time(host->busy_until)
						       : json_null()),
		&health->outage);
	json_object_set_new(object, "quota", quota_object(host));
	return with_set(object, health);
}

json_t *http_json_host(struct engine *engine, size_t host)
{
	struct view_host view;
	json_t *pools = json_array();
	char name[POOL_KEY_MAX + 1];

	engine_view_host(engine, host, &view);
	for (size_t place = 0; engine_view_place(engine, host, place, name); place++)
		json_array_append_new(pools, json_string(name));
	return host_object(&view, pools);
}

static json_t *hash_on(enum balance balance, enum hash_on on)
{
	if (balance != BALANCE_HASH)
		return json_null();
	return json_string(on == HASH_ON_SENDER ? "sender" : "recipient");
}

/* "try", "tempfail" or "fallback POOL". */
static json_t *all_deferred(const struct view_pool *pool)
{
	if (pool->fallback[0] != '\0')
		return json_sprintf("fallback %s", pool->fallback);
	return json_string(pool->all_deferred == ALL_DEFERRED_TEMPFAIL ? "tempfail" : "try");
}

json_t *http_json_pool(struct engine *engine, size_t pool)
{
	struct view_pool view;
	json_t *hosts = json_array();

	engine_view_pool(engine, pool, &view);
	for (int i = 0; i < view.host_count; i++) {
		struct view_host host;
		json_t *object;

		engine_view_pool_host(engine, pool, i, &host);
		object = host_object(&host, json_pack("[s]", view.name));
		json_object_set_new(object, "auth", http_json_text_or_null(host.auth_user));
		json_object_set_new(object, "tls", http_json_text_or_null(host.tls));
		json_array_append_new(hosts, object);
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "pool", view.name,
		"transport", view.transport, "balance", table_balance_name(view.balance), "hash_on",
		hash_on(view.balance, view.hash_on), "all_deferred", all_deferred(&view),
		"on_recovery", view.on_recovery == ON_RECOVERY_FLUSH ? "flush" : "none", "source",
		foreign_text(view.source), "messages", counter(view.messages), "hosts", hosts);
}

static json_t *reply(const struct view_route *route)
{
	if (route->code[0] == '\0')
		return json_null();
	return json_sprintf("%s %s %s", route->code, route->enhanced, route->text);
}

json_t *http_json_route(const struct view_route *route)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o}", "match", http_json_text_or_null(route->match),
		"action", table_action_name(route->action), "pool",
		http_json_text_or_null(route->pool_name), "reply", reply(route), "source",
		http_json_text_or_null(route->source));
}

json_t *http_json_plan(const struct engine_plan *plan, const char *recipient)
{
	const struct view_route *route = &plan->route;
	json_t *candidates = json_array();

	for (int i = 0; i < plan->candidate_count; i++) {
		const struct view_host *host = &plan->candidates[i].host;

		json_array_append_new(candidates,
			json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "host",
				host->name, "port", host->port, "pool", plan->candidates[i].pool,
				"priority", host->priority, "weight", host->weight,
				"weight_percent", health_percent(&host->health, clock_now()),
				"state", health_state_name(host->health.state), "until",
				http_json_time(host->health.until), "quota", quota_object(host),
				"auth", http_json_text_or_null(host->auth_user), "tls",
				http_json_text_or_null(host->tls)));
	}
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "recipient",
		foreign_text(recipient), "match", http_json_text_or_null(route->match), "source",
		http_json_text_or_null(route->source), "action", table_action_name(route->action),
		"pool", http_json_text_or_null(route->pool_name), "takes",
		http_json_text_or_null(plan->takes), "candidates", candidates, "nexthop",
		plan->nexthop[0] == '\0' ? json_null() : json_string(plan->nexthop), "reply",
		reply(route));
}

json_t *http_json_simulation(const struct view_route *route, const struct simulation *simulation,
	const char *recipient, int count)
{
	json_t *hosts = json_array();
	int host_count = route->action == ACTION_POOL ? simulation->pool.host_count : 0;

	for (int i = 0; i < host_count; i++) {
		const struct view_host *host = &simulation->hosts[i];

		json_array_append_new(
			hosts, json_pack("{s:s, s:i, s:o, s:f}", "host", host->name, "port",
				       host->port, "first", counter(simulation->first[i]), "share",
				       (double)simulation->first[i] / count));
	}
	return json_pack("{s:o, s:o, s:s, s:i, s:o}", "recipient", foreign_text(recipient), "pool",
		http_json_text_or_null(route->pool_name), "action",
		table_action_name(route->action), "count", count, "hosts", hosts);
}

static json_t *host_or_null(const struct event_entry *entry, json_t *value)
{
	if (entry->host[0] != '\0')
		return value;
	json_decref(value);
	return json_null();
}

json_t *http_json_event(const struct event_entry *entry)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "id",
		counter(entry->id), "time", http_json_time(entry->at), "event",
		event_ring_kind_name(entry->kind), "host",
		host_or_null(entry, json_string(entry->host)), "port",
		host_or_null(entry, json_integer(entry->port)), "from",
		host_or_null(entry, json_string(health_state_name(entry->from))), "to",
		host_or_null(entry, json_string(health_state_name(entry->to))), "reason",
		health_reason_name(entry->reason), "text", foreign_text(entry->text), "until",
		http_json_time(entry->until), "failures",
		host_or_null(entry, counter(entry->failures)), "delivered",
		host_or_null(entry, counter(entry->delivered)), "by",
		entry->by[0] == '\0' ? json_null() : json_string(entry->by));
}

json_t *http_json_unsaved(const char *error)
{
	char text[256];

	snprintf(text, sizeof(text),
		"this is done, but the state file cannot be written to its disk: %s: it is lost "
		"if the machine goes down",
		error);
	return json_pack("{s:s}", "error", text);
}

json_t *http_json_reload(const char *error, const struct fault_list *faults)
{
	json_t *list = json_array();

	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->faults[i];

		json_array_append_new(
			list, json_pack("{s:o, s:i, s:b, s:o}", "file", foreign_text(fault->file),
				      "line", fault->line, "warning", (int)fault->warning, "text",
				      foreign_text(fault->text)));
	}
	if (error == NULL)
		return json_pack("{s:b, s:o}", "ok", 1, "faults", list);
	return json_pack("{s:b, s:o, s:o}", "ok", 0, "error", foreign_text(error), "faults", list);
}

static json_t *counted(struct engine *engine, enum engine_counter which)
{
	return json_integer((json_int_t)engine_counted(engine, which));
}

json_t *http_json_messages(struct engine *engine)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "total",
		counted(engine, ENGINE_MESSAGES), "routed", counted(engine, ENGINE_ROUTED),
		"unrouted", counted(engine, ENGINE_UNROUTED), "mixed",
		counted(engine, ENGINE_MIXED), "discarded", counted(engine, ENGINE_DISCARDED),
		"refused", counted(engine, ENGINE_REFUSED), "faults",
		counted(engine, ENGINE_FAULTS));
}

json_t *http_json_recipients(struct engine *engine)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "rejected", counted(engine, ENGINE_RCPT_REJECTED),
		"deferred", counted(engine, ENGINE_RCPT_DEFERRED), "put_off",
		counted(engine, ENGINE_PUT_OFF), "split", counted(engine, ENGINE_SPLIT));
}

json_t *http_json_map(const struct view_map *view)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "clients", counter(view->clients), "requests",
		counter(view->requests), "found", counter(view->found), "not_found",
		counter(view->not_found), "refused", counter(view->refused));
}

json_t *http_json_log(const struct view_log *view)
{
	return json_pack("{s:o, s:b, s:o, s:b, s:o, s:I, s:o, s:o, s:o, s:o}", "source",
		foreign_text(view->is_on ? view->source : "none"), "readable",
		(int)view->is_readable, "error", http_json_text_or_null(view->error), "behind",
		(int)view->is_behind, "lines", counter(view->lines), "offset",
		(json_int_t)view->offset, "understood", counter(view->understood), "not_understood",
		http_json_text_or_null(view->strange), "seen", counter(view->seen), "last_line",
		http_json_time(view->last_line));
}

json_t *http_json_observations(struct engine *engine)
{
	return json_pack("{s:o, s:o}", "hosts", counted(engine, ENGINE_OBSERVED), "strangers",
		counted(engine, ENGINE_STRANGERS));
}
