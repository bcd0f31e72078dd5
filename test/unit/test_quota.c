/* test_quota: how much a host may be given in a time, and what it has had
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/quota.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part is 10. */
enum { PER = 10 * QUOTA_PARTS, START = 1000 };

static const struct quota_limits three = {.messages = 3, .per = PER};
static const struct quota_limits three_recipients = {.recipients = 3, .per = PER};

/*
 * "T" and "T/AT": a message is counted at T, delivered then or at AT; "T=K": in the transaction K. All
 * times are from START on. Then what is known at NOW.
 */
static const struct row {
	const char *name;
	const struct quota_limits *limits;
	const char *history;
	int now;
	uint32_t used;
	int until; /* -1: not spent */
} rows[] = {
	{"nothing", &three, "", 0, 0, -1},
	{"less than it", &three, "0 5", 5, 2, -1},
	{"all of it", &three, "0 5 9", 9, 3, PER + 10},
	{"of several slots the oldest lapses", &three, "0 15 25", 30, 3, PER + 10},
	{"it has not lapsed", &three, "0 15 25", PER + 9, 3, PER + 10},
	{"it has lapsed", &three, "0 15 25", PER + 10, 2, -1},
	{"and the next", &three, "0 15 25", PER + 20, 1, -1},
	{"all has lapsed", &three, "0 15 25", PER + 30, 0, -1},
	{"more than it: enough has to lapse", &three, "0 15 25 35", 40, 4, PER + 20},
	{"what was spent is counted on", &three, "0 15 25 250", 250, 3, PER + 20},
	{"much later", &three, "0 1 2 100000", 100000, 1, -1},
	{"a log that is read late", &three, "0 100/85 100/3", 100, 3, PER + 10},
	{"a line that is too old", &three, "0 1000/10", 1000, 0, -1},
	{"the lines of one transaction", &three, "0=7 1=7 2=7 3=8", 3, 2, -1},
	{"mixed with another", &three, "0=7 1=8 2=7 3=8", 3, 2, -1},
	{"recipients: each", &three_recipients, "0=7 1=7 2=7", 3, 3, PER + 10},
	{"the clock is set back", &three, "500 500 500", 0, 3, PER + 10},
	{"and counts on", &three, "500 500 0", 0, 3, PER + 10},
	{"and its counts lapse in time", &three, "500 500 0", PER + 10, 0, -1},
	{"the clock is set forward: time has passed", &three, "0 0 0", 100000, 0, -1},
};

static void play(struct quota *quota, const struct quota_limits *limits, const char *history)
{
	char text[100];
	char *rest = text;
	char *word;
	uint64_t own = 1000;

	memset(quota, 0, sizeof(*quota));
	snprintf(text, sizeof(text), "%s", history);
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		char *end;
		int64_t now = START + strtol(word, &end, 10);
		int64_t at = *end == '/' ? START + strtol(end + 1, NULL, 10) : now;
		uint64_t key = *end == '=' ? strtoul(end + 1, NULL, 10) : own++;

		quota_count(quota, limits, key, at, now);
		ck_assert_msg(quota_valid(quota), "%s: valid", history);
	}
}

START_TEST(history)
{
	const struct row *row = &rows[_i];
	int64_t now = START + row->now;
	int64_t until = row->until == -1 ? 0 : START + row->until;
	struct quota quota;
	uint32_t used;

	play(&quota, row->limits, row->history);
	used = quota_used(&quota, row->limits, now);
	ck_assert_msg(used == row->used, "%s: used %u", row->name, used);
	ck_assert_msg(quota_until(&quota, row->limits, now) == until, "%s: until %jd", row->name,
		(intmax_t)quota_until(&quota, row->limits, now) - START);
	quota_tick(&quota, row->limits, now);
	ck_assert_msg(quota_used(&quota, row->limits, now) == used, "%s: after a tick", row->name);
	ck_assert_msg(quota_until(&quota, row->limits, now) == until, "%s: until, after a tick",
		row->name);
}
END_TEST

/* Whatever is counted, in no time of `per` there is more than the quota. */
START_TEST(never_more_in_any_time)
{
	int64_t given[500];
	int count = 0;
	struct quota quota = {.newest = 0};

	for (int64_t now = START; now < START + 20 * PER && count < COUNT(given);
		now += 1 + now % 7) {
		if (quota_is_full(&quota, &three, 0, now))
			continue;
		quota_count(&quota, &three, (uint64_t)count + 1, now, now);
		given[count++] = now;
	}
	ck_assert_int_gt(count, 3 * 15);
	for (int i = 3; i < count; i++)
		ck_assert_int_gt(given[i] - given[i - 3], PER);
}
END_TEST

START_TEST(pending_is_given)
{
	struct quota quota;

	play(&quota, &three, "0");
	ck_assert(!quota_is_full(&quota, &three, 1, START));
	ck_assert(quota_is_full(&quota, &three, 2, START));
	ck_assert(quota_is_full(&quota, &three, UINT32_MAX, START));
	ck_assert(!quota_is_full(&quota, &(struct quota_limits){.per = 0}, 9, START));
}
END_TEST

/* What was counted for another quota is as of now; of another kind it says nothing. */
START_TEST(another_quota)
{
	const struct quota_limits longer = {.messages = 5, .per = 10 * PER};
	struct quota quota;

	play(&quota, &three, "0 15 25");
	quota_tick(&quota, &longer, START + 30);
	ck_assert_uint_eq(quota_used(&quota, &longer, START + 30 + 10 * PER), 3);
	ck_assert_uint_eq(quota_used(&quota, &longer, START + 30 + 10 * PER + 100), 0);
	quota_tick(&quota, &three, START + 40);
	ck_assert_uint_eq(quota_used(&quota, &three, START + 40), 3);
	ck_assert_uint_eq(quota_used(&quota, &three_recipients, START + 40), 0);
	quota_tick(&quota, &three_recipients, START + 40);
	ck_assert_uint_eq(quota_used(&quota, &three_recipients, START + 40), 0);
}
END_TEST

START_TEST(ranges)
{
	struct quota quota = {.newest = 0};

	ck_assert(quota_valid(&quota));
	quota.newest = -1;
	ck_assert(!quota_valid(&quota));
	quota = (struct quota){.per = INT64_MAX};
	ck_assert(!quota_valid(&quota));
	quota = (struct quota){.of_recipients = 2};
	ck_assert(!quota_valid(&quota));
	quota = (struct quota){.next_key = QUOTA_KEYS};
	ck_assert(!quota_valid(&quota));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{history, COUNT(rows)}, {never_more_in_any_time, 1},
		{pending_is_given, 1}, {another_quota, 1}, {ranges, 1}};

	return suite_run("quota", tests, COUNT(tests));
}
