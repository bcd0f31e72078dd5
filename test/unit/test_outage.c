/* test_outage: since when a host has been down, how often and how long in all
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/health.h"
#include "core/outage.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "dN" and "uN": it is down, or not, from the time N on. Then what is known at the time NOW. */
static const struct row {
	const char *name;
	const char *history;
	int64_t now;
	int64_t since;
	int64_t total;
	uint64_t count;
} rows[] = {
	{"never", "u10 u20", 30, 0, 0, 0},
	{"it goes on", "u10 d20", 50, 20, 30, 1},
	{"through deferred and trial", "d20 d30 d40", 50, 20, 30, 1},
	{"it has ended", "d20 u30 u40", 50, 0, 10, 1},
	{"two", "d20 u30 d40 u45", 90, 0, 15, 2},
	{"two, of which one goes on", "d20 u30 d40", 42, 40, 12, 2},
	{"the clock is set back while it goes on", "d20 u25 d40", 30, 40, 5, 2},
	{"the clock is set back before it ends", "d20 u25 d40 u30", 90, 0, 5, 2},
	{"it begins and ends at once", "d20 u20", 90, 0, 0, 1},
};

START_TEST(history)
{
	const struct row *row = &rows[_i];
	struct outage outage = {.since = 0};
	char text[100];
	char *rest = text;
	char *word;

	snprintf(text, sizeof(text), "%s", row->history);
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		outage_update(&outage, *word == 'd', strtol(word + 1, NULL, 10));
		ck_assert_msg(outage_valid(&outage), "%s: valid", row->name);
	}
	ck_assert_msg(
		outage.since == row->since, "%s: since %jd", row->name, (intmax_t)outage.since);
	ck_assert_msg(
		outage.count == row->count, "%s: count %ju", row->name, (uintmax_t)outage.count);
	ck_assert_msg(outage_total(&outage, row->now) == row->total, "%s: total %jd", row->name,
		(intmax_t)outage_total(&outage, row->now));
}
END_TEST

static const struct range_row {
	const char *name;
	struct outage outage;
	bool is_valid;
} ranges[] = {
	{"zero", {.since = 0}, true},
	{"the last time there is", {.since = HEALTH_TIME_MAX, .total = HEALTH_TIME_MAX}, true},
	{"since before 1970", {.since = -1}, false},
	{"since after 9999", {.since = HEALTH_TIME_MAX + 1}, false},
	{"a negative total", {.total = -1}, false},
	{"a total beyond all time", {.total = HEALTH_TIME_MAX + 1}, false},
	{"no such reason", {.reason = HEALTH_REASON_COUNT}, false},
};

START_TEST(range)
{
	ck_assert_msg(
		outage_valid(&ranges[_i].outage) == ranges[_i].is_valid, "%s", ranges[_i].name);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{history, COUNT(rows)}, {range, COUNT(ranges)}};

	return suite_run("outage", tests, COUNT(tests));
}
