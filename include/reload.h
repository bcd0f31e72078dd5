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
#include "watch.h"

/*
 * A thread reads and checks the file; the main thread then swaps the table. With any fault the old
 * configuration stays, whole. Reloads that are asked for while one runs become one more after it.
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
	struct http_facts *facts; /* brought up to date */
	struct watch *watch;	  /* told of what is new */
	struct conf *conf;	  /* in force now, and that of the start; taken over */
};

/* NULL: out of memory; then the conf stays the caller's. */
struct reload *reload_new(const struct reload_settings *settings);

/*
 * Waits for the thread, if one is at work, and tells those who wait that it failed. The conf in
 * force is not freed: messages may use it.
 */
void reload_free(struct reload *reload);

/* END may be NULL. Gives 0, or -1 if no reload can be begun; then END is not called. */
int reload_begin(struct reload *reload, reload_end *end, void *context);

/* Writes a line for each fault to the log, or for the first ones of many. */
void reload_log_faults(const struct fault_list *faults);

#endif
