/* reload: a new configuration, built aside and put in force whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef RELOAD_H
#define RELOAD_H

#include <event2/event.h>

#include "conf/conf.h"
#include "doors/http_api.h"
#include "engine/engine.h"
#include "observers.h"

/*
 * A thread reads and checks the file, and whether a daemon would start with it again (preflight.h);
 * the main thread then swaps the table. With any fault the old configuration stays, whole. Reloads
 * that are asked for while one runs become one more after it.
 *
 * Limits: sockets, state file, pid file and log_to are taken from the configuration at start only;
 * a reload that changes them says so.
 */

/* Told on the main thread; ERROR is NULL if the new configuration is in force. */
typedef void reload_end(void *context, const char *error, const struct fault_list *faults);

struct reload;

struct reload_settings {
	struct event_base *base;
	struct engine *engine;
	const char *path;
	struct http_profile *profile; /* brought up to date */
	struct observers *observers;  /* told of what is new */
	struct conf *conf;	      /* in force now, and that of the start; taken over */
	bool gives_groups;	      /* see preflight.h */
};

/* NULL: out of memory; then the conf stays the caller's. */
struct reload *reload_new(const struct reload_settings *settings);

/*
 * Waits for the thread, if one is at work, and tells those who wait that it failed. The conf in
 * force is not freed: messages may use it.
 */
void reload_free(struct reload *reload);

/*
 * BY is who asks, for log and event: "uid=0 pid=123", or "". Unless IS_FORCED, a reload that takes
 * away every route, or more than half of at least ten, is refused: that is a file cut short more
 * often than what anybody wants. END may be NULL. Gives 0, or -1 if no reload can be begun; then
 * END is not called.
 */
int reload_begin(
	struct reload *reload, const char *by, bool is_forced, reload_end *end, void *context);

/*
 * What CONF says of messages holds for those that begin from now on. At the start, too. The map is that
 * of the start, which FACTS have.
 */
void reload_put_in_force(const struct conf *conf, const struct http_profile *profile);

/* Writes a line for each fault to the log, or for the first ones of many. */
void reload_log_faults(const struct fault_list *faults);

#endif
