/* test_attempt_place: whether a message goes to the hosts that were chosen for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_place.h"
#include "suite.h"

#include <stdlib.h>

enum { HOSTS = 4, AT = 1000 };

static struct attempts *attempts;
static struct lane lanes[HOSTS];
static const struct attempt_lanes all = {.list = lanes, .count = HOSTS};

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

/* The message is given hosts FIRST and the next one, of POOL. */
static void choose(uint64_t message, uint64_t pool, uint32_t first)
{
	const struct attempt_list list = {
		.message = message,
		.pool = pool,
		.at = AT,
		.count = 2,
		.hosts = {first, first + 1},
	};

	attempt_open(attempts, all, &list);
}

static void begin(uint64_t message)
{
	attempt_activate(attempts, all, message, 1000, AT + 1);
}

START_TEST(by_a_host_of_its_list)
{
	choose(7, 1, 0);
	begin(7);
	ck_assert(!attempt_place_by(attempts, 7, 3));
	ck_assert(!attempt_place_by(attempts, 7, ATTEMPT_STRANGER));
	ck_assert(!attempt_place_by(attempts, 8, 1));
	ck_assert_ptr_nonnull(attempt_place_next(attempts, 7, NULL));
	ck_assert(attempt_place_by(attempts, 7, 1));
	/* Once. */
	ck_assert(!attempt_place_by(attempts, 7, 0));
	ck_assert_ptr_null(attempt_place_next(attempts, 7, NULL));
	/* Chosen anew. */
	choose(7, 1, 0);
	begin(7);
	ck_assert_ptr_nonnull(attempt_place_next(attempts, 7, NULL));
}
END_TEST

START_TEST(none_that_was_not_begun)
{
	choose(7, 1, 0);
	ck_assert_ptr_null(attempt_place_next(attempts, 7, NULL));
	begin(7);
	ck_assert_ptr_nonnull(attempt_place_next(attempts, 7, NULL));
}
END_TEST

START_TEST(each_of_several)
{
	const struct attempt *first;
	const struct attempt *second;

	choose(7, 1, 0);
	choose(7, 2, 2);
	begin(7);
	first = attempt_place_next(attempts, 7, NULL);
	ck_assert_ptr_nonnull(first);
	second = attempt_place_next(attempts, 7, first);
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_null(attempt_place_next(attempts, 7, second));
	attempt_place_end(attempts, first);
	ck_assert_ptr_eq(attempt_place_next(attempts, 7, NULL), second);
	attempt_place_end(attempts, second);
	ck_assert_ptr_null(attempt_place_next(attempts, 7, NULL));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{by_a_host_of_its_list, 1}, {none_that_was_not_begun, 1}, {each_of_several, 1}};

	return suite_run_with("attempt_place", tests, COUNT(tests), open_attempts, close_attempts);
}
