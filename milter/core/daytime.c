/* daytime: hours of the day, on some days of the week
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/daytime.h"
#include "core/address.h"
#include "core/span.h"

#include <assert.h>
#include <string.h>

enum { DAYS = 7, EVERY_DAY = 0x7f, NAME_LENGTH = 3 };

static const char names[DAYS][NAME_LENGTH + 1] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool skip_space(struct span *text)
{
	size_t before = text->length;

	while (span_take(text, " ") || span_take(text, "\t"))
		continue;
	return text->length < before;
}

/* Takes MARK and the space around it. */
static bool take_mark(struct span *text, const char *mark)
{
	struct span rest = *text;

	skip_space(&rest);
	if (!span_take(&rest, mark))
		return false;
	skip_space(&rest);
	*text = rest;
	return true;
}

static bool take_day(struct span *text, int *day)
{
	char name[NAME_LENGTH];

	if (text->length < NAME_LENGTH)
		return false;
	address_fold(name, text->at, NAME_LENGTH);
	for (*day = 0; *day < DAYS; ++*day) {
		if (memcmp(name, names[*day], NAME_LENGTH) == 0) {
			span_skip(text, NAME_LENGTH);
			return true;
		}
	}
	return false;
}

/* "Mon", "Mon-Fri" or, around the week's end, "Fri-Mon". */
static bool take_days(struct span *text, uint8_t *days)
{
	int first, last;

	if (!take_day(text, &first))
		return false;
	last = first;
	if (take_mark(text, "-") && !take_day(text, &last))
		return false;
	for (int day = first;; day = (day + 1) % DAYS) {
		*days = (uint8_t)(*days | 1U << day);
		if (day == last)
			return true;
	}
}

static bool take_time(struct span *text, int *minute)
{
	int hours, minutes;
	size_t before;

	if (!span_take_number(text, 2, &hours) || !span_take(text, ":"))
		return false;
	before = text->length;
	if (!span_take_number(text, 2, &minutes) || before - text->length != 2 || minutes > 59)
		return false;
	*minute = hours * 60 + minutes;
	return true;
}

static bool take_hours(struct span *text, struct daytime *daytime)
{
	return take_time(text, &daytime->from) && take_mark(text, "-") &&
	       take_time(text, &daytime->to) && daytime->from < DAYTIME_DAY &&
	       daytime->to <= DAYTIME_DAY && daytime->from != daytime->to;
}

int daytime_parse(struct daytime *daytime, const char *text)
{
	struct span rest = span_make(text, strlen(text));
	bool has_days;

	*daytime = (struct daytime){.days = 0, .from = 0, .to = DAYTIME_DAY};
	skip_space(&rest);
	has_days = rest.length > 0 && !span_is_digit(*rest.at);
	if (has_days) {
		do {
			if (!take_days(&rest, &daytime->days))
				return -1;
		} while (take_mark(&rest, ","));
		if (!skip_space(&rest) && rest.length > 0)
			return -1;
	} else {
		daytime->days = EVERY_DAY;
	}
	if (!(has_days && rest.length == 0) && !take_hours(&rest, daytime))
		return -1;
	skip_space(&rest);
	return rest.length == 0 ? 0 : -1;
}

static bool has_day(const struct daytime *daytime, int day)
{
	return (daytime->days >> day & 1) != 0;
}

/* Minutes that it goes on for, with the present one; 0: it does not have it. */
static int left_of(const struct daytime *daytime, int minute)
{
	int day = minute / DAYTIME_DAY;
	int time = minute % DAYTIME_DAY;
	bool is_over_midnight = daytime->from > daytime->to;

	if (time >= daytime->from && has_day(daytime, day) &&
		(is_over_midnight || time < daytime->to))
		return daytime->to - time + (is_over_midnight ? DAYTIME_DAY : 0);
	if (is_over_midnight && time < daytime->to && has_day(daytime, (day + DAYS - 1) % DAYS))
		return daytime->to - time;
	return 0;
}

bool daytime_has(const struct daytime *daytime, int minute)
{
	assert(minute >= 0 && minute < DAYTIME_WEEK);

	return left_of(daytime, minute) > 0;
}

int daytime_left(const struct daytime *list, size_t count, int minute)
{
	int left = 0;
	bool is_longer = true;

	assert(minute >= 0 && minute < DAYTIME_WEEK);
	while (is_longer && left < DAYTIME_WEEK) {
		is_longer = false;
		for (size_t i = 0; i < count; i++) {
			int more = left_of(&list[i], (minute + left) % DAYTIME_WEEK);

			left += more;
			is_longer |= more > 0;
		}
	}
	return left < DAYTIME_WEEK ? left : DAYTIME_WEEK;
}

int daytime_compare(const struct daytime *a, const struct daytime *b)
{
	if (a->days != b->days)
		return a->days - b->days;
	return a->from != b->from ? a->from - b->from : a->to - b->to;
}

static char *put_time(char *to, int minute)
{
	const int digits[] = {minute / 600, minute / 60 % 10, minute % 60 / 10, minute % 10};

	for (int i = 0; i < 4; i++) {
		if (i == 2)
			*to++ = ':';
		*to++ = (char)('0' + digits[i]);
	}
	return to;
}

char *daytime_format(char out[DAYTIME_TEXT_MAX], const struct daytime *daytime)
{
	char *to = out;

	for (int day = 0; day < DAYS && daytime->days != EVERY_DAY; day++) {
		if (!has_day(daytime, day))
			continue;
		if (to > out)
			*to++ = ',';
		memcpy(to, names[day], NAME_LENGTH);
		*to = (char)(*to - 'a' + 'A');
		to += NAME_LENGTH;
	}
	if (to > out)
		*to++ = ' ';
	to = put_time(to, daytime->from);
	*to++ = '-';
	to = put_time(to, daytime->to);
	*to = '\0';
	return out;
}
