/* http_stream: what happens, sent to whoever keeps a connection open for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_STREAM_H
#define DOORS_HTTP_STREAM_H

#include <stdbool.h>

#include <event2/event.h>
#include <event2/http.h>

#include "doors/http_api.h"
#include "doors/http_connections.h"

/*
 * GET /v1/stream: server-sent events, as milterctl(1) has them. Events go out at once, rows that have
 * changed at most once a second, and a beat when there was nothing for long: so whoever hears nothing
 * knows that the connection is dead.
 *
 * A stream is no queue: it has marks of what its client has not been sent yet. While a client does not
 * take what it was sent, nothing is added; then it gets what is so by then. One that takes nothing for
 * half a minute is closed. Without a stream nothing is done at all.
 */

#define HTTP_STREAM_PATH "/v1/stream"

enum { HTTP_STREAM_MAX = 16 }; /* of each listener: the other connections are for the others */

struct http_stream_door;

/*
 * The streams of one listener. IS_READ_ONLY: of one where texts have no addresses in them, and queue
 * ids are not shown. NULL: out of memory.
 */
struct http_stream_door *http_stream_door_new(struct event_base *base, struct engine *engine,
	const struct http_profile *profile, bool is_read_only);

/* After the listener, whose connections the streams are. */
void http_stream_door_free(struct http_stream_door *door);

/* True if the call is for one, and may be answered. */
bool http_stream_is_asked(const struct http_call *call);

/*
 * Answers REQUEST, which came over OF, with a stream that begins after the event SINCE. Gives NULL, or
 * why not; then it is still to be answered.
 */
const char *http_stream_begin(struct http_stream_door *door, struct evhttp_request *request,
	struct http_connection *of, uint64_t since);

#endif
