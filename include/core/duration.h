/* duration: spans of time as people write them: 90s, 2h, 1d12h
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_DURATION_H
#define CORE_DURATION_H

#include <stdint.h>

enum { DURATION_TEXT_MAX = 32 };

/*
 * Reads "2h", "90s", "1d12h30m". A number without a unit is none: "2" may mean hours to one and
 * seconds to another. Gives ms, at least 1000 and at most 10 years, or -1.
 */
int64_t duration_parse(const char *text);

/* Writes MS, rounded to seconds, with its two largest units: "2h5m", "0s". Gives OUT. */
char *duration_format(char out[DURATION_TEXT_MAX], int64_t ms);

#endif
