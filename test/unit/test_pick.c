/* test_pick: exact shares by turn, stable shares by hash
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "core/pick.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 64 };

static const struct row {
	const char *name;
	int count;
	int weights[8];
} rows[] = {
	{"one", 1, {1}},
	{"two", 2, {1, 1}},
	{"three", 3, {1, 1, 1}},
	{"seven", 7, {1, 1, 1, 1, 1, 1, 1}},
	{"three equal, heavy", 3, {1000, 1000, 1000}},
	{"3 to 1", 2, {3, 1}},
	{"5 to 1 to 1", 3, {5, 1, 1}},
	{"1000 to 1", 2, {1000, 1}},
	{"all different", 4, {7, 11, 13, 2}},
};

/*
 * At every moment each host has its share of the turns so far, to within less than one turn. It is
 * looked at millions of times: Check is told only of what is wrong.
 */
static void check_turns(const char *name, const int *weights, int count, int turns)
{
	int32_t credit[HOSTS_MAX] = {0};
	int picked[HOSTS_MAX] = {0};
	int sum = 0;

	for (int i = 0; i < count; i++)
		sum += weights[i];
	for (int turn = 1; turn <= turns; turn++) {
		int32_t total = 0;

		picked[pick_turn(weights, credit, count)]++;
		for (int i = 0; i < count; i++) {
			long long off = (long long)picked[i] * sum - (long long)turn * weights[i];

			total += credit[i];
			if (llabs(off) >= sum || abs(credit[i]) >= sum ||
				(turn % sum == 0 && off != 0))
				ck_abort_msg("%s: host %d has %d of %d, credit %d", name, i,
					picked[i], turn, credit[i]);
		}
		if (total != 0)
			ck_abort_msg("%s: the credit's sum is %d", name, total);
	}
}

START_TEST(turns_are_exact_at_every_moment)
{
	check_turns(rows[_i].name, rows[_i].weights, rows[_i].count, 5000);
}
END_TEST

/* Where always taking the one that is owed most is wrong: a few heavy hosts and many light ones. */
START_TEST(turns_are_exact_whatever_the_weights)
{
	unsigned seed = (unsigned)_i + 1;
	int weights[HOSTS_MAX];
	char name[32];

	snprintf(name, sizeof(name), "seed %d", _i);
	for (int round = 0; round < 20; round++) {
		int count = 1 + (int)(suite_random(&seed) % HOSTS_MAX);

		for (int i = 0; i < count; i++)
			weights[i] =
				suite_random(&seed) % 3 == 0
					? 1000
					: 1 + (int)(suite_random(&seed) % 1000) /
							  (1 + (int)(suite_random(&seed) % 1000));
		check_turns(name, weights, count, 3000);
	}
}
END_TEST

/* Another sum of weights leaves each host the same part of a message. */
START_TEST(credit_is_rescaled)
{
	struct pick_rotation rotation = {.weight = 2000, .credit = {900, -1000, 100, 1999}};

	pick_rescale(&rotation, 20, 4);
	ck_assert_int_eq(rotation.weight, 20);
	ck_assert_int_eq(rotation.credit[0], 9);
	ck_assert_int_eq(rotation.credit[1], -10);
	ck_assert_int_eq(rotation.credit[2], 1);
	ck_assert_int_eq(rotation.credit[3], 19);
	/* Nothing is known of a rotation without a sum, and no credit is past all bounds. */
	rotation = (struct pick_rotation){.weight = 0, .credit = {5}};
	pick_rescale(&rotation, 20, 4);
	ck_assert_int_eq(rotation.credit[0], 5);
	rotation = (struct pick_rotation){.weight = 1, .credit = {INT32_MAX, INT32_MIN}};
	pick_rescale(&rotation, 1000, 4);
	ck_assert_int_eq(rotation.credit[0], 1000);
	ck_assert_int_eq(rotation.credit[1], -1000);
}
END_TEST

static const struct level_row {
	const char *name;
	int32_t before[3];
	int32_t after[3];
} levels[] = {
	{"nothing is off", {5, -3, -2}, {5, -3, -2}},
	{"one went with what it owed", {7, 7, 7}, {0, 0, 0}},
	{"the rest is spread", {6, 0, 0}, {4, -2, -2}},
	{"more than a message", {400, -200, -200}, {9, -4, -5}},
	{"no bounds", {INT32_MAX, INT32_MIN, 0}, {9, -9, 0}},
};

START_TEST(credit_is_levelled)
{
	const struct level_row *row = &levels[_i];
	int32_t credit[3];

	memcpy(credit, row->before, sizeof(credit));
	pick_level(credit, 10, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(
			credit[i] == row->after[i], "%s: host %d: %d", row->name, i, credit[i]);
}
END_TEST

START_TEST(turns_are_smooth)
{
	const int weights[] = {5, 1, 1};
	const int expected[] = {0, 0, 0, 1, 0, 0, 2};
	int32_t credit[3] = {0};

	for (int i = 0; i < 14; i++)
		ck_assert_int_eq(pick_turn(weights, credit, 3), expected[i % 7]);
}
END_TEST

static void make_keys(uint64_t *keys, int count)
{
	for (int i = 0; i < count; i++)
		keys[i] = hash_pair((uint64_t)i, 99);
}

START_TEST(hash_shares_by_weight)
{
	const int weights[] = {1, 2, 3, 10};
	const int keys_tried = 160000;
	uint64_t hosts[4];
	int picked[4] = {0};

	make_keys(hosts, 4);
	for (int i = 0; i < keys_tried; i++)
		picked[pick_hash(weights, hosts, 4, hash_pair((uint64_t)i, 1))]++;
	for (int i = 0; i < 4; i++) {
		int expected = keys_tried / 16 * weights[i];

		/* Five standard deviations of a fair draw are less than this. */
		ck_assert_msg(abs(picked[i] - expected) < 1000, "host %d: %d, not %d", i, picked[i],
			expected);
	}
}
END_TEST

START_TEST(hash_moves_only_the_keys_of_a_host_that_goes)
{
	int weights[5] = {1, 1, 3, 1, 2};
	uint64_t hosts[5], fewer[4];

	make_keys(hosts, 5);
	memcpy(fewer, hosts, sizeof(fewer));
	for (int i = 0; i < 20000; i++) {
		uint64_t key = hash_pair((uint64_t)i, 7);
		int before = pick_hash(weights, hosts, 5, key);
		int after = pick_hash(weights, fewer, 4, key);

		if (before != 4)
			ck_assert_int_eq(after, before);
	}
}
END_TEST

/* A release that gave other hosts would move every user's mail at the upgrade. */
START_TEST(hash_stays_the_same_between_releases)
{
	static const int expected[] = {2, 1, 1, 2, 2, 0, 2, 0, 2, 0, 1, 2, 2, 2, 1, 1};
	const int weights[] = {1, 1, 2};
	uint64_t hosts[3];

	make_keys(hosts, 3);
	for (int i = 0; i < COUNT(expected); i++)
		ck_assert_int_eq(pick_hash(weights, hosts, 3,
					 hash_octets("user@example.com", (size_t)i + 1)),
			expected[i]);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{turns_are_exact_at_every_moment, COUNT(rows)},
		{turns_are_exact_whatever_the_weights, 10}, {credit_is_rescaled, 1},
		{credit_is_levelled, COUNT(levels)}, {turns_are_smooth, 1},
		{hash_shares_by_weight, 1}, {hash_moves_only_the_keys_of_a_host_that_goes, 1},
		{hash_stays_the_same_between_releases, 1}};

	return suite_run("pick", tests, COUNT(tests));
}
