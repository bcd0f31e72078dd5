/* http_metrics_counts: the metrics of what was counted of hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_METRICS_COUNTS_H
#define DOORS_HTTP_METRICS_COUNTS_H

#include <stddef.h>

#include "core/exposition.h"
#include "engine/engine_metrics.h"

/* A kind of failure or of change that a host has not seen has no sample, and no histogram is empty. */
void http_metrics_counts_write(
	struct exposition *out, const struct engine_metrics_host *hosts, size_t count);

#endif
