/* test_printable: foreign text made safe
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/printable.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *name;
	const char *text;
	size_t size;
	const char *expected;
} rows[] = {
	{"plain", "hello", 64, "hello"},
	{"empty", "", 64, ""},
	{"line ends", "a\r\nb\tc", 64, "a??b?c"},
	{"escape", "\033[31mred\177", 64, "?[31mred?"},
	{"UTF-8",
		"b\xc3\xbc"
		"cher \xe2\x82\xac \xf0\x9f\x93\xa7",
		64,
		"b\xc3\xbc"
		"cher \xe2\x82\xac \xf0\x9f\x93\xa7"},
	{"Latin-1",
		"b\xfc"
		"cher",
		64, "b?cher"},
	{"a lone continuation", "a\x80z", 64, "a?z"},
	{"a cut character", "a\xe2\x82", 64, "a??"},
	{"overlong slash", "\xc0\xaf", 64, "??"},
	{"overlong, three octets", "\xe0\x80\xaf", 64, "???"},
	{"surrogate", "\xed\xa0\x80", 64, "???"},
	{"past Unicode", "\xf4\x90\x80\x80", 64, "????"},
	{"five octets", "\xf8\x88\x80\x80\x80", 64, "?????"},
	{"C1 control",
		"\xc2\x9b"
		"31m",
		64, "?31m"},
	{"right to left",
		"\xe2\x80\xae"
		"evil\xe2\x81\xa9",
		64, "?evil?"},
	{"marks of direction", "\xe2\x80\x8f\xd8\x9c", 64, "??"},
	{"no width",
		"a\xe2\x80\x8b"
		"b\xef\xbb\xbf"
		"c\xc2\xad",
		64, "a?b?c?"},
	{"lines of Unicode", "\xe2\x80\xa8\xe2\x80\xa9", 64, "??"},
	{"tags", "\xf3\xa0\x81\x81", 64, "?"},
	{"beside them", "\xc2\xa0\xe2\x80\x90\xe2\x80\xaf", 64, "\xc2\xa0\xe2\x80\x90\xe2\x80\xaf"},
	{"a mask that just fits", "a\xe2\x80\xae", 3, "a?"},
	{"cut", "hello", 4, "hel"},
	{"never cut inside a character", "ab\xe2\x82\xac", 5, "ab"},
	{"a character that just fits", "ab\xe2\x82\xac", 6, "ab\xe2\x82\xac"},
	{"room for nothing", "hello", 1, ""},
};

START_TEST(copies)
{
	const struct row *row = &rows[_i];
	char out[64];

	memset(out, '#', sizeof(out));
	ck_assert_msg(strcmp(printable_copy(out, row->size, row->text), row->expected) == 0,
		"%s: \"%s\"", row->name, out);
	if (row->size < sizeof(out))
		ck_assert_msg(out[row->size] == '#', "%s: wrote past the end", row->name);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{copies, COUNT(rows)}};

	return suite_run("printable", tests, COUNT(tests));
}
