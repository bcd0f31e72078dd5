/* test_daytime: hours of the day, read and asked
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/daytime.h"
#include "suite.h"

#include <string.h>

enum { ALL_DAYS = 0x7f, WORKING_DAYS = 0x1f };

static const struct parse_row {
	const char *text;
	int days; /* -1: refused */
	int from;
	int to;
} parses[] = {
	{"08:00-18:00", ALL_DAYS, 480, 1080},
	{"8:00-18:30", ALL_DAYS, 480, 1110},
	{"Mon-Fri 08:00-18:00", WORKING_DAYS, 480, 1080},
	{"Sat,Sun", 0x60, 0, 1440},
	{"22:00-06:00", ALL_DAYS, 1320, 360},
	{"00:00-24:00", ALL_DAYS, 0, 1440},
	{"22:00-24:00", ALL_DAYS, 1320, 1440},
	{"22:00-00:00", ALL_DAYS, 1320, 0},
	{"23:59-00:01", ALL_DAYS, 1439, 1},
	{"Mon", 0x01, 0, 1440},
	{"Tue", 0x02, 0, 1440},
	{"Wed", 0x04, 0, 1440},
	{"Thu", 0x08, 0, 1440},
	{"Fri", 0x10, 0, 1440},
	{"Sat", 0x20, 0, 1440},
	{"Sun", 0x40, 0, 1440},
	{"MON-wEd", 0x07, 0, 1440},
	{"Mon-Mon", 0x01, 0, 1440},
	{"Fri-Mon", 0x71, 0, 1440},
	{"Sun-Sat", ALL_DAYS, 0, 1440},
	{"Mon-Tue,Thu-Fri,Sun 01:02-03:04", 0x5b, 62, 184},
	{"Mon,Mon", 0x01, 0, 1440},
	{" \tMon - Fri ,\tSun  08:00 - 18:00 ", 0x5f, 480, 1080},
	{"Mon\t08:00-18:00", 0x01, 480, 1080},
	{"Sat ", 0x20, 0, 1440},
	{"", -1, 0, 0},
	{" ", -1, 0, 0},
	{"always", -1, 0, 0},
	{"Mo", -1, 0, 0},
	{"Monday", -1, 0, 0},
	{"Mon Tue", -1, 0, 0},
	{"Mon,", -1, 0, 0},
	{",Mon", -1, 0, 0},
	{"Mon,,Tue", -1, 0, 0},
	{"Mon-", -1, 0, 0},
	{"-Mon", -1, 0, 0},
	{"Mon-Tue-Wed", -1, 0, 0},
	{"Mon-08:00", -1, 0, 0},
	{"Mon08:00-18:00", -1, 0, 0},
	{"Mon,08:00-18:00", -1, 0, 0},
	{"Mon 08:00-18:00 x", -1, 0, 0},
	{"08:00-18:00 Mon", -1, 0, 0},
	{"08:00-18:00,20:00-21:00", -1, 0, 0},
	{"08:00", -1, 0, 0},
	{"08:00-", -1, 0, 0},
	{"-08:00", -1, 0, 0},
	{"Mon 08:00", -1, 0, 0},
	{"08:00 18:00", -1, 0, 0},
	{"08:00-08:00", -1, 0, 0},
	{"00:00-00:00", -1, 0, 0},
	{"24:00-06:00", -1, 0, 0},
	{"24:00-24:00", -1, 0, 0},
	{"08:00-24:01", -1, 0, 0},
	{"08:00-25:00", -1, 0, 0},
	{"08:60-18:00", -1, 0, 0},
	{"08:00-18:60", -1, 0, 0},
	{"8-18", -1, 0, 0},
	{"08:0-18:00", -1, 0, 0},
	{"08:000-18:00", -1, 0, 0},
	{"008:00-18:00", -1, 0, 0},
	{":00-18:00", -1, 0, 0},
	{"08:-18:00", -1, 0, 0},
	{"08 :00-18:00", -1, 0, 0},
	{"08.00-18.00", -1, 0, 0},
	{"8am-6pm", -1, 0, 0},
};

START_TEST(parse)
{
	const struct parse_row *row = &parses[_i];
	struct daytime daytime;
	int result = daytime_parse(&daytime, row->text);

	ck_assert_msg(result == (row->days == -1 ? -1 : 0), "\"%s\": %d", row->text, result);
	if (result == -1)
		return;
	ck_assert_msg(daytime.days == row->days, "\"%s\": days %x", row->text, daytime.days);
	ck_assert_msg(daytime.from == row->from && daytime.to == row->to, "\"%s\": %d-%d",
		row->text, daytime.from, daytime.to);
}
END_TEST

enum { MON = 0, TUE, WED, THU, FRI, SAT, SUN };

static const struct has_row {
	const char *text;
	int day, hour, minute;
	bool expected;
} questions[] = {
	{"08:00-18:00", MON, 7, 59, false},
	{"08:00-18:00", MON, 8, 0, true},
	{"08:00-18:00", SUN, 17, 59, true},
	{"08:00-18:00", SUN, 18, 0, false},
	{"Mon-Fri 08:00-18:00", FRI, 17, 59, true},
	{"Mon-Fri 08:00-18:00", SAT, 12, 0, false},
	{"Mon-Fri 08:00-18:00", SUN, 12, 0, false},
	{"Mon-Fri 22:00-06:00", FRI, 22, 0, true},
	{"Mon-Fri 22:00-06:00", FRI, 21, 59, false},
	{"Mon-Fri 22:00-06:00", SAT, 0, 0, true},
	{"Mon-Fri 22:00-06:00", SAT, 5, 59, true},
	{"Mon-Fri 22:00-06:00", SAT, 6, 0, false},
	{"Mon-Fri 22:00-06:00", SAT, 22, 0, false},
	{"Mon-Fri 22:00-06:00", MON, 0, 0, false},
	{"Mon-Fri 22:00-06:00", MON, 5, 59, false},
	{"Sun 22:00-06:00", MON, 5, 59, true},
	{"Sun 22:00-06:00", SUN, 5, 59, false},
	{"Sun 22:00-00:00", SUN, 23, 59, true},
	{"Sun 22:00-00:00", MON, 0, 0, false},
	{"Fri-Mon", THU, 23, 59, false},
	{"Fri-Mon", FRI, 0, 0, true},
	{"Fri-Mon", SUN, 12, 0, true},
	{"Fri-Mon", MON, 23, 59, true},
	{"Fri-Mon", TUE, 0, 0, false},
	{"Sat,Sun", SUN, 23, 59, true},
	{"Sat,Sun", MON, 0, 0, false},
	{"Wed 00:00-24:00", WED, 23, 59, true},
};

START_TEST(has)
{
	const struct has_row *row = &questions[_i];
	struct daytime daytime;

	ck_assert_int_eq(daytime_parse(&daytime, row->text), 0);
	ck_assert_msg(daytime_has(&daytime, row->day * DAYTIME_DAY + row->hour * 60 +
						    row->minute) == row->expected,
		"\"%s\": day %d, %d:%d", row->text, row->day, row->hour, row->minute);
}
END_TEST

/* From each day's beginning as many minutes as there are, written into a whole week. */
START_TEST(has_the_minutes_of_a_week)
{
	static bool week[DAYTIME_WEEK];
	unsigned seed = 7 + (unsigned)_i;
	struct daytime daytime = {.days = (uint8_t)(suite_random(&seed) & ALL_DAYS),
		.from = (int)(suite_random(&seed) % DAYTIME_DAY),
		.to = (int)(suite_random(&seed) % (DAYTIME_DAY + 1))};
	int length = daytime.to - daytime.from;

	memset(week, 0, sizeof(week));
	if (length == 0)
		return;
	for (int day = 0; day < 7; day++)
		for (int i = 0; i < (length < 0 ? length + DAYTIME_DAY : length); i++)
			if ((daytime.days >> day & 1) != 0)
				week[(day * DAYTIME_DAY + daytime.from + i) % DAYTIME_WEEK] = true;
	for (int minute = 0; minute < DAYTIME_WEEK; minute++)
		ck_assert_msg(daytime_has(&daytime, minute) == week[minute],
			"seed %d: days %x, %d-%d: minute %d", _i, daytime.days, daytime.from,
			daytime.to, minute);
}
END_TEST

static const struct left_row {
	const char *texts[3];
	int day, hour, minute;
	int left;
} lefts[] = {
	{{"Sun 02:00-04:00"}, SUN, 1, 59, 0},
	{{"Sun 02:00-04:00"}, SUN, 2, 0, 120},
	{{"Sun 02:00-04:00"}, SUN, 3, 59, 1},
	{{"Sun 02:00-04:00"}, SUN, 4, 0, 0},
	{{"Sun 02:00-04:00"}, MON, 3, 0, 0},
	{{"Sun 22:00-06:00"}, SUN, 23, 0, 420},
	{{"Sun 22:00-06:00"}, MON, 5, 0, 60},
	{{"Sun 22:00-06:00"}, MON, 23, 0, 0},
	/* What touches or overlaps is one, over the week's end, too. */
	{{"Sat 22:00-24:00", "Sun 00:00-04:00"}, SAT, 23, 0, 300},
	{{"Sun 00:00-04:00", "Sat 22:00-24:00"}, SAT, 23, 0, 300},
	{{"Sun 22:00-24:00", "Mon 00:00-01:00"}, SUN, 23, 0, 120},
	{{"Sat 22:00-24:00", "Sun 00:01-04:00"}, SAT, 23, 0, 60},
	{{"02:00-04:00", "03:00-05:00", "05:00-06:00"}, WED, 2, 30, 210},
	{{"Sat,Sun"}, SAT, 12, 0, 36 * 60},
	{{"Mon-Sat", "Sun 00:00-12:00"}, MON, 0, 0, 6 * 1440 + 720},
	{{"00:00-24:00"}, WED, 12, 0, DAYTIME_WEEK},
	{{"12:00-00:00", "00:00-12:00"}, WED, 12, 0, DAYTIME_WEEK},
};

START_TEST(left)
{
	const struct left_row *row = &lefts[_i];
	struct daytime list[3];
	size_t count = 0;
	int found;

	for (; count < 3 && row->texts[count] != NULL; count++)
		ck_assert_int_eq(daytime_parse(&list[count], row->texts[count]), 0);
	found = daytime_left(list, count, row->day * DAYTIME_DAY + row->hour * 60 + row->minute);
	ck_assert_msg(found == row->left, "row %d: %d", _i, found);
	ck_assert_int_eq(daytime_left(list, 0, 0), 0);
}
END_TEST

/* What is written is read as the same. */
START_TEST(format)
{
	const struct parse_row *row = &parses[_i];
	struct daytime daytime, again;
	char text[DAYTIME_TEXT_MAX];

	if (row->days == -1)
		return;
	ck_assert_int_eq(daytime_parse(&daytime, row->text), 0);
	ck_assert_int_eq(daytime_parse(&again, daytime_format(text, &daytime)), 0);
	ck_assert_msg(daytime_compare(&daytime, &again) == 0, "\"%s\": \"%s\"", row->text, text);
}
END_TEST

START_TEST(words)
{
	struct daytime daytime = {.days = 0x41, .from = 62, .to = 1440};
	char text[DAYTIME_TEXT_MAX];

	ck_assert_str_eq(daytime_format(text, &daytime), "Mon,Sun 01:02-24:00");
	daytime.days = ALL_DAYS;
	ck_assert_str_eq(daytime_format(text, &daytime), "01:02-24:00");
	daytime.days = ALL_DAYS - 1;
	ck_assert_uint_lt(strlen(daytime_format(text, &daytime)), DAYTIME_TEXT_MAX);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parse, COUNT(parses)}, {has, COUNT(questions)},
		{has_the_minutes_of_a_week, 200}, {left, COUNT(lefts)}, {format, COUNT(parses)},
		{words, 1}};

	return suite_run("daytime", tests, COUNT(tests));
}
