/* test_fault: a list of faults, in order, and as text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/fault.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct fault_list list;

static void open_list(void)
{
	fault_list_init(&list);
}

static void close_list(void)
{
	fault_list_free(&list);
}

static const struct row {
	const char *file;
	int line;
	bool warning;
	const char *text;
	size_t size;
	const char *written;
} rows[] = {
	{"routes.cfg", 7, false, "unknown key", 100, "routes.cfg:7: unknown key"},
	{"routes.cfg", 7, true, "never used", 100, "routes.cfg:7: warning: never used"},
	{"routes.cfg", 0, false, "cannot read", 100, "routes.cfg: cannot read"},
	{"routes.cfg", 0, true, "has changed", 100, "routes.cfg: warning: has changed"},
	{"routes.cfg", 7, false, "unknown key", 15, "routes.cfg:7: "},
	{"routes.cfg", 7, false, "unknown key", 1, ""},
};

START_TEST(formats)
{
	const struct row *row = &rows[_i];
	char out[100];

	if (row->warning)
		fault_warn(&list, row->file, row->line, "%s", row->text);
	else
		fault_add(&list, row->file, row->line, "%s", row->text);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.errors, row->warning ? 0 : 1);
	ck_assert_str_eq(fault_format(out, row->size, &list.faults[0]), row->written);
}
END_TEST

START_TEST(sorts_by_file_and_line)
{
	static const char expected[] = "a:1: 1; a:1: 2; a:1: 3; a:9: 5; a:10: 6; b: 7; b:2: 8; ";
	char all[200] = "";

	fault_add(&list, "b", 2, "8");
	fault_add(&list, "a", 10, "6");
	fault_add(&list, "a", 1, "1");
	fault_add(&list, "b", 0, "7");
	fault_add(&list, "a", 9, "5");
	fault_add(&list, "a", 1, "2");
	fault_add(&list, "a", 1, "3");
	fault_list_sort(&list);
	for (size_t i = 0; i < list.count; i++) {
		char line[50];

		strcat(all, fault_format(line, sizeof(line), &list.faults[i]));
		strcat(all, "; ");
	}
	ck_assert_str_eq(all, expected);
}
END_TEST

START_TEST(those_past_the_limit_are_counted)
{
	for (int i = 0; i < FAULT_LIST_MAX + 5; i++) {
		if (i % 2 == 0)
			fault_add(&list, "a", i, "%d", i);
		else
			fault_warn(&list, "a", i, "%d", i);
	}
	ck_assert_uint_eq(list.count, FAULT_LIST_MAX);
	ck_assert_uint_eq(list.unlisted, 5);
	ck_assert_uint_eq(list.errors, FAULT_LIST_MAX / 2 + 3);
	ck_assert_int_eq(list.faults[FAULT_LIST_MAX - 1].line, FAULT_LIST_MAX - 1);
	fault_list_free(&list);
	ck_assert_uint_eq(list.count, 0);
	fault_add(&list, "a", 1, "again");
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{formats, COUNT(rows)},
		{sorts_by_file_and_line, 1},
		{those_past_the_limit_are_counted, 1},
	};

	return suite_run_with("fault", tests, COUNT(tests), open_list, close_list);
}
