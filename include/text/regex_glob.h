/* regex_glob: what every text has that a regular expression matches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_REGEX_GLOB_H
#define TEXT_REGEX_GLOB_H

#include <stddef.h>

/*
 * Of 1,000 expressions on one header most can be told from the octets that they cannot do without.
 * This reads those from a pattern that regex_set_add() has taken, as a glob in lower case:
 * "\breport 7 of [0-9]+" gives "*report 7 of *".
 *
 * Only what certainly stands in each text is taken. Of a pattern with alternatives outside of groups,
 * with options, assertions or references nothing is: "*".
 */

/* How large OUT must be for a pattern of that length. */
size_t regex_glob_room(size_t length);

/* Gives the length of what was written to OUT, which has a NUL after it. */
size_t regex_glob(const char *pattern, char *out);

#endif
