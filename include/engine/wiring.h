/* wiring: whether mail really goes to the hosts that were chosen for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_WIRING_H
#define ENGINE_WIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/observation.h"

/*
 * The milter tells Postfix a list; whether milter_header_checks, transport_maps and content_filter
 * have the message follow it, only the log tells. A message of which a host of its list is spoken
 * has gone as it was told; one that is delivered by another host, or leaves the queue without a
 * word of its list, has not. One or two may have their reasons; WIRING_WRONG of the last
 * WIRING_LAST have not.
 *
 * Limits: Postfix only. A list with a host of lookup = "mx" is not looked at, as its hosts have other
 * names in the log. Mail that goes by the map is looked at if all its recipients have one pool, the log
 * names another SMTP host for one that no alias has changed, and the map was not asked for it since; or
 * if it leaves without a word, and the map was not asked for ten minutes. The engine lock must be held.
 */

enum {
	WIRING_LAST = 20,
	WIRING_WRONG = 3,
	WIRING_TEXT_MAX = 640,
};

struct wiring {
	uint64_t outcomes;	    /* of the last messages, latest in bit 0: 1 went elsewhere */
	int count;		    /* so many of them are known */
	bool is_kept;		    /* the last that did was told by FILTER, not by the map */
	int64_t at;		    /* when it did */
	int64_t said;		    /* when the log was told; 0: never */
	char relay[DOMAIN_MAX + 1]; /* that had it; empty: no host of SMTP */
	char queue_id[OBSERVATION_QUEUE_ID_MAX + 1];
};

/* A message has gone as it was told. */
void wiring_right(struct wiring *wiring);

/*
 * A message has gone elsewhere, to RELAY (may be empty). True: now a line is to be logged, which is once
 * an hour.
 */
bool wiring_wrong(
	struct wiring *wiring, bool is_kept, const char *relay, const char *queue_id, int64_t now);

/* What is wrong and where to look, in TEXT; false: nothing is. */
bool wiring_describe(const struct wiring *wiring, char text[WIRING_TEXT_MAX]);

#endif
