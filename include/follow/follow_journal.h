/* follow_journal: follows the mail in the systemd journal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_JOURNAL_H
#define FOLLOW_FOLLOW_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "core/log_place.h"
#include "follow/follow_trust.h"

/*
 * Delivers each entry of the facility "mail" that the MTA has written (follow_trust.h) once, in the
 * journal's order, by libsystemd. A journal that is missing or may not be read is waited for, with a
 * warning at times. A turn of the loop delivers at most 1000 entries.
 *
 * Limits: an entry without a SYSLOG_FACILITY (a program that writes to standard output, as Postfix
 * does in a container) is not seen. libsystemd maps the journal's files: whoever shortens one
 * in place kills the process. Without inotify entries come within a second, and those of a new
 * file within five.
 */

enum {
	FOLLOW_JOURNAL_MESSAGE_MAX = 131071, /* octets; longer ones are dropped and counted */
};

struct follow_journal_settings {
	struct event_base *base;
	const char *path; /* of a journal's file or folder; NULL: the system's; copied */
	const struct log_place *place; /* to go on from; NULL or none: from the end; copied */
	int64_t age_max;	       /* ms; what is older is passed over at the start */
	const char *units;	       /* of the MTA, as follow_trust_init() has them; copied */
	const char *users;
	/*
	 * PROGRAM is empty if the entry does not say, and without "[pid]", which is PID, 0 if unknown;
	 * MESSAGE may have any
	 * octets; AT is in ms since 1970. Neither may free the follow_journal.
	 */
	void (*on_entry)(void *context, const char *program, uint32_t pid, const char *message,
		size_t length, int64_t at);
	/* An entry of mail by somebody else: WRITER is printable. May be NULL. */
	void (*on_other)(void *context, const char *writer);
	void (*on_turn)(void *context); /* the place has moved on; may be NULL */
	void *context;
};

struct follow_journal_status {
	bool is_readable;
	char error[512]; /* why it is not; empty if it is */
	bool is_watched; /* by inotify */
	bool is_behind;	 /* there is more that can be read at once */
	uint64_t entries;
	uint64_t entries_too_long;
	uint64_t entries_of_others; /* of mail, and not the MTA's */
	int64_t last_entry;	    /* when it came, ms since 1970; 0: there was none */
};

struct follow_journal;

/* NULL: out of memory, or built without libsystemd, with the reason in ERROR of SIZE octets. */
struct follow_journal *follow_journal_new(
	const struct follow_journal_settings *settings, char *error, size_t size);
void follow_journal_free(struct follow_journal *journal);

void follow_journal_status(
	const struct follow_journal *journal, struct follow_journal_status *status);

/* Where all entries before were delivered: PLACE's cursor; the rest is left as it is. */
void follow_journal_place(const struct follow_journal *journal, struct log_place *place);

/* ---- one entry: who has written what, and when */

struct sd_journal;

enum {
	FOLLOW_JOURNAL_PROGRAM_MAX = 255,
	FOLLOW_JOURNAL_WRITER_MAX = 300,
};

struct follow_journal_entry {
	int64_t at;	 /* ms since 1970: when the program wrote it, if that is known */
	bool is_trusted; /* the MTA has written it */
	uint32_t pid;	 /* of the process; 0: not known */
	char program[FOLLOW_JOURNAL_PROGRAM_MAX + 1]; /* empty: not given, or too long */
	char writer[FOLLOW_JOURNAL_WRITER_MAX];	      /* "unit cron.service, user 0"; printable */
	const char *message; /* valid until the next field of the journal is asked for */
	size_t length;
};

/* Reads the entry that JOURNAL stands on. False if it has no message; then only `at` is set. */
bool follow_journal_read(struct follow_journal_entry *entry, struct sd_journal *journal,
	const struct follow_trust *trust);

#endif
