/* http_condition: whether all is well, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_CONDITION_H
#define DOORS_HTTP_CONDITION_H

#include <jansson.h>

#include "doors/http_api.h"

/*
 * {"status", "ok", "reasons": [{"level", "about", "text"}], "more", "hosts": {"total", "up", …}}, a
 * new reference; engine/condition.h says what is judged.
 */
json_t *http_condition_object(const struct http_call *call);

/* Answers /healthz: 503 if it is failed, else 200. Gives and sets what http_api_answer() does. */
json_t *http_condition_answer(const struct http_call *call, int *status);

/* To be called every second, on the main thread: FACTS are changed. */
void http_condition_tick(struct engine *engine, struct http_profile *profile);

#endif
