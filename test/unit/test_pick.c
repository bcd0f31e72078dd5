/* test_pick: exact shares by turn, stable shares by hash
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "core/pick.h"
#include "suite.h"

#include <stdbool.h>
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

/* At every moment each host has its share of the turns so far, up to one turn. */
START_TEST(turns_are_exact_at_every_moment)
{
	const struct row *row = &rows[_i];
	int32_t credit[HOSTS_MAX] = {0};
	int picked[HOSTS_MAX] = {0};
	int sum = 0;
	bool are_equal = true;

	for (int i = 0; i < row->count; i++) {
		sum += row->weights[i];
		are_equal &= row->weights[i] == row->weights[0];
	}
	for (int turn = 1; turn <= 5000; turn++) {
		int32_t total = 0;

		picked[pick_turn(row->weights, credit, row->count)]++;
		for (int i = 0; i < row->count; i++) {
			long long off =
				(long long)picked[i] * sum - (long long)turn * row->weights[i];
			long long bound = are_equal ? sum - 1 : 2LL * sum;

			total += credit[i];
			ck_assert_msg(llabs(off) <= bound, "%s: host %d has %d of %d", row->name, i,
				picked[i], turn);
			ck_assert_msg(abs(credit[i]) <= 2 * sum, "%s: credit", row->name);
			if (turn % sum == 0)
				ck_assert_msg(
					off == 0, "%s: a whole round is not exact", row->name);
		}
		ck_assert_int_eq(total, 0);
	}
}
END_TEST

START_TEST(turns_are_smooth)
{
	const int weights[] = {5, 1, 1};
	const int expected[] = {0, 0, 1, 0, 2, 0, 0};
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
		{turns_are_smooth, 1}, {hash_shares_by_weight, 1},
		{hash_moves_only_the_keys_of_a_host_that_goes, 1},
		{hash_stays_the_same_between_releases, 1}};

	return suite_run("pick", tests, COUNT(tests));
}
