/* test_state_slots: whoever comes, leaves or returns has a slot of his own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state.h"
#include "engine/state_slots.h"
#include "state_file.h"
#include "suite.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Keys of so many hosts, NAME and a number. */
static struct state_key *make_keys(const char *name, size_t count)
{
	static char names[STATE_SLOTS_MAX + 1][16];
	struct state_key *keys = calloc(count, sizeof(*keys));

	ck_assert_ptr_nonnull(keys);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%zu", name, i);
		keys[i] = (struct state_key){.type = STATE_HOST, .key = names[i], .port = 25};
	}
	return keys;
}

START_TEST(grows_and_stays_where_it_is)
{
	struct state *state = state_file_open();
	struct state_slot *first =
		state_slot(state, state_file_claim(state, STATE_POOL, "p", 0, STATE_FILE_NOW));
	struct state_key *keys = make_keys("host", STATE_SLOTS_MAX);

	ck_assert_int_eq(
		state_slots_reserve(state, keys, 5000, STATE_FILE_NOW, &state_file_report), 0);
	state_slots_claim(state, keys, 5000, STATE_FILE_NOW);
	ck_assert_ptr_eq(state_slot(state, 0), first);
	ck_assert_str_eq(first->key, "p");
	ck_assert_int_eq(state_slots_reserve(
				 state, keys, STATE_SLOTS_MAX, STATE_FILE_NOW, &state_file_report),
		-1);
	ck_assert_ptr_nonnull(strstr(state_file_report.text, "more than 65536"));
	state_close(state);
	state = state_file_open();
	ck_assert(!state_file_report.set_aside);
	ck_assert(state_file_has(state, STATE_HOST, "host4999", 25));
	state_close(state);
	free(keys);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct rlimit limit;
	struct state_key *keys = make_keys("host", 1000);

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 420000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);

	struct state *state = state_file_open();

	ck_assert_int_eq(
		state_slots_reserve(state, keys, 1000, STATE_FILE_NOW, &state_file_report), -1);
	ck_assert_msg(strstr(state_file_report.text, "cannot reserve space") != NULL, "%s",
		state_file_report.text);
	ck_assert_int_eq(
		state_slots_reserve(state, keys, 10, STATE_FILE_NOW, &state_file_report), 0);
	/* There is no room for half as many again, but there is for these. */
	ck_assert_int_eq(
		state_slots_reserve(state, keys, 160, STATE_FILE_NOW, &state_file_report), 0);
	ck_assert_int_eq(
		state_slots_reserve(state, keys, 1000, STATE_FILE_NOW, &state_file_report), -1);
	state_file_claim(state, STATE_POOL, "p", 0, STATE_FILE_NOW);
	state_close(state);
	unlink(state_file_path);
	limit.rlim_cur = 1000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_null(state_open(state_file_path, &state_file_report));
	ck_assert_msg(strstr(state_file_report.text, "cannot reserve space") != NULL, "%s",
		state_file_report.text);
	free(keys);
}
END_TEST

START_TEST(a_slot_that_left_is_kept_for_a_day)
{
	struct state *state = state_file_open();
	size_t count = state_slot_count(state);
	bool used[150] = {false};
	size_t old = state_file_claim(state, STATE_HOST, "old", 25, STATE_FILE_NOW);
	struct state_key *keys = make_keys("h", 149);
	struct state_key another = {.type = STATE_HOST, .key = "new", .port = 25};

	ck_assert_uint_eq(count, 150);
	/* All other slots are in use. */
	ck_assert_int_eq(
		state_slots_reserve(state, keys, count - 1, STATE_FILE_NOW, &state_file_report), 0);
	state_slots_claim(state, keys, count - 1, STATE_FILE_NOW);
	for (size_t i = 0; i < count - 1; i++)
		used[keys[i].slot] = true;
	state_slots_leave_others(state, used, STATE_FILE_NOW);
	ck_assert_int_eq((int)(state_slot(state, old)->left_at), STATE_FILE_NOW);
	ck_assert_int_eq(state_slots_reserve(state, &another, 1, STATE_FILE_NOW + STATE_KEEP_MS,
				 &state_file_report),
		0);
	ck_assert_uint_eq(another.slot, count);
	ck_assert_uint_eq(state_slot_count(state), count + count / 2);
	ck_assert(state_file_has(state, STATE_HOST, "old", 25));
	ck_assert_uint_eq(
		state_file_claim(state, STATE_HOST, "new", 25, STATE_FILE_NOW + STATE_KEEP_MS + 1),
		old);
	ck_assert_uint_eq(state_slot_count(state), count + count / 2);
	ck_assert(!state_file_has(state, STATE_HOST, "old", 25));
	state_close(state);
	free(keys);
}
END_TEST

/* A host that comes back after more than a day, and one that is new: the slot has one owner. */
START_TEST(who_comes_back_keeps_his_slot)
{
	struct state *state = state_file_open();
	struct state_key keys[] = {{.type = STATE_HOST, .key = "old", .port = 25},
		{.type = STATE_HOST, .key = "new", .port = 25}};
	const bool used[150] = {false};
	const int64_t later = STATE_FILE_NOW + 2 * (int64_t)STATE_KEEP_MS;
	size_t old = state_file_claim(state, STATE_HOST, "old", 25, STATE_FILE_NOW);

	state_slots_leave_others(state, used, STATE_FILE_NOW);
	if (_i == 1) {
		keys[0].key = "new";
		keys[1].key = "old";
	}
	ck_assert_int_eq(state_slots_reserve(state, keys, 2, later, &state_file_report), 0);
	ck_assert_uint_eq(keys[_i].slot, old);
	ck_assert_uint_ne(keys[0].slot, keys[1].slot);
	ck_assert_int_eq((int)state_slot(state, old)->left_at, STATE_FILE_NOW);
	state_slots_claim(state, keys, 2, later);
	ck_assert_int_eq((int)state_slot(state, old)->left_at, 0);
	state_close(state);
}
END_TEST

/* A clock that was in the year 2100 when a host left does not keep its slot until then. */
START_TEST(a_clock_set_back_keeps_nothing)
{
	struct state *state = state_file_open();
	const bool used[150] = {false};
	const int64_t far = INT64_C(4102444800000);
	size_t old = state_file_claim(state, STATE_HOST, "old", 25, STATE_FILE_NOW);

	state_slots_leave_others(state, used, far);
	ck_assert(state_slot(state, old)->left_at == far);
	state_slots_leave_others(state, used, STATE_FILE_NOW);
	ck_assert_int_eq((int)state_slot(state, old)->left_at, STATE_FILE_NOW);
	state_close(state);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{grows_and_stays_where_it_is, 1},
		{a_full_disk_is_an_error, 1}, {a_slot_that_left_is_kept_for_a_day, 1},
		{who_comes_back_keeps_his_slot, 2}, {a_clock_set_back_keeps_nothing, 1}};

	return suite_run_with(
		"state_slots", tests, COUNT(tests), state_file_make, state_file_remove);
}
