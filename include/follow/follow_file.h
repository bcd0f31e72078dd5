/* follow_file: follows a log file by its name, from one file to the next
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_FILE_H
#define FOLLOW_FOLLOW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "core/log_place.h"
#include "follow/follow_source.h"

/*
 * Delivers each line once, in the order of the file, within milliseconds (inotify) or, without
 * inotify, within a second. When the name goes to another file, the one that had it is read to its
 * end first and then along with the new one, until it has not grown for `linger`: programs go on
 * writing into a renamed file until they are told. What was emptied is read from its beginning. A
 * file that is missing or may not be read is waited for, with a warning at times.
 *
 * The loop never blocks: a turn reads at most 1 MB, then other events have theirs. Symbolic
 * links are followed; a folder, a FIFO or a device is not read and not opened.
 *
 * Limits: of a file that was there before us, and of a place that lies further back, only the
 * last 16 MB are read. A file that is emptied loses what was not read yet (copytruncate does so
 * by its nature), and see follow_source.h. A line without a newline at the end of a file that lost
 * its name is not delivered. If the name changes hands twice between two looks, the file in
 * between is missed; with inotify a look comes within milliseconds. If it changes hands again
 * within `linger`, the oldest file is read to its end once more and left. After a kill, lines
 * may come again that came since the place was last kept. A file that was rotated while nobody
 * followed it is found in its folder only, among at most 10,000 names, and not if it was
 * compressed.
 */

enum { FOLLOW_FILE_LINGER_MS = 60000 };

struct follow_file_settings {
	struct event_base *base;
	const char *path;	       /* copied */
	const struct log_place *place; /* to go on from; NULL or none: from the end; copied */
	int64_t linger;		       /* ms; FOLLOW_FILE_LINGER_MS is what rotation takes */
	/* Neither may free the follow_file. */
	follow_source_line *on_line;
	void (*on_turn)(void *context); /* the place has moved on; may be NULL */
	void *context;
};

struct follow_file_status {
	bool is_readable;
	char error[512];   /* why it is not; empty if it is */
	bool is_watched;   /* by inotify */
	bool is_behind;	   /* there is more that can be read at once */
	bool is_lingering; /* two files are read */
	uint64_t inode;	   /* of the file being read; 0: none */
	uint64_t offset;
	struct follow_source_counts counts;
	uint64_t rotations;   /* the name went to another file */
	uint64_t truncations; /* the file was emptied */
	int64_t last_line;    /* ms since 1970; 0: there was none */
};

struct follow_file;

/*
 * Opens the file, if it can, and notes where it ends; lines come later, from the loop. NULL: out
 * of memory.
 */
struct follow_file *follow_file_new(const struct follow_file_settings *settings);
void follow_file_free(struct follow_file *file);

void follow_file_status(const struct follow_file *file, struct follow_file_status *status);

/* Where all lines before were delivered; PLACE's cursor is left as it is. */
void follow_file_place(const struct follow_file *file, struct log_place *place);

#endif
