/* test_columns: tables for people
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/columns.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 8 };

static const struct row {
	const char *name;
	const char *titles;
	const char *cells[CELLS_MAX];
	const char *indent;
	const char *printed;
	int width; /* 0: nothing is cut */
} rows[] = {
	{"titles alone", "HOST|STATE", {NULL}, "", "HOST  STATE\n", 0},
	{"one column", "HOST", {"a", "bcdef"}, "", "HOST\na\nbcdef\n", 0},
	{"as wide as the widest", "A|B", {"long cell", "x", "y", "z"}, "",
		"A          B\nlong cell  x\ny          z\n", 0},
	{"the last is not padded", "A|LONG TITLE", {"1", "2"}, "", "A  LONG TITLE\n1  2\n", 0},
	{"numbers to the right", "A|>N", {"a", "1", "b", "100"}, "", "A    N\na    1\nb  100\n", 0},
	{"numbers in front", ">N|A", {"1", "a", "100", "b"}, "", "  N  A\n  1  a\n100  b\n", 0},
	{"behind an indent", "A|B", {"1", "2"}, "  ", "  A  B\n  1  2\n", 0},
	{"nothing is a dash", "A|B", {"", "2"}, "", "A  B\n-  2\n", 0},
	{"characters, not octets", "A|B", {"äöü", "1", "abcd", "2"}, "",
		"A     B\näöü   1\nabcd  2\n", 0},
	{"what a terminal would obey", "A|B", {"a\033[2Jb", "\xff"}, "", "A       B\na?[2Jb  ?\n",
		0},
	{"cut at the width", "A|B", {"1", "abcdefghijklmnopqrst"}, "", "A  B\n1  abcdefghijklm…\n",
		17},
	{"just as wide", "A|B", {"1", "abcdefghijklmnopqrst"}, "",
		"A  B\n1  abcdefghijklmnopqrst\n", 23},
	{"cut by characters", "A|B", {"1", "äöüäöüäöüäöüäöü"}, "", "A  B\n1  äöüäöüäöüäöü…\n", 16},
	{"the indent counts", "A|B", {"1", "abcdefghijklmnopqrst"}, "  ",
		"  A  B\n  1  abcdefghijkl…\n", 18},
	{"the last column keeps some", "A|B", {"a long first cell", "abcdefghijklmnopqrst"}, "",
		"A                  B\na long first cell  abcdefghijk…\n", 20},
	{"only the last is cut", "A|>N", {"a long first cell", "1"}, "",
		"A                  N\na long first cell  1\n", 5},
};

static void print(
	const struct columns *columns, const char *indent, int width, char *out, size_t size)
{
	FILE *file = fmemopen(out, size, "w");

	ck_assert_ptr_nonnull(file);
	columns_print(columns, indent, width, file);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(prints)
{
	const struct row *row = &rows[_i];
	struct columns *columns = columns_new(row->titles);
	char out[1000] = "";

	for (int i = 0; i < CELLS_MAX && row->cells[i] != NULL; i++)
		columns_add(columns, row->cells[i]);
	print(columns, row->indent, row->width, out, sizeof(out));
	ck_assert_msg(strcmp(out, row->printed) == 0, "%s:\n%s", row->name, out);
	columns_free(columns);
}
END_TEST

START_TEST(numbers_and_nothing)
{
	struct columns *columns = columns_new(">A|B");
	char out[100] = "";

	columns_add_number(columns, -9223372036854775807LL - 1);
	columns_add(columns, NULL);
	print(columns, "", 0, out, sizeof(out));
	ck_assert_str_eq(out, "                   A  B\n-9223372036854775808  -\n");
	columns_free(columns);
	columns_free(NULL);
}
END_TEST

START_TEST(many_rows)
{
	struct columns *columns = columns_new("A|>B");
	char *out = calloc(1, 100000);

	for (int i = 0; i < 5000; i++) {
		columns_add(columns, "x");
		columns_add_number(columns, i);
	}
	print(columns, "", 0, out, 100000);
	/* Each line is as wide as the last. */
	ck_assert_uint_eq(strlen(out), 5001 * 8);
	ck_assert_str_eq(out + 5000 * 8, "x  4999\n");
	free(out);
	columns_free(columns);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{prints, COUNT(rows)},
		{numbers_and_nothing, 1},
		{many_rows, 1},
	};

	return suite_run("columns", tests, COUNT(tests));
}
