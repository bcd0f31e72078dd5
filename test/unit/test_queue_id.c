/* test_queue_id: what may become an argument
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/queue_id.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	bool is_valid;
} rows[] = {
	{"199E2A7298C", true},	  /* Postfix */
	{"4bXyZ01234z9QJ", true}, /* its long ones */
	{"6AU96e9w032461", true}, /* Sendmail */
	{"0", true},
	{"zZaA09012345678901234ab", true}, /* 23 */
	{"zZaA09012345678901234abc", false},
	{"", false},
	{"-f", false},
	{"4AbC-", false},
	{"4Ab C", false},
	{" 4AbC", false},
	{"4AbC\n", false},
	{"4AbC;id", false},
	{"$(id)", false},
	{"../4AbC", false},
	{"4Ab_C", false},
	{"4Ab\xc3\xa9", false},
	{"4Ab@", false},
	{"4Ab[", false},
	{"4Ab`", false},
	{"4Ab{", false},
	{"4Ab/", false},
	{"4Ab:", false},
	{"ALL ", false},
};

START_TEST(valid)
{
	const struct row *row = &rows[_i];
	char copy[QUEUE_ID_MAX + 1] = "before";

	ck_assert_msg(queue_id_is_valid(row->text) == row->is_valid, "\"%s\"", row->text);
	queue_id_copy(copy, row->text);
	ck_assert_str_eq(copy, row->is_valid ? row->text : "");
}
END_TEST

START_TEST(none)
{
	char copy[QUEUE_ID_MAX + 1] = "before";

	queue_id_copy(copy, NULL);
	ck_assert_str_eq(copy, "");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{valid, COUNT(rows)}, {none, 1}};

	return suite_run("queue_id", tests, COUNT(tests));
}
