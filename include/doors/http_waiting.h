/* http_waiting: the messages of a pool that were put off, as the API has them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_WAITING_H
#define DOORS_HTTP_WAITING_H

#include "doors/http_api.h"

/* GET /v1/waiting?pool=NAME&from=N: a page of them; see http_api_answer(). */
json_t *http_waiting_answer(const struct http_call *call, int *status);

#endif
