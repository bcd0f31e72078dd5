/* columns: tables for people on a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/columns.h"
#include "core/printable.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 24, GAP = 2 };

struct columns {
	int count;
	bool is_number[COLUMNS_MAX];
	int widths[COLUMNS_MAX];
	char **cells; /* the titles first */
	size_t cell_count;
	size_t room;
};

/* Characters, not octets: wide and combining ones are not known here. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static _Noreturn void no_memory(void)
{
	fprintf(stderr, "milterctl: out of memory\n");
	exit(EXIT_FAILURE);
}

static void put(struct columns *columns, const char *text)
{
	size_t size = strlen(text) + 1;
	char *cell = malloc(size);
	int column = (int)(columns->cell_count % (size_t)columns->count);
	int width;

	if (cell == NULL)
		no_memory();
	printable_copy(cell, size, text);
	if (columns->cell_count == columns->room) {
		size_t room = columns->room == 0 ? 64 : 2 * columns->room;
		char **cells = realloc(columns->cells, room * sizeof(*cells));

		if (cells == NULL)
			no_memory();
		columns->cells = cells;
		columns->room = room;
	}
	columns->cells[columns->cell_count++] = cell;
	width = width_of(cell);
	if (width > columns->widths[column])
		columns->widths[column] = width;
}

struct columns *columns_new(const char *titles)
{
	struct columns *columns = calloc(1, sizeof(*columns));
	char *copy = strdup(titles);
	char *rest = copy;
	char *title;

	if (columns == NULL || copy == NULL)
		no_memory();
	columns->count = 1;
	for (const char *p = titles; *p != '\0'; p++)
		columns->count += *p == '|';
	for (int i = 0; i < COLUMNS_MAX && (title = strsep(&rest, "|")) != NULL; i++) {
		columns->is_number[i] = *title == '>';
		put(columns, title + columns->is_number[i]);
	}
	free(copy);
	return columns;
}

void columns_go_on(struct columns *columns)
{
	for (size_t i = 0; i < columns->cell_count; i++)
		free(columns->cells[i]);
	columns->cell_count = 0;
}

void columns_free(struct columns *columns)
{
	if (columns == NULL)
		return;
	columns_go_on(columns);
	free(columns->cells);
	free(columns);
}

void columns_add(struct columns *columns, const char *text)
{
	put(columns, text == NULL || *text == '\0' ? "-" : text);
}

void columns_add_number(struct columns *columns, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	put(columns, text);
}

/* How many octets of TEXT make WIDTH characters. */
static int octets_of(const char *text, int width)
{
	const char *at = text;

	for (; *at != '\0'; at++)
		if (((unsigned char)*at & 0xc0) != 0x80 && width-- == 0)
			break;
	return (int)(at - text);
}

/* LEFT is what the screen has for it; negative: all that it needs. */
static void print_last(const char *cell, int left, FILE *to)
{
	if (left >= 0 && left < COLUMNS_LAST_MIN)
		left = COLUMNS_LAST_MIN;
	if (left < 0 || width_of(cell) <= left)
		fprintf(to, "%s\n", cell);
	else
		fprintf(to, "%.*s\xe2\x80\xa6\n", octets_of(cell, left - 1), cell);
}

void columns_print(const struct columns *columns, const char *indent, int width, FILE *to)
{
	int last = columns->count - 1;
	int used = width_of(indent);

	for (int i = 0; i < last; i++)
		used += columns->widths[i] + GAP;
	for (size_t i = 0; i < columns->cell_count; i++) {
		int column = (int)(i % (size_t)columns->count);
		const char *cell = columns->cells[i];
		int padding = columns->widths[column] - width_of(cell);

		if (column == 0)
			fputs(indent, to);
		if (columns->is_number[column])
			fprintf(to, "%*s", padding, "");
		if (column == last)
			print_last(cell, width <= 0 ? -1 : (width > used ? width - used : 0), to);
		else if (columns->is_number[column])
			fprintf(to, "%s%*s", cell, GAP, "");
		else
			fprintf(to, "%s%*s", cell, padding + GAP, "");
	}
}

int columns_screen_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1)
		return 0;
	return size.ws_col;
}
