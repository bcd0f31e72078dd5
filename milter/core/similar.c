/* similar: the name that somebody meant who has mistyped it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/similar.h"
#include "core/span.h"

#include <string.h>

/* Longer names are compared only for being equal: nobody mistypes them by a letter or two. */
enum { LENGTH_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	/* The rows for the last two letters of A, and this one. */
	size_t rows[3][LENGTH_MAX + 1];

	for (size_t k = 0; k <= b_length; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t k = 1; k <= b_length; k++) {
			char x = span_fold(a[i - 1]);
			char y = span_fold(b[k - 1]);

			row[k] = least(above[k - 1] + (x != y), least(above[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && x == span_fold(b[k - 2]) && span_fold(a[i - 2]) == y)
				row[k] = least(row[k], second[k - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void similar_begin(struct similar *similar, const char *wanted)
{
	*similar = (struct similar){.wanted = wanted};
}

void similar_try(struct similar *similar, const char *candidate)
{
	size_t wanted_length = strlen(similar->wanted);
	size_t length = strlen(candidate);
	size_t longer = length > wanted_length ? length : wanted_length;
	size_t found;

	if (longer > LENGTH_MAX)
		return;
	found = distance(similar->wanted, wanted_length, candidate, length);
	/* One slip is forgiven in short names, too. */
	if (found > longer / 3 && !(found == 1 && longer > 1))
		return;
	if (similar->best == NULL || found < similar->distance) {
		similar->best = candidate;
		similar->distance = found;
	}
}
