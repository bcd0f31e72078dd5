/* test_state: a file that survives kills and distrusts what it reads
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pick.h"
#include "engine/state.h"
#include "suite.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEADER = 320, SLOT = 2400, NOW = 1000000 };

static char folder[64];
static char path[96];
static char bad[96];
static struct state_report report;

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state", folder);
	snprintf(bad, sizeof(bad), "%s/state.bad", folder);
}

static void remove_folder(void)
{
	unlink(path);
	unlink(bad);
	rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static struct state *open_good(void)
{
	struct state *state = state_open(path, &report);

	ck_assert_msg(state != NULL, "%s", report.text);
	return state;
}

static size_t claim(struct state *state, uint32_t type, const char *key, int port, int64_t now)
{
	ck_assert_int_eq(state_reserve(state, 1, now, &report), 0);
	return state_claim(state, type, key, port, now);
}

START_TEST(keeps_what_was_claimed)
{
	struct state *state = open_good();
	size_t pool = claim(state, STATE_POOL, "exchange", 0, NOW);
	size_t host = claim(state, STATE_HOST, "mx1.example.com", 25, NOW);
	size_t other = claim(state, STATE_HOST, "mx1.example.com", 26, NOW);

	ck_assert(!report.set_aside);
	ck_assert(pool != host && host != other && pool != other);
	state_slot(state, pool)->pool.members[3].first = 77;
	state_slot(state, host)->health.state = HEALTH_DRAINED;
	health_set_text(&state_slot(state, host)->health, "why");
	state_close(state);
	state = open_good();
	ck_assert(!report.set_aside);
	ck_assert_uint_eq(state_claim(state, STATE_POOL, "exchange", 0, NOW), pool);
	ck_assert_uint_eq(state_claim(state, STATE_HOST, "mx1.example.com", 26, NOW), other);
	ck_assert_uint_eq(state_slot(state, pool)->pool.members[3].first, 77);
	ck_assert_str_eq(state_slot(state, host)->health.text, "why");
	ck_assert(state_has(state, STATE_HOST, "mx1.example.com", 25, NOW));
	ck_assert(!state_has(state, STATE_HOST, "mx1.example.com", 27, NOW));
	ck_assert(!state_has(state, STATE_POOL, "mx1.example.com", 0, NOW));
	state_close(state);
}
END_TEST

START_TEST(one_daemon_a_file)
{
	struct state *state = open_good();
	char process[32];

	snprintf(process, sizeof(process), "(process %d)", (int)getpid());
	ck_assert_ptr_null(state_open(path, &report));
	ck_assert_msg(strstr(report.text, process) != NULL, "%s", report.text);
	state_close(state);
	state_close(open_good());
}
END_TEST

START_TEST(reads_beside_a_daemon)
{
	struct state *state = open_good();
	size_t pool = claim(state, STATE_POOL, "exchange", 0, NOW);
	struct state *copy = state_read(path, &report);

	ck_assert_msg(copy != NULL, "%s", report.text);
	ck_assert_str_eq(state_slot(copy, pool)->key, "exchange");
	state_close(copy);
	state_close(state);
	ck_assert_ptr_null(state_read("/nowhere/at/all", &report));
	ck_assert_ptr_null(state_read(folder, &report));
	ck_assert_ptr_nonnull(strstr(report.text, "not a state file"));
}
END_TEST

/* ---- files that do not fit */

static void put(long offset, const void *octets, size_t length)
{
	FILE *file = fopen(path, "r+");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, offset, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(octets, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static void put_number(long offset, uint32_t number)
{
	put(offset, &number, sizeof(number));
}

/* The file has a pool in its first slot and a host in its second. */
enum { KEY_AT = 8 };

static void cut_to(long size)
{
	ck_assert_int_eq(truncate(path, size), 0);
}

static void foreign(void)
{
	put(0, "#!/bin/s", 8);
}

static void other_version(void)
{
	put_number(8, 2);
}

static void other_slot_size(void)
{
	put_number(12, 2401);
}

static void too_many_slots(void)
{
	put_number(16, STATE_SLOTS_MAX + 1);
}

static void more_slots_than_there_are(void)
{
	put_number(16, 65);
}

static void cut_in_header(void)
{
	cut_to(63);
}

static void cut_in_slots(void)
{
	cut_to(HEADER + SLOT + 1);
}

static void one_octet(void)
{
	cut_to(1);
}

static void unknown_type(void)
{
	put_number(HEADER, 3);
}

static void pool_with_a_port(void)
{
	put_number(HEADER + 4, 25);
}

static void host_without_a_port(void)
{
	put_number(HEADER + SLOT + 4, 0);
}

static void empty_key(void)
{
	put(HEADER + KEY_AT, "", 1);
}

static void key_without_an_end(void)
{
	char key[STATE_KEY_MAX];

	memset(key, 'x', sizeof(key));
	put(HEADER + KEY_AT, key, sizeof(key));
}

static void left_before_time(void)
{
	put(HEADER + (long)offsetof(struct state_slot, left_at), "\xff\xff\xff\xff\xff\xff\xff\xff",
		8);
}

static void wild_credit(void)
{
	put_number(
		HEADER + (long)offsetof(struct state_slot, pool.members[5].credit[1]), 0x7fffffff);
}

static void wild_state(void)
{
	put_number(HEADER + SLOT + (long)offsetof(struct state_slot, health.state), 4);
}

static void the_same_name_twice(void)
{
	char slot[SLOT];
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, HEADER, SEEK_SET), 0);
	ck_assert_uint_eq(fread(slot, 1, SLOT, file), SLOT);
	fclose(file);
	put(HEADER + 2 * SLOT, slot, SLOT);
}

static const struct broken_row {
	const char *name;
	void (*change)(void);
} brokens[] = {
	{"foreign", foreign},
	{"other version", other_version},
	{"other slot size", other_slot_size},
	{"too many slots", too_many_slots},
	{"more slots than there are", more_slots_than_there_are},
	{"cut in the header", cut_in_header},
	{"cut in the slots", cut_in_slots},
	{"one octet", one_octet},
	{"unknown type", unknown_type},
	{"pool with a port", pool_with_a_port},
	{"host without a port", host_without_a_port},
	{"empty key", empty_key},
	{"key without an end", key_without_an_end},
	{"left before time began", left_before_time},
	{"wild credit", wild_credit},
	{"wild state", wild_state},
	{"the same name twice", the_same_name_twice},
};

START_TEST(sets_aside_what_does_not_fit)
{
	const struct broken_row *row = &brokens[_i];
	struct state *state = open_good();
	struct stat before, after;

	ck_assert_uint_eq(claim(state, STATE_POOL, "exchange", 0, NOW), 0);
	ck_assert_uint_eq(claim(state, STATE_HOST, "mx1.example.com", 25, NOW), 1);
	state_close(state);
	row->change();
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_msg(state_read(path, &report) == NULL, "%s: read", row->name);
	state = open_good();
	ck_assert_msg(report.set_aside, "%s: not set aside", row->name);
	ck_assert_msg(strstr(report.text, ".bad") != NULL, "%s: %s", row->name, report.text);
	ck_assert_int_eq(stat(bad, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert(!state_has(state, STATE_POOL, "exchange", 0, NOW));
	ck_assert_int_eq((int)claim(state, STATE_POOL, "exchange", 0, NOW), 0);
	state_close(state);
}
END_TEST

START_TEST(an_unchanged_file_is_not_set_aside)
{
	struct state *state = open_good();

	claim(state, STATE_POOL, "exchange", 0, NOW);
	state_close(state);
	put(0, "NEXTHOP", 8);
	state_close(open_good());
	ck_assert(!report.set_aside);
}
END_TEST

/* A kill in the middle of noting how far the log was read costs that place, and nothing else. */
START_TEST(a_halved_place_in_the_log_is_no_reason)
{
	const struct log_place halved = {.now = {.inode = 1, .offset = 2, .seen = 1}};
	struct state *state = open_good();

	claim(state, STATE_POOL, "exchange", 0, NOW);
	*state_log_place(state) = halved;
	state_close(state);
	ck_assert(!log_place_valid(&halved));
	state = state_open(path, &report);
	ck_assert_ptr_nonnull(state);
	ck_assert(!report.set_aside);
	ck_assert(state_has(state, STATE_POOL, "exchange", 0, NOW));
	state_close(state);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_ptr_null(state_open(path, &report));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_ptr_null(state_open(path, &report));
	ck_assert_ptr_null(state_open("/nowhere/at/all", &report));
	ck_assert_ptr_nonnull(strstr(report.text, "/nowhere/at/all: cannot open"));
}
END_TEST

/* ---- room */

START_TEST(grows_and_stays_where_it_is)
{
	struct state *state = open_good();
	struct state_slot *first = state_slot(state, claim(state, STATE_POOL, "p", 0, NOW));
	char name[32];

	ck_assert_int_eq(state_reserve(state, 5000, NOW, &report), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "host%d", i);
		state_claim(state, STATE_HOST, name, 25, NOW);
	}
	ck_assert_ptr_eq(state_slot(state, 0), first);
	ck_assert_str_eq(first->key, "p");
	ck_assert_int_eq(state_reserve(state, STATE_SLOTS_MAX, NOW, &report), -1);
	ck_assert_ptr_nonnull(strstr(report.text, "more than 65536"));
	state_close(state);
	state = open_good();
	ck_assert(!report.set_aside);
	ck_assert(state_has(state, STATE_HOST, "host4999", 25, NOW));
	state_close(state);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct rlimit limit;

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 300000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);

	struct state *state = open_good();

	ck_assert_int_eq(state_reserve(state, 1000, NOW, &report), -1);
	ck_assert_msg(strstr(report.text, "cannot reserve space") != NULL, "%s", report.text);
	ck_assert_int_eq(state_reserve(state, 10, NOW, &report), 0);
	claim(state, STATE_POOL, "p", 0, NOW);
	state_close(state);
	unlink(path);
	limit.rlim_cur = 1000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_null(state_open(path, &report));
	ck_assert_msg(strstr(report.text, "cannot reserve space") != NULL, "%s", report.text);
}
END_TEST

START_TEST(a_slot_that_left_is_kept_for_a_day)
{
	struct state *state = open_good();
	size_t count = state_slot_count(state);
	bool used[64] = {false};
	size_t old = claim(state, STATE_HOST, "old", 25, NOW);

	ck_assert_uint_eq(count, 64);
	/* All other slots are taken. */
	for (size_t i = 0; i < count - 1; i++) {
		char name[32];

		snprintf(name, sizeof(name), "h%zu", i);
		used[state_claim(state, STATE_HOST, name, 25, NOW)] = true;
	}
	state_leave_others(state, used, NOW);
	ck_assert_int_eq((int)(state_slot(state, old)->left_at), NOW);
	ck_assert_int_eq(state_reserve(state, 0, NOW + STATE_KEEP_MS, &report), 0);
	ck_assert(state_has(state, STATE_HOST, "old", 25, NOW + STATE_KEEP_MS));
	ck_assert(!state_has(state, STATE_HOST, "old", 25, NOW + STATE_KEEP_MS + 1));
	ck_assert_int_eq(state_reserve(state, 1, NOW + STATE_KEEP_MS + 1, &report), 0);
	ck_assert_uint_eq(state_claim(state, STATE_HOST, "new", 25, NOW + STATE_KEEP_MS + 1), old);
	ck_assert_uint_eq(state_slot_count(state), count);
	ck_assert(!state_has(state, STATE_HOST, "old", 25, NOW));
	used[old] = true;
	state_leave_others(state, used, NOW);
	ck_assert_int_eq((int)state_slot(state, old)->left_at, 0);
	state_close(state);
}
END_TEST

/* ---- kill -9 */

enum { HOSTS = 3 };

static const int weights[HOSTS] = {5, 2, 1};

static void take_turn(struct state_pool *pool)
{
	int32_t credit[POOL_HOSTS_MAX];

	state_get_credit(pool, credit);
	pick_turn(weights, credit, HOSTS);
	state_put_credit(pool, credit);
}

static void take_turns_until_killed(int ready)
{
	struct state *state = state_open(path, &report);

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
	struct state *state = open_good();
	uint64_t before = 0;

	claim(state, STATE_POOL, "p", 0, NOW);
	state_close(state);
	for (int round = 0; round < 20; round++) {
		int pipes[2];
		char octet;
		int status;
		int32_t credit[POOL_HOSTS_MAX], expected[HOSTS] = {0};
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
		state = open_good();
		ck_assert(!report.set_aside);

		const struct state_pool *pool = &state_slot(state, 0)->pool;

		/* The rotation comes round every 8 turns. */
		for (uint64_t turn = 0; turn < pool->turn % 8; turn++)
			pick_turn(weights, expected, HOSTS);
		state_get_credit(pool, credit);
		for (int i = 0; i < HOSTS; i++)
			ck_assert_msg(credit[i] == expected[i], "after %lu turns",
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
		{reads_beside_a_daemon, 1}, {sets_aside_what_does_not_fit, COUNT(brokens)},
		{an_unchanged_file_is_not_set_aside, 1},
		{a_halved_place_in_the_log_is_no_reason, 1}, {refuses_what_is_no_file, 1},
		{grows_and_stays_where_it_is, 1}, {a_full_disk_is_an_error, 1},
		{a_slot_that_left_is_kept_for_a_day, 1}, {a_kill_halves_nothing, 1}};

	return suite_run_with("state", tests, COUNT(tests), make_folder, remove_folder);
}
