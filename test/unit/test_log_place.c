/* test_log_place: what may be used of what was kept
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_place.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *name;
	struct log_place place;
	bool is_valid;
} rows[] = {
	{"none", {.cursor = ""}, true},
	{"a file", {.now = {.inode = 1, .offset = 10, .seen = 10}}, true},
	{"a line that is not complete", {.now = {.inode = 1, .offset = 10, .seen = 90}}, true},
	{"two files", {.now = {.inode = 1}, .before = {.inode = 2, .seen = 5}}, true},
	{"a cursor", {.cursor = "s=1;i=2"}, true},
	{"seen less than delivered", {.now = {.inode = 1, .offset = 11, .seen = 10}}, false},
	{"the same before", {.before = {.inode = 1, .offset = 11, .seen = 10}}, false},
	{"past the end of all files", {.now = {.inode = 1, .seen = UINT64_MAX}}, false},
	{"no file, junk", {.now = {.offset = 11, .seen = 10}}, true},
};

START_TEST(valid)
{
	ck_assert_msg(log_place_valid(&rows[_i].place) == rows[_i].is_valid, "%s", rows[_i].name);
}
END_TEST

START_TEST(a_cursor_has_an_end)
{
	struct log_place place = {.cursor = ""};

	memset(place.cursor, 'x', sizeof(place.cursor));
	ck_assert(!log_place_valid(&place));
	place.cursor[sizeof(place.cursor) - 1] = '\0';
	ck_assert(log_place_valid(&place));
}
END_TEST

/* It is in the state file: it must not change between releases. */
START_TEST(the_tail_is_the_same_in_each_release)
{
	ck_assert_uint_eq(log_place_tail("", 0), UINT64_C(0xefd01f60ba992926));
	ck_assert_uint_ne(log_place_tail("a", 1), log_place_tail("b", 1));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{valid, COUNT(rows)}, {a_cursor_has_an_end, 1},
		{the_tail_is_the_same_in_each_release, 1}};

	return suite_run("log_place", tests, COUNT(tests));
}
