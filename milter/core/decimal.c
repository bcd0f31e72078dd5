/* decimal: whole numbers as text, and back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/decimal.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

char *decimal_put(char *to, int64_t number)
{
	char digits[20];
	char *first = digits + sizeof(digits);
	size_t length;

	assert(number >= 0);
	do {
		*--first = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	length = (size_t)(digits + sizeof(digits) - first);
	memcpy(to, first, length);
	return to + length;
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
