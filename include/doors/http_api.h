/* http_api: what each request of the API gives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_API_H
#define DOORS_HTTP_API_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/keyvalq_struct.h>
#include <jansson.h>

#include "core/envelope.h"
#include "engine/engine.h"

/* Answers a call that has been taken apart; knows nothing of sockets. Main thread only. */

enum { HTTP_MACROS_MAX = 4096 };

/* What the daemon knows of itself. Strings and struct are the caller's and may change. */
struct http_facts {
	const char *version;
	const char *config;
	const char *mta;
	const char *state_file;
	const char *milter_socket;
	const char *map_socket; /* NULL: none */
	const char *control_socket;
	const char *status_listen; /* NULL: none */
	bool milter_is_tcp;
	struct envelope_policy policy; /* in force for messages */
	int64_t started;
	int64_t reloaded; /* the last reload; 0: there was none */
	bool reload_ok;
	int64_t reload_count; /* those that succeeded */
	/* milter_steps_name(): that door's steps are that door's affair. */
	const char *(*milter_step)(bool is_tcp, struct engine_needs needs, int index);
	/* milter_macros_all(). NULL: none. */
	void (*milter_macros)(
		char out[HTTP_MACROS_MAX], struct engine_needs needs, const struct rules *rules);
	/* How the MTA's log is followed. */
	void (*log)(void *context, struct view_log *view);
	void *log_context;
	/* How the map is asked. NULL: there is none. */
	void (*map)(void *context, struct view_map *view);
	void *map_context;
};

struct http_call {
	struct engine *engine;
	const struct http_facts *facts;
	const char *path;	 /* still percent-encoded, without the query */
	struct evkeyvalq *query; /* decoded */
	bool is_post;
	bool is_read_only; /* it came over a listener on which nothing may be changed */
};

/*
 * Gives the answer as a new reference, an {"error": …} too, or NULL without memory; *STATUS is the
 * HTTP status. A reload is not answered here: it takes time (http_api_is_reload()).
 */
json_t *http_api_answer(const struct http_call *call, int *status);

/* True if the call is a reload that may be begun. */
bool http_api_is_reload(const struct http_call *call);

/* {"error": TEXT} */
json_t *http_api_error(const char *text);

#endif
