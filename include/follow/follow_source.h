/* follow_source: one log file that is open, read line by line from a place on
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_SOURCE_H
#define FOLLOW_FOLLOW_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/log_place.h"

/*
 * Octets in, lines out: one buffer of fixed size, into which the caller reads; lines come out as spans
 * of it, whatever octets they have but the newline. A line that is longer than the buffer is dropped
 * whole.
 */

enum {
	LINE_BUFFER_SIZE = 131072,
	LINE_BUFFER_LINE_MAX = LINE_BUFFER_SIZE - 1, /* without its newline */
};

enum line_buffer_mode {
	LINE_BUFFER_KEEP = 0,
	LINE_BUFFER_DROP = 1, /* the line is too long */
	LINE_BUFFER_PASS = 2, /* what is there up to the next newline is no whole line */
};

struct line_buffer {
	char *octets;
	size_t start;	/* of the line that is not complete */
	size_t scanned; /* there is no newline from start to here */
	size_t end;
	uint64_t gone; /* octets of the line being dropped that are no longer in the buffer */
	enum line_buffer_mode mode;
};

enum line_buffer_result {
	LINE_BUFFER_EMPTY = 0, /* no more newlines: it wants to be filled */
	LINE_BUFFER_LINE = 1,
	LINE_BUFFER_DROPPED = 2,
	LINE_BUFFER_PASSED = 3,
};

/* Gives 0, or -1 without memory. */
int follow_source_buffer_init(struct line_buffer *buffer);
void follow_source_buffer_free(struct line_buffer *buffer);

/* Forgets everything; with LINE_BUFFER_PASS all up to the first newline is passed over. */
void follow_source_buffer_reset(struct line_buffer *buffer, enum line_buffer_mode mode);

/* Where to read to; *SIZE is never 0 after LINE_BUFFER_EMPTY. Lines given before are gone. */
char *follow_source_buffer_room(struct line_buffer *buffer, size_t *size);

/* LENGTH octets were put there. */
void follow_source_buffer_added(struct line_buffer *buffer, size_t length);

/*
 * The next line, without its newline, in *LINE and *LENGTH; or that one was dropped or passed over,
 * with its length with the newline in *OCTETS.
 */
enum line_buffer_result follow_source_buffer_next(
	struct line_buffer *buffer, const char **line, size_t *length, uint64_t *octets);

/* How many octets were added since the last newline. */
uint64_t follow_source_buffer_pending(const struct line_buffer *buffer);

/*
 * Knows the file by its descriptor alone: what becomes of its name is follow_file's affair. After
 * each read it looks whether the octets before are still those that it has seen; so a file that
 * was emptied is noticed even when it has grown past the old place since.
 *
 * Limits: a file that was emptied is not noticed if it has grown again to the old place or past
 * it, and the last 64 octets before that place are what they were.
 */

enum { FOLLOW_SOURCE_BACKLOG = 16777216 }; /* so much is read of what was there before us */

/* Added up by all sources that have the same. */
struct follow_source_counts {
	uint64_t octets; /* read */
	uint64_t lines;
	uint64_t lines_too_long;
	uint64_t octets_skipped; /* of a backlog */
};

struct follow_source {
	int fd;
	int watch; /* for the caller to use */
	uint64_t device;
	uint64_t inode;
	uint64_t offset; /* of the next read */
	char tail[LOG_PLACE_TAIL];
	size_t tail_length; /* 0 at the beginning of the file alone */
	struct line_buffer lines;
	struct follow_source_counts *counts;
	int64_t lively; /* for the caller to use */
};

enum follow_source_result {
	FOLLOW_SOURCE_END = 0,
	FOLLOW_SOURCE_MORE = 1, /* as much was read as was asked for; there may be more */
	FOLLOW_SOURCE_REPLACED =
		2,		  /* what was read is no longer there; nothing new was delivered */
	FOLLOW_SOURCE_FAILED = 3, /* errno says why */
};

/* LINE is LENGTH octets, without the newline, in memory that changes after the call. */
typedef void follow_source_line(void *context, const char *line, size_t length);

/*
 * Opens NAME relative to FOLDER, as openat(2); symbolic links are followed, what is no regular file
 * is refused and not opened. It stands at the beginning. Gives NULL with the reason in ERROR.
 */
struct follow_source *follow_source_open(int folder, const char *name,
	struct follow_source_counts *counts, char *error, size_t size);
void follow_source_free(struct follow_source *source);

bool follow_source_is(const struct follow_source *source, const struct stat *status);

/*
 * Goes to a place that it had before. Gives false, and stays, if the place is of another file or of
 * one that was emptied since.
 */
bool follow_source_resume(struct follow_source *source, const struct log_place_file *place);

/* Goes to the beginning; or, as follow_source_resume() too, to the last FOLLOW_SOURCE_BACKLOG octets. */
void follow_source_rewind(struct follow_source *source);

/* Goes to the end of the last line that is complete. */
void follow_source_to_end(struct follow_source *source);

void follow_source_place(const struct follow_source *source, struct log_place_file *place);

/* Reads MOST octets, not much more, and delivers the lines that are complete. */
enum follow_source_result follow_source_read(
	struct follow_source *source, size_t most, follow_source_line *on_line, void *context);

#endif
