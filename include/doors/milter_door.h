/* milter_door: the MTA's messages, by libmilter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_DOOR_H
#define DOORS_MILTER_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"

/*
 * At the end of a message whose recipients all have the same pool it adds the header
 * "X-Nexthop-Route: NEXTHOP" and deletes it again: Postfix's milter_header_checks have acted on it
 * by then (README, "Wiring"). Recipients of different routes: no header, the MTA routes them.
 *
 * libmilter exists once in a process, and so does this door. Its callbacks run on libmilter's own
 * threads, those of one connection on one at a time.
 *
 * Limits: a recipient that a milter behind this one rejects still counts for the message's route.
 */

#define MILTER_DOOR_HEADER "X-Nexthop-Route"

enum milter_on_error { MILTER_TEMPFAIL = 0, MILTER_ACCEPT = 1 };

struct milter_door_settings {
	const char *socket; /* as smfi_setconn() wants it: "unix:/path", "inet:port@host" */
	bool is_tcp;
	enum milter_on_error on_error; /* what a fault of our own does to a message */
};

/*
 * Registers and opens the socket; no thread yet, nothing is read from it. A Unix socket's path must
 * be free. Gives 0, or -1 with the reason in ERROR of SIZE octets.
 */
int milter_door_open(const struct milter_door_settings *settings, char *error, size_t size);

/*
 * Starts libmilter in a thread of its own; ON_END is called there if libmilter gives up. Signals
 * must be blocked: the new threads keep it so. ENGINE must live until the process ends.
 */
int milter_door_start(struct engine *engine, void (*on_end)(void), char *error, size_t size);

/* For messages that begin from now on. */
void milter_door_set_on_error(enum milter_on_error on_error);

/*
 * From now on messages that begin are answered 451; engine_counted() of ENGINE_IN_FLIGHT says how
 * many others there still are.
 */
void milter_door_drain(void);

#endif
