/* pick: whose turn it is among the hosts of a tier
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pick.h"
#include "core/hash.h"

#include <stdbool.h>

/* ---- in turn */

/* No host is owed, or owes, more than a message. */
static int32_t within(int64_t credit, int32_t weight)
{
	return credit > weight ? weight : credit < -weight ? -weight : (int32_t)credit;
}

void pick_rescale(struct pick_rotation *rotation, int32_t weight, int count)
{
	int32_t before = rotation->weight;

	rotation->weight = weight;
	if (before <= 0 || before == weight)
		return;
	for (int i = 0; i < count; i++)
		rotation->credit[i] =
			within((int64_t)rotation->credit[i] * weight / before, weight);
}

static int64_t sum_of(const int32_t *credit, int count)
{
	int64_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += credit[i];
	return sum;
}

/* Each bears its part of what the sum is off. */
static void spread(int32_t *credit, int count)
{
	int64_t sum = sum_of(credit, count);

	for (int i = 0; sum != 0 && i < count; i++) {
		int64_t part = sum / (count - i);

		credit[i] -= (int32_t)part;
		sum -= part;
	}
}

static int32_t size_of(int32_t credit)
{
	return credit < 0 ? -credit : credit;
}

void pick_level(int32_t *credit, int32_t weight, int count)
{
	int32_t most = 0;

	for (int i = 0; i < count; i++)
		credit[i] = within(credit[i], weight);
	spread(credit, count);
	for (int i = 0; i < count; i++)
		most = size_of(credit[i]) > most ? size_of(credit[i]) : most;
	if (most == 0 || most < weight)
		return;
	for (int i = 0; i < count; i++)
		credit[i] = (int32_t)((int64_t)credit[i] * (weight - 1) / most);
	spread(credit, count);
}

/* A host that is owed A, of weight W, is owed a whole message after (sum - A) / W turns. */
static bool is_sooner(int32_t a, int weight_a, int32_t b, int weight_b, int32_t sum)
{
	return (int64_t)(sum - a) * weight_b < (int64_t)(sum - b) * weight_a;
}

int pick_turn(const int *weights, int32_t *credit, int count)
{
	int32_t sum = 0;
	int best = -1;

	for (int i = 0; i < count; i++) {
		credit[i] += weights[i];
		sum += weights[i];
	}
	for (int i = 0; i < count; i++)
		if (credit[i] > 0 && (best == -1 || is_sooner(credit[i], weights[i], credit[best],
							    weights[best], sum)))
			best = i;
	/* The credit sums up to more than 0 now, unless it was not what this has left. */
	if (best == -1)
		best = 0;
	credit[best] -= sum;
	return best;
}

/* ---- by a hash */

/*
 * -log2 of a number in (0, 1], given as 64 bits after the point and never 0; the result has 32
 * bits after the point. Whole bits from the leading zeros, the rest by repeated squaring. In
 * integers, so that every machine gives a recipient the same host.
 */
static uint64_t minus_log2(uint64_t fraction)
{
	int zeros = __builtin_clzll(fraction);
	uint64_t mantissa = (fraction << zeros) >> 32; /* [1, 2) with 31 bits after the point */
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
