/* log: one line an event, to syslog or to standard error
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char ident[] = "nexthop-milter";

static enum log_target target_now;
static atomic_bool debug_on;
static bool debug_at_start;
static int64_t debug_until; /* steady ms; 0: as at the start. Of the main thread */
static bool journal_reads;  /* standard error is the journal: it takes "<6>" as the level */

static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

/* Standard error is the journal if it is the stream that systemd says it is (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[64];
	struct stat status;

	if (stream == NULL || fstat(STDERR_FILENO, &status) == -1)
		return false;
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(stream, mine) == 0;
}

void log_open(enum log_target target, bool debug)
{
	target_now = target;
	debug_on = debug;
	debug_at_start = debug;
	debug_until = 0;
	journal_reads = is_journal();
	if (target == LOG_TO_SYSLOG)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

bool log_has_debug(void)
{
	return atomic_load_explicit(&debug_on, memory_order_relaxed);
}

void log_debug_for(int64_t span, int64_t now)
{
	debug_until = span == 0 ? 0 : now + span;
	debug_on = span > 0 || debug_at_start;
}

int64_t log_debug_left(int64_t now)
{
	return debug_until == 0 ? 0 : debug_until - now;
}

void log_tick(int64_t now)
{
	if (debug_until == 0 || now < debug_until)
		return;
	log_debug_for(0, now);
	log_info("debug ends: its time is over");
}

static void write_line(int level, const char *word, const char *format, va_list arguments)
{
	char line[4096];

	if (target_now == LOG_TO_SYSLOG) {
		vsyslog(level, format, arguments);
		return;
	}
	vsnprintf(line, sizeof(line), format, arguments);
	if (journal_reads)
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "%s: %s: %s\n", ident, word, line);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LOG_ERR, "error", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LOG_WARNING, "warning", format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LOG_INFO, "info", format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	if (!log_has_debug())
		return;
	va_start(arguments, format);
	write_line(LOG_DEBUG, "debug", format, arguments);
	va_end(arguments);
}

bool log_may_repeat(struct log_limit *limit, int64_t now, int64_t interval, unsigned *suppressed)
{
	bool may;

	pthread_mutex_lock(&limit_lock);
	/* A clock that was set back must not silence the line for long. */
	may = now >= limit->next || limit->next - now > interval;
	if (may) {
		*suppressed = limit->suppressed;
		limit->suppressed = 0;
		limit->next = now + interval;
	} else {
		limit->suppressed++;
	}
	pthread_mutex_unlock(&limit_lock);
	return may;
}
