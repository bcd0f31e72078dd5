/* test_enhanced: what is an enhanced status code, and what only looks like one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/enhanced.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	size_t length;	   /* of the code in front */
	const char *found; /* anywhere; NULL: none */
	bool is_beginning;
} rows[] = {
	{"4.3.1", 5, "4.3.1", true},
	{"4.3.1 text", 5, "4.3.1", false},
	{"5.123.456", 9, "5.123.456", true},
	{"4.3", 0, NULL, true},
	{"4", 0, NULL, true},
	{"4.", 0, NULL, false},
	{"4.3.", 0, NULL, false},
	{"4.3.1.2", 0, NULL, false},
	{"4.1234.1", 0, NULL, false},
	{"44.3.1", 0, NULL, false},
	{"3.3.1", 0, NULL, false},
	{"", 0, NULL, false},
	{"tag_1 4.3.1 text", 0, "4.3.1", false},
	{"tag: 4.3.1 text", 0, NULL, false},
	{"#4.3.1 text", 0, "4.3.1", false},
	{"text (#4.3.1)", 0, "4.3.1", false},
	{"text (#4.3.1) text", 0, NULL, false},
	{"text #4.3.1\"", 0, NULL, false},
	{"#4.3.1x", 0, NULL, false},
};

START_TEST(code)
{
	const struct row *row = &rows[_i];
	struct span text = span_make(row->text, strlen(row->text));
	struct span found = {0};

	ck_assert_msg(enhanced_length(text) == row->length, "%s", row->text);
	ck_assert_msg(enhanced_is_beginning(row->text) == row->is_beginning, "%s", row->text);
	ck_assert_msg(enhanced_find(text, &found) == (row->found != NULL), "%s", row->text);
	ck_assert_msg(row->found == NULL || span_is(found, row->found), "%s: %.*s", row->text,
		(int)found.length, found.at);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{code, COUNT(rows)}};

	return suite_run("enhanced", tests, COUNT(tests));
}
