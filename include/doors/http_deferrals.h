/* http_deferrals: what hosts have replied to mail that they did not take, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_DEFERRALS_H
#define DOORS_HTTP_DEFERRALS_H

#include <stdbool.h>

#include <jansson.h>

#include "doors/http_api.h"

/* Answers /v1/deferrals. Gives and sets what http_api_answer() does. */
json_t *http_deferrals_answer(const struct http_call *call, int *status);

/*
 * {"since", "deferrals": [{"host", "text", "passed_on", "deferred", "first", "last", "queue_id"}]}, the
 * latest first. A call for reading only gets no queue ids; addresses are the caller's to mask.
 */
json_t *http_deferrals_object(const struct http_call *call);

/*
 * Takes addresses of people out of every "text" in VALUE, at any depth: for whoever may read, and is
 * not asked who he is.
 */
void http_deferrals_mask(json_t *value);

#endif
