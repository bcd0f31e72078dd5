/* map_door: a socketmap server, where an MTA looks up its next hops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MAP_DOOR_H
#define DOORS_MAP_DOOR_H

#include <stdbool.h>

#include <event2/event.h>

#include "core/map_reply.h"
#include "engine/view.h"

/*
 * Runs on the main thread's event loop: netstrings in, netstrings out (netstring.h, map_request.h,
 * map_reply.h). Any number of requests may be under way on a connection; they are answered in their
 * order.
 *
 * Nobody can hold up another one: a request is bounded, and so is what waits on a connection. MTAs
 * keep their connections, so an idle one is kept for long; the one idle longest is closed when
 * there are too many, or when no descriptor is left for a new one.
 *
 * Limits: whoever may connect may ask; over TCP that is everybody who reaches the address.
 */

enum {
	MAP_DOOR_CLIENTS = 1000,
	MAP_DOOR_REQUEST_MS = 10000,
	MAP_DOOR_STALL_MS = 10000,
	MAP_DOOR_IDLE_MS = 10800000, /* Sendmail keeps one for a whole session */
};

struct map_door_services {
	struct event_base *base;
	void *context;
	/* Writes the reply to a request, NUL-terminated, to OUT of MAP_REPLY_MAX octets. */
	enum map_reply_kind (*answer)(void *context, struct span request, char *out);
	bool is_secret; /* no copy of a reply stays in memory */
	int clients;	/* at most; 0: MAP_DOOR_CLIENTS */
	int request_ms; /* from the first octet of a request to its last; 0: MAP_DOOR_REQUEST_MS */
	int stall_ms;	/* for a client to take some of its replies; 0: MAP_DOOR_STALL_MS */
	int idle_ms;	/* without a request; 0: MAP_DOOR_IDLE_MS */
};

struct map_door;

/* Serves FD, a socket that listens already and is the door's from now on. NULL: out of memory. */
struct map_door *map_door_new(const struct map_door_services *services, int fd);

/* DOOR is a struct map_door. */
void map_door_view(void *door, struct view_map *view);

/* Closes the socket and every connection. */
void map_door_free(struct map_door *door);

#endif
