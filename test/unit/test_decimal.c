/* test_decimal: whole numbers, read and written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/decimal.h"
#include "suite.h"

#include <string.h>

static const struct parse_row {
	const char *text;
	int64_t least;
	int64_t most;
	int64_t expected;
} parses[] = {
	{"0", 0, 10, 0},
	{"10", 0, 10, 10},
	{"11", 0, 10, -1},
	{"1", 2, 10, -1},
	{"007", 0, 10, 7},
	{"", 0, 10, -1},
	{"-1", 0, 10, -1},
	{"+1", 0, 10, -1},
	{" 1", 0, 10, -1},
	{"1 ", 0, 10, -1},
	{"1x", 0, 10, -1},
	{"0x1", 0, 10, -1},
	{"9223372036854775807", 0, INT64_MAX, -1}, /* too near the edge to be told from too big */
	{"922337203685477580", 0, INT64_MAX, INT64_C(922337203685477580)},
	{"9223372036854775808", 0, INT64_MAX, -1},
	{"99999999999999999999999", 0, INT64_MAX, -1},
};

START_TEST(parse)
{
	const struct parse_row *row = &parses[_i];

	ck_assert_msg(decimal_parse(row->text, row->least, row->most) == row->expected,
		"\"%s\": %lld", row->text,
		(long long)decimal_parse(row->text, row->least, row->most));
}
END_TEST

static const struct put_row {
	int64_t number;
	const char *expected;
} puts_[] = {{0, "0"}, {7, "7"}, {10, "10"}, {65535, "65535"}, {INT64_MAX, "9223372036854775807"}};

START_TEST(put)
{
	char out[32];

	memset(out, '#', sizeof(out));
	*decimal_put(out, puts_[_i].number) = '\0';
	ck_assert_str_eq(out, puts_[_i].expected);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parse, COUNT(parses)}, {put, COUNT(puts_)}};

	return suite_run("decimal", tests, COUNT(tests));
}
