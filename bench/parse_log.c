/* parse_log: how many lines of a log are read in a second
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_postfix.h"
#include "core/log_sendmail.h"
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * parse_log [ROUNDS]: prints, for Postfix's and Sendmail's lines, their number a second, and how
 * much longer that takes than to find the ends of the same lines: memchr() is what no follower of
 * a log can do without. The text is the corpus with the lines that say nothing of a host repeated,
 * as they are most of a real log. srcdir: the top of the source.
 */

enum { ROUNDS = 200, DULL_COPIES = 10 };

typedef bool (*parser_function)(const struct logline *line, struct observation *observation);

struct text {
	char *at;
	size_t length;
};

static void append(struct text *text, const struct corpus_row *row)
{
	text->at = realloc(text->at, text->length + row->length + 1);
	if (text->at == NULL)
		abort();
	memcpy(text->at + text->length, row->line, row->length);
	text->length += row->length;
	text->at[text->length++] = '\n';
}

static struct text make_text(const struct corpus *corpus)
{
	struct text text = {NULL, 0};

	for (int i = 0; i < corpus->count; i++) {
		int copies = strcmp(corpus->rows[i].expected, "-") == 0 ? DULL_COPIES : 1;

		for (int j = 0; j < copies; j++)
			append(&text, &corpus->rows[i]);
	}
	return text;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The lines of TEXT; with a parser, it gets each of them. */
static size_t run(const struct text *text, parser_function parse, size_t *found)
{
	const char *end = text->at + text->length;
	size_t lines = 0;

	for (const char *p = text->at; p < end; lines++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct observation observation;
		struct logline line;

		if (parse != NULL &&
			logline_parse(&line, p, (size_t)(newline - p), CORPUS_NOW, 3600))
			*found += parse(&line, &observation);
		p = newline + 1;
	}
	return lines;
}

static double measure(
	const struct text *text, parser_function parse, int rounds, size_t *lines, size_t *found)
{
	double start = now();

	*lines = 0;
	*found = 0;
	for (int i = 0; i < rounds; i++)
		*lines += run(text, parse, found);
	return now() - start;
}

static void bench(const char *name, parser_function parse, int rounds)
{
	static struct corpus corpus;
	char file[64];
	struct text text;
	size_t lines, found, none;
	double parsing, bare;

	snprintf(file, sizeof(file), "%s.txt", name);
	if (!corpus_read(&corpus, file))
		exit(EXIT_FAILURE);
	text = make_text(&corpus);
	measure(&text, parse, 1, &lines, &found); /* caches */
	bare = measure(&text, NULL, rounds, &lines, &none);
	parsing = measure(&text, parse, rounds, &lines, &found);
	printf("%s: %.0f lines/s, %.0f MB/s, %zu of %zu lines say something of a host; memchr "
	       "alone: "
	       "%.0f lines/s, %.1f times as fast\n",
		name, (double)lines / parsing, (double)text.length * rounds / parsing / 1e6, found,
		lines, (double)lines / bare, parsing / bare);
	free(text.at);
	corpus_free(&corpus);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;

	if (argc > 2 || rounds < 1) {
		fputs("usage: parse_log [ROUNDS]\n", stderr);
		return 2;
	}
	bench("log_postfix", log_postfix_parse, rounds);
	bench("log_sendmail", log_sendmail_parse, rounds);
	return EXIT_SUCCESS;
}
