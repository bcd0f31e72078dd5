/* clock: the time of day
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_steady(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_steady_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int clock_week_minute(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm local = {.tm_wday = 1};

	localtime_r(&seconds, &local);
	return ((local.tm_wday + 6) % 7 * 24 + local.tm_hour) * 60 + local.tm_min;
}

char *clock_format(char out[CLOCK_TEXT_MAX], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
		strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		out[0] = '\0';
	return out;
}
