/* parser: what each parser of log lines has to stand
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_PARSER_H
#define TEST_PARSER_H

#include "corpus.h"

typedef bool (*parser_function)(const struct logline *line, struct observation *observation);

/* A row gives just what is written below it. */
void parser_check_row(parser_function parse, const struct corpus_row *row);

/* Each beginning of each line, in memory that ends where it ends: nothing is read after it. */
void parser_check_prefixes(parser_function parse, const struct corpus *corpus);

/* Lines with octets changed, pieces left out, doubled and exchanged with those of other lines. */
void parser_check_mutations(parser_function parse, const struct corpus *corpus);

/*
 * Parses a line, and asserts that what comes out is well-formed. Gives what the parser gave.
 * TEXT need not have a NUL.
 */
bool parser_run(
	parser_function parse, const char *text, size_t length, struct observation *observation);

/* PATTERN with TEXT in the place of each "%". */
void parser_fill(char *out, size_t size, const char *pattern, const char *text);

/* TEXT as it stands between quotes: with backslashes before quotes and backslashes. */
void parser_quote(char *out, size_t size, const char *text);

#endif
