/* map_door: a socketmap server, where an MTA looks up its next hops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_door.h"
#include "doors/map_client.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/listener.h>

enum {
	COMPLAIN_MS = 10000,
	PAUSE_MS = 100, /* until a descriptor is asked for again, when there was none */
};

struct map_door {
	struct map_client_services services;
	int clients_max;
	struct evconnlistener *listener;
	struct event *resume;
	TAILQ_HEAD(map_door_clients, map_client) clients; /* the one idle longest is the first */
	struct view_map seen;
};

/* ---- clients */

static void drop(struct map_door *door, struct map_client *client)
{
	TAILQ_REMOVE(&door->clients, client, place);
	door->seen.clients--;
	map_client_free(client);
}

static void drop_idlest(struct map_door *door)
{
	if (!TAILQ_EMPTY(&door->clients))
		drop(door, TAILQ_FIRST(&door->clients));
}

/* One kind of line for each end that is worth one. */
static void complain(enum map_client_end why)
{
	static struct log_limit limits[MAP_CLIENT_NO_MEMORY + 1];
	static const char *const words[] = {
		[MAP_CLIENT_LATE] = "a request that was begun was not completed",
		[MAP_CLIENT_STALLED] = "it does not read its replies",
		[MAP_CLIENT_JUNK] = "it sent something that is not a netstring",
		[MAP_CLIENT_TOO_LONG] = "it sent a request that is too long",
		[MAP_CLIENT_NO_MEMORY] = "out of memory",
	};
	unsigned suppressed;

	if (words[why] == NULL)
		return;
	if (log_may_repeat(&limits[why], clock_now(), COMPLAIN_MS, &suppressed))
		log_warning(
			"map: a client was dropped: %s (suppressed=%u)", words[why], suppressed);
}

static void on_end(void *context, struct map_client *client, enum map_client_end why)
{
	struct map_door *door = context;

	complain(why);
	if (why == MAP_CLIENT_JUNK || why == MAP_CLIENT_TOO_LONG) {
		door->seen.requests++;
		door->seen.refused++;
	}
	drop(door, client);
}

static void on_answered(void *context, struct map_client *client, enum map_reply_kind kind)
{
	struct map_door *door = context;
	uint64_t *const counters[] = {
		[MAP_REPLY_FOUND] = &door->seen.found,
		[MAP_REPLY_NOT_FOUND] = &door->seen.not_found,
		[MAP_REPLY_REFUSED] = &door->seen.refused,
	};

	door->seen.requests++;
	++*counters[kind];
	TAILQ_REMOVE(&door->clients, client, place);
	TAILQ_INSERT_TAIL(&door->clients, client, place);
}

/* ---- connections */

static void complain_of_many(const struct map_door *door)
{
	static struct log_limit limit;
	unsigned suppressed;

	if (log_may_repeat(&limit, clock_now(), COMPLAIN_MS, &suppressed))
		log_warning("map: clients=%d is as many as there may be: the one idle longest was "
			    "dropped (suppressed=%u)",
			door->clients_max, suppressed);
}

static void complain_of_accept(const char *why)
{
	static struct log_limit limit;
	unsigned suppressed;

	if (log_may_repeat(&limit, clock_now(), COMPLAIN_MS, &suppressed))
		log_warning("map: cannot accept a connection: %s (suppressed=%u)", why, suppressed);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
	int length, void *context)
{
	struct map_door *door = context;
	struct map_client *client;
	int on = 1;

	(void)listener;
	(void)length;
	/* Replies are small, and somebody waits for each. */
	if (peer->sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (door->seen.clients >= (uint64_t)door->clients_max) {
		complain_of_many(door);
		drop_idlest(door);
	}
	client = map_client_new(&door->services, fd);
	if (client == NULL) {
		complain_of_accept("out of memory");
		close(fd);
		return;
	}
	TAILQ_INSERT_TAIL(&door->clients, client, place);
	door->seen.clients++;
}

/* Without a descriptor accept() fails, too, when the one before has taken the last connection. */
static bool somebody_waits(struct evconnlistener *listener)
{
	struct pollfd fd = {.fd = evconnlistener_get_fd(listener), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* The connection that could not be accepted still waits: without a pause that would be a loop. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	const struct timeval pause = {.tv_usec = (suseconds_t)PAUSE_MS * 1000};
	const char *why = strerror(errno);
	struct map_door *door = context;

	if (!somebody_waits(listener))
		return;
	complain_of_accept(why);
	drop_idlest(door);
	evconnlistener_disable(listener);
	event_add(door->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	struct map_door *door = context;

	(void)fd;
	(void)what;
	evconnlistener_enable(door->listener);
}

/* ---- life */

static struct timeval span_of(int ms, int otherwise)
{
	if (ms == 0)
		ms = otherwise;
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

struct map_door *map_door_new(const struct map_door_services *services, int fd)
{
	struct map_door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		return NULL;
	TAILQ_INIT(&door->clients);
	door->clients_max = services->clients == 0 ? MAP_DOOR_CLIENTS : services->clients;
	door->services = (struct map_client_services){
		.base = services->base,
		.answer_context = services->context,
		.answer = services->answer,
		.is_secret = services->is_secret,
		.context = door,
		.answered = on_answered,
		.end = on_end,
		.request = span_of(services->request_ms, MAP_DOOR_REQUEST_MS),
		.stall = span_of(services->stall_ms, MAP_DOOR_STALL_MS),
		.idle = span_of(services->idle_ms, MAP_DOOR_IDLE_MS),
	};
	door->resume = evtimer_new(services->base, on_resume, door);
	if (door->resume != NULL)
		door->listener = evconnlistener_new(services->base, on_accept, door,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (door->listener == NULL) {
		map_door_free(door);
		return NULL;
	}
	evconnlistener_set_error_cb(door->listener, on_accept_error);
	return door;
}

void map_door_view(void *context, struct view_map *view)
{
	const struct map_door *door = context;

	*view = door->seen;
}

void map_door_free(struct map_door *door)
{
	if (door == NULL)
		return;
	if (door->listener != NULL)
		evconnlistener_free(door->listener);
	while (!TAILQ_EMPTY(&door->clients))
		drop_idlest(door);
	if (door->resume != NULL)
		event_free(door->resume);
	free(door);
}
