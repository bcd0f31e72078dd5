/* http_trace: what has become of a message, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_TRACE_H
#define DOORS_HTTP_TRACE_H

#include <jansson.h>

#include "doors/http_api.h"

/*
 * Answers /v1/trace?queue_id=…: 404 if nothing is known of the message. Gives and sets what
 * http_api_answer() does.
 */
json_t *http_trace_answer(const struct http_call *call, int *status);

#endif
