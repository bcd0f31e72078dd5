/* columns: tables for people on a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_COLUMNS_H
#define CTL_COLUMNS_H

#include <stdio.h>

/*
 * Cells of foreign text: control characters are masked, nothing is cut. A column is as wide as its
 * widest cell; the last one is not padded.
 */

struct columns;

/*
 * TITLES are parted by "|"; one that begins with ">" is of a column of numbers, which stand to the
 * right. Without memory the process ends with a message.
 */
struct columns *columns_new(const char *titles);
void columns_free(struct columns *columns);

/* The next cell, row by row. NULL is shown as "-". */
void columns_add(struct columns *columns, const char *text);
void columns_add_number(struct columns *columns, long long number);

/* With the titles in front, each line behind INDENT. */
void columns_print(const struct columns *columns, const char *indent, FILE *to);

#endif
