/* map_client: one connection of an MTA to the map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_client.h"
#include "core/netstring.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>

enum {
	OUTPUT_HIGH = 65536,
	OUTPUT_LOW = 32768,
};

static size_t waiting(const struct map_client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->connection));
}

static void end(struct map_client *client, enum map_client_end why)
{
	client->services->end(client->services->context, client, why);
}

/* ---- requests */

static void wipe(const void *octets, size_t length, void *copy)
{
	(void)octets;
	explicit_bzero(copy, length);
	free(copy);
}

/* As bufferevent_write() does, but what it keeps is wiped once it is sent, or the client has gone. */
static int write_secret(struct map_client *client, const char *octets, size_t length)
{
	char *copy = malloc(length);

	if (copy == NULL)
		return -1;
	memcpy(copy, octets, length);
	if (evbuffer_add_reference(
		    bufferevent_get_output(client->connection), copy, length, wipe, copy) == 0)
		return 0;
	wipe(copy, length, copy);
	return -1;
}

/* Gives -1 without memory. */
static int answer(struct map_client *client, struct span request)
{
	const struct map_client_services *services = client->services;
	char reply[MAP_REPLY_MAX];
	char octets[MAP_REPLY_MAX + NETSTRING_FRAME];
	enum map_reply_kind kind = services->answer(services->answer_context, request, reply);
	size_t length = netstring_put(octets, sizeof(octets), span_make(reply, strlen(reply)));
	int result;

	if (services->is_secret) {
		result = write_secret(client, octets, length);
		explicit_bzero(reply, sizeof(reply));
		explicit_bzero(octets, length);
	} else {
		result = bufferevent_write(client->connection, octets, length);
	}
	if (result == -1)
		return -1;
	services->answered(services->context, client, kind);
	return 0;
}

/*
 * A high-water mark for the input would not do: while it is reached libevent calls back without a
 * pause. What is read is bounded all the same, by what it reads at once.
 */
static void set_reading(struct map_client *client, bool is_on)
{
	bool was_on = (bufferevent_get_enabled(client->connection) & EV_READ) != 0;

	if (is_on && !was_on)
		bufferevent_enable(client->connection, EV_READ);
	else if (!is_on && was_on)
		bufferevent_disable(client->connection, EV_READ);
}

/* Nothing more is read: whatever else comes is of no interest. */
static void begin_end(struct map_client *client, enum map_client_end why)
{
	struct evbuffer *input = bufferevent_get_input(client->connection);

	set_reading(client, false);
	evbuffer_drain(input, evbuffer_get_length(input));
	event_del(client->late);
	client->is_ending = true;
	client->why = why;
}

/* REST is what remains of the input: the beginning of a request, or nothing. */
static void await_more(struct map_client *client, size_t rest, bool is_new)
{
	if (rest == 0)
		event_del(client->late);
	else if (is_new || !event_pending(client->late, EV_TIMEOUT, NULL))
		event_add(client->late, &client->services->request);
	set_reading(client, true);
}

/* Answers what there is, or as much as may wait to be taken. False: the client has ended. */
static bool answer_all(struct map_client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->connection);
	size_t before = evbuffer_get_length(input);
	struct span span = span_make((const char *)evbuffer_pullup(input, -1), before);
	enum netstring_result result = NETSTRING_WHOLE;
	struct span request;

	while (waiting(client) < OUTPUT_HIGH) {
		result = netstring_take(&span, MAP_REQUEST_MAX, &request);
		if (result != NETSTRING_WHOLE)
			break;
		if (answer(client, request) == -1) {
			end(client, MAP_CLIENT_NO_MEMORY);
			return false;
		}
	}
	evbuffer_drain(input, before - span.length);
	switch (result) {
	case NETSTRING_WHOLE: /* it is to take its replies first */
		event_del(client->late);
		set_reading(client, false);
		break;
	case NETSTRING_MORE:
		if (client->has_closed)
			begin_end(client, MAP_CLIENT_LEFT);
		else
			await_more(client, span.length, span.length < before);
		break;
	case NETSTRING_MALFORMED:
		begin_end(client, MAP_CLIENT_JUNK);
		break;
	case NETSTRING_TOO_LONG:
		begin_end(client, MAP_CLIENT_TOO_LONG);
		break;
	}
	return true;
}

static void end_if_done(struct map_client *client)
{
	if (client->is_ending && waiting(client) == 0)
		end(client, client->why);
}

/* ---- events */

static void on_read(struct bufferevent *connection, void *context)
{
	struct map_client *client = context;

	(void)connection;
	if (!client->is_ending && answer_all(client))
		end_if_done(client);
}

/* So much was taken that more may wait. */
static void on_written(struct bufferevent *connection, void *context)
{
	struct map_client *client = context;

	(void)connection;
	if (client->is_ending || answer_all(client))
		end_if_done(client);
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
	struct map_client *client = context;

	(void)connection;
	if ((what & BEV_EVENT_TIMEOUT) != 0) {
		end(client, (what & BEV_EVENT_READING) != 0 ? MAP_CLIENT_IDLE : MAP_CLIENT_STALLED);
		return;
	}
	if ((what & BEV_EVENT_EOF) == 0) {
		end(client, MAP_CLIENT_LEFT);
		return;
	}
	client->has_closed = true;
	if (answer_all(client))
		end_if_done(client);
}

static void on_late(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	end(context, MAP_CLIENT_LATE);
}

/* ---- life */

static int set_up(struct map_client *client, int fd)
{
	const struct map_client_services *services = client->services;

	client->late = evtimer_new(services->base, on_late, client);
	if (client->late == NULL)
		return -1;
	client->connection = bufferevent_socket_new(services->base, fd, 0);
	if (client->connection == NULL)
		return -1;
	bufferevent_setcb(client->connection, on_read, on_written, on_event, client);
	bufferevent_setwatermark(client->connection, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_set_timeouts(client->connection, &services->idle, &services->stall);
	return bufferevent_enable(client->connection, EV_READ | EV_WRITE);
}

struct map_client *map_client_new(const struct map_client_services *services, int fd)
{
	struct map_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->services = services;
	client->fd = -1;
	if (set_up(client, fd) == 0) {
		client->fd = fd;
		return client;
	}
	map_client_free(client);
	return NULL;
}

void map_client_free(struct map_client *client)
{
	if (client == NULL)
		return;
	if (client->connection != NULL)
		bufferevent_free(client->connection);
	if (client->late != NULL)
		event_free(client->late);
	if (client->fd != -1)
		close(client->fd);
	free(client);
}
