/* http_feed: hosts, pools and rules row by row, and which of them have changed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_FEED_H
#define DOORS_HTTP_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "doors/http_api.h"

/*
 * What a page shows is looked at row by row, a few at a time, so that neither the engine's lock nor the
 * event loop is held for all of them. A row that is as it was costs a copy and a hash of it; its text
 * is made again only if it is not.
 *
 * Pools are those that metrics tell of by their names (roster_label.h). Main thread only.
 */

enum http_feed_kind {
	HTTP_FEED_POOLS = 0,
	HTTP_FEED_HOSTS = 1,
	HTTP_FEED_RULES = 2,
	HTTP_FEED_COUNT = 3,
};

struct http_feed;

/* IS_MASKED: without addresses of people in texts. NULL: out of memory. */
struct http_feed *http_feed_new(
	struct engine *engine, const struct http_profile *profile, bool is_masked);
void http_feed_free(struct http_feed *feed);

/*
 * To be called before anything else, whenever a reload may have been. True: all rows are others than
 * before, and none has a text.
 */
bool http_feed_renew(struct http_feed *feed);

/* The word for the page. */
const char *http_feed_name(enum http_feed_kind kind);
size_t http_feed_count(const struct http_feed *feed, enum http_feed_kind kind);

/* Looks at one row. True: its text is another one now. */
bool http_feed_look(struct http_feed *feed, enum http_feed_kind kind, size_t row);

/* The row as a JSON object, made now if it was not looked at before. NULL: out of memory. */
const char *http_feed_text(struct http_feed *feed, enum http_feed_kind kind, size_t row);

#endif
