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

#include "engine/condition.h"
#include "engine/engine.h"

/* Answers a call that has been taken apart; knows nothing of sockets. Main thread only. */

enum { HTTP_PARAMETER_MAX = 1000, HTTP_ERROR_MAX = 512 };

/* What the daemon knows of itself. Strings and struct are the caller's and may change. */
struct http_profile {
	const char *version;
	const char *config;
	const char *mta;
	const char *state_file;
	const char *milter_socket;
	const char *map_socket;	   /* NULL: none */
	const char *secret_socket; /* NULL: none */
	const char *control_socket;
	const char *status_listen; /* NULL: none */
	const char *status_hosts;  /* names that it answers to, parted by spaces; NULL: none */
	bool milter_is_tcp;
	int64_t started;
	int64_t reloaded; /* the last reload; 0: there was none */
	int64_t loaded;	  /* when the configuration in force was put in force */
	bool reload_ok;
	char reload_error[HTTP_ERROR_MAX]; /* if it failed */
	bool is_stopping;
	int64_t *flush_seen; /* clock_steady() of the last look of a flush --follow; 0: none */
	struct condition_history history; /* http_condition_tick() */
	int64_t reload_count;		  /* those that succeeded */
	/* How the MTA's log is followed. */
	void (*log)(void *context, struct view_log *view);
	void *log_context;
	/* errno of the last time that the state file was to be put on its disk. */
	int (*saved)(void *context);
	void *saved_context;
	/* Whether the milter answers. */
	void (*check)(void *context, struct view_milter *view);
	void *check_context;
	/* How the map is queried. NULL: there is none. */
	void (*map)(void *context, struct view_map *view);
	void *map_context;
};

struct http_call {
	struct engine *engine;
	const struct http_profile *profile;
	const char *path;	 /* still percent-encoded, without the query */
	struct evkeyvalq *query; /* decoded */
	bool is_post;
	bool is_read_only; /* it came over a listener on which nothing may be changed */
	const char *by;	   /* who asks: "uid=0 pid=123", or "" */
};

/*
 * Gives the answer as a new reference, an {"error": …} too, or NULL without memory; *STATUS is the
 * HTTP status. A reload and a simulation are not answered here: they take time.
 */
json_t *http_api_answer(const struct http_call *call, int *status);

/* True if the call is a reload that may be begun. */
bool http_api_is_reload(const struct http_call *call);

/* Whether a reload is to be done although it takes away many routes: 1 or 0; -1: it says neither. */
int http_api_is_forced(const struct http_call *call);

/* True if it changes what is remembered of hosts: then the answer waits for the disk. */
bool http_api_is_change(const struct http_call *call);

/* True if the call is a simulation that may be begun (http_simulate.h). */
bool http_api_is_simulation(const struct http_call *call);

/* The value of a parameter, "" if there is none. */
const char *http_api_parameter(const struct http_call *call, const char *name);

/* The number in a parameter, FALLBACK if there is none, -1 if it is not one of 0 to MOST. */
int64_t http_api_number(
	const struct http_call *call, const char *name, int64_t fallback, int64_t most);

/* Gives -1 if the parameter is not there or too long to be an address. */
int http_api_address(
	const struct http_call *call, const char *name, bool may_be_empty, struct address *address);

/* {"error": TEXT} */
json_t *http_api_error(const char *text);

#endif
