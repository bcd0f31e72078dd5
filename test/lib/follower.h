/* follower: a log in a folder of its own, written to and followed by the same test
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_FOLLOWER_H
#define TEST_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "follow/follow_file.h"

/* Everything here fails the test that calls it if it cannot be done. */

struct follower {
	char folder[64];
	char path[96]; /* of the log: "mail.log" in the folder */
	struct event_base *base;
	struct follow_file *file;
	struct log_place place; /* as of the last turn */
	int turns;
	int64_t linger;
	/* What each line is given to, if not NULL; else it is kept in `lines`. */
	void (*on_line)(void *context, const char *line, size_t length);
	void *context;
	char **lines; /* NUL-terminated copies */
	size_t *lengths;
	size_t count;
	size_t room;
};

/* Makes the folder, without a log, and the event loop. */
void follower_open(struct follower *follower);

/* Stops, frees and removes everything. */
void follower_close(struct follower *follower);

/* Begins to follow, from PLACE (NULL: the end). */
void follower_start(struct follower *follower, const struct log_place *place);

/* Ends it; follower->place is where it was. */
void follower_stop(struct follower *follower);

/* Appends to a file of the folder, and makes it if it is not there. */
void follower_write(
	const struct follower *follower, const char *name, const char *octets, size_t length);
void follower_say(const struct follower *follower, const char *name, const char *text);

/* Of files of the folder. */
void follower_rename(const struct follower *follower, const char *from, const char *to);
void follower_remove(const struct follower *follower, const char *name);
void follower_truncate(const struct follower *follower, const char *name, long size);

/* Runs the loop until IS_DONE says so. */
void follower_until(struct follower *follower, bool (*is_done)(struct follower *follower));

/* Runs the loop until there are COUNT lines. */
void follower_wait(struct follower *follower, size_t count);

/* Runs the loop until everything that is there was read; and then there are COUNT lines. */
void follower_settle(struct follower *follower, size_t count);

/* The line of that index is TEXT. */
void follower_expect(const struct follower *follower, size_t index, const char *text);

struct follow_file_status follower_status(const struct follower *follower);

#endif
