/* logline: one line of a mail log: when, which program, what it said
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/logline.h"
#include "core/span.h"

#include <string.h>

enum {
	WORDS_BEFORE_TAG = 3, /* host, facility, and one that nobody has seen yet */
	DAY_S = 86400,
	YEARS_APART = 1,
};

/* A time as it is written. */
struct stamp {
	int year; /* 0: not said */
	int month;
	int day;
	int32_t second; /* of the day */
	int ms;		/* -1: whole seconds */
	int32_t offset_s;
};

/* ---- the calendar */

/* Days from 1970-01-01 to a day of the Gregorian calendar, for years from 1 on. */
static int64_t days_since_1970(int year, int month, int day)
{
	/* Years that begin in March have their leap day at the end. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int year_of(int64_t days)
{
	int year = (int)(1970 + days / 366);

	while (days_since_1970(year + 1, 1, 1) <= days)
		year++;
	return year;
}

static int64_t stamp_time(const struct stamp *stamp, int year)
{
	int64_t second = days_since_1970(year, stamp->month, stamp->day) * DAY_S + stamp->second -
			 stamp->offset_s;

	return second * 1000 + (stamp->ms == -1 ? 0 : stamp->ms);
}

static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

static int64_t nearest_time(const struct stamp *stamp, int64_t now)
{
	int year = year_of((now / 1000 + stamp->offset_s) / DAY_S);
	int64_t best = stamp_time(stamp, year);

	for (int y = year - YEARS_APART; y <= year + YEARS_APART; y++) {
		int64_t time = stamp_time(stamp, y);

		if (distance(time, now) < distance(best, now))
			best = time;
	}
	return best;
}

static int64_t stamp_at(const struct stamp *stamp, int64_t now)
{
	int64_t time = stamp->year == 0 ? nearest_time(stamp, now) : stamp_time(stamp, stamp->year);

	if (stamp->ms == -1)
		time += 999;
	return time > now ? now : time;
}

/* ---- times as they are written */

/* Just two digits, LEAST to MOST. */
static bool take_two(struct span *rest, int least, int most, int *number)
{
	struct span two;

	if (rest->length < 2)
		return false;
	two = span_make(rest->at, 2);
	if (!span_take_number(&two, 2, number) || two.length > 0 || *number < least ||
		*number > most)
		return false;
	span_skip(rest, 2);
	return true;
}

static bool take_year(struct span *rest, int *year)
{
	struct span four;

	if (rest->length < 4)
		return false;
	four = span_make(rest->at, 4);
	if (!span_take_number(&four, 4, year) || four.length > 0 || *year < 1970)
		return false;
	span_skip(rest, 4);
	return true;
}

/* hh:mm:ss, with a fraction or without; the second 60 is a leap second. */
static bool take_clock(struct span *rest, struct stamp *stamp)
{
	int hour, minute, second;

	if (!take_two(rest, 0, 23, &hour) || !span_take(rest, ":") ||
		!take_two(rest, 0, 59, &minute) || !span_take(rest, ":") ||
		!take_two(rest, 0, 60, &second))
		return false;
	stamp->second = (hour * 60 + minute) * 60 + second;
	stamp->ms = -1;
	if (rest->length < 2 || (*rest->at != '.' && *rest->at != ',') ||
		!span_is_digit(rest->at[1]))
		return true;
	span_skip(rest, 1);
	stamp->ms = 0;
	for (int unit = 100; rest->length > 0 && span_is_digit(*rest->at); unit /= 10) {
		stamp->ms += (*rest->at - '0') * unit;
		span_skip(rest, 1);
	}
	return true;
}

/* "Z", "+01:00", "+0100", "+01", or nothing: then the offset stays. */
static bool take_offset(struct span *rest, struct stamp *stamp)
{
	int sign = span_starts(*rest, "-") ? -1 : 1;
	int hours, minutes = 0;

	if (span_take(rest, "Z")) {
		stamp->offset_s = 0;
		return true;
	}
	if (!span_take(rest, "+") && !span_take(rest, "-"))
		return true;
	if (!take_two(rest, 0, 23, &hours))
		return false;
	if (span_take(rest, ":") || (rest->length > 0 && span_is_digit(*rest->at)))
		if (!take_two(rest, 0, 59, &minutes))
			return false;
	stamp->offset_s = sign * (hours * 60 + minutes) * 60;
	return true;
}

static bool take_iso(struct span *rest, struct stamp *stamp)
{
	return take_year(rest, &stamp->year) && span_take(rest, "-") &&
	       take_two(rest, 1, 12, &stamp->month) && span_take(rest, "-") &&
	       take_two(rest, 1, 31, &stamp->day) &&
	       (span_take(rest, "T") || span_take(rest, " ")) && take_clock(rest, stamp) &&
	       take_offset(rest, stamp) && span_take(rest, " ");
}

static bool take_month(struct span *rest, int *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12 && rest->length > 3; i++) {
		if (memcmp(rest->at, names + (size_t)i * 3, 3) == 0) {
			*month = i + 1;
			span_skip(rest, 3);
			return span_take(rest, " ");
		}
	}
	return false;
}

/* "Nov  4 03:21:12 ", "Nov 24 2026 03:21:12 " */
static bool take_bsd(struct span *rest, struct stamp *stamp)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct span after;

	stamp->year = 0;
	if (!take_month(rest, &stamp->month))
		return false;
	span_take(rest, " ");
	if (!span_take_number(rest, 2, &stamp->day) || stamp->day < 1 ||
		stamp->day > days[stamp->month - 1] || !span_take(rest, " "))
		return false;
	after = *rest;
	if (take_year(&after, &stamp->year) && span_take(&after, " "))
		*rest = after;
	else
		stamp->year = 0;
	return take_clock(rest, stamp) && span_take(rest, " ");
}

/* ---- what is behind the time */

/* RFC 5424: HOST APP-NAME PROCID MSGID STRUCTURED-DATA [MSG] */
static bool take_structured(struct span *rest, struct logline *line)
{
	struct span host, program, process, message_id;

	if (!span_take_until(rest, " ", &host) || !span_take_until(rest, " ", &program) ||
		!span_take_until(rest, " ", &process) || !span_take_until(rest, " ", &message_id) ||
		program.length == 0)
		return false;
	line->program = program.at;
	line->program_length = program.length;
	if (!span_take(rest, "-")) {
		while (span_take(rest, "[")) {
			while (rest->length > 0 && *rest->at != ']')
				span_skip(rest, *rest->at == '\\' && rest->length > 1 ? 2 : 1);
			if (!span_take(rest, "]"))
				return false;
		}
	}
	/* rsyslog keeps the space that stood behind the tag. */
	while (span_take(rest, " "))
		;
	span_take(rest, "\xef\xbb\xbf");
	return true;
}

/* The first word that ends with a colon is the tag. */
static bool take_tag(struct span *rest, struct logline *line)
{
	for (int i = 0; i < WORDS_BEFORE_TAG; i++) {
		const char *space = memchr(rest->at, ' ', rest->length);
		struct span word = space == NULL ? *rest : span_before(*rest, space);
		const char *bracket;

		*rest = span_from(*rest, word.at + word.length);
		span_take(rest, " ");
		if (!span_ends(word, ":"))
			continue;
		word.length--;
		bracket = memchr(word.at, '[', word.length);
		if (bracket != NULL)
			word = span_before(word, bracket);
		line->program = word.at;
		line->program_length = word.length;
		return word.length > 0;
	}
	return false;
}

/* rsyslog folds equal lines, Solaris puts a number in front. */
static void unwrap(struct span *message)
{
	struct span rest = *message;
	int count;

	if (span_take(&rest, "message repeated ") && span_take_number(&rest, 9, &count) &&
		span_take(&rest, " times: [ ") && span_ends(rest, "]")) {
		rest.length--;
		*message = rest;
	} else if (span_starts(*message, "[ID ")) {
		struct span number;

		rest = *message;
		if (span_take_until(&rest, "] ", &number))
			*message = rest;
	}
}

bool logline_parse(
	struct logline *line, const char *text, size_t length, int64_t now, int32_t utc_offset_s)
{
	struct span rest = span_make(text, length);
	struct stamp stamp = {.offset_s = utc_offset_s};
	bool structured = false;
	int priority;

	if (span_take(&rest, "<")) {
		if (!span_take_number(&rest, 3, &priority) || !span_take(&rest, ">"))
			return false;
		structured = span_take(&rest, "1 ");
	}
	if (structured && span_take(&rest, "- "))
		line->at = now;
	else if (rest.length > 0 && span_is_digit(*rest.at) ? take_iso(&rest, &stamp)
							    : take_bsd(&rest, &stamp))
		line->at = stamp_at(&stamp, now);
	else
		return false;
	if (!(structured ? take_structured(&rest, line) : take_tag(&rest, line)))
		return false;
	unwrap(&rest);
	line->message = rest.at;
	line->length = rest.length;
	return true;
}
