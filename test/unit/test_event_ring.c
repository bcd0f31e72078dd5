/* test_event_ring: the last 1000 events, by id
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/event_ring.h"
#include "suite.h"

#include <stdlib.h>

static struct event_ring ring;

static void add(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct event_entry entry = {.at = (int64_t)ring.last + 1, .kind = EVENT_DRAIN};

		event_ring_add(&ring, &entry);
	}
}

static const struct row {
	const char *name;
	uint64_t added;
	uint64_t after;
	uint64_t expected; /* 0: none */
} rows[] = {
	{"an empty ring", 0, 0, 0},
	{"the first of one", 1, 0, 1},
	{"nothing after the last", 1, 1, 0},
	{"nothing after an id of the future", 3, 17, 0},
	{"the next one", 3, 1, 2},
	{"a full ring still has its first", EVENT_RING_SIZE, 0, 1},
	{"one more, and the first is gone", EVENT_RING_SIZE + 1, 0, 2},
	{"many more", 3 * EVENT_RING_SIZE + 7, 0, 2 * EVENT_RING_SIZE + 8},
	{"an id that is gone", 3 * EVENT_RING_SIZE, 5, 2 * EVENT_RING_SIZE + 1},
	{"an id that is there", 3 * EVENT_RING_SIZE, 2 * EVENT_RING_SIZE + 5,
		2 * EVENT_RING_SIZE + 6},
};

START_TEST(finds_the_next)
{
	const struct row *row = &rows[_i];
	const struct event_entry *found;

	add(row->added);
	found = event_ring_after(&ring, row->after);
	if (row->expected == 0) {
		ck_assert_msg(found == NULL, "%s", row->name);
		return;
	}
	ck_assert_msg(found != NULL, "%s", row->name);
	ck_assert_msg(
		found->id == row->expected, "%s: id %lu", row->name, (unsigned long)found->id);
	ck_assert_msg(found->at == (int64_t)row->expected, "%s: content", row->name);
}
END_TEST

START_TEST(passes_over_what_was_lost)
{
	const uint64_t ids[] = {8, 3, 4, 1004, 4};

	for (int i = 0; i < COUNT(ids); i++)
		event_ring_restore(&ring, &(struct event_entry){.id = ids[i]});
	ck_assert_uint_eq(ring.last, 1004);
	/* 1004 has the place of 4; 3 is too old to be asked for. */
	ck_assert_uint_eq(event_ring_after(&ring, 0)->id, 8);
	ck_assert_uint_eq(event_ring_after(&ring, 8)->id, 1004);
	ck_assert_ptr_null(event_ring_after(&ring, 1004));
	ring.last = 2000;
	ck_assert_uint_eq(event_ring_after(&ring, 5)->id, 1004);
	ck_assert_ptr_null(event_ring_after(&ring, 1004));
	add(1);
	ck_assert_uint_eq(event_ring_after(&ring, 1004)->id, 2001);
}
END_TEST

START_TEST(names_every_kind)
{
	for (int a = 0; a < EVENT_KIND_COUNT; a++)
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(event_ring_kind_name((enum event_kind)a),
				event_ring_kind_name((enum event_kind)b));
	ck_assert_str_eq(event_ring_kind_name(EVENT_KIND_COUNT), "?");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{finds_the_next, COUNT(rows)},
		{passes_over_what_was_lost, 1}, {names_every_kind, 1}};

	return suite_run("event_ring", tests, COUNT(tests));
}
