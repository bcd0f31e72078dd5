/* zone: what the clocks of the machine's zone show, and when they do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/zone.h"

#include <stdbool.h>
#include <time.h>

enum { MINUTE = 60, DAY = 86400 };

static struct tm local_at(time_t seconds)
{
	struct tm local = {.tm_mday = 1};

	localtime_r(&seconds, &local);
	return local;
}

static long offset_at(time_t seconds)
{
	return local_at(seconds).tm_gmtoff;
}

/* Whether the clocks show WANTED at that time. */
static bool shows(time_t seconds, const struct tm *wanted)
{
	struct tm local = local_at(seconds);

	return local.tm_year == wanted->tm_year && local.tm_mon == wanted->tm_mon &&
	       local.tm_mday == wanted->tm_mday && local.tm_hour == wanted->tm_hour &&
	       local.tm_min == wanted->tm_min;
}

/* WANTED has no offset: those of the day before and of the day after are tried, the earlier time first. */
static enum zone_fault find(const struct tm *wanted, time_t now, time_t *at)
{
	struct tm utc = *wanted;
	time_t as_utc = timegm(&utc);
	long before = offset_at(as_utc - DAY);
	long after = offset_at(as_utc + DAY);
	const long offsets[] = {before > after ? before : after, before > after ? after : before};
	enum zone_fault fault = ZONE_SKIPPED;

	for (int i = 0; i < 2; i++) {
		*at = as_utc - offsets[i];
		if (!shows(*at, wanted))
			continue;
		if (*at > now)
			return ZONE_FINE;
		fault = ZONE_PAST;
	}
	return fault;
}

enum zone_fault zone_resolve(const struct moment *moment, int64_t now, int64_t *at)
{
	time_t seconds = (time_t)(now / 1000), found = 0;
	const struct tm local = local_at(seconds);
	struct tm wanted = local;
	enum zone_fault fault;
	bool is_over;

	if (moment->kind == MOMENT_SPAN) {
		*at = now + moment->span;
		return ZONE_FINE;
	}
	if (moment->kind == MOMENT_DATE) {
		wanted.tm_year = moment->year - 1900;
		wanted.tm_mon = moment->month - 1;
		wanted.tm_mday = moment->day;
	}
	wanted.tm_hour = moment->hour;
	wanted.tm_min = moment->minute;
	wanted.tm_sec = 0;
	fault = find(&wanted, seconds, &found);
	is_over = moment->hour < local.tm_hour ||
		  (moment->hour == local.tm_hour && moment->minute <= local.tm_min);
	if (moment->kind == MOMENT_CLOCK && fault != ZONE_FINE && is_over) {
		struct tm next = wanted;

		/* As UTC a day more is the next date, whatever the zone does. */
		next.tm_mday++;
		timegm(&next);
		fault = find(&next, seconds, &found);
	}
	*at = (int64_t)found * 1000;
	return fault;
}

int64_t zone_end(int64_t now, int minutes)
{
	time_t begin = (time_t)(now / 1000);
	long offset = offset_at(begin);
	time_t end, adjusted;

	begin -= local_at(begin).tm_sec;
	end = begin + (time_t)minutes * MINUTE;
	adjusted = end - (offset_at(end) - offset);
	/* Between the two the clocks change, if they skip the end. */
	while (adjusted < end && offset_at(adjusted) == offset)
		adjusted += MINUTE;
	return (int64_t)adjusted * 1000;
}
