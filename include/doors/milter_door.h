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
 * Looks up each recipient as it comes and answers those whose route refuses them; at the end of the
 * message the MTA gets its next hop (milter_routing.h).
 *
 * libmilter exists once in a process, and so does this door. Its callbacks run on libmilter's own
 * threads, those of one connection on one at a time.
 *
 * Limits: a recipient that a milter after this one rejects still counts for the message's route.
 */

struct milter_door_settings {
	const char *socket; /* as smfi_setconn() wants it: "unix:/path", "inet:port@host" */
	bool is_tcp;
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

/*
 * From now on messages that begin are answered 451; engine_counted() of ENGINE_IN_FLIGHT says how
 * many others there still are.
 */
void milter_door_drain(void);

#endif
