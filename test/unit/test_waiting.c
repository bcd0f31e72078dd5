/* test_waiting: when a host is silent, and when it is not
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/waiting.h"
#include "suite.h"

#include <stdlib.h>

enum { HOSTS = 2, START = 1000000 };

static struct attempts *attempts;
static struct lane lanes[HOSTS];
static const struct attempt_lanes all = {.list = lanes, .count = HOSTS};
static int64_t now; /* of the last line */

static void open_attempts(void)
{
	const struct lane_rate none = {.percent = 0};

	attempts = malloc(sizeof(*attempts));
	ck_assert_ptr_nonnull(attempts);
	attempt_init(attempts);
	for (int i = 0; i < HOSTS; i++)
		lane_init(&lanes[i], 500, &none);
}

static void close_attempts(void)
{
	free(attempts);
}

/* The MTA begins with a message of SIZE octets at AT, for host FIRST, then the other one. */
static void begin(uint64_t message, uint32_t first, int64_t at, int size)
{
	const struct attempt_list list = {
		.message = message,
		.pool = 5,
		.at = at,
		.count = 2,
		.hosts = {first, 1 - first},
	};

	attempt_open(attempts, all, &list);
	attempt_activate(attempts, all, message, size, at);
}

/* How long the next deliveries take by themselves, as Postfix's delays= says; -1: not given. */
static int32_t sending = -1;

static void deliver(uint64_t message, uint32_t host, int64_t at)
{
	struct observation seen;
	struct attempt_verdicts verdicts = {.count = 0};
	const struct attempt_line line = {
		.seen = &seen,
		.message = message,
		.host = host,
		.blame = {BLAME_SUCCESS, HEALTH_REASON_DELIVERED},
	};

	observation_init(&seen);
	now = at;
	seen.at = at;
	seen.pid = (uint32_t)message;
	seen.stage = OBSERVATION_STAGE_END;
	seen.outcome = OBSERVATION_SENT;
	seen.delays[OBSERVATION_DELAYS - 1] = sending;
	attempt_feed(attempts, all, &line, &verdicts);
}

/*
 * From START on host 0 and host 1 get a message each 40 ms in turn. Host 1 takes NEED ms for each; host
 * 0 does nothing. Gives how many messages host 0 had got when it was silent, or 1000.
 */
static int until_silent(int64_t need, int size)
{
	int64_t due[1000];
	int next = 0;
	int given = 0;

	for (int i = 0; i < 1000; i++) {
		int64_t at = START + i * 40;

		for (; next < given && due[next] <= at; next++) {
			deliver((uint64_t)next * 2 + 1001, 1, due[next]);
			if (lanes[0].silent_since != 0)
				return given;
		}
		begin((uint64_t)i * 2 + 1000, 0, at, size);
		begin((uint64_t)i * 2 + 1001, 1, at, size);
		due[given++] = at + need;
	}
	return 1000;
}

static const struct silence_row {
	const char *name;
	int64_t silence;
	int64_t need;
	int size;
	int least, most; /* messages until it is noticed */
} silence_rows[] = {
	{"a peer that needs 10 ms", 500, 10, 1000, 13, 18},
	{"a peer that needs 300 ms", 500, 300, 1000, 30, 45},
	{"a longer silence is configured", 2000, 10, 1000, 50, 56},
	{"large messages", 500, 10, 10000000, 1000, 1000},
	{"it is off", 0, 10, 1000, 1000, 1000},
};

START_TEST(silence)
{
	const struct silence_row *row = &silence_rows[_i];
	int count;

	lanes[0].silence = row->silence;
	count = until_silent(row->need, row->size);
	ck_assert_msg(count >= row->least && count <= row->most, "%s: after %d", row->name, count);
	ck_assert(lanes[1].silent_since == 0);
	ck_assert(lane_is_behind(&lanes[0], now) == (count < 1000));
}
END_TEST

START_TEST(silence_ends_with_a_quick_reply)
{
	int64_t at;
	int given = until_silent(10, 1000);

	ck_assert_int_lt(given, 1000);
	at = now + 10000;
	/* All that waits goes on: late, so that it is to be tried. */
	for (int i = 0; i < given; i++) {
		ck_assert(lane_is_behind(&lanes[0], at) || i >= given - LANE_SILENT_COUNT);
		deliver((uint64_t)i * 2 + 1000, 0, at + i);
	}
	ck_assert(!lane_is_behind(&lanes[0], at));
	ck_assert(lanes[0].silent_since != 0);
	lane_chosen(&lanes[0], at + 1000);
	ck_assert(lane_is_behind(&lanes[0], at + 1001));
	begin(500, 0, at + 1010, 1000);
	deliver(500, 0, at + 1100);
	ck_assert(!lane_is_behind(&lanes[0], at + 1100));
	ck_assert(lanes[0].silent_since == 0);
}
END_TEST

START_TEST(silence_ends_when_the_queue_moves_on)
{
	int64_t at;
	int given = until_silent(10, 1000);

	at = now + 10000;
	for (int i = 0; i < given; i++) {
		/* Five sessions were stuck; the others had not begun. */
		sending = i < 5 ? (int32_t)(at - START) : 20;
		deliver((uint64_t)i * 2 + 1000, 0, at + i);
	}
	sending = -1;
	ck_assert(lanes[0].silent_since == 0);
	ck_assert(!lane_is_behind(&lanes[0], at + 1000));
}
END_TEST

START_TEST(a_slow_host_stays_behind)
{
	int64_t at;
	int given = until_silent(10, 1000);

	at = now + 10000;
	for (int i = 0; i < given; i++)
		deliver((uint64_t)i * 2 + 1000, 0, at + i);
	for (int i = 0; i < 5; i++, at += LANE_TRY_MS) {
		ck_assert_msg(!lane_is_behind(&lanes[0], at), "try %d", i);
		lane_chosen(&lanes[0], at);
		begin((uint64_t)i + 500, 0, at + 10, 1000);
		deliver((uint64_t)i + 500, 0, at + 14000);
		ck_assert_msg(lane_is_behind(&lanes[0], at + 14001), "try %d", i);
		ck_assert_msg(lane_is_behind(&lanes[0], at + LANE_TRY_MS - 1), "try %d", i);
	}
}
END_TEST

START_TEST(a_silent_host_is_tried_every_30_seconds)
{
	int64_t at;

	ck_assert_int_lt(until_silent(10, 1000), 1000);
	at = lanes[0].silent_since;
	ck_assert(lane_is_behind(&lanes[0], at + 29999));
	ck_assert(!lane_is_behind(&lanes[0], at + 30000));
	lane_chosen(&lanes[0], at + 30000);
	ck_assert(lane_is_behind(&lanes[0], at + 30001));
	ck_assert(lane_is_behind(&lanes[0], at + 59999));
	ck_assert(!lane_is_behind(&lanes[0], at + 60000));
}
END_TEST

START_TEST(not_silent_without_results_of_a_peer)
{
	/* A log that stands still, or both at once. */
	for (int i = 0; i < 100; i++) {
		begin((uint64_t)i * 2 + 1000, 0, START + i * 100, 1000);
		begin((uint64_t)i * 2 + 1001, 1, START + i * 100, 1000);
	}
	ck_assert(lanes[0].silent_since == 0 && lanes[1].silent_since == 0);
	/* What it then has to say is old, and does not overtake what waits for the other one. */
	deliver(1001, 1, START + 100 * 100);
	deliver(1003, 1, START + 100 * 100);
	ck_assert(lanes[0].silent_since == 0);
}
END_TEST

START_TEST(not_silent_for_one_that_is_stuck)
{
	begin(500, 0, START, 1000);
	/* It delivers others, the last one of which began after the first. */
	for (int i = 0; i < 100; i++) {
		int64_t at = START + 100 + i * 1000;

		begin((uint64_t)i * 2 + 1000, 0, at, 1000);
		begin((uint64_t)i * 2 + 1001, 1, at, 1000);
		deliver((uint64_t)i * 2 + 1001, 1, at + 50);
		ck_assert(lanes[0].silent_since == 0);
		deliver((uint64_t)i * 2 + 1000, 0, at + 100);
	}
	/* It is passed over. */
	ck_assert_uint_eq(lanes[0].waiting, 0);
}
END_TEST

START_TEST(not_silent_while_the_queue_is_slow)
{
	/* The MTA has taken up 200 messages at once and delivers ten a second, by turn. */
	for (int i = 0; i < 100; i++) {
		begin((uint64_t)i * 2 + 1000, 0, START + i, 1000);
		begin((uint64_t)i * 2 + 1001, 1, START + i, 1000);
	}
	for (int i = 0; i < 100; i++) {
		deliver((uint64_t)i * 2 + 1001, 1, START + 1000 + i * 200);
		ck_assert_msg(lanes[0].silent_since == 0, "after %d", i);
		deliver((uint64_t)i * 2 + 1000, 0, START + 1100 + i * 200);
		ck_assert_msg(lanes[1].silent_since == 0, "after %d", i);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{silence, COUNT(silence_rows)},
		{silence_ends_with_a_quick_reply, 1}, {a_slow_host_stays_behind, 1},
		{silence_ends_when_the_queue_moves_on, 1},
		{a_silent_host_is_tried_every_30_seconds, 1},
		{not_silent_without_results_of_a_peer, 1}, {not_silent_for_one_that_is_stuck, 1},
		{not_silent_while_the_queue_is_slow, 1}};

	return suite_run_with("waiting", tests, COUNT(tests), open_attempts, close_attempts);
}
