/* test_replay: the choices of the last minute
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "engine/replay.h"
#include "suite.h"

#include <string.h>

static struct replay replay;

static void put(uint64_t recipient, uint64_t host, int64_t at)
{
	replay_put(
		&replay, &(struct replay_choice){.recipient = recipient, .host = host, .at = at});
}

/* The host, or 0. */
static uint64_t find(uint64_t recipient, int64_t now)
{
	const struct replay_choice *found = replay_find(&replay, recipient, now);

	return found == NULL ? 0 : found->host;
}

START_TEST(the_last_choice_of_a_minute)
{
	memset(&replay, 0, sizeof(replay));
	ck_assert_uint_eq(find(5, 1000), 0);
	put(5, 50, 1000);
	put(6, 60, 1000);
	ck_assert_uint_eq(find(5, 1000), 50);
	ck_assert_uint_eq(find(6, 1000 + REPLAY_MS - 1), 60);
	ck_assert_uint_eq(find(6, 1000 + REPLAY_MS), 0);
	put(5, 51, 2000);
	ck_assert_uint_eq(find(5, 2000), 51);
	/* The clock was set back. */
	ck_assert_uint_eq(find(5, 1999), 0);
	ck_assert_uint_eq(find(7, 2000), 0);
	ck_assert_uint_eq(find(0, 2000), 0);
}
END_TEST

START_TEST(a_full_set_forgets_its_oldest)
{
	memset(&replay, 0, sizeof(replay));
	for (uint64_t i = 1; i <= REPLAY_WAYS + 1; i++)
		put(i * REPLAY_SETS, i, (int64_t)(1000 + i));
	ck_assert_uint_eq(find(REPLAY_SETS, 2000), 0);
	for (uint64_t i = 2; i <= REPLAY_WAYS + 1; i++)
		ck_assert_uint_eq(find(i * REPLAY_SETS, 2000), i);
	/* Another choice for the oldest makes it the youngest. */
	put(2 * REPLAY_SETS, 22, 1500);
	put(100 * REPLAY_SETS, 100, 1600);
	ck_assert_uint_eq(find(2 * REPLAY_SETS, 2000), 22);
	ck_assert_uint_eq(find(3 * REPLAY_SETS, 2000), 0);
}
END_TEST

START_TEST(whether_it_was_asked_for)
{
	memset(&replay, 0, sizeof(replay));
	ck_assert(!replay_is_unasked(&replay, 5, 1000));
	put(5, 50, 1000);
	put(6, 60, 1000);
	ck_assert(replay_is_unasked(&replay, 5, 1000));
	/* That was another choice. */
	ck_assert(!replay_is_unasked(&replay, 5, 999));
	replay_ask(&replay, 5);
	replay_ask(&replay, 7);
	ck_assert(!replay_is_unasked(&replay, 5, 1000));
	ck_assert(replay_is_unasked(&replay, 6, 1000));
	put(5, 50, 2000);
	ck_assert(replay_is_unasked(&replay, 5, 2000));
	ck_assert(!replay_is_unasked(&replay, 0, 0));
}
END_TEST

START_TEST(thirty_thousand_recipients_are_remembered)
{
	int known = 0;

	memset(&replay, 0, sizeof(replay));
	for (uint64_t i = 0; i < 30000; i++)
		put(hash_pair(i, 1), i + 1, 1000 + (int64_t)i);
	for (uint64_t i = 0; i < 30000; i++)
		known += find(hash_pair(i, 1), 40000) == i + 1;
	ck_assert_int_ge(known, 29500);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{the_last_choice_of_a_minute, 1},
		{a_full_set_forgets_its_oldest, 1}, {whether_it_was_asked_for, 1},
		{thirty_thousand_recipients_are_remembered, 1}};

	return suite_run("replay", tests, COUNT(tests));
}
