/* test_rules_share: a part of all messages, always the same ones
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "core/rules_run.h"
#include "suite.h"

#include <stdlib.h>

static uint8_t memory[100];

static const struct share_row {
	uint32_t percent;
	uint64_t seed, other_seed;
	int expected, tolerance; /* of 100,000; about four standard deviations */
} shares[] = {
	{500, 1, 1, 5000, 300},
	{500, 7, 7, 5000, 300},
	{501, 7, 7, 5010, 300},
	{500, 1, 2, 250, 65},
	{501, UINT64_C(1) << 63, 1, 251, 65},
	{5000, 1, 2, 25000, 600},
	{5000, 3, 3, 50000, 650},
	{1, 5, 5, 10, 13},
	{9999, 5, 5, 99990, 13},
	{0, 5, 5, 0, 0},
	{10000, 5, 6, 100000, 0},
};

/* The messages that belong to both of two tests. */
static int count_shares(const struct share_row *row)
{
	const struct rules_test tests[] = {
		{.fact = RULES_PERCENT, .percent = row->percent, .seed = row->seed},
		{.fact = RULES_PERCENT, .percent = row->percent, .seed = row->other_seed}};
	struct rules rules = {
		.tests = tests, .test_count = 2, .facts = {[RULES_PERCENT] = {0, 2}}, .count = 1};
	int both = 0;

	for (uint64_t i = 0; i < 100000; i++) {
		struct rules_run run;

		rules_run_begin(&run, &rules, NULL, memory);
		/* Mixed well or not at all. */
		rules_run_share(&run, row->percent % 2 == 0 ? i : hash_pair(i, 99));
		both += memory[0] == RULES_YES && memory[1] == RULES_YES;
	}
	return both;
}

START_TEST(shares_are_that_large)
{
	const struct share_row *row = &shares[_i];
	int count = count_shares(row);

	ck_assert_msg(abs(count - row->expected) <= row->tolerance,
		"row %d: %u, seeds %llu and %llu: %d", _i, row->percent,
		(unsigned long long)row->seed, (unsigned long long)row->other_seed, count);
	ck_assert_int_eq(count, count_shares(row));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{shares_are_that_large, COUNT(shares)}};

	return suite_run("rules_share", tests, COUNT(tests));
}
