/* http_explain: what would become of a message, by the recipients it has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_EXPLAIN_H
#define DOORS_HTTP_EXPLAIN_H

#include <jansson.h>

#include "doors/http_api.h"

/*
 * Answers /v1/explain: for each "recipient" its route, its hosts in their order, and what the milter
 * and the map would say of it, were they one message. Advances nothing. Gives and sets what
 * http_api_answer() does.
 *
 * Limits: where several pools come down to one that takes turns, as a fallback does, the milter takes
 * a turn for each, and all are told the first of them.
 */
json_t *http_explain_answer(const struct http_call *call, int *status);

#endif
