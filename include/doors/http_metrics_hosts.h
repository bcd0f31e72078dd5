/* http_metrics_hosts: the metrics of pools and hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_METRICS_HOSTS_H
#define DOORS_HTTP_METRICS_HOSTS_H

#include "core/exposition.h"
#include "engine/engine.h"

/*
 * All samples of a family stand together, so pools and hosts are copied once and gone through for
 * each. Gives 0, or -1 without memory. Main thread only.
 */
int http_metrics_hosts_write(struct exposition *out, struct engine *engine);

#endif
