/* watch: what is learned of hosts, from the MTA's log and from probes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef WATCH_H
#define WATCH_H

#include <event2/event.h>

#include "conf/conf.h"
#include "engine/engine.h"
#include "engine/state.h"
#include "engine/view.h"

/* Sets up the two doors that look at hosts, and hands what they see to the engine. */

struct watch;

/* NULL: out of memory. CONF is only read. */
struct watch *watch_new(struct event_base *base, struct engine *engine, struct state *state,
	const struct conf *conf);

/* To be called after a reload: CONF may name another log. */
void watch_reload(struct watch *watch, const struct conf *conf);

/* How the log is followed. WATCH is a struct watch. */
void watch_log(void *watch, struct view_log *view);

void watch_free(struct watch *watch);

#endif
