/* test_duration: spans of time, read and written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/duration.h"
#include "suite.h"

#include <string.h>

static const struct parse_row {
	const char *text;
	int64_t expected;
} parses[] = {
	{"90", -1},
	{"2", -1},
	{"90s", 90000},
	{"2m", 120000},
	{"2h", 7200000},
	{"1d12h", 129600000},
	{"1d12h30m5s", 131405000},
	{"1d12h30m5", -1},
	{"1w", 604800000},
	{"520w", INT64_C(314496000000)},
	{"3660d", INT64_C(316224000000)},
	{"3661d", -1},
	{"", -1},
	{"0", -1},
	{"0s", -1},
	{"h", -1},
	{"2x", -1},
	{"-2h", -1},
	{"+2h", -1},
	{" 2h", -1},
	{"2 h", -1},
	{"2h ", -1},
	{"1.5h", -1},
	{"99999999999999999999s", -1},
	{"9999999999w", -1},
	{"3000d3000d", -1},
};

START_TEST(parse)
{
	ck_assert_msg(duration_parse(parses[_i].text) == parses[_i].expected, "\"%s\": %lld",
		parses[_i].text, (long long)duration_parse(parses[_i].text));
}
END_TEST

static const struct format_row {
	int64_t ms;
	const char *expected;
} formats[] = {
	{0, "0s"},
	{-5, "0s"},
	{499, "0s"},
	{500, "1s"},
	{59499, "59s"},
	{60000, "1m"},
	{90000, "1m30s"},
	{7200000, "2h"},
	{7205000, "2h"},
	{7260000, "2h1m"},
	{129600000, "1d12h"},
	{604800000, "1w"},
	{INT64_MAX, "522w6d"},
};

START_TEST(format)
{
	char out[DURATION_TEXT_MAX];

	ck_assert_str_eq(duration_format(out, formats[_i].ms), formats[_i].expected);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parse, COUNT(parses)}, {format, COUNT(formats)}};

	return suite_run("duration", tests, COUNT(tests));
}
