/* duration: spans of time as people write them: 90s, 2h, 1d12h
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/duration.h"
#include "core/decimal.h"

#include <stddef.h>

static const struct unit {
	char letter;
	int64_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

enum { UNIT_COUNT = sizeof(units) / sizeof(units[0]) };

static const int64_t longest_s = INT64_C(10) * 366 * 86400;

static int64_t unit_seconds(char letter)
{
	for (size_t i = 0; i < UNIT_COUNT; i++)
		if (units[i].letter == letter)
			return units[i].seconds;
	return -1;
}

int64_t duration_parse(const char *text)
{
	int64_t sum = 0;

	if (*text == '\0')
		return -1;
	while (*text != '\0') {
		int64_t number = 0;

		if (*text < '0' || *text > '9')
			return -1;
		for (; *text >= '0' && *text <= '9'; text++)
			if ((number = number * 10 + (*text - '0')) > longest_s)
				return -1;

		int64_t seconds = unit_seconds(*text);

		if (seconds == -1 || number > longest_s / seconds)
			return -1;
		sum += number * seconds;
		if (sum > longest_s)
			return -1;
		text++;
	}
	return sum == 0 ? -1 : sum * 1000;
}

char *duration_format(char out[DURATION_TEXT_MAX], int64_t ms)
{
	int64_t seconds = ms < 0 ? 0 : (ms > longest_s * 1000 ? longest_s : (ms + 500) / 1000);
	char *to = out;
	int written = 0;

	for (size_t i = 0; i < UNIT_COUNT && written < 2; i++) {
		int64_t number = seconds / units[i].seconds;

		if (number == 0 && (written > 0 || units[i].seconds > 1)) {
			written += written > 0;
			continue;
		}
		to = decimal_put(to, number);
		*to++ = units[i].letter;
		seconds -= number * units[i].seconds;
		written++;
	}
	*to = '\0';
	return out;
}
