/* http_simulate: how the next messages would spread, worked out piece by piece
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_SIMULATE_H
#define DOORS_HTTP_SIMULATE_H

#include <stdbool.h>

#include <jansson.h>

#include "doors/http_api.h"

/*
 * Answers /v1/simulate. A hundred thousand messages take long: who runs it on the event loop does a
 * step, and lets others have their turn. Changes nothing.
 */

struct http_simulate;

/* NULL: *STATUS and *REFUSAL, a new reference, say why; without memory that is NULL, too. */
struct http_simulate *http_simulate_begin(
	const struct http_call *call, int *status, json_t **refusal);

/* Some milliseconds of work. False: it is done. */
bool http_simulate_step(struct http_simulate *simulate);

/* A new reference, NULL without memory; once it is done. */
json_t *http_simulate_answer(const struct http_simulate *simulate);

void http_simulate_free(struct http_simulate *simulate);

#endif
