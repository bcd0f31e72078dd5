/* histogram: how often something took how long
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/histogram.h"

void histogram_add(struct histogram *histogram, const struct histogram_bounds *bounds, int64_t us)
{
	int at = 0;

	if (us < 0)
		us = 0;
	while (at < bounds->count && us > bounds->us[at])
		at++;
	atomic_fetch_add_explicit(&histogram->counts[at], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->sum, (uint64_t)us, memory_order_relaxed);
}

void histogram_read(const struct histogram *histogram, const struct histogram_bounds *bounds,
	struct histogram_view *view)
{
	uint64_t count = 0;

	for (int i = 0; i < bounds->count; i++) {
		count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
		view->upto[i] = count;
	}
	view->count = count +
		      atomic_load_explicit(&histogram->counts[bounds->count], memory_order_relaxed);
	view->sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
}
