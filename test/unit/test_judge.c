/* test_judge: how soon a sick host is avoided, and how often a well one is wronged
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Small worlds of those that bench/judge runs; "bench/judge 120 1 small wrongs" tells more.
 */

#include "judge_world.h"
#include "suite.h"

/* Two back-offs, with their jitter and the second until it is looked at: the trial's message may have begun
 * while the host was still sick. */
enum {
	WORLDS = SUITE_IS_SLOW ? 10 : 30,
	BATCHES = 4,
	LATE_MS = 73000,
	SLOW_MOST = 100,
	UNEVEN_MOST = 20
};

/* So many messages are given to a sick host at most, first, until it is avoided. */
static const int most_given[JUDGE_TRUTH_COUNT] = {
	[JUDGE_REFUSES] = 10,
	[JUDGE_CONNECT_TIMEOUT] = 20,
	[JUDGE_GREETS_4XX] = 10,
	[JUDGE_SILENT] = 20,
	[JUDGE_SLOW] = 30,
	[JUDGE_SYSTEM_4XX] = 20,
	[JUDGE_UNCLEAR_4XX] = 20,
	[JUDGE_IN_PART] = 300,
	[JUDGE_FLAPS] = 10,
};

static struct judge_world world;

static void check_host(int number)
{
	const struct judge_host *host = &world.hosts[number];
	const struct judge_result *result = &world.results[number];
	const char *sick = host->until == 0 ? "never sick" : judge_hosts_name(host->sick);

	ck_assert_msg(result->wronged == 0, "seed %d, mx%d, %s: deferred %d times, for %d ms",
		(int)world.seed, number, judge_hosts_name(host->base), result->wronged,
		(int)result->deferred);
	ck_assert_msg(result->late_span <= LATE_MS, "seed %d, mx%d, %s: deferred for %d ms since",
		(int)world.seed, number, sick, (int)result->late_span);
	ck_assert_msg(result->calm_ms == 0, "seed %d, mx%d: silent for %d ms", (int)world.seed,
		number, (int)result->calm_ms);
	ck_assert_msg(host->until == 0 || host->sick != JUDGE_SLOW || !result->is_measured ||
			      result->wasted <= SLOW_MOST,
		"seed %d, mx%d, %s: given %d messages in all", (int)world.seed, number, sick,
		result->wasted);
	/* What the log tells late is learned late. */
	ck_assert_msg(!result->is_measured || world.late_until != 0 ||
			      result->given <= most_given[host->sick],
		"seed %d, mx%d, %s: given %d messages", (int)world.seed, number, sick,
		result->given);
}

START_TEST(worlds)
{
	const struct judge_limits limits = {.rate = 30, .seconds = 300};

	for (int i = 1; i <= WORLDS; i++) {
		judge_world_run(&world, (uint64_t)(_i * WORLDS + i), &limits);
		for (int host = 0; host < world.host_count; host++)
			check_host(host);
		ck_assert_msg(judge_world_unevenness(&world) <= UNEVEN_MOST, "seed %d: uneven",
			(int)world.seed);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{worlds, BATCHES}};

	return suite_run("judge", tests, COUNT(tests));
}
