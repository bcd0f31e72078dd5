/* test_lane: busy hosts, hosts that fail in part, and what is usual
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/lane.h"
#include "suite.h"

#include <string.h>

enum { START = 1000000 };

static struct lane lane;

static void open_lane(void)
{
	const struct lane_rate rate = {.percent = 25, .of = 20};

	lane_init(&lane, 500, &rate);
}

/* ---- busy */

static const struct blame reply_421 = {BLAME_HOST_AT_ONCE, HEALTH_REASON_REPLY_421};
static const struct blame session = {BLAME_SESSION, HEALTH_REASON_UNCLASSIFIED};
static const struct blame crowd = {BLAME_HOST_AT_ONCE, HEALTH_REASON_SESSION_LIMIT};
static const struct blame refused = {BLAME_HOST_AT_ONCE, HEALTH_REASON_CONNECTION_REFUSED};
static const struct blame system_4_3 = {BLAME_HOST, HEALTH_REASON_SYSTEM_4_3};

static const struct busy_row {
	const char *name;
	const struct blame *blame;
	int64_t delivered; /* so many ms before it; -1: never */
	uint32_t pending;  /* and waiting */
	bool is_limit;
} busy_rows[] = {
	{"421 of a host that delivers", &reply_421, 100, 1, true},
	{"421 of one that has not for long", &reply_421, LANE_FRESH_MS + 1, 1, false},
	{"421 of one that never has", &reply_421, -1, 1, false},
	{"too many connections, while others are under way", &crowd, -1, 2, true},
	{"too many connections, and no other is", &crowd, -1, 1, false},
	{"the same of a host that delivers", &crowd, 100, 1, true},
	{"refused, while others are under way", &refused, 100, 2, true},
	{"refused, and nothing else is under way", &refused, 100, 1, false},
	{"the system is in trouble", &system_4_3, 100, 5, false},
};

START_TEST(busy)
{
	const struct busy_row *row = &busy_rows[_i];

	if (row->delivered != -1)
		lane_success(&lane, START - row->delivered, 10);
	lane.pending = row->pending;
	lane.waiting = row->pending;
	ck_assert_msg(lane_is_limit(&lane, row->blame, START) == row->is_limit, "%s", row->name);
	ck_assert_msg(lane_is_behind(&lane, START + 1) == row->is_limit, "%s", row->name);
	ck_assert(!lane_is_behind(&lane, START + LANE_BUSY_MS));
	/* Those that were under way meet the same limit. */
	ck_assert(lane_is_limit(&lane, row->blame, START + LANE_BUSY_MS - 1) == row->is_limit);
	ck_assert(!lane_is_behind(&lane, START + LANE_BUSY_MS));
	/* Once more, without a success in between: it counts. */
	ck_assert(!lane_is_limit(&lane, row->blame, START + LANE_BUSY_MS));
	lane_success(&lane, START + LANE_BUSY_MS, 10);
	if (row->is_limit)
		ck_assert(lane_is_limit(&lane, row->blame, START + LANE_BUSY_MS + 1));
}
END_TEST

START_TEST(a_dead_address_of_several)
{
	lane_answer(&lane, 4, 6);
	ck_assert_uint_eq(lane.spare, 6);
	lane_answer(&lane, 4, 0);
	ck_assert_uint_eq(lane.spare, 6);
	/* The same one at the second try, or one that is not said. */
	lane_answer(&lane, 4, 4);
	lane_answer(&lane, 0, 4);
	ck_assert_uint_eq(lane.spare, 6);
	lane_answer(&lane, 6, 0);
	ck_assert_uint_eq(lane.spare, 0);
}
END_TEST

/* The next session is welcome. */
START_TEST(a_limit_of_one_session)
{
	ck_assert(!lane_is_limit(&lane, &session, START));
	lane_success(&lane, START, 10);
	for (int i = 0; i < 5; i++) {
		ck_assert(lane_is_limit(&lane, &session, START + i * 1000));
		ck_assert(!lane_is_behind(&lane, START + i * 1000));
	}
	/* It has delivered nothing for long. */
	ck_assert(!lane_is_limit(&lane, &session, START + LANE_FRESH_MS + 1));
}
END_TEST

START_TEST(a_clock_that_is_set_back)
{
	lane_success(&lane, START, 10);
	ck_assert(lane_is_limit(&lane, &reply_421, START));
	ck_assert(!lane_is_behind(&lane, START - 3600000));
}
END_TEST

/* ---- failing in part */

static const struct rate_row {
	const char *name;
	const char *outcomes; /* '.' is a success, 'x' a failure */
	int tripped;	      /* at which of them; -1: never */
} rate_rows[] = {
	{"a third", "..x..x..x", 8},
	{"half", ".x.x.x", 5},
	{"two are not many", "xx..................", -1},
	{"three in a row are the breaker's", "xxxxxxxx", -1},
	{"the same behind successes", "....xxxx", -1},
	{"three, of which two in a row", "xx.x", 3},
	{"a quarter is not more than a quarter", "...x...x...x...x...x...x...x", -1},
	{"one in ten", ".........x.........x.........x.........x.........x", -1},
	{"a bad spell long ago", "xx....................xx....................xx", -1},
};

START_TEST(rate)
{
	const struct rate_row *row = &rate_rows[_i];
	int tripped = -1;

	for (size_t i = 0; row->outcomes[i] != '\0' && tripped == -1; i++)
		if (lane_outcome(&lane, row->outcomes[i] == 'x'))
			tripped = (int)i;
	ck_assert_msg(tripped == row->tripped, "%s: at %d", row->name, tripped);
}
END_TEST

START_TEST(rate_is_off)
{
	lane.rate.percent = 0;
	for (int i = 0; i < 100; i++)
		ck_assert(!lane_outcome(&lane, true));
}
END_TEST

START_TEST(outcomes_are_forgotten)
{
	ck_assert(!lane_outcome(&lane, true));
	ck_assert(!lane_outcome(&lane, true));
	ck_assert(!lane_outcome(&lane, false));
	lane_restart(&lane);
	ck_assert(!lane_outcome(&lane, true));
	ck_assert(!lane_outcome(&lane, true));
	ck_assert(!lane_outcome(&lane, false));
	ck_assert(lane_outcome(&lane, true));
}
END_TEST

/* ---- what is usual */

START_TEST(usual_and_need)
{
	ck_assert_int_eq(lane_patience(&lane, 0), 500);
	ck_assert_int_eq(lane_patience(&lane, 200), 800);
	for (int i = 0; i < 100; i++)
		lane_success(&lane, START + i, 600);
	ck_assert_int_ge(lane.usual, 590);
	ck_assert_int_le(lane.usual, 600);
	ck_assert_int_ge(lane_patience(&lane, 10), 1180);
	/* A host that needs minutes is not to be waited for as long as that. */
	for (int i = 0; i < 100; i++)
		lane_success(&lane, START + i, 60000);
	ck_assert_int_eq(lane_patience(&lane, 10), 2000);
	/* The longest of late. */
	lane_life(&lane, START + 800, START);
	ck_assert_int_eq(lane.need, 800);
	for (int i = 0; i < 100; i++)
		lane_life(&lane, START + 810 + i, START + 800 + i);
	ck_assert_int_le(lane.need, 17);
	ck_assert_int_ge(lane.need, 10);
}
END_TEST

START_TEST(a_reload_keeps_what_is_known)
{
	const struct lane_rate other = {.percent = 50, .of = 10};
	struct lane next;

	lane_success(&lane, START, 600);
	lane.silent_since = START;
	lane.waiting = 3;
	lane_init(&next, 700, &other);
	lane_inherit(&next, &lane);
	ck_assert_int_eq(next.usual, 600);
	ck_assert_int_eq(next.silence, 700);
	ck_assert_int_eq(next.rate.percent, 50);
	ck_assert_uint_eq(next.waiting, 0);
	ck_assert(next.silent_since == START);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{busy, COUNT(busy_rows)}, {a_limit_of_one_session, 1},
		{a_dead_address_of_several, 1}, {a_clock_that_is_set_back, 1},
		{rate, COUNT(rate_rows)}, {rate_is_off, 1}, {outcomes_are_forgotten, 1},
		{usual_and_need, 1}, {a_reload_keeps_what_is_known, 1}};

	return suite_run_with("lane", tests, COUNT(tests), open_lane, NULL);
}
