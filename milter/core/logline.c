/* logline: one line of a mail log: when, which program, what it said
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/logline.h"
#include "core/span.h"

#include <string.h>

enum {
	WORDS_BEFORE_TAG = 2, /* host and facility */
	PREFIX_MAX = 64,      /* the name of a container */
	DAY_S = 86400,
	YEARS_APART = 1,
};

/* A time as it is written. */
struct stamp {
	int year; /* 0: not given */
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

/* "2026-11-24" or "24-11-2026" */
static bool take_date(struct span *rest, struct stamp *stamp)
{
	struct span after = *rest;

	if (take_two(&after, 1, 31, &stamp->day) && span_take(&after, "-") &&
		take_two(&after, 1, 12, &stamp->month) && span_take(&after, "-") &&
		take_year(&after, &stamp->year)) {
		*rest = after;
		return true;
	}
	return take_year(rest, &stamp->year) && span_take(rest, "-") &&
	       take_two(rest, 1, 12, &stamp->month) && span_take(rest, "-") &&
	       take_two(rest, 1, 31, &stamp->day);
}

/* "2026-11-24T03:21:12+01:00 " */
static bool take_iso(struct span *rest, struct stamp *stamp)
{
	return take_date(rest, stamp) && (span_take(rest, "T") || span_take(rest, " ")) &&
	       take_clock(rest, stamp) && take_offset(rest, stamp) && span_take(rest, " ");
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

/* "2026 ", if the time has no year yet. */
static void take_year_word(struct span *rest, struct stamp *stamp)
{
	struct span after = *rest;
	int year;

	if (stamp->year == 0 && take_year(&after, &year) && span_take(&after, " ")) {
		stamp->year = year;
		*rest = after;
	}
}

/* "Nov  4 03:21:12 ", with a year before it, within it or after it, or without one */
static bool take_bsd(struct span *rest, struct stamp *stamp)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	take_year_word(rest, stamp);
	if (!take_month(rest, &stamp->month))
		return false;
	span_take(rest, " ");
	if (!span_take_number(rest, 2, &stamp->day) || stamp->day < 1 ||
		stamp->day > days[stamp->month - 1] || !span_take(rest, " "))
		return false;
	take_year_word(rest, stamp);
	if (!take_clock(rest, stamp) || !span_take(rest, " "))
		return false;
	take_year_word(rest, stamp);
	return true;
}

static void take_weekday(struct span *rest)
{
	static const char *const days[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (span_take(rest, days[i]))
			return;
}

static bool take_stamp(struct span *rest, struct stamp *stamp)
{
	struct span after = *rest;
	struct stamp iso = *stamp;

	take_weekday(&after);
	*rest = after;
	if (take_iso(&after, &iso)) {
		*rest = after;
		*stamp = iso;
		/* journalctl's "CET" is local time. */
		if (span_take(rest, "UTC ") || span_take(rest, "GMT "))
			stamp->offset_s = 0;
		return true;
	}
	return take_bsd(rest, stamp);
}

/* ---- what is in front of the time */

/* "mail-1  | ", as docker compose has it. */
static bool take_service(struct span *rest)
{
	struct span after = *rest;
	const char *name = after.at;

	while (after.length > 0 && after.at < name + PREFIX_MAX &&
		(span_is_digit(*after.at) || (*after.at >= 'a' && *after.at <= 'z') ||
			(*after.at >= 'A' && *after.at <= 'Z') || strchr("-_.", *after.at) != NULL))
		span_skip(&after, 1);
	if (after.at == name || !span_starts(after, " "))
		return false;
	while (span_take(&after, " "))
		;
	if (!span_take(&after, "| "))
		return false;
	*rest = after;
	return true;
}

/*
 * "2026-11-24T02:21:12.345678901Z stdout F ", as container runtimes have it. What follows a part ("P")
 * may begin anywhere in a line.
 */
static bool take_stream(struct span *rest, struct stamp *stamp)
{
	struct span after = *rest;
	struct stamp at = *stamp;

	if (!take_iso(&after, &at) ||
		!(span_take(&after, "stdout F ") || span_take(&after, "stderr F ")))
		return false;
	*rest = after;
	*stamp = at;
	return true;
}

/* ---- what is after the time */

/* The number that is all of TEXT; 0 if it is none. */
static uint32_t process_number(struct span text)
{
	int number;

	return span_take_number(&text, 9, &number) && text.length == 0 ? (uint32_t)number : 0;
}

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
	line->pid = process_number(process);
	if (!span_take(rest, "-")) {
		while (span_take(rest, "[")) {
			while (rest->length > 0 && *rest->at != ']')
				span_skip(rest, *rest->at == '\\' && rest->length > 1 ? 2 : 1);
			if (!span_take(rest, "]"))
				return false;
		}
	}
	/* rsyslog keeps the space that stood after the tag. */
	while (span_take(rest, " "))
		;
	span_take(rest, "\xef\xbb\xbf");
	return true;
}

/* What the word is before "[5007]:", or before ":", and the number; false if it is no tag. */
static bool parse_tag(struct span word, bool needs_number, struct span *name, uint32_t *pid)
{
	struct span number;
	const char *bracket;

	if (!span_ends(word, ":"))
		return false;
	word.length--;
	bracket = memchr(word.at, '[', word.length);
	*name = bracket == NULL ? word : span_before(word, bracket);
	*pid = 0;
	if (bracket != NULL && span_ends(word, "]")) {
		number = span_from(word, bracket + 1);
		number.length--;
		*pid = process_number(number);
	}
	return name->length > 0 && (*pid > 0 || !needs_number);
}

/* Words of which none is the tag: names and addresses of hosts, facilities, levels. */
static bool is_header_word(struct span word)
{
	for (size_t i = 0; i < word.length; i++)
		if (strchr("[]()\"'=,;", word.at[i]) != NULL)
			return false;
	return word.length > 0;
}

static struct span take_header_word(struct span *rest)
{
	struct span word;
	const char *space;

	while (span_take(rest, " ") || span_take(rest, "| "))
		;
	space = memchr(rest->at, ' ', rest->length);
	word = space == NULL ? *rest : span_before(*rest, space);
	*rest = span_from(*rest, word.at + word.length);
	return word;
}

/* "[postfix/smtp] ", in the place of host and tag: metalog */
static bool take_metalog_tag(struct span *rest, struct span *name)
{
	struct span after = *rest;

	if (!span_take(&after, "[") || !span_take_until(&after, "] ", name) ||
		!is_header_word(*name) || memchr(name->at, ' ', name->length) != NULL)
		return false;
	*rest = after;
	return true;
}

/*
 * The first word that ends with a colon is the tag. Of two such words in front, the first is the
 * host, if the second one has the number of a process.
 */
static bool take_tag(struct span *rest, int words_before, struct logline *line)
{
	struct span name;
	uint32_t pid = 0;
	bool found = take_metalog_tag(rest, &name);

	for (int i = 0; !found && i <= words_before; i++) {
		struct span word = take_header_word(rest);
		struct span after = *rest;
		struct span next;
		uint32_t next_pid;

		found = parse_tag(word, words_before == 0, &name, &pid);
		if (!found && !is_header_word(word))
			return false;
		if (found && i == 0 && words_before > 0 && is_header_word(word) &&
			parse_tag(take_header_word(&after), true, &next, &next_pid)) {
			*rest = after;
			name = next;
			pid = next_pid;
		}
		if (found)
			span_take(rest, " ");
	}
	line->program = name.at;
	line->program_length = name.length;
	line->pid = pid;
	return found;
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

/* The time, if there has to be one, and the tag. */
static bool take_plain(
	struct span *rest, struct stamp *stamp, bool needs_time, int64_t now, struct logline *line)
{
	struct span after = *rest;
	struct stamp own = *stamp;

	own.year = 0;
	if (take_stamp(&after, &own)) {
		line->at = stamp_at(&own, now);
		*rest = after;
		return !span_starts(after, "stdout ") && !span_starts(after, "stderr ") &&
		       take_tag(rest, WORDS_BEFORE_TAG, line);
	}
	return !needs_time && take_tag(rest, 0, line);
}

bool logline_parse(
	struct logline *line, const char *text, size_t length, int64_t now, int32_t utc_offset_s)
{
	struct span rest = span_make(text, length);
	struct stamp stamp = {.offset_s = utc_offset_s};
	bool is_structured = false;
	bool has_prefix = false;
	int priority;

	line->at = now;
	if (take_service(&rest)) {
		has_prefix = true;
	} else if (take_stream(&rest, &stamp)) {
		has_prefix = true;
		line->at = stamp_at(&stamp, now);
		stamp.offset_s = utc_offset_s;
	}
	if (span_take(&rest, "<")) {
		if (!span_take_number(&rest, 3, &priority) || !span_take(&rest, ">"))
			return false;
		is_structured = span_take(&rest, "1 ");
	}
	if (!is_structured) {
		if (!take_plain(&rest, &stamp, !has_prefix, now, line))
			return false;
	} else {
		if (!span_take(&rest, "- ")) {
			if (!take_iso(&rest, &stamp))
				return false;
			line->at = stamp_at(&stamp, now);
		}
		if (!take_structured(&rest, line))
			return false;
	}
	unwrap(&rest);
	line->message = rest.at;
	line->length = rest.length;
	return true;
}
