/* http_question: what a question says of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_QUESTION_H
#define DOORS_HTTP_QUESTION_H

#include "doors/http_api.h"
#include "engine/routing.h"

/* Parameters of /v1/explain (milterctl(1)), told to a message. What is not said is not told. */

/*
 * Begins the message, told what the milter knows before the first recipient; a size counts as
 * declared. PLAN is the caller's and has to live as long. Gives NULL, or what is wrong with a
 * parameter, those of http_question_headers() too. The caller clears ROUTING, which is all zero
 * before.
 */
const char *http_question_begin(
	const struct http_call *call, struct engine_plan *plan, struct routing *routing);

/* What comes after the last one. */
void http_question_headers(const struct http_call *call, struct routing_rules *rules);

#endif
