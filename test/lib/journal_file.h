/* journal_file: makes a file of the systemd journal, and adds to it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_JOURNAL_FILE_H
#define TEST_JOURNAL_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* By the package systemd-journal-remote (scripts/setup.sh), from its export format. */

struct journal_file {
	FILE *input;
	char name[128]; /* of the input */
	int written;	/* entries, zeroed by the caller at first */
};

/* The process that has written all entries. */
enum { JOURNAL_FILE_PID = 4711 };

/* The entries to come; FOLDER is for a file "input". */
void journal_file_begin(struct journal_file *file, const char *folder);

/* By root in Postfix's unit. FACILITY and PROGRAM may be NULL; the message may have any octets; AT is in ms since 1970. */
void journal_file_add(struct journal_file *file, const char *facility, const char *program,
	const char *message, size_t length, int64_t at);

/* The same by a user in a unit, which may be NULL. */
void journal_file_add_by(struct journal_file *file, const char *unit, const char *user,
	const char *facility, const char *program, const char *message, size_t length, int64_t at);

/* Appends them to the journal's file TO, and makes it if it is not there. */
void journal_file_end(struct journal_file *file, const char *to);

#endif
