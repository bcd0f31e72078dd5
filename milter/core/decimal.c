/* decimal: whole numbers as text, and back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/decimal.h"

#include <assert.h>

char *decimal_put(char *to, int64_t number)
{
	char digits[20];
	int count = 0;

	assert(number >= 0);
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (count > 0)
		*to++ = digits[--count];
	return to;
}

int64_t decimal_parse(const char *text, int64_t least, int64_t most)
{
	int64_t number = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || number > (INT64_MAX - 9) / 10)
			return -1;
		number = number * 10 + (*text - '0');
	}
	return number < least || number > most ? -1 : number;
}
