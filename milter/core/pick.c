/* pick: whose turn it is among the hosts of a tier
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pick.h"
#include "core/hash.h"

#include <stdbool.h>

int pick_turn(const int *weights, int32_t *credit, int count)
{
	int32_t sum = 0;
	int best = 0;

	for (int i = 0; i < count; i++) {
		credit[i] += weights[i];
		sum += weights[i];
		if (credit[i] > credit[best])
			best = i;
	}
	credit[best] -= sum;
	return best;
}

/*
 * -log2 of a number in (0, 1], given as 64 bits behind the point and never 0; the result has 32
 * bits behind the point. Whole bits from the leading zeros, the rest by repeated squaring. In
 * integers, so that every machine gives a recipient the same host.
 */
static uint64_t minus_log2(uint64_t fraction)
{
	int zeros = __builtin_clzll(fraction);
	uint64_t mantissa = (fraction << zeros) >> 32; /* [1, 2) with 31 bits behind the point */
	uint64_t log = 0;

	for (int bit = 31; bit >= 0; bit--) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32 != 0) {
			mantissa >>= 1;
			log |= UINT64_C(1) << bit;
		}
	}
	return ((uint64_t)(zeros + 1) << 32) - log;
}

struct draw {
	uint64_t fraction;
	uint64_t log; /* 0: not taken yet */
	uint64_t weight;
};

static uint64_t log_of(struct draw *draw)
{
	if (draw->log == 0)
		draw->log = minus_log2(draw->fraction);
	return draw->log;
}

/*
 * -log(u) / weight is least for a host with the chance weight / sum of weights. A logarithm takes
 * long, and most draws are far apart: it never grows with the fraction, and a zero less in front
 * makes it less.
 */
static bool is_less(struct draw *a, struct draw *b)
{
	if (a->weight <= b->weight && a->fraction <= b->fraction)
		return false;
	if (a->weight >= b->weight && __builtin_clzll(a->fraction) < __builtin_clzll(b->fraction))
		return true;
	return log_of(a) * b->weight < log_of(b) * a->weight;
}

int pick_hash(const int *weights, const uint64_t *hosts, int count, uint64_t key)
{
	struct draw best_draw = {.fraction = 0};
	int best = 0;

	for (int i = 0; i < count; i++) {
		struct draw draw = {
			.fraction = hash_pair(key, hosts[i]) | 1,
			.weight = (uint64_t)weights[i],
		};

		if (i == 0 || is_less(&draw, &best_draw)) {
			best = i;
			best_draw = draw;
		}
	}
	return best;
}
