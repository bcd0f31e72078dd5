/* log: one line an event, to syslog or to standard error
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_LOG_H
#define ENGINE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * err: a person must act. warning: worked around. info: a change of state, a start, reload or
 * stop. debug: off unless asked for. The level is tested here, never at the call; text from
 * outside goes through printable_copy() first. Any thread may log.
 */

enum log_target { LOG_TO_STDERR = 0, LOG_TO_SYSLOG = 1 };

/*
 * To be called before the first line, and again when the target is known; while there is no other
 * thread.
 */
void log_open(enum log_target target, bool debug);

/* Whether debug is on: for lines that are asked for often and take long to make. */
bool log_has_debug(void);

/*
 * Has debug on for SPAN ms from NOW, clock_steady(), whatever it was at the start; 0: as at the start
 * again. log_tick(), to be called every second, ends it. What is left of it; 0: nothing. These are
 * for the main thread.
 */
void log_debug_for(int64_t span, int64_t now);
int64_t log_debug_left(int64_t now);
void log_tick(int64_t now);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Keeps one kind of line from flooding the log; statically zeroed, one for each kind. */
struct log_limit {
	int64_t next;
	unsigned suppressed;
};

/*
 * True if the line may be written now: then the next one only after INTERVAL ms, and *SUPPRESSED
 * says how many were not written since the last.
 */
bool log_may_repeat(struct log_limit *limit, int64_t now, int64_t interval, unsigned *suppressed);

#endif
