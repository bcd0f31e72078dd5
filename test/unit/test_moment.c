/* test_moment: times as operators write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/moment.h"
#include "suite.h"

static const struct row {
	const char *text;
	int result;
	struct moment moment;
} rows[] = {
	{"14:30", 0, {.kind = MOMENT_CLOCK, .hour = 14, .minute = 30}},
	{"00:00", 0, {.kind = MOMENT_CLOCK}},
	{"23:59", 0, {.kind = MOMENT_CLOCK, .hour = 23, .minute = 59}},
	{"2026-01-31T14:30", 0,
		{.kind = MOMENT_DATE,
			.year = 2026,
			.month = 1,
			.day = 31,
			.hour = 14,
			.minute = 30}},
	{"2028-02-29T00:00", 0, {.kind = MOMENT_DATE, .year = 2028, .month = 2, .day = 29}},
	{"now+2h", 0, {.kind = MOMENT_SPAN, .span = 7200000}},
	{"now+3s", 0, {.kind = MOMENT_SPAN, .span = 3000}},
	{"", -1, {.kind = MOMENT_CLOCK}},
	{"24:00", -1, {.kind = MOMENT_CLOCK}},
	{"14:60", -1, {.kind = MOMENT_CLOCK}},
	{"4:30", -1, {.kind = MOMENT_CLOCK}},
	{"14:3", -1, {.kind = MOMENT_CLOCK}},
	{"14:300", -1, {.kind = MOMENT_CLOCK}},
	{"14:30:00", -1, {.kind = MOMENT_CLOCK}},
	{" 14:30", -1, {.kind = MOMENT_CLOCK}},
	{"1430", -1, {.kind = MOMENT_CLOCK}},
	{"now", -1, {.kind = MOMENT_CLOCK}},
	{"now+", -1, {.kind = MOMENT_CLOCK}},
	{"now+2", -1, {.kind = MOMENT_CLOCK}},
	{"now-2h", -1, {.kind = MOMENT_CLOCK}},
	{"2h", -1, {.kind = MOMENT_CLOCK}},
	{"2026-02-29T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"2026-13-01T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"2026-00-01T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"2026-01-00T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"2026-1-1T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"0000-01-01T00:00", -1, {.kind = MOMENT_CLOCK}},
	{"2026-01-31 14:30", -1, {.kind = MOMENT_CLOCK}},
	{"2026-01-31", -1, {.kind = MOMENT_CLOCK}},
	{"2026-01-31T14:30Z", -1, {.kind = MOMENT_CLOCK}},
};

START_TEST(parses)
{
	const struct row *row = &rows[_i];
	const struct moment *wanted = &row->moment;
	struct moment moment;

	ck_assert_msg(moment_parse(&moment, row->text) == row->result, "%s", row->text);
	if (row->result == -1)
		return;
	ck_assert_int_eq(moment.kind, wanted->kind);
	ck_assert_int_eq(moment.year, wanted->year);
	ck_assert_int_eq(moment.month, wanted->month);
	ck_assert_int_eq(moment.day, wanted->day);
	ck_assert_int_eq(moment.hour, wanted->hour);
	ck_assert_int_eq(moment.minute, wanted->minute);
	ck_assert_int_eq(moment.span, wanted->span);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parses, COUNT(rows)}};

	return suite_run("moment", tests, COUNT(tests));
}
