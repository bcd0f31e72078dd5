/* follow_source: one log file that is open, read line by line from a place on
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- octets in, lines out */

int follow_source_buffer_init(struct line_buffer *buffer)
{
	*buffer = (struct line_buffer){.octets = malloc(LINE_BUFFER_SIZE)};
	return buffer->octets == NULL ? -1 : 0;
}

void follow_source_buffer_free(struct line_buffer *buffer)
{
	free(buffer->octets);
	buffer->octets = NULL;
}

void follow_source_buffer_reset(struct line_buffer *buffer, enum line_buffer_mode mode)
{
	*buffer = (struct line_buffer){.octets = buffer->octets, .mode = mode};
}

char *follow_source_buffer_room(struct line_buffer *buffer, size_t *size)
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

void follow_source_buffer_added(struct line_buffer *buffer, size_t length)
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

enum line_buffer_result follow_source_buffer_next(
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

uint64_t follow_source_buffer_pending(const struct line_buffer *buffer)
{
	return buffer->gone + buffer->end - buffer->start;
}

/* ---- open and close */

static const char *kind_name(mode_t mode)
{
	if (S_ISDIR(mode))
		return "folder";
	if (S_ISFIFO(mode))
		return "FIFO";
	if (S_ISSOCK(mode))
		return "socket";
	return "device";
}

static bool is_regular(const char *name, const struct stat *status, char *error, size_t size)
{
	if (S_ISREG(status->st_mode))
		return true;
	snprintf(error, size, "%s: is a %s, not a file", name, kind_name(status->st_mode));
	return false;
}

/* Gives a descriptor, or -1. */
static int open_regular(int folder, const char *name, struct stat *status, char *error, size_t size)
{
	int fd;

	/* Even to open a device may do something. */
	if (fstatat(folder, name, status, 0) == -1) {
		snprintf(error, size, "%s: %s", name, strerror(errno));
		return -1;
	}
	if (!is_regular(name, status, error, size))
		return -1;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1 || fstat(fd, status) == -1) {
		snprintf(error, size, "%s: cannot open: %s", name, strerror(errno));
	} else if (is_regular(name, status, error, size)) {
		return fd;
	}
	if (fd != -1)
		close(fd);
	return -1;
}

void follow_source_free(struct follow_source *source)
{
	if (source == NULL)
		return;
	follow_source_buffer_free(&source->lines);
	close(source->fd);
	free(source);
}

struct follow_source *follow_source_open(
	int folder, const char *name, struct follow_source_counts *counts, char *error, size_t size)
{
	struct stat status;
	int fd = open_regular(folder, name, &status, error, size);
	struct follow_source *source;

	if (fd == -1)
		return NULL;
	source = calloc(1, sizeof(*source));
	if (source == NULL || follow_source_buffer_init(&source->lines) == -1) {
		snprintf(error, size, "%s: out of memory", name);
		free(source);
		close(fd);
		return NULL;
	}
	source->fd = fd;
	source->watch = -1;
	source->device = (uint64_t)status.st_dev;
	source->inode = (uint64_t)status.st_ino;
	source->counts = counts;
	return source;
}

bool follow_source_is(const struct follow_source *source, const struct stat *status)
{
	return source->device == (uint64_t)status->st_dev &&
	       source->inode == (uint64_t)status->st_ino;
}

/* ---- places */

static uint64_t file_size(const struct follow_source *source)
{
	struct stat status;

	return fstat(source->fd, &status) == -1 ? 0 : (uint64_t)status.st_size;
}

/* Reads the octets before OFFSET to TAIL. Gives how many, 0 also if they are not all there. */
static size_t read_tail(
	const struct follow_source *source, uint64_t offset, char tail[LOG_PLACE_TAIL])
{
	size_t length = offset < LOG_PLACE_TAIL ? (size_t)offset : LOG_PLACE_TAIL;
	ssize_t got = pread(source->fd, tail, length, (off_t)(offset - length));

	return got == (ssize_t)length ? length : 0;
}

static void go_to(struct follow_source *source, uint64_t offset)
{
	uint64_t size = file_size(source);
	enum line_buffer_mode mode = LINE_BUFFER_KEEP;

	if (size > offset && size - offset > FOLLOW_SOURCE_BACKLOG) {
		/* From the first line that begins there, or later. */
		source->counts->octets_skipped += size - FOLLOW_SOURCE_BACKLOG - 1 - offset;
		offset = size - FOLLOW_SOURCE_BACKLOG - 1;
		mode = LINE_BUFFER_PASS;
	}
	source->offset = offset;
	source->tail_length = read_tail(source, offset, source->tail);
	follow_source_buffer_reset(&source->lines, mode);
}

bool follow_source_resume(struct follow_source *source, const struct log_place_file *place)
{
	char tail[LOG_PLACE_TAIL];
	size_t length;

	if (place->device != source->device || place->inode != source->inode ||
		place->seen > file_size(source))
		return false;
	length = read_tail(source, place->seen, tail);
	if (log_place_tail(tail, length) != place->tail)
		return false;
	go_to(source, place->offset);
	return true;
}

void follow_source_rewind(struct follow_source *source)
{
	go_to(source, 0);
}

void follow_source_to_end(struct follow_source *source)
{
	uint64_t size = file_size(source);
	size_t length = size < LINE_BUFFER_SIZE ? (size_t)size : LINE_BUFFER_SIZE;
	uint64_t from = size - length;
	/* The buffer has nothing in it yet. */
	ssize_t got = pread(source->fd, source->lines.octets, length, (off_t)from);
	const char *newline = got <= 0 ? NULL : memrchr(source->lines.octets, '\n', (size_t)got);

	if (newline != NULL) {
		go_to(source, from + (uint64_t)(newline - source->lines.octets) + 1);
	} else if (from == 0) {
		go_to(source, 0);
	} else {
		go_to(source, size);
		follow_source_buffer_reset(&source->lines, LINE_BUFFER_PASS);
	}
}

void follow_source_place(const struct follow_source *source, struct log_place_file *place)
{
	*place = (struct log_place_file){
		.device = source->device,
		.inode = source->inode,
		.offset = source->offset - follow_source_buffer_pending(&source->lines),
		.seen = source->offset,
		.tail = log_place_tail(source->tail, source->tail_length),
	};
}

/* ---- reading */

/* Whether the octets before the offset are still there. */
static bool is_intact(const struct follow_source *source)
{
	char tail[LOG_PLACE_TAIL];

	return read_tail(source, source->offset, tail) == source->tail_length &&
	       memcmp(tail, source->tail, source->tail_length) == 0;
}

static void keep_tail(struct follow_source *source, const char *octets, size_t length)
{
	size_t kept = LOG_PLACE_TAIL - length;

	if (length >= LOG_PLACE_TAIL) {
		memcpy(source->tail, octets + length - LOG_PLACE_TAIL, LOG_PLACE_TAIL);
		source->tail_length = LOG_PLACE_TAIL;
		return;
	}
	if (kept > source->tail_length)
		kept = source->tail_length;
	memmove(source->tail, source->tail + source->tail_length - kept, kept);
	memcpy(source->tail + kept, octets, length);
	source->tail_length = kept + length;
}

static void deliver(struct follow_source *source, follow_source_line *on_line, void *context)
{
	struct follow_source_counts *counts = source->counts;
	const char *line;
	size_t length;
	uint64_t octets;

	for (;;) {
		switch (follow_source_buffer_next(&source->lines, &line, &length, &octets)) {
		case LINE_BUFFER_EMPTY:
			return;
		case LINE_BUFFER_LINE:
			counts->lines++;
			on_line(context, line, length);
			break;
		case LINE_BUFFER_DROPPED:
			counts->lines_too_long++;
			break;
		case LINE_BUFFER_PASSED:
			counts->octets_skipped += octets;
			break;
		}
	}
}

enum follow_source_result follow_source_read(
	struct follow_source *source, size_t most, follow_source_line *on_line, void *context)
{
	for (size_t sum = 0; sum < most;) {
		size_t size;
		char *room = follow_source_buffer_room(&source->lines, &size);
		ssize_t got = pread(source->fd, room, size, (off_t)source->offset);

		if (got == -1)
			return FOLLOW_SOURCE_FAILED;
		/* Only now, so that what was just read is known to follow what was read before. */
		if (!is_intact(source))
			return FOLLOW_SOURCE_REPLACED;
		if (got == 0)
			return FOLLOW_SOURCE_END;
		keep_tail(source, room, (size_t)got);
		source->offset += (uint64_t)got;
		source->counts->octets += (uint64_t)got;
		follow_source_buffer_added(&source->lines, (size_t)got);
		deliver(source, on_line, context);
		if ((size_t)got < size)
			return FOLLOW_SOURCE_END;
		sum += (size_t)got;
	}
	return FOLLOW_SOURCE_MORE;
}
