/* http_metrics_table: the metrics that there are
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_METRICS_TABLE_H
#define DOORS_HTTP_METRICS_TABLE_H

#include <stdio.h>

#include "core/exposition.h"

/*
 * The one table: /metrics is written by it, nexthop-milter --metrics prints it, and the list in
 * nexthop-milter(8) is compared with that. The order is that of the answer.
 */

enum http_metrics_id {
	HTTP_METRICS_BUILD_INFO = 0,
	HTTP_METRICS_START_TIME = 1,
	HTTP_METRICS_RELOAD_SUCCESSFUL = 2,
	HTTP_METRICS_RELOAD_TIME = 3,
	HTTP_METRICS_MESSAGES = 4,
	HTTP_METRICS_RECIPIENTS = 5,
	HTTP_METRICS_IN_FLIGHT = 6,
	HTTP_METRICS_SESSIONS = 7,
	HTTP_METRICS_DECISION_TIME = 8,
	HTTP_METRICS_RULE_HITS = 9,
	HTTP_METRICS_MAP_REQUESTS = 10,
	HTTP_METRICS_LOG_READABLE = 11,
	HTTP_METRICS_LOG_LINES = 12,
	HTTP_METRICS_LOG_UNRECOGNISED = 13,
	HTTP_METRICS_LOG_LAG = 14,
	HTTP_METRICS_LOG_LAST_LINE = 15,
	HTTP_METRICS_POOL_INFO = 16,
	HTTP_METRICS_POOL_HOSTS = 17,
	HTTP_METRICS_POOL_HOSTS_UP = 18,
	HTTP_METRICS_POOL_ON_BACKUP = 19,
	HTTP_METRICS_CHOICES = 20,
	HTTP_METRICS_HOST_WEIGHT = 21,
	HTTP_METRICS_HOST_WEIGHT_EFFECTIVE = 22,
	HTTP_METRICS_HOST_STATE = 23,
	HTTP_METRICS_HOST_STATE_SINCE = 24,
	HTTP_METRICS_HOST_DOWNTIME = 25,
	HTTP_METRICS_HOST_DOWN_SINCE = 26,
	HTTP_METRICS_HOST_DEFERRAL_REASON = 27,
	HTTP_METRICS_HOST_PENDING = 28,
	HTTP_METRICS_HOST_SILENT = 29,
	HTTP_METRICS_HOST_QUOTA = 30,
	HTTP_METRICS_HOST_QUOTA_LEFT = 31,
	HTTP_METRICS_HOST_STATE_CHANGES = 32,
	HTTP_METRICS_DELIVERIES = 33,
	HTTP_METRICS_FAILURES = 34,
	HTTP_METRICS_DELIVERY_TIME = 35,
	HTTP_METRICS_PROBES = 36,
	HTTP_METRICS_PROBE_TIME = 37,
	HTTP_METRICS_COUNT = 38,
};

struct http_metrics_row {
	struct exposition_family family;
	const char *labels;	 /* parted by ", "; "": none */
	const char *cardinality; /* how many series there are; "1" */
};

const struct http_metrics_row *http_metrics_table_row(enum http_metrics_id id);

/* One line for each: name, type, labels or "-", number of series, meaning, parted by tabs. */
void http_metrics_table_print(FILE *to);

#endif
