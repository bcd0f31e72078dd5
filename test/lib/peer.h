/* peer: a client of the map door, on the same event loop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "doors/map_door.h"

/* Checks fail the test. Nothing waits for longer than a minute. */

/* A client. What it has been told is counted, and kept as far as it fits. */
struct peer {
	int fd;
	char got[4096];
	size_t length; /* of got */
	size_t octets; /* all that it was told */
	bool is_closed;
	bool is_deaf; /* it reads nothing */
};

/* The loop, and the door if it is open. */
extern struct event_base *peer_base;
extern struct map_door *peer_door;

void peer_set_up(void);
void peer_tear_down(void);

/* Opens a door on a free port; the base of SERVICES is this one. */
void peer_open_door(struct map_door_services *services);

/* One more client. */
struct peer peer_come(void);

/* Sends, while the loop runs. */
void peer_say(struct peer *peer, const char *text);
void peer_say_octets(struct peer *peer, const char *octets, size_t length);

/* Runs the loop until it has been told that, in all; or so many octets. */
void peer_expect(struct peer *peer, const char *text);
void peer_expect_octets(struct peer *peer, size_t count);

/* Until the door has closed the connection. */
void peer_expect_end(struct peer *peer);

/* One step of the loop; or steps for some time. */
void peer_turn(struct peer *peer);
void peer_turn_for(struct peer *peer, int ms);

#endif
