/* test_arena: pieces that are zeroed, aligned and their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/arena.h"
#include "suite.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static struct arena *arena;

static void open_arena(void)
{
	arena = arena_new();
	ck_assert_ptr_nonnull(arena);
}

static void close_arena(void)
{
	arena_free(arena);
}

static const struct row {
	const char *name;
	size_t count;
	size_t size;
	int times;
} rows[] = {
	{"nothing", 0, 8, 10},
	{"one octet", 1, 1, 10000},
	{"an odd size", 3, 7, 10000},
	{"a third of a chunk", 1, 87381, 20},
	{"half a chunk", 1, 131072, 20},
	{"a little more than half", 1, 131073, 20},
	{"a chunk", 1, 262144, 10},
	{"more than a chunk", 1000, 1000, 10},
};

/* Fills each piece: a piece that is not zeroed then was another's, too. */
START_TEST(pieces)
{
	const struct row *row = &rows[_i];
	size_t length = row->count * row->size;

	for (int i = 0; i < row->times; i++) {
		unsigned char *piece = arena_take(arena, row->count, row->size);

		ck_assert_msg(piece != NULL, "%s", row->name);
		ck_assert_msg((uintptr_t)piece % alignof(max_align_t) == 0, "%s: %d is not aligned",
			row->name, i);
		for (size_t k = 0; k < length; k++)
			ck_assert_msg(piece[k] == 0, "%s: %d is not zeroed", row->name, i);
		memset(piece, 0xff, length);
		/* What is between two pieces of the same size. */
		ck_assert_str_eq(arena_copy(arena, "text", 2), "te");
	}
}
END_TEST

START_TEST(copies)
{
	const char octets[] = {'a', '\0', 'b'};
	char *copy = arena_copy(arena, octets, sizeof(octets));

	ck_assert_int_eq(memcmp(copy, octets, sizeof(octets)), 0);
	ck_assert_int_eq(copy[sizeof(octets)], '\0');
	ck_assert_str_eq(arena_copy(arena, "", 0), "");
}
END_TEST

START_TEST(sizes_past_all_bounds_are_refused)
{
	ck_assert_ptr_null(arena_take(arena, SIZE_MAX, 2));
	ck_assert_ptr_null(arena_take(arena, SIZE_MAX / 2 + 1, 2));
	ck_assert_ptr_null(arena_take(arena, (size_t)1 << 33, (size_t)1 << 33));
	ck_assert_ptr_nonnull(arena_take(arena, 1, 1));
}
END_TEST

START_TEST(frees_nothing)
{
	arena_free(NULL);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{pieces, COUNT(rows)},
		{copies, 1},
		{sizes_past_all_bounds_are_refused, 1},
		{frees_nothing, 1},
	};

	return suite_run_with("arena", tests, COUNT(tests), open_arena, close_arena);
}
