/* log_watch: tells when a file has grown or its name has changed hands
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_LOG_WATCH_H
#define FOLLOW_LOG_WATCH_H

#include <stdbool.h>

#include <event2/event.h>

/*
 * inotify(7) on the folder of a path and on open files, in the event loop. It may fail, or tell of
 * nothing (network file systems): whoever uses it looks for himself once a second, too.
 *
 * Limits: where the path is a symbolic link, a new file in the place of the link's target is seen
 * only by that look.
 */

struct log_watch;

/* ON_CHANGE is called once, then not again before log_watch_arm(). NULL: out of memory. */
struct log_watch *log_watch_new(
	struct event_base *base, const char *path, void (*on_change)(void *context), void *context);
void log_watch_free(struct log_watch *watch);

/*
 * Tells of what happens from now on; to be called before looking at the files, so that nothing
 * is missed.
 */
void log_watch_arm(struct log_watch *watch);

/* Begins anew what could not be begun, or ended: to be called each second. */
void log_watch_renew(struct log_watch *watch);

/* Watches a file that is open. Gives a number, the same for the same file, or -1. */
int log_watch_add(struct log_watch *watch, int fd);
void log_watch_remove(struct log_watch *watch, int number);

/* True if the folder is watched. */
bool log_watch_works(const struct log_watch *watch);

#endif
