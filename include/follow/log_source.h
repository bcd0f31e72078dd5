/* log_source: one log file that is open, read from a place on
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_LOG_SOURCE_H
#define FOLLOW_LOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/log_place.h"
#include "follow/line_buffer.h"

/*
 * Knows the file by its descriptor alone: what becomes of its name is log_file's affair. After
 * each read it looks whether the octets before are still those that it has seen; so a file that
 * was emptied is noticed even when it has grown past the old place since.
 *
 * Limits: a file that was emptied is not noticed if it has grown again to the old place or past
 * it, and the last 64 octets before that place are what they were.
 */

enum { LOG_SOURCE_BACKLOG = 16777216 }; /* so much is read of what was there before us */

/* Added up by all sources that have the same. */
struct log_source_counts {
	uint64_t octets; /* read */
	uint64_t lines;
	uint64_t lines_too_long;
	uint64_t octets_skipped; /* of a backlog */
};

struct log_source {
	int fd;
	int watch; /* for the caller to use */
	uint64_t device;
	uint64_t inode;
	uint64_t offset; /* of the next read */
	char tail[LOG_PLACE_TAIL];
	size_t tail_length; /* 0 at the beginning of the file alone */
	struct line_buffer lines;
	struct log_source_counts *counts;
	int64_t lively; /* for the caller to use */
};

enum log_source_result {
	LOG_SOURCE_END = 0,
	LOG_SOURCE_MORE = 1,	 /* as much was read as was asked for; there may be more */
	LOG_SOURCE_REPLACED = 2, /* what was read is there no more; nothing new was delivered */
	LOG_SOURCE_FAILED = 3,	 /* errno says why */
};

/* LINE is LENGTH octets, without the newline, in memory that changes after the call. */
typedef void log_source_line(void *context, const char *line, size_t length);

/*
 * Opens NAME relative to FOLDER, as openat(2); symbolic links are followed, what is no regular file
 * is refused and not opened. It stands at the beginning. Gives NULL with the reason in ERROR.
 */
struct log_source *log_source_open(
	int folder, const char *name, struct log_source_counts *counts, char *error, size_t size);
void log_source_free(struct log_source *source);

bool log_source_is(const struct log_source *source, const struct stat *status);

/*
 * Goes to a place that it had before. Gives false, and stays, if the place is of another file or of
 * one that was emptied since.
 */
bool log_source_resume(struct log_source *source, const struct log_place_file *place);

/* Goes to the beginning; or, as log_source_resume() too, to the last LOG_SOURCE_BACKLOG octets. */
void log_source_rewind(struct log_source *source);

/* Goes to the end of the last line that is complete. */
void log_source_to_end(struct log_source *source);

void log_source_place(const struct log_source *source, struct log_place_file *place);

/* Reads MOST octets, not much more, and delivers the lines that are complete. */
enum log_source_result log_source_read(
	struct log_source *source, size_t most, log_source_line *on_line, void *context);

#endif
