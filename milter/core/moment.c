/* moment: a time as an operator writes it: 14:30, 2026-01-31T14:30, now+2h
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/moment.h"
#include "core/duration.h"
#include "core/span.h"

#include <stdbool.h>
#include <string.h>

static const char from_now[] = "now+";

/* A number of exactly so many digits. */
static bool take_digits(struct span *text, int digits, int *number)
{
	size_t before = text->length;

	return span_take_number(text, digits, number) && before - text->length == (size_t)digits;
}

static bool take_clock(struct span *text, struct moment *moment)
{
	return take_digits(text, 2, &moment->hour) && span_take(text, ":") &&
	       take_digits(text, 2, &moment->minute) && text->length == 0 && moment->hour < 24 &&
	       moment->minute < 60;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

static bool take_date(struct span *text, struct moment *moment)
{
	return take_digits(text, 4, &moment->year) && span_take(text, "-") &&
	       take_digits(text, 2, &moment->month) && span_take(text, "-") &&
	       take_digits(text, 2, &moment->day) && moment->year >= 1970 && moment->month >= 1 &&
	       moment->month <= 12 && moment->day >= 1 &&
	       moment->day <= days_of(moment->year, moment->month);
}

int moment_parse(struct moment *moment, const char *text)
{
	struct span rest = span_make(text, strlen(text));

	*moment = (struct moment){.kind = MOMENT_CLOCK};
	if (span_take(&rest, from_now)) {
		moment->kind = MOMENT_SPAN;
		moment->span = duration_parse(rest.at);
		return moment->span == -1 ? -1 : 0;
	}
	if (span_find(rest, "-") != NULL) {
		moment->kind = MOMENT_DATE;
		if (!take_date(&rest, moment) || !span_take(&rest, "T"))
			return -1;
	}
	return take_clock(&rest, moment) ? 0 : -1;
}
