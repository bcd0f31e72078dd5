/* map_client: one connection of an MTA to the map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MAP_CLIENT_H
#define DOORS_MAP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "core/map_reply.h"

/*
 * Takes requests and gives replies in their order. What is read ahead and what waits to be taken is
 * bounded: a client that does not read is not read from either. One that has closed its side, or
 * sends what is no request, gets all its replies before its connection is closed.
 */

enum map_client_end {
	MAP_CLIENT_LEFT = 0,	  /* it has closed, or is lost */
	MAP_CLIENT_IDLE = 1,	  /* it asked nothing for long */
	MAP_CLIENT_LATE = 2,	  /* a request was begun and did not become whole */
	MAP_CLIENT_STALLED = 3,	  /* it does not take its replies */
	MAP_CLIENT_JUNK = 4,	  /* it sent what is no netstring */
	MAP_CLIENT_TOO_LONG = 5,  /* it sent a request of more than MAP_REQUEST_MAX octets */
	MAP_CLIENT_NO_MEMORY = 6, /* ours ran out */
};

struct map_client;

/* May not free the client, but END, after which it is not used any more. */
struct map_client_services {
	struct event_base *base;
	void *answer_context;
	/* Writes the reply to a request, NUL-terminated, to OUT of MAP_REPLY_MAX octets. */
	enum map_reply_kind (*answer)(void *context, struct span request, char *out);
	bool is_secret; /* no copy of a reply stays in memory */
	void *context;	/* of the other two */
	/* Told of each reply, once it is on its way. */
	void (*answered)(void *context, struct map_client *client, enum map_reply_kind kind);
	void (*end)(void *context, struct map_client *client, enum map_client_end why);
	struct timeval request; /* a request that is begun has so long to become whole */
	struct timeval stall;	/* so long a client may take none of the octets that wait for it */
	struct timeval idle;	/* so long it may ask nothing */
};

struct map_client {
	TAILQ_ENTRY(map_client) place; /* the owner's */
	const struct map_client_services *services;
	struct bufferevent *connection;
	struct event *late;
	int fd;
	bool has_closed; /* its side: it still reads */
	bool is_ending;	 /* nothing more is read: the replies go, then the connection */
	enum map_client_end why;
};

/*
 * A client on FD, which is non-blocking. NULL: out of memory; then FD stays the caller's. SERVICES
 * must outlive it.
 */
struct map_client *map_client_new(const struct map_client_services *services, int fd);

/* Closes the connection; nothing is called. */
void map_client_free(struct map_client *client);

#endif
