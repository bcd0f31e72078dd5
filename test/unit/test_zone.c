/* test_zone: times of a zone, through its changes of the clocks
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/zone.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Rules in the variable itself: no database of zones is needed. */
static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";
static const char lord_howe[] = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
static const char kolkata[] = "IST-5:30";

static int64_t time_of(const char *utc)
{
	struct tm parts = {.tm_isdst = 0};

	ck_assert_ptr_nonnull(strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &parts));
	return (int64_t)timegm(&parts) * 1000;
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static const struct resolve_row {
	const char *zone;
	const char *now;
	const char *text;
	enum zone_fault fault;
	const char *at;
} resolve_rows[] = {
	{"UTC0", "2026-01-31T12:00:00Z", "12:01", ZONE_FINE, "2026-01-31T12:01:00Z"},
	{"UTC0", "2026-01-31T12:00:00Z", "12:00", ZONE_FINE, "2026-02-01T12:00:00Z"},
	{"UTC0", "2026-12-31T23:59:30Z", "00:00", ZONE_FINE, "2027-01-01T00:00:00Z"},
	{"UTC0", "2026-01-31T12:00:10Z", "now+2h", ZONE_FINE, "2026-01-31T14:00:10Z"},
	{"UTC0", "2026-01-31T12:00:00Z", "2026-01-31T12:00", ZONE_PAST, NULL},
	{"UTC0", "2026-01-31T12:00:00Z", "1999-01-31T12:00", ZONE_PAST, NULL},
	{berlin, "2026-01-31T12:00:00Z", "14:30", ZONE_FINE, "2026-01-31T13:30:00Z"},
	{berlin, "2026-07-31T12:00:00Z", "14:30", ZONE_FINE, "2026-07-31T12:30:00Z"},
	{kolkata, "2026-07-31T12:00:00Z", "2026-08-01T00:00", ZONE_FINE, "2026-07-31T18:30:00Z"},
	/* On 2027-03-28 the clocks go from 02:00 to 03:00. */
	{berlin, "2027-03-27T23:00:00Z", "02:30", ZONE_SKIPPED, NULL},
	{berlin, "2027-03-27T23:00:00Z", "01:59", ZONE_FINE, "2027-03-28T00:59:00Z"},
	{berlin, "2027-03-27T23:00:00Z", "03:00", ZONE_FINE, "2027-03-28T01:00:00Z"},
	{berlin, "2027-03-27T12:00:00Z", "02:30", ZONE_SKIPPED, NULL},
	{berlin, "2027-03-27T12:00:00Z", "2027-03-28T02:00", ZONE_SKIPPED, NULL},
	{berlin, "2027-03-28T03:00:00Z", "02:30", ZONE_FINE, "2027-03-29T00:30:00Z"},
	/* On 2027-10-31 they go from 03:00 to 02:00. */
	{berlin, "2027-10-30T23:00:00Z", "02:30", ZONE_FINE, "2027-10-31T00:30:00Z"},
	{berlin, "2027-10-31T00:40:00Z", "02:30", ZONE_FINE, "2027-10-31T01:30:00Z"},
	{berlin, "2027-10-31T01:40:00Z", "02:30", ZONE_FINE, "2027-11-01T01:30:00Z"},
	{berlin, "2027-10-31T00:40:00Z", "2027-10-31T02:30", ZONE_FINE, "2027-10-31T01:30:00Z"},
	/* Half an hour, on the first Sunday of October. */
	{lord_howe, "2027-10-02T12:00:00Z", "2027-10-03T02:15", ZONE_SKIPPED, NULL},
	{lord_howe, "2027-10-02T12:00:00Z", "2027-10-03T02:30", ZONE_FINE, "2027-10-02T15:30:00Z"},
};

START_TEST(resolves)
{
	const struct resolve_row *row = &resolve_rows[_i];
	struct moment moment;
	char text[CLOCK_TEXT_MAX];
	int64_t at;
	enum zone_fault fault;

	set_zone(row->zone);
	ck_assert_int_eq(moment_parse(&moment, row->text), 0);
	fault = zone_resolve(&moment, time_of(row->now), &at);
	ck_assert_msg(fault == row->fault, "%s at %s: fault %d", row->text, row->now, fault);
	if (fault == ZONE_FINE)
		ck_assert_msg(at == time_of(row->at), "%s at %s: %s", row->text, row->now,
			clock_format(text, at));
}
END_TEST

static const struct end_row {
	const char *zone;
	const char *now;
	int minutes;
	const char *end;
} end_rows[] = {
	{"UTC0", "2026-01-31T12:00:00Z", 1, "2026-01-31T12:01:00Z"},
	{"UTC0", "2026-01-31T12:00:59Z", 1, "2026-01-31T12:01:00Z"},
	{kolkata, "2026-01-31T12:00:30Z", 60, "2026-01-31T13:00:00Z"},
	/* 01:30 to 04:00, over the hour that is not there. */
	{berlin, "2027-03-28T00:30:00Z", 150, "2027-03-28T02:00:00Z"},
	/* 01:30 to 02:30, which is not there. */
	{berlin, "2027-03-28T00:30:00Z", 60, "2027-03-28T01:00:00Z"},
	/* 01:30 to 04:00, over the hour that comes twice. */
	{berlin, "2027-10-30T23:30:00Z", 150, "2027-10-31T03:00:00Z"},
	/* To 02:30: the first of the two. */
	{berlin, "2027-10-30T23:30:00Z", 60, "2027-10-31T00:30:00Z"},
	{berlin, "2027-10-31T01:10:00Z", 20, "2027-10-31T01:30:00Z"},
};

START_TEST(windows_end_by_the_clock)
{
	const struct end_row *row = &end_rows[_i];
	char text[CLOCK_TEXT_MAX];
	int64_t end;

	set_zone(row->zone);
	end = zone_end(time_of(row->now), row->minutes);
	ck_assert_msg(end == time_of(row->end), "%s and %d minutes: %s", row->now, row->minutes,
		clock_format(text, end));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{resolves, COUNT(resolve_rows)}, {windows_end_by_the_clock, COUNT(end_rows)}};

	return suite_run("zone", tests, COUNT(tests));
}
