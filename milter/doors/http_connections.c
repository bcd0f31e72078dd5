/* http_connections: the connections of one HTTP listener, and what each may hold
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_connections.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

enum {
	STALE_MS = 1000,
	LOOK_MS = 100, /* between two looks for stale ones */
	COMPLAINT_MS = 10000,
};

struct http_connections {
	struct evhttp *http;
	struct evconnlistener *listener; /* evhttp's */
	struct event *arrival;
	struct event *look;
	size_t input;
	int count;
	bool is_closed;		       /* the listener, until there is a place or a descriptor */
	struct http_connections *next; /* of all that there are */
	TAILQ_HEAD(, http_connection) list;
};

/* evhttp gives its own context to a callback of ours: whose it is has to be looked up. */
static struct http_connections *everybody;

/* ---- places */

static void stop_accepting(struct http_connections *all)
{
	const struct timeval wait = {.tv_usec = (suseconds_t)LOOK_MS * 1000};

	if (!all->is_closed)
		evconnlistener_disable(all->listener);
	all->is_closed = true;
	event_add(all->look, &wait);
}

static void accept_again(struct http_connections *all)
{
	if (all->is_closed)
		evconnlistener_enable(all->listener);
	all->is_closed = false;
	event_del(all->look);
}

static bool somebody_waits(const struct http_connections *all)
{
	struct pollfd fd = {.fd = evconnlistener_get_fd(all->listener), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void close_stale(struct http_connections *all)
{
	int64_t now = clock_now();
	struct http_connection *next;

	for (struct http_connection *one = TAILQ_FIRST(&all->list); one != NULL; one = next) {
		next = TAILQ_NEXT(one, place);
		if (one->connection != NULL && !one->is_kept &&
			(now - one->seen >= STALE_MS || now < one->seen))
			evhttp_connection_free(one->connection);
	}
}

static void complain_of_many(void)
{
	static struct log_limit limit;
	unsigned suppressed;

	if (log_may_repeat(&limit, clock_now(), COMPLAINT_MS, &suppressed))
		log_warning(
			"http: connections=%d of a socket are as many as there may be: silent ones "
			"are closed suppressed=%u",
			HTTP_CONNECTIONS_MAX, suppressed);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct http_connections *all = context;

	(void)fd;
	(void)what;
	if (somebody_waits(all)) {
		if (all->count >= HTTP_CONNECTIONS_MAX)
			complain_of_many();
		close_stale(all);
	}
	if (all->count < HTTP_CONNECTIONS_MAX)
		accept_again(all);
	else
		stop_accepting(all);
}

/*
 * No descriptor is left for the one that waits, and so it goes on waiting: without a pause that would
 * be a loop.
 */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	static struct log_limit limit;
	const char *why = strerror(errno);
	unsigned suppressed;

	(void)context;
	if (log_may_repeat(&limit, clock_now(), COMPLAINT_MS, &suppressed))
		log_warning("http: cannot accept a connection: %s suppressed=%u", why, suppressed);
	for (struct http_connections *all = everybody; all != NULL; all = all->next)
		if (all->listener == listener)
			stop_accepting(all);
}

/* ---- one connection */

static void on_end(struct evhttp_connection *connection, void *context)
{
	struct http_connection *one = context;
	struct http_connections *all = one->all;

	(void)connection;
	if (one->gone != NULL)
		one->gone(one->context);
	TAILQ_REMOVE(&all->list, one, place);
	all->count--;
	free(one);
	if (all->is_closed)
		accept_again(all);
}

/*
 * evhttp shows a connection only with its first request, which may never come; but it is what
 * evhttp's callbacks are called with. One that evhttp could not set up has none any more.
 */
static void on_arrival(evutil_socket_t fd, short what, void *context)
{
	struct http_connections *all = context;
	struct http_connection *next;

	(void)fd;
	(void)what;
	for (struct http_connection *one = TAILQ_FIRST(&all->list); one != NULL; one = next) {
		bufferevent_event_cb is_used = NULL;
		void *connection = NULL;

		next = TAILQ_NEXT(one, place);
		if (one->connection != NULL)
			continue;
		bufferevent_getcb(one->stream, NULL, NULL, &is_used, &connection);
		if (is_used != NULL) {
			one->connection = connection;
			evhttp_connection_set_closecb(one->connection, on_end, one);
		}
		bufferevent_decref(one->stream);
		if (is_used == NULL)
			on_end(NULL, one);
	}
}

/* NULL: evhttp makes one itself, which is not counted. */
static struct bufferevent *make_stream(struct event_base *base, void *context)
{
	struct http_connections *all = context;
	struct http_connection *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return NULL;
	/*
	 * Else evhttp closes the descriptor before its events are deleted, and they are deleted of
	 * whoever has the number by then: libmilter accepts connections on threads of its own.
	 */
	one->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (one->stream == NULL) {
		free(one);
		return NULL;
	}
	bufferevent_incref(one->stream); /* until on_arrival() */
	bufferevent_setwatermark(one->stream, EV_READ, 0, all->input);
	one->all = all;
	one->seen = clock_now();
	TAILQ_INSERT_TAIL(&all->list, one, place);
	event_active(all->arrival, EV_TIMEOUT, 0);
	if (++all->count == HTTP_CONNECTIONS_MAX)
		stop_accepting(all);
	return one->stream;
}

struct http_connection *http_connections_find(
	struct http_connections *all, struct evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	struct http_connection *one;

	TAILQ_FOREACH(one, &all->list, place)
	{
		if (one->connection == connection)
			return one;
	}
	return NULL;
}

void http_connections_touch(struct http_connection *connection)
{
	connection->seen = clock_now();
}

void http_connections_hush(struct http_connection *connection)
{
	bufferevent_disable(connection->stream, EV_READ);
}

size_t http_connections_waiting(const struct http_connections *all)
{
	const struct http_connection *one;
	size_t octets = 0;

	TAILQ_FOREACH(one, &all->list, place)
	octets += evbuffer_get_length(bufferevent_get_output(one->stream));
	return octets;
}

/* ---- life */

void http_connections_free(struct http_connections *all)
{
	struct http_connections **place = &everybody;

	if (all == NULL)
		return;
	while (*place != NULL && *place != all)
		place = &(*place)->next;
	if (*place == all)
		*place = all->next;
	if (all->arrival != NULL)
		on_arrival(-1, 0, all);
	all->is_closed = false; /* the listener goes first */
	evhttp_free(all->http);
	if (all->arrival != NULL)
		event_free(all->arrival);
	if (all->look != NULL)
		event_free(all->look);
	free(all);
}

struct http_connections *http_connections_new(
	struct event_base *base, struct evhttp *http, int fd, size_t input)
{
	struct http_connections *all = calloc(1, sizeof(*all));
	struct evhttp_bound_socket *bound;

	if (all == NULL) {
		evhttp_free(http);
		return NULL;
	}
	TAILQ_INIT(&all->list);
	all->http = http;
	all->input = input;
	all->arrival = event_new(base, -1, 0, on_arrival, all);
	all->look = evtimer_new(base, on_look, all);
	bound = all->arrival == NULL || all->look == NULL
			? NULL
			: evhttp_accept_socket_with_handle(http, fd);
	if (bound == NULL) {
		http_connections_free(all);
		return NULL;
	}
	all->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(all->listener, on_accept_error);
	evhttp_set_bevcb(http, make_stream, all);
	all->next = everybody;
	everybody = all;
	return all;
}
