/* http_door: the API on a Unix socket and, for reading only, on TCP
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_DOOR_H
#define DOORS_HTTP_DOOR_H

#include <stdbool.h>

#include <event2/event.h>

#include "conf/fault.h"
#include "doors/http_api.h"
#include "engine/engine.h"

/*
 * Runs on the main thread's event loop, by libevent's HTTP server. A request is small and bounded;
 * a client that is slow or sends junk costs its connection and nothing else (http_connections.h).
 * What takes long, a reload or a simulation, lets others have their turn.
 *
 * A listener for reading only asks nobody who he is. So it computes nothing, and answers only to
 * names of this machine: not to pages of other sites in somebody's browser.
 *
 * Limits: an answer is built whole in memory before it is sent.
 */

/* Called once a reload has ended. ERROR is NULL if it succeeded; FAULTS may have warnings then. */
typedef void http_door_reload_end(
	void *context, const char *error, const struct fault_list *faults);

/* Called once what was changed is on the disk, or with ERROR that says why it is not. */
typedef void http_door_save_end(void *context, const char *error);

struct http_door_services {
	struct event_base *base;
	struct engine *engine;
	const struct http_profile *profile;
	/*
	 * Begins a reload that BY has asked for (see struct http_call), with IS_FORCED one that may
	 * take away however many routes; END is called on this thread, later. Gives -1 if it cannot.
	 */
	int (*reload)(const char *by, bool is_forced, http_door_reload_end *end, void *context);
	/* Begins to put changes on the disk, likewise. NULL: there is no disk. */
	int (*save)(http_door_save_end *end, void *context);
};

struct http_door;

/* SERVICES is copied. NULL: out of memory. */
struct http_door *http_door_new(const struct http_door_services *services);

/*
 * Serves a socket that listens already and is the door's from now on; with IS_READ_ONLY only GET.
 * Gives 0 or -1.
 */
int http_door_listen(struct http_door *door, int fd, bool is_read_only);

/* Closes the sockets and every connection. */
void http_door_free(struct http_door *door);

#endif
