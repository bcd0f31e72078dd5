/* test_clock: the time of day as text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "suite.h"

#include <time.h>

static const struct row {
	int64_t ms;
	const char *expected;
} rows[] = {
	{0, "1970-01-01T00:00:00Z"},
	{999, "1970-01-01T00:00:00Z"},
	{INT64_C(1769860800000), "2026-01-31T12:00:00Z"},
	{INT64_C(1709164800000), "2024-02-29T00:00:00Z"},
	{INT64_MAX, "292278994-08-17T07:12:55Z"},
};

START_TEST(format)
{
	char out[CLOCK_TEXT_MAX];

	ck_assert_str_eq(clock_format(out, rows[_i].ms), rows[_i].expected);
}
END_TEST

START_TEST(is_the_time_of_day)
{
	int64_t before = (int64_t)time(NULL) * 1000;
	int64_t now = clock_now();

	ck_assert_int_ge(now, before);
	ck_assert_int_le(now, ((int64_t)time(NULL) + 1) * 1000);
}
END_TEST

START_TEST(the_steady_one_goes_on)
{
	int64_t before = clock_steady();
	int64_t start = clock_now();

	while (clock_now() < start + 3)
		;
	ck_assert_int_gt(clock_steady(), before);
	ck_assert_int_lt(clock_steady(), before + 60000);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{format, COUNT(rows)}, {is_the_time_of_day, 1}, {the_steady_one_goes_on, 1}};

	return suite_run("clock", tests, COUNT(tests));
}
