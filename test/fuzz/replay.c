/* replay: gives a fuzz target the lines of a corpus, as they are and cut short
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t replay_reached;

/* In memory that ends where the line ends. */
static void give(const char *line, size_t length)
{
	uint8_t *exact = malloc(length == 0 ? 1 : length);

	if (exact == NULL)
		abort();
	memcpy(exact, line, length);
	LLVMFuzzerTestOneInput(exact, length);
	free(exact);
}

int main(void)
{
	static struct corpus corpus;
	size_t expected = 0;

	if (!corpus_read(&corpus, REPLAY_CORPUS)) {
		puts("1..1\nnot ok 1 - the corpus is there");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < corpus.count; i++) {
		expected += strcmp(corpus.rows[i].expected, "-") != 0;
		give(corpus.rows[i].line, corpus.rows[i].length);
	}

	bool reached = expected > 0 && replay_reached == expected;

	for (int i = 0; i < corpus.count; i++)
		give(corpus.rows[i].line, corpus.rows[i].length / 2);
	corpus_free(&corpus);
	printf("1..1\n%s 1 - %s: %zu lines of %zu reach the parser\n", reached ? "ok" : "not ok",
		REPLAY_CORPUS, expected, replay_reached);
	return reached ? EXIT_SUCCESS : EXIT_FAILURE;
}
