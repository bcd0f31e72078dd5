/* test_state: a file that survives kills and distrusts what it reads
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pick.h"
#include "engine/state.h"
#include "state_file.h"
#include "suite.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(keeps_what_was_claimed)
{
	struct state *state = state_file_open();
	size_t pool = state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW);
	size_t host = state_file_claim(state, STATE_HOST, "mx1.example.com", 25, STATE_FILE_NOW);
	size_t other = state_file_claim(state, STATE_HOST, "mx1.example.com", 26, STATE_FILE_NOW);

	ck_assert(!state_file_report.set_aside);
	ck_assert(pool != host && host != other && pool != other);
	state_slot(state, pool)->pool.members[3].first = 77;
	state_slot(state, host)->health.state = HEALTH_DRAINED;
	health_set_text(&state_slot(state, host)->health, "why");
	state_close(state);
	state = state_file_open();
	ck_assert(!state_file_report.set_aside);
	ck_assert_uint_eq(state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW), pool);
	ck_assert_uint_eq(
		state_file_claim(state, STATE_HOST, "mx1.example.com", 26, STATE_FILE_NOW), other);
	ck_assert_uint_eq(state_slot(state, pool)->pool.members[3].first, 77);
	ck_assert_str_eq(state_slot(state, host)->health.text, "why");
	ck_assert(state_file_has(state, STATE_HOST, "mx1.example.com", 25));
	ck_assert(!state_file_has(state, STATE_HOST, "mx1.example.com", 27));
	ck_assert(!state_file_has(state, STATE_POOL, "mx1.example.com", 0));
	state_close(state);
}
END_TEST

START_TEST(one_daemon_a_file)
{
	struct state *state = state_file_open();
	char process[32];

	snprintf(process, sizeof(process), "(process %d)", (int)getpid());
	ck_assert_ptr_null(state_open(state_file_path, &state_file_report));
	ck_assert_msg(
		strstr(state_file_report.text, process) != NULL, "%s", state_file_report.text);
	state_close(state);
	state_close(state_file_open());
}
END_TEST

START_TEST(reads_beside_a_daemon)
{
	struct state *state = state_file_open();
	size_t pool = state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW);
	struct state *copy = state_read(state_file_path, &state_file_report);

	ck_assert_msg(copy != NULL, "%s", state_file_report.text);
	ck_assert_str_eq(state_slot(copy, pool)->key, "exchange");
	state_close(copy);
	state_close(state);
	ck_assert_ptr_null(state_read("/nowhere/at/all", &state_file_report));
	ck_assert_ptr_null(state_read(state_file_folder, &state_file_report));
	ck_assert_ptr_nonnull(strstr(state_file_report.text, "not a state file"));
}
END_TEST

/* ---- good files */

START_TEST(an_unchanged_file_is_not_set_aside)
{
	struct state *state = state_file_open();

	state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW);
	state_close(state);
	state_close(state_file_open());
	ck_assert(!state_file_report.set_aside);
}
END_TEST

/* A kill in the middle of noting how far the log was read costs that place, and nothing else. */
START_TEST(a_halved_place_in_the_log_is_no_reason)
{
	const struct log_place halved = {.now = {.inode = 1, .offset = 2, .seen = 1}};
	struct state *state = state_file_open();

	state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW);
	*state_log_place(state) = halved;
	state_close(state);
	ck_assert(!log_place_valid(&halved));
	state = state_open(state_file_path, &state_file_report);
	ck_assert_ptr_nonnull(state);
	ck_assert(!state_file_report.set_aside);
	ck_assert(state_file_has(state, STATE_POOL, "exchange", 0));
	state_close(state);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	ck_assert_int_eq(symlink("/etc/passwd", state_file_path), 0);
	ck_assert_ptr_null(state_open(state_file_path, &state_file_report));
	ck_assert_int_eq(unlink(state_file_path), 0);
	ck_assert_int_eq(mkdir(state_file_path, 0700), 0);
	ck_assert_ptr_null(state_open(state_file_path, &state_file_report));
	ck_assert_ptr_null(state_open("/nowhere/at/all", &state_file_report));
	ck_assert_ptr_nonnull(strstr(state_file_report.text, "/nowhere/at/all: cannot open"));
}
END_TEST

/* ---- kill -9 */

enum { HOSTS = 3 };

static const int weights[HOSTS] = {5, 2, 1};

static void take_turn(struct state_pool *pool)
{
	struct pick_rotation rotation;

	state_get_rotation(pool, &rotation);
	pick_turn(weights, rotation.credit, HOSTS);
	state_put_rotation(pool, &rotation);
}

static void take_turns_until_killed(int ready)
{
	struct state *state = state_open(state_file_path, &state_file_report);

	if (state == NULL)
		_exit(1);
	/* On a busy machine the kill may come before another one is taken. */
	take_turn(&state_slot(state, 0)->pool);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		take_turn(&state_slot(state, 0)->pool);
}

START_TEST(a_kill_halves_nothing)
{
	struct state *state = state_file_open();
	uint64_t before = 0;

	state_file_claim(state, STATE_POOL, "p", 0, STATE_FILE_NOW);
	state_close(state);
	for (int round = 0; round < 20; round++) {
		int pipes[2];
		char octet;
		int status;
		struct pick_rotation rotation;
		int32_t expected[HOSTS] = {0};
		pid_t child;

		ck_assert_int_eq(pipe(pipes), 0);
		child = fork();
		if (child == 0)
			take_turns_until_killed(pipes[1]);
		ck_assert_int_eq((int)read(pipes[0], &octet, 1), 1);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		close(pipes[0]);
		close(pipes[1]);
		state = state_file_open();
		ck_assert(!state_file_report.set_aside);

		const struct state_pool *pool = &state_slot(state, 0)->pool;

		/* The rotation comes round every 8 turns. */
		for (uint64_t turn = 0; turn < pool->turn % 8; turn++)
			pick_turn(weights, expected, HOSTS);
		state_get_rotation(pool, &rotation);
		for (int i = 0; i < HOSTS; i++)
			ck_assert_msg(rotation.credit[i] == expected[i], "after %lu turns",
				(unsigned long)pool->turn);
		ck_assert_uint_ge(pool->turn, before);
		before = pool->turn;
		state_close(state);
	}
	ck_assert_uint_gt(before, 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{keeps_what_was_claimed, 1}, {one_daemon_a_file, 1},
		{reads_beside_a_daemon, 1}, {an_unchanged_file_is_not_set_aside, 1},
		{a_halved_place_in_the_log_is_no_reason, 1}, {refuses_what_is_no_file, 1},
		{a_kill_halves_nothing, 1}};

	return suite_run_with("state", tests, COUNT(tests), state_file_make, state_file_remove);
}
