/* http_metrics: /metrics, for Prometheus and its kin
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_METRICS_H
#define DOORS_HTTP_METRICS_H

#include <stdbool.h>

#include <event2/buffer.h>

#include "core/exposition.h"
#include "doors/http_api.h"

/*
 * What there is stands in http_metrics_table.h. Costs as much as there are hosts, pools with a name and
 * rules, whatever the number of routes. Main thread only.
 */

#define HTTP_METRICS_PATH "/metrics"

/* True if the call is for them, and may be answered. */
bool http_metrics_is_asked(const struct http_call *call);

/* Puts the answer into BODY. Gives 0, or -1 without memory; then there may be a part of it. */
int http_metrics_write(
	const struct http_call *call, enum exposition_format format, struct evbuffer *body);

#endif
