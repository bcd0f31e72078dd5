/* corpus: files of log lines, each with what a parser is to make of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/logline.h"
#include "core/observation.h"

/*
 * A line of a log, and below it "=> " and the expectation, "=> -" for nothing. Lines that begin
 * with "#" and empty ones are comments.
 */

enum { CORPUS_ROWS_MAX = 1000, CORPUS_TEXT_MAX = 1024 };

/* The time at which all of the corpora are read: Wed Nov 25 00:00:00 UTC 2026. */
#define CORPUS_NOW INT64_C(1795564800000)

struct corpus_row {
	const char *line;
	size_t length;
	const char *expected;
	int number; /* of the line in the file */
};

struct corpus {
	char *content;
	int count;
	struct corpus_row rows[CORPUS_ROWS_MAX];
};

/* Reads test/corpus/NAME of the source. False, with a word on stderr, if it is not as above. */
bool corpus_read(struct corpus *corpus, const char *name);

void corpus_free(struct corpus *corpus);

/* The words for an observation, or "-" for none, in OUT of CORPUS_TEXT_MAX. Gives OUT. */
char *corpus_describe(char *out, const struct observation *observation);

/* The same for the frame of a line. */
char *corpus_describe_frame(char *out, const struct logline *line);

#endif
