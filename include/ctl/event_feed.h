/* event_feed: the daemon's events as they come
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_EVENT_FEED_H
#define CTL_EVENT_FEED_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/client.h"

/*
 * For those who go on: each look gives what has come since the one before it. A daemon that has gone is
 * waited for; that, and its return, is told once on standard error. The caller lets
 * EVENT_FEED_INTERVAL_MS go by between two looks.
 */

enum { EVENT_FEED_INTERVAL_MS = 1000 };

/* Zeroed at the start, but for the client and who follows. */
struct event_feed {
	struct client *client;
	const char *follower; /* what the daemon is to know of the caller; NULL: nothing */
	json_int_t since;     /* the last event that was given */
	bool is_gone;	      /* the daemon */
};

/*
 * With CLIENT_DONE *ANSWER is a new reference to the daemon's answer, or NULL if it is gone, and *MISSED
 * says how many events it had forgotten before they could be given. Otherwise there is no answer, and
 * no sense in asking again.
 */
int event_feed_next(struct event_feed *feed, json_t **answer, json_int_t *missed);

#endif
