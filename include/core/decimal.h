/* decimal: whole numbers as text, and back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include <stdint.h>

/* Writes NUMBER (not negative) at TO, without a NUL; gives the place after its last digit. */
char *decimal_put(char *to, int64_t number);

/*
 * Reads digits, nothing else, up to the NUL: a number of LEAST to MOST, or -1. LEAST may not be
 * negative.
 */
int64_t decimal_parse(const char *text, int64_t least, int64_t most);

#endif
