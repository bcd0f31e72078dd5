/* test_histogram: buckets, what is cumulative, and threads that add at once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/histogram.h"
#include "suite.h"

#include <pthread.h>

enum { THREADS = 4, EACH = SUITE_IS_SLOW ? 2000 : 50000 };

static const struct histogram_bounds bounds = {3, {100, 2000, 30000}};

/* Where one time is counted. */
static const struct row {
	int64_t us;
	uint64_t upto[3];
	uint64_t sum;
} rows[] = {
	{0, {1, 1, 1}, 0},
	{1, {1, 1, 1}, 1},
	{100, {1, 1, 1}, 100}, /* the end belongs to its bucket: "le" */
	{101, {0, 1, 1}, 101},
	{2000, {0, 1, 1}, 2000},
	{2001, {0, 0, 1}, 2001},
	{30000, {0, 0, 1}, 30000},
	{30001, {0, 0, 0}, 30001},
	{INT64_MAX, {0, 0, 0}, INT64_MAX},
	{-1, {1, 1, 1}, 0}, /* a clock that was set back */
	{INT64_MIN, {1, 1, 1}, 0},
};

START_TEST(one)
{
	const struct row *row = &rows[_i];
	struct histogram histogram = {.sum = 0};
	struct histogram_view view;

	histogram_add(&histogram, &bounds, row->us);
	histogram_read(&histogram, &bounds, &view);
	for (int i = 0; i < bounds.count; i++)
		ck_assert_msg(view.upto[i] == row->upto[i], "%lld: up to %lld: %llu",
			(long long)row->us, (long long)bounds.us[i],
			(unsigned long long)view.upto[i]);
	ck_assert_uint_eq(view.count, 1);
	ck_assert_uint_eq(view.sum, row->sum);
}
END_TEST

START_TEST(many)
{
	static const uint64_t expected[] = {3, 5, 6};
	static const int64_t times[] = {1, 50, 100, 101, 1999, 29000, 60000000};
	struct histogram histogram = {.sum = 0};
	struct histogram_view view;
	uint64_t sum = 0;

	for (int i = 0; i < COUNT(times); i++) {
		histogram_add(&histogram, &bounds, times[i]);
		sum += (uint64_t)times[i];
	}
	histogram_read(&histogram, &bounds, &view);
	for (int i = 0; i < bounds.count; i++)
		ck_assert_uint_eq(view.upto[i], expected[i]);
	ck_assert_uint_eq(view.count, COUNT(times));
	ck_assert_uint_eq(view.sum, sum);
}
END_TEST

START_TEST(empty)
{
	struct histogram histogram = {.sum = 0};
	struct histogram_view view;

	histogram_read(&histogram, &bounds, &view);
	ck_assert_uint_eq(view.upto[0] + view.upto[2] + view.count + view.sum, 0);
}
END_TEST

static void *add(void *context)
{
	for (int i = 0; i < EACH; i++)
		histogram_add(context, &bounds, i % 4 == 3 ? 40000 : 50);
	return NULL;
}

START_TEST(threads)
{
	static struct histogram histogram;
	pthread_t list[THREADS];
	struct histogram_view view = {.count = 0};
	uint64_t before = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&list[i], NULL, add, &histogram), 0);
	/* Whole in itself, and never less than before, while they are at it. */
	while (view.count < (uint64_t)THREADS * EACH) {
		histogram_read(&histogram, &bounds, &view);
		ck_assert_uint_ge(view.count, view.upto[2]);
		ck_assert_uint_ge(view.count, before);
		before = view.count;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(list[i], NULL);
	histogram_read(&histogram, &bounds, &view);
	ck_assert_uint_eq(view.count, (uint64_t)THREADS * EACH);
	ck_assert_uint_eq(view.upto[0], (uint64_t)THREADS * EACH / 4 * 3);
	ck_assert_uint_eq(view.sum, (uint64_t)THREADS * EACH / 4 * (3 * 50 + 40000));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{one, COUNT(rows)},
		{many, 1},
		{empty, 1},
		{threads, 1},
	};

	return suite_run("histogram", tests, COUNT(tests));
}
