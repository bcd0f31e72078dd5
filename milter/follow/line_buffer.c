/* line_buffer: octets in, lines out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/line_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int line_buffer_init(struct line_buffer *buffer)
{
	*buffer = (struct line_buffer){.octets = malloc(LINE_BUFFER_SIZE)};
	return buffer->octets == NULL ? -1 : 0;
}

void line_buffer_free(struct line_buffer *buffer)
{
	free(buffer->octets);
	buffer->octets = NULL;
}

void line_buffer_reset(struct line_buffer *buffer, enum line_buffer_mode mode)
{
	*buffer = (struct line_buffer){.octets = buffer->octets, .mode = mode};
}

char *line_buffer_room(struct line_buffer *buffer, size_t *size)
{
	if (buffer->start > 0) {
		memmove(buffer->octets, buffer->octets + buffer->start,
			buffer->end - buffer->start);
		buffer->scanned -= buffer->start;
		buffer->end -= buffer->start;
		buffer->start = 0;
	}
	*size = LINE_BUFFER_SIZE - buffer->end;
	return buffer->octets + buffer->end;
}

void line_buffer_added(struct line_buffer *buffer, size_t length)
{
	assert(length <= LINE_BUFFER_SIZE - buffer->end);
	buffer->end += length;
}

/* There is no newline in the buffer: it must have room, or the line goes. */
static void make_room(struct line_buffer *buffer)
{
	buffer->scanned = buffer->end;
	if (buffer->end - buffer->start == LINE_BUFFER_SIZE && buffer->mode == LINE_BUFFER_KEEP)
		buffer->mode = LINE_BUFFER_DROP;
	if (buffer->mode == LINE_BUFFER_KEEP)
		return;
	buffer->gone += buffer->end - buffer->start;
	buffer->start = 0;
	buffer->scanned = 0;
	buffer->end = 0;
}

enum line_buffer_result line_buffer_next(
	struct line_buffer *buffer, const char **line, size_t *length, uint64_t *octets)
{
	const char *from = buffer->octets + buffer->scanned;
	const char *newline = memchr(from, '\n', buffer->end - buffer->scanned);
	enum line_buffer_mode mode = buffer->mode;

	if (newline == NULL) {
		make_room(buffer);
		return LINE_BUFFER_EMPTY;
	}
	*line = buffer->octets + buffer->start;
	*length = (size_t)(newline - *line);
	*octets = buffer->gone + *length + 1;
	buffer->start += *length + 1;
	buffer->scanned = buffer->start;
	buffer->gone = 0;
	buffer->mode = LINE_BUFFER_KEEP;
	if (mode == LINE_BUFFER_KEEP)
		return LINE_BUFFER_LINE;
	return mode == LINE_BUFFER_DROP ? LINE_BUFFER_DROPPED : LINE_BUFFER_PASSED;
}

uint64_t line_buffer_pending(const struct line_buffer *buffer)
{
	return buffer->gone + buffer->end - buffer->start;
}
