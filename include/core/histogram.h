/* histogram: how often something took how long
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_HISTOGRAM_H
#define CORE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Times are in µs. Any thread may add one, and any may read, without a lock: what is read while
 * others add is whole in itself (its count is that of its buckets), and its sum may be a few
 * times ahead or behind.
 */

enum { HISTOGRAM_BOUNDS_MAX = 16 };

/* The upper ends of the buckets, rising; each belongs to its bucket. One more has all that is greater. */
struct histogram_bounds {
	int count; /* at most HISTOGRAM_BOUNDS_MAX */
	int64_t us[HISTOGRAM_BOUNDS_MAX];
};

/* All zero: nothing has been added. It is always used with the same bounds. */
struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
	_Atomic uint64_t sum;
};

/* What was added so far. */
struct histogram_view {
	uint64_t upto[HISTOGRAM_BOUNDS_MAX]; /* so many took at most us[i] */
	uint64_t count;
	uint64_t sum;
};

/* A negative time is one of 0. */
void histogram_add(struct histogram *histogram, const struct histogram_bounds *bounds, int64_t us);

void histogram_read(const struct histogram *histogram, const struct histogram_bounds *bounds,
	struct histogram_view *view);

#endif
