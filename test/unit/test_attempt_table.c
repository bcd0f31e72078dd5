/* test_attempt_table: attempts by their messages, and which of them makes room
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_table.h"
#include "suite.h"

#include <stdlib.h>

static struct attempts *attempts;
static const struct attempt_lanes none = {.count = 0};

static void make(void)
{
	attempts = malloc(sizeof(*attempts));
	ck_assert_ptr_nonnull(attempts);
	attempt_table_init(attempts);
}

static void drop(void)
{
	free(attempts);
}

/* Both are in the same bucket. */
enum { MESSAGE = 77, OTHER = MESSAGE + ATTEMPT_BUCKETS };

START_TEST(by_message)
{
	uint16_t first = attempt_table_take(attempts, none, MESSAGE);
	uint16_t other = attempt_table_take(attempts, none, OTHER);
	uint16_t second = attempt_table_take(attempts, none, MESSAGE);

	ck_assert_int_eq(attempt_table_first(attempts, MESSAGE), second);
	ck_assert_int_eq(attempt_table_next(attempts, attempts->list[second].next, MESSAGE), first);
	ck_assert_int_eq(
		attempt_table_next(attempts, attempts->list[first].next, MESSAGE), ATTEMPT_NONE);
	ck_assert_int_eq(attempt_table_first(attempts, OTHER), other);
	ck_assert_int_eq(attempt_table_first(attempts, MESSAGE + 1), ATTEMPT_NONE);
}
END_TEST

/* OPEN: so many of the first are open when there is no more room. */
static const struct row {
	const char *name;
	int open;
	uint64_t evicted;
} rows[] = {
	{"the oldest", 0, 1},
	{"the oldest that is closed", 3, 4},
	{"if it is among the first", 63, 64},
	{"else the oldest of all", 64, 1},
	{"all are open", ATTEMPT_COUNT, 1},
};

START_TEST(evicts)
{
	const struct row *row = &rows[_i];

	for (int i = 0; i < ATTEMPT_COUNT; i++) {
		uint16_t index = attempt_table_take(attempts, none, (uint64_t)i + 1);

		attempts->list[index].is_open = i < row->open;
	}
	attempt_table_take(attempts, none, ATTEMPT_COUNT + 1);
	for (uint64_t message = 1; message <= ATTEMPT_COUNT + 1; message++)
		ck_assert_msg((attempt_table_first(attempts, message) == ATTEMPT_NONE) ==
				      (message == row->evicted),
			"%s: message %d", row->name, (int)message);
}
END_TEST

START_TEST(what_was_put_off_is_counted)
{
	for (int i = 0; i < ATTEMPT_COUNT; i++) {
		struct attempt *attempt =
			&attempts->list[attempt_table_take(attempts, none, (uint64_t)i + 1)];

		ck_assert_uint_eq(attempt->number, (uint64_t)i);
		attempt->record.count = 1;
		attempt->record.entries[0].outcome =
			i == 0 ? OBSERVATION_SENT : OBSERVATION_DEFERRED;
		attempt->record.left = i == 1 ? 5 : 0;
	}
	for (int i = 0; i < 5; i++)
		attempt_table_take(attempts, none, (uint64_t)(ATTEMPT_COUNT + i + 1));
	ck_assert_uint_eq(attempts->forgotten, 3);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{by_message, 1}, {evicts, COUNT(rows)}, {what_was_put_off_is_counted, 1}};

	return suite_run_with("attempt_table", tests, COUNT(tests), make, drop);
}
