/* http_question: what a question for the rules says of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_QUESTION_H
#define DOORS_HTTP_QUESTION_H

#include <stdint.h>

#include "core/rules_run.h"
#include "doors/http_api.h"

/* Parameters of /v1/explain (milterctl(1)), told to a run. What is not said is not told. */

/*
 * What the milter knows before the first recipient; a size counts as declared. Gives NULL, or what
 * is wrong with a parameter, those of http_question_headers() too.
 */
const char *http_question_session(const struct http_call *call, struct rules_run *run);

/* What comes after the last one. */
void http_question_headers(const struct http_call *call, struct rules_run *run);

/* Of the address; 0: it is not said. */
uint64_t http_question_sender(const struct http_call *call);

#endif
