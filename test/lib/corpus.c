/* corpus: files of log lines, each with what a parser is to make of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "corpus.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- reading */

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *content = NULL;
	size_t size = 0;
	ssize_t length;

	if (file == NULL)
		return NULL;
	length = getdelim(&content, &size, '\0', file);
	fclose(file);
	if (length == -1) {
		free(content);
		return NULL;
	}
	return content;
}

static bool split(struct corpus *corpus, const char *path)
{
	static const char mark[] = "=> ";
	const char *line = NULL;
	char *next = corpus->content;
	int number = 0;

	while (next != NULL && *next != '\0') {
		char *text = next;

		next = strchr(text, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		if (*text == '\0' || *text == '#')
			continue;
		if (line == NULL) {
			line = text;
			continue;
		}
		if (strncmp(text, mark, strlen(mark)) != 0 || corpus->count == CORPUS_ROWS_MAX) {
			fprintf(stderr, "%s:%d: no expectation, or too many\n", path, number);
			return false;
		}
		corpus->rows[corpus->count++] =
			(struct corpus_row){line, strlen(line), text + strlen(mark), number};
		line = NULL;
	}
	return line == NULL;
}

bool corpus_read(struct corpus *corpus, const char *name)
{
	const char *top = getenv("srcdir");
	char path[PATH_MAX];

	memset(corpus, 0, sizeof(*corpus));
	snprintf(path, sizeof(path), "%s/test/corpus/%s", top == NULL ? "." : top, name);
	corpus->content = read_all(path);
	if (corpus->content == NULL) {
		perror(path);
		return false;
	}
	if (split(corpus, path))
		return true;
	corpus_free(corpus);
	return false;
}

void corpus_free(struct corpus *corpus)
{
	free(corpus->content);
	memset(corpus, 0, sizeof(*corpus));
}

/* ---- writing */

struct words {
	char *out;
	size_t used;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(
		words->out + words->used, CORPUS_TEXT_MAX - words->used, format, arguments);
	va_end(arguments);
	words->used += length < 0 ? 0 : (size_t)length;
	if (words->used >= CORPUS_TEXT_MAX)
		words->used = CORPUS_TEXT_MAX - 1;
}

static void add_string(struct words *words, const char *name, const char *value)
{
	if (value[0] != '\0')
		add(words, " %s=%s", name, value);
}

char *corpus_describe(char *out, const struct observation *observation)
{
	struct words words = {out, 0};
	const int32_t *delays = observation->delays;

	add(&words, "what=%s stage=%s outcome=%s", observation_what_name(observation->what),
		observation_stage_name(observation->stage),
		observation_outcome_name(observation->outcome));
	if (observation->is_repeat)
		add(&words, " repeat");
	if (observation->code != 0)
		add(&words, " code=%d", observation->code);
	add_string(&words, "enhanced", observation->enhanced);
	add_string(&words, "host", observation->host);
	add_string(&words, "address", observation->address);
	if (observation->port != 0)
		add(&words, " port=%d", observation->port);
	add_string(&words, "id", observation->queue_id);
	if (delays[0] != -1 || delays[OBSERVATION_DELAYS - 1] != -1)
		add(&words, " delays=%d/%d/%d/%d", delays[0], delays[1], delays[2], delays[3]);
	add_string(&words, "text", observation->text);
	return out;
}

char *corpus_describe_frame(char *out, const struct logline *line)
{
	struct words words = {out, 0};
	time_t seconds = (time_t)(line->at / 1000);
	struct tm tm;
	char day[64];

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	add(&words, "at=%s.%03d program=%.*s message=%.*s", day, (int)(line->at % 1000),
		(int)line->program_length, line->program, (int)line->length, line->message);
	return out;
}
