/* test_logline: the frames of log lines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/logline.h"
#include "corpus.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct corpus corpus;

START_TEST(corpus_row)
{
	const struct corpus_row *row = &corpus.rows[_i];
	char got[CORPUS_TEXT_MAX] = "-";
	struct logline line;

	if (logline_parse(&line, row->line, row->length, CORPUS_NOW, 0))
		corpus_describe_frame(got, &line);
	ck_assert_msg(strcmp(got, row->expected) == 0, "line %d: %s\ngives:  %s\nwanted: %s",
		row->number, row->line, got, row->expected);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_int_gt(corpus.count, 60);
}
END_TEST

/* ---- the year, the offset and now */

static const struct time_row {
	const char *name;
	const char *text;
	int64_t now;
	int32_t offset_s;
	int64_t expected;
} time_rows[] = {
	{"this year", "Mar  1 00:00:00", INT64_C(1772323200000), 0, INT64_C(1772323200000)},
	{"the end of the second", "Mar  1 00:00:00", INT64_C(1772323205000), 0,
		INT64_C(1772323200999)},
	{"no later than now", "Mar  1 00:00:00", INT64_C(1772323200400), 0, INT64_C(1772323200400)},
	{"read after new year", "Dec 31 23:59:59", INT64_C(1767225601000), 0,
		INT64_C(1767225599999)},
	{"written after new year, read before", "Jan  1 00:00:01", INT64_C(1767225599000), 0,
		INT64_C(1767225599000)},
	{"half a year ago", "Jul  4 00:00:00", INT64_C(1767225600000), 0, INT64_C(1751587200999)},
	{"the leap day", "Feb 29 12:00:00", INT64_C(1709251200000), 0, INT64_C(1709208000999)},
	{"a leap day in a year without", "Feb 29 12:00:00", INT64_C(1772409600000), 0,
		INT64_C(1772366400999)},
	{"east", "Mar  1 01:00:00", INT64_C(1772323205000), 3600, INT64_C(1772323200999)},
	{"west", "Feb 28 19:00:00", INT64_C(1772323205000), -18000, INT64_C(1772323200999)},
	{"new year in the east", "Jan  1 00:30:00", INT64_C(1767223860000), 3600,
		INT64_C(1767223800999)},
	{"new year in the west", "Dec 31 23:30:00", INT64_C(1767227460000), -3600,
		INT64_C(1767227400999)},
	{"its own offset", "2026-03-01T01:00:00+01:00", INT64_C(1772323205000), -18000,
		INT64_C(1772323200999)},
	{"UTC", "2026-03-01T00:00:00Z", INT64_C(1772323205000), -18000, INT64_C(1772323200999)},
	{"no offset", "2026-02-28 19:00:00.250", INT64_C(1772323205000), -18000,
		INT64_C(1772323200250)},
	{"1970", "1970-01-01T00:00:00Z", INT64_C(1772323205000), 0, 999},
	{"a year that is no leap year", "2100-03-01T00:00:00Z", INT64_C(4200000000000), 0,
		INT64_C(4107542400999)},
};

START_TEST(times)
{
	const struct time_row *row = &time_rows[_i];
	char text[128];
	struct logline line;

	snprintf(text, sizeof(text), "%s mx postfix/smtp[1]: x", row->text);
	ck_assert_msg(
		logline_parse(&line, text, strlen(text), row->now, row->offset_s), "%s", row->name);
	ck_assert_msg(line.at == row->expected, "%s: %lld, wanted %lld", row->name,
		(long long)line.at, (long long)row->expected);
}
END_TEST

/* Each day of a year, seen half a year before and after, is in the year that is nearest. */
START_TEST(every_day)
{
	for (int64_t day = 0; day < 800; day++) {
		int64_t time = INT64_C(1735689600000) + day * 86400000; /* 2025-01-01 */
		char expected[CORPUS_TEXT_MAX], text[128];
		struct logline line = {time, "p", 1, "m", 1, 0};
		static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

		corpus_describe_frame(expected, &line);
		snprintf(text, sizeof(text), "%.3s %2d 00:00:00.0 mx p: m",
			months + (size_t)(atoi(expected + strlen("at=2025-")) - 1) * 3,
			atoi(expected + strlen("at=2025-01-")));
		for (int64_t now = time; now < time + INT64_C(180) * 86400000;
			now += INT64_C(30) * 86400000) {
			ck_assert(logline_parse(&line, text, strlen(text), now, 0));
			ck_assert_msg(line.at == time, "%s: %lld", text, (long long)line.at);
		}
	}
}
END_TEST

/* ---- octets, and where a line ends */

START_TEST(beginnings)
{
	for (int i = 0; i < corpus.count; i++) {
		const struct corpus_row *row = &corpus.rows[i];

		for (size_t length = 0; length < row->length; length++) {
			char *exact = malloc(length + 1);
			struct logline line;

			ck_assert_ptr_nonnull(exact);
			memcpy(exact + 1, row->line, length);
			if (logline_parse(&line, exact + 1, length, CORPUS_NOW, 0)) {
				ck_assert_uint_gt(line.program_length, 0);
				ck_assert_uint_le(line.length, length);
			}
			free(exact);
		}
	}
}
END_TEST

START_TEST(octets)
{
	static const char text[] = "Nov 24 03:21:12 mx \xff\0[1]: \0\n\xff";
	struct logline line;

	ck_assert(logline_parse(&line, text, sizeof(text) - 1, CORPUS_NOW, 0));
	ck_assert_uint_eq(line.program_length, 2);
	ck_assert_uint_eq(line.length, 3);
	ck_assert_mem_eq(line.message, "\0\n\xff", 3);
}
END_TEST

int main(void)
{
	int status;

	corpus_read(&corpus, "logline.txt");

	const struct suite_test tests[] = {{the_corpus_is_there, 1}, {corpus_row, corpus.count},
		{times, COUNT(time_rows)}, {every_day, 1}, {beginnings, 1}, {octets, 1}};

	status = suite_run("logline", tests, COUNT(tests));
	corpus_free(&corpus);
	return status;
}
