/* follow_access: can the MTA's log be read, asked once and without following it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_ACCESS_H
#define FOLLOW_FOLLOW_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A log that is not there yet is another matter than one that cannot be read: a file comes with the
 * first line that is written to it, and rotation leaves its name to nobody for a moment.
 */

enum follow_access {
	FOLLOW_ACCESS_GOOD = 0,	   /* or there is none to be read */
	FOLLOW_ACCESS_MISSING = 1, /* its folder is there */
	FOLLOW_ACCESS_REFUSED = 2,
};

/*
 * LOG is as configured; it is tried as the user that the process is. What is wrong goes to WHY of SIZE
 * octets. Any thread.
 */
enum follow_access follow_access_find(const char *log, char *why, size_t size);

/* ---- the systemd journal */

struct sd_journal;

#define FOLLOW_ACCESS_NO_JOURNAL "is neither in /run/log/journal nor in /var/log/journal"

/*
 * Opens the journal's file or folder PATH; NULL: the system's. Gives 0 with *JOURNAL, for
 * sd_journal_close(), or a negative errno: EBADMSG if it is no journal. Only with libsystemd.
 */
int follow_access_open_journal(const char *path, struct sd_journal **journal);

/* Whether the system has one where it belongs; one that may not be read is there, too. */
bool follow_access_has_journal(void);

#endif
