/* log_journal: follows the mail in the systemd journal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_LOG_JOURNAL_H
#define FOLLOW_LOG_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "core/log_place.h"

/*
 * Delivers each entry of the facility "mail" once, in the journal's order, by libsystemd. A journal
 * that is missing or may not be read is waited for, with a warning at times. A turn of the loop
 * delivers no more than 1000 entries.
 *
 * Limits: an entry without a SYSLOG_FACILITY (a program that writes to standard output, as Postfix
 * does in a container) is not seen. libsystemd maps the journal's files: whoever shortens one
 * in place kills the process. Without inotify entries come within a second, and those of a new
 * file within five.
 */

enum {
	LOG_JOURNAL_PROGRAM_MAX = 255,
	LOG_JOURNAL_MESSAGE_MAX = 131071, /* octets; longer ones are dropped and counted */
};

struct log_journal_settings {
	struct event_base *base;
	const char *path; /* of a journal's file or folder; NULL: the system's; copied */
	const struct log_place *place; /* to go on from; NULL or none: from the end; copied */
	int64_t age_max;	       /* ms; what is older is passed over at the start */
	/*
	 * PROGRAM is empty if the entry does not say, and without "[pid]"; MESSAGE may have any
	 * octets; AT is in ms since 1970. Neither may free the log_journal.
	 */
	void (*on_entry)(
		void *context, const char *program, const char *message, size_t length, int64_t at);
	void (*on_turn)(void *context); /* the place has moved on; may be NULL */
	void *context;
};

struct log_journal_status {
	bool is_readable;
	char error[512]; /* why it is not; empty if it is */
	bool is_watched; /* by inotify */
	bool is_behind;	 /* there is more that can be read at once */
	uint64_t entries;
	uint64_t entries_too_long;
	int64_t last_entry; /* when it came, ms since 1970; 0: there was none */
};

struct log_journal;

/* NULL: out of memory, or built without libsystemd, with the reason in ERROR of SIZE octets. */
struct log_journal *log_journal_new(
	const struct log_journal_settings *settings, char *error, size_t size);
void log_journal_free(struct log_journal *journal);

void log_journal_status(const struct log_journal *journal, struct log_journal_status *status);

/* Where all entries before were delivered: PLACE's cursor; the rest is left as it is. */
void log_journal_place(const struct log_journal *journal, struct log_place *place);

#endif
