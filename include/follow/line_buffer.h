/* line_buffer: octets in, lines out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_LINE_BUFFER_H
#define FOLLOW_LINE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/*
 * One buffer of fixed size, into which the caller reads; lines come out as spans of it, whatever
 * octets they have but the newline. A line that is longer than the buffer is dropped whole.
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
	uint64_t gone; /* octets of the line being dropped that are in the buffer no more */
	enum line_buffer_mode mode;
};

enum line_buffer_result {
	LINE_BUFFER_EMPTY = 0, /* no more newlines: it wants to be filled */
	LINE_BUFFER_LINE = 1,
	LINE_BUFFER_DROPPED = 2,
	LINE_BUFFER_PASSED = 3,
};

/* Gives 0, or -1 without memory. */
int line_buffer_init(struct line_buffer *buffer);
void line_buffer_free(struct line_buffer *buffer);

/* Forgets everything; with LINE_BUFFER_PASS all up to the first newline is passed over. */
void line_buffer_reset(struct line_buffer *buffer, enum line_buffer_mode mode);

/* Where to read to; *SIZE is never 0 after LINE_BUFFER_EMPTY. Lines given before are gone. */
char *line_buffer_room(struct line_buffer *buffer, size_t *size);

/* LENGTH octets were put there. */
void line_buffer_added(struct line_buffer *buffer, size_t length);

/*
 * The next line, without its newline, in *LINE and *LENGTH; or that one was dropped or passed over,
 * with its length with the newline in *OCTETS.
 */
enum line_buffer_result line_buffer_next(
	struct line_buffer *buffer, const char **line, size_t *length, uint64_t *octets);

/* How many octets were added since the last newline. */
uint64_t line_buffer_pending(const struct line_buffer *buffer);

#endif
