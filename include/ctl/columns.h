/* columns: tables for people on a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_COLUMNS_H
#define CTL_COLUMNS_H

#include <stdio.h>

/*
 * Cells of foreign text: control characters are masked. A column is as wide as its widest cell; the
 * last one is not padded, and cut where the screen ends.
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

/*
 * Prints the titles and the rows, each line after INDENT. With a WIDTH above 0 lines are cut to so
 * many characters, within the last column, which keeps at least COLUMNS_LAST_MIN of its own; what
 * was cut ends in "…".
 */
enum { COLUMNS_LAST_MIN = 12 };
void columns_print(const struct columns *columns, const char *indent, int width, FILE *to);

/* The width of the terminal that standard output is; 0: it is none, and nothing is cut. */
int columns_screen_width(void);

/* Drops what was printed: more rows, without the titles, get columns at least as wide. */
void columns_go_on(struct columns *columns);

#endif
