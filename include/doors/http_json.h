/* http_json: the API's objects
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_JSON_H
#define DOORS_HTTP_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "conf/fault.h"
#include "engine/engine.h"
#include "engine/engine_plan.h"

/*
 * Each function gives a new reference, or NULL without memory. The names are a contract
 * (milterctl(1), "JSON"): scripts rely on them. Times are RFC 3339, UTC, or null.
 */

json_t *http_json_time(int64_t ms);
json_t *http_json_text_or_null(const char *text);
json_t *http_json_host(struct engine *engine, size_t host);
json_t *http_json_pool(struct engine *engine, size_t pool);
json_t *http_json_route(const struct view_route *route);
json_t *http_json_plan(const struct engine_plan *plan, const char *recipient);
json_t *http_json_simulation(const struct view_route *route, const struct simulation *simulation,
	const char *recipient, int count);
json_t *http_json_event(const struct event_entry *entry);

/* The outcome of a reload: ERROR is NULL if it succeeded. */
json_t *http_json_reload(const char *error, const struct fault_list *faults);

/* The answer to a change that is in force, but not on the disk. */
json_t *http_json_unsaved(const char *error);

/* The counters of messages and of recipients, as status has them. */
json_t *http_json_messages(struct engine *engine);
json_t *http_json_recipients(struct engine *engine);

/* How the map is queried. */
json_t *http_json_map(const struct view_map *view);

/* The log that is followed, and what was learned from it and from probes. */
json_t *http_json_log(const struct view_log *view);
json_t *http_json_observations(struct engine *engine);

#endif
