/* observers: what is learned of hosts, from the MTA's log and from probes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef OBSERVERS_H
#define OBSERVERS_H

#include <event2/event.h>

#include "conf/conf.h"
#include "engine/engine.h"
#include "engine/state.h"
#include "engine/view.h"

/* Sets up the two doors that look at hosts, and hands what they see to the engine. */

struct observers;

/* NULL: out of memory. CONF is only read. */
struct observers *observers_new(struct event_base *base, struct engine *engine, struct state *state,
	const struct conf *conf);

/* To be called after a reload: CONF may name another log. */
void observers_reload(struct observers *observers, const struct conf *conf);

/* How the log is followed. OBSERVERS is a struct observers. */
void observers_log(void *observers, struct view_log *view);

void observers_free(struct observers *observers);

#endif
