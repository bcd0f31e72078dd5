/* log_facts: what is in the end of a log file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/log_facts.h"
#include "core/logline.h"
#include "core/printable.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void take_line(struct log_facts *facts, const char *text, size_t length, const char *program)
{
	struct logline line;

	facts->lines++;
	if (!logline_parse(&line, text, length, (int64_t)time(NULL) * 1000, 0)) {
		char copy[LOG_FACTS_LINE_MAX];

		snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
		printable_copy(facts->strange, sizeof(facts->strange), copy);
		return;
	}
	facts->understood++;
	if (line.program_length >= strlen(program) &&
		strncmp(line.program, program, strlen(program)) == 0)
		facts->of_mta++;
}

void log_facts_take(struct log_facts *facts, const char *text, size_t length, const char *program)
{
	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t line = end == NULL ? length : (size_t)(end - text);

		if (line > 0)
			take_line(facts, text, line, program);
		line += end != NULL;
		text += line;
		length -= line;
	}
}

void log_facts_read(struct log_facts *facts, const char *path, const char *program)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = malloc(LOG_FACTS_TAIL_MAX);
	struct stat status;
	off_t from = 0;
	ssize_t length = -1;
	const char *begin = text;

	*facts = (struct log_facts){.lines = 0};
	if (fd != -1 && text != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		if (status.st_size > LOG_FACTS_TAIL_MAX)
			from = status.st_size - LOG_FACTS_TAIL_MAX;
		length = pread(fd, text, LOG_FACTS_TAIL_MAX, from);
	}
	/* The first line of a tail is a piece of one. */
	if (from > 0 && length > 0) {
		const char *end = memchr(text, '\n', (size_t)length);

		begin = end == NULL ? text + length : end + 1;
	}
	facts->was_read = length >= 0;
	if (length > 0)
		log_facts_take(facts, begin, (size_t)(text + length - begin), program);
	free(text);
	if (fd != -1)
		close(fd);
}
