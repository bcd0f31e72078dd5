/* test_similar: what was meant by a mistyped name
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/similar.h"
#include "suite.h"

#include <string.h>

static const char *const names[] = {"status", "state", "routes", "rules", "reload", "reset",
	"drain", "weight", "backoff", "backoff_max", "port", "priority"};

static const struct row {
	const char *typed;
	const char *meant; /* NULL: nobody can tell */
} rows[] = {
	{"status", "status"},
	{"statsu", "status"},
	{"STATUS", "status"},
	{"stat", "state"},
	{"rout", "routes"},
	{"drian", "drain"},
	{"drains", "drain"},
	{"back_off", "backoff"},
	{"backoffmax", "backoff_max"},
	{"backof", "backoff"},
	{"weigth", "weight"},
	{"prot", "port"},
	{"prio", NULL},
	{"priorty", "priority"},
	{"frobnicate", NULL},
	{"", NULL},
	{"x", NULL},
};

static const char *meant(const char *typed)
{
	struct similar similar;

	similar_begin(&similar, typed);
	for (size_t i = 0; i < COUNT(names); i++)
		similar_try(&similar, names[i]);
	return similar.best;
}

START_TEST(a_row)
{
	const struct row *row = &rows[_i];
	const char *got = meant(row->typed);

	ck_assert_msg((got == NULL) == (row->meant == NULL) &&
			      (got == NULL || strcmp(got, row->meant) == 0),
		"%s: %s", row->typed, got == NULL ? "none" : got);
}
END_TEST

START_TEST(names_without_end_are_left)
{
	char name[4096];
	struct similar similar;

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	similar_begin(&similar, name);
	similar_try(&similar, "a");
	similar_try(&similar, name);
	ck_assert_ptr_null(similar.best);
	similar_begin(&similar, "a");
	similar_try(&similar, name);
	ck_assert_ptr_null(similar.best);
	name[64] = '\0';
	similar_begin(&similar, name);
	similar_try(&similar, name);
	ck_assert_ptr_eq(similar.best, name);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{a_row, COUNT(rows)}, {names_without_end_are_left, 1}};

	return suite_run("similar", tests, COUNT(tests));
}
