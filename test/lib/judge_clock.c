/* judge_clock: the time and the log of simulated worlds
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "judge_clock.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <stdarg.h>
#include <stdio.h>

int64_t judge_clock_ms;
bool judge_clock_is_told;

int64_t clock_now(void)
{
	return judge_clock_ms;
}

int64_t clock_steady(void)
{
	return judge_clock_ms;
}

int64_t clock_steady_us(void)
{
	return judge_clock_ms * 1000;
}

int clock_week_minute(int64_t ms)
{
	return (int)(ms / 60000 % 10080);
}

char *clock_format(char out[CLOCK_TEXT_MAX], int64_t ms)
{
	snprintf(out, CLOCK_TEXT_MAX, "%lld", (long long)ms);
	return out;
}

static void tell(const char *format, va_list arguments)
{
	if (!judge_clock_is_told)
		return;
	printf("%lld.%03lld daemon: ", (long long)(judge_clock_ms / 1000 % 100000),
		(long long)(judge_clock_ms % 1000));
	vprintf(format, arguments);
	putchar('\n');
}

#define TELL(name) \
	void name(const char *format, ...) \
	{ \
		va_list arguments; \
\
		va_start(arguments, format); \
		tell(format, arguments); \
		va_end(arguments); \
	}

TELL(log_error)
TELL(log_warning)
TELL(log_info)
TELL(log_debug)

bool log_has_debug(void)
{
	return false;
}

bool log_may_repeat(struct log_limit *limit, int64_t now, int64_t interval, unsigned *suppressed)
{
	(void)limit;
	(void)now;
	(void)interval;
	*suppressed = 0;
	return false;
}
