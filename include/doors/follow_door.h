/* follow_door: learns from the MTA's own log how its deliveries went
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_FOLLOW_DOOR_H
#define DOORS_FOLLOW_DOOR_H

#include <event2/event.h>

#include "core/log_place.h"
#include "engine/engine.h"
#include "engine/view.h"

/*
 * Runs on the main thread's event loop. What a line says about a host goes to engine_learn_line(). A
 * log that is missing or cannot be read is waited for, with a warning at times; it never stops
 * anything.
 *
 * Where it was is kept in the state file as it goes: evidence that was written while no daemon ran
 * is read at the next start, and counts if it is young enough.
 */

enum follow_dialect { FOLLOW_POSTFIX = 0, FOLLOW_SENDMAIL = 1 };

struct follow_door_settings {
	struct event_base *base;
	struct engine *engine;
	struct log_place *place; /* in the state file; changed */
	enum follow_dialect dialect;
};

struct follow_door;

/* SETTINGS is copied. Nothing is followed yet. NULL: out of memory. */
struct follow_door *follow_door_new(const struct follow_door_settings *settings);

struct follow_door_log {
	const char *source; /* a path, "journal", "journal:/PATH" or "none" */
	const char *units;  /* of the journal: as follow_trust_init() has them */
	const char *users;
};

/* Follows LOG from now on; copied. Does nothing if it is the one that is followed already. */
void follow_door_open(struct follow_door *door, const struct follow_door_log *log);

void follow_door_status(const struct follow_door *door, struct view_log *view);

void follow_door_free(struct follow_door *door);

#endif
