/* follow_inotify: reports when a file has grown or its name has changed hands
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_INOTIFY_H
#define FOLLOW_FOLLOW_INOTIFY_H

#include <stdbool.h>

#include <event2/event.h>

/*
 * inotify(7) on the folder of a path and on open files, in the event loop. It may fail, or tell of
 * nothing (network file systems): whoever uses it looks for himself once a second, too.
 *
 * Limits: where the path is a symbolic link, a new file in the place of the link's target is seen
 * only by that look.
 */

struct follow_inotify;

/* ON_CHANGE is called once, then not again before follow_inotify_arm(). NULL: out of memory. */
struct follow_inotify *follow_inotify_new(
	struct event_base *base, const char *path, void (*on_change)(void *context), void *context);
void follow_inotify_free(struct follow_inotify *watch);

/*
 * Tells of what happens from now on; to be called before looking at the files, so that nothing
 * is missed.
 */
void follow_inotify_arm(struct follow_inotify *watch);

/* Begins anew what could not be begun, or ended: to be called each second. */
void follow_inotify_renew(struct follow_inotify *watch);

/* Watches a file that is open. Gives a number, the same for the same file, or -1. */
int follow_inotify_add(struct follow_inotify *watch, int fd);
void follow_inotify_remove(struct follow_inotify *watch, int number);

/* True if the folder is watched. */
bool follow_inotify_works(const struct follow_inotify *watch);

#endif
