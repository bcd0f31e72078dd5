/* http_connections: the connections of one HTTP listener, and what each may hold
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_CONNECTIONS_H
#define DOORS_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/http.h>

/*
 * libevent's server has no limit of its connections, and reads on while an answer waits: both are
 * bounded here. When all places are in use, new connections wait in the backlog until one ends;
 * those that have been silent for a second are closed for them. So are they when no descriptor is
 * left.
 *
 * While an answer waits to be taken, nothing is read. What is read ahead of a request is bounded by
 * `input`, which must be larger than the largest request: below that, libevent waits for ever.
 */

enum { HTTP_CONNECTIONS_MAX = 64 };

struct http_connections;

struct http_connection {
	TAILQ_ENTRY(http_connection) place;
	struct http_connections *all;
	struct bufferevent *stream;
	struct evhttp_connection *connection; /* NULL: has only just come */
	int64_t seen;			      /* when it last asked or took something */
	bool is_kept; /* its answer is being worked on: never closed for others */
	/* Called once if it ends while this is set; then the request is gone, too. */
	void (*gone)(void *context);
	void *context;
};

/* Serves FD, which listens, on HTTP, which is its own from now on; INPUT as above. NULL: no memory. */
struct http_connections *http_connections_new(
	struct event_base *base, struct evhttp *http, int fd, size_t input);

/* Closes the listener and every connection. */
void http_connections_free(struct http_connections *all);

/* Whose request it is. NULL: nobody's that is known. */
struct http_connection *http_connections_find(
	struct http_connections *all, struct evhttp_request *request);

/* It has asked, or taken some of its answer. */
void http_connections_touch(struct http_connection *connection);

/* An answer has been given to libevent: nothing is read until it has been taken. */
void http_connections_hush(struct http_connection *connection);

/* Octets of answers that wait to be taken, on all connections. */
size_t http_connections_waiting(const struct http_connections *all);

#endif
