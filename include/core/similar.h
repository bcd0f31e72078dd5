/* similar: the name that somebody meant who has mistyped it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_SIMILAR_H
#define CORE_SIMILAR_H

#include <stddef.h>

/*
 * For "did you mean": the candidate with the fewest letters inserted, left out, changed or swapped
 * (optimal string alignment), where that is at most a third of the longer of both. Case is ignored.
 */

struct similar {
	const char *wanted; /* what was typed; the caller's */
	const char *best;   /* the candidate that is closest; NULL: none is close. The caller's */
	size_t distance;    /* of the best one */
};

/* Begins a search for what WANTED may have meant. */
void similar_begin(struct similar *similar, const char *wanted);

/* Looks at one candidate. The first of several that are equally close stays. */
void similar_try(struct similar *similar, const char *candidate);

#endif
