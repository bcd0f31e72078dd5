/* outage: since when a host has been down and why, how often and how long in all
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/outage.h"
#include "core/health.h"

int64_t outage_total(const struct outage *outage, int64_t now)
{
	if (outage->since == 0 || now < outage->since)
		return outage->total;
	return outage->total + (now - outage->since);
}

void outage_update(struct outage *outage, bool is_down, int64_t now)
{
	if (is_down == (outage->since != 0))
		return;
	if (is_down) {
		outage->since = now;
		outage->count++;
		return;
	}
	outage->total = outage_total(outage, now);
	outage->since = 0;
}

bool outage_valid(const struct outage *outage)
{
	return outage->since >= 0 && outage->since <= HEALTH_TIME_MAX && outage->total >= 0 &&
	       outage->total <= HEALTH_TIME_MAX && outage->reason < HEALTH_REASON_COUNT;
}
