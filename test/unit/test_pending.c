/* test_pending: messages that begin with a host and have not left the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "engine/pending.h"
#include "suite.h"

enum { HOUR = 3600000, DAY = 24 * HOUR };

static struct pending pending;

static void put(uint64_t message, uint64_t host, int64_t at, bool is_kept)
{
	pending_put(
		&pending, &(struct pending_entry){
				  .message = message, .host = host, .at = at, .is_kept = is_kept});
}

START_TEST(a_kept_list_is_pending_until_the_message_leaves)
{
	pending_forget(&pending, 1000);
	put(5, 50, 1000, true);
	put(6, 50, 1000, true);
	put(7, 70, 1000, true);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000), 2);
	pending_result(&pending, 5);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000), 2);
	pending_left(&pending, 5);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000), 1);
	ck_assert_uint_eq(pending_count(&pending, 70, 1000), 1);
	ck_assert_uint_eq(pending_count(&pending, 80, 1000), 0);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000 + (int64_t)5 * DAY), 1);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000 + (int64_t)6 * DAY), 0);
	ck_assert_int_eq(pending.since, 1000);
}
END_TEST

START_TEST(any_other_until_the_first_result)
{
	pending_forget(&pending, 0);
	put(5, 50, 1000, false);
	put(5, 51, 1000, false);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000), 1);
	ck_assert_uint_eq(pending_count(&pending, 51, 1000), 1);
	ck_assert_uint_eq(pending_count(&pending, 51, 1000 + HOUR), 0);
	pending_result(&pending, 5);
	ck_assert_uint_eq(pending_count(&pending, 50, 1000), 0);
	ck_assert_uint_eq(pending_count(&pending, 51, 1000), 0);
}
END_TEST

START_TEST(the_same_message_counts_once)
{
	pending_forget(&pending, 0);
	for (int i = 0; i < 20; i++)
		put(5, 50, 1000 + i, true);
	ck_assert_uint_eq(pending_count(&pending, 50, 2000), 1);
	ck_assert_int_eq(pending.since, 0);
}
END_TEST

START_TEST(what_is_forgotten_is_owned_up_to)
{
	pending_forget(&pending, 500);
	for (int i = 1; i <= PENDING_WAYS; i++)
		put((uint64_t)i * PENDING_SETS, 50, 1000 + i, true);
	ck_assert_int_eq(pending.since, 500);
	/* The oldest is forgotten. */
	put((uint64_t)100 * PENDING_SETS, 50, 2000, true);
	ck_assert_int_eq(pending.since, 1002);
	ck_assert_uint_eq(pending_count(&pending, 50, 2000), PENDING_WAYS);
	/* One that has left is no loss. */
	pending_left(&pending, (uint64_t)3 * PENDING_SETS);
	put((uint64_t)101 * PENDING_SETS, 50, 2000, true);
	ck_assert_int_eq(pending.since, 1002);
	/* Nor is one that is too old to be there. */
	put((uint64_t)102 * PENDING_SETS, 50, 2000 + (int64_t)7 * DAY, true);
	ck_assert_int_eq(pending.since, 1002);
	/* One without a queue id can never be seen leaving. */
	put(0, 50, 3000, true);
	ck_assert_int_eq(pending.since, 3001);
	ck_assert_uint_eq(pending_count(&pending, 0, 3000), 0);
}
END_TEST

START_TEST(thirty_thousand_messages_wait)
{
	pending_forget(&pending, 0);
	for (uint64_t i = 0; i < 30000; i++)
		put(hash_pair(i, 1), 50, 1000 + (int64_t)i, true);
	ck_assert_uint_ge(pending_count(&pending, 50, 40000), 29500);
	for (uint64_t i = 0; i < 30000; i++)
		pending_left(&pending, hash_pair(i, 1));
	ck_assert_uint_eq(pending_count(&pending, 50, 40000), 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{a_kept_list_is_pending_until_the_message_leaves, 1},
		{any_other_until_the_first_result, 1}, {the_same_message_counts_once, 1},
		{what_is_forgotten_is_owned_up_to, 1}, {thirty_thousand_messages_wait, 1}};

	return suite_run("pending", tests, COUNT(tests));
}
