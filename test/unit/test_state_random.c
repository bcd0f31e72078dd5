/* test_state_random: who leaves and comes back, in any order, has a slot of his own
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
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A daemon's life is a process of its own: it opens the file, loads one configuration after another
 * while time goes on, and ends by a close or a kill. What should be so is kept in memory that all of
 * these processes share.
 */

enum { NAMES = 60, LIVES = 40, STEPS = 30, HOUR = 3600000 };

struct expected {
	bool is_live;
	bool is_known; /* it had a slot once */
	int64_t left_at;
	uint64_t mark; /* what it wrote last */
	size_t slot;
};

static struct world {
	unsigned seed;
	int64_t now;
	uint64_t marks;
	struct expected names[NAMES];
} * world;

static char names[NAMES][16];

/* Half of them are hosts, of which each two have the same name. */
static struct state_key key_of(int name)
{
	if (name % 2 == 0)
		return (struct state_key){.type = STATE_POOL, .key = names[name]};
	return (struct state_key){.type = STATE_HOST, .key = names[name / 4], .port = 25 + name};
}

static uint64_t *mark_of(struct state_slot *slot)
{
	return slot->type == STATE_POOL ? &slot->pool.turn : &slot->health.attempts;
}

static void require(bool is_so, const char *what, int name)
{
	if (is_so)
		return;
	fprintf(stderr, "# name %d, seed %u: %s\n", name, world->seed, what);
	_exit(1);
}

static unsigned draw(unsigned below)
{
	return suite_random(&world->seed) % below;
}

/* ---- what is true after each step */

static void look(struct state *state)
{
	static int owner[STATE_SLOTS_MAX];

	memset(owner, 0, sizeof(owner));
	for (int i = 0; i < NAMES; i++) {
		const struct expected *name = &world->names[i];
		struct state_key key = key_of(i);
		struct state_slot *slot;

		if (!name->is_live)
			continue;
		slot = state_slot(state, name->slot);
		require(owner[name->slot]++ == 0, "two names have one slot", i);
		require(slot->type == key.type && slot->port == key.port &&
				strcmp(slot->key, key.key) == 0,
			"its slot is another's", i);
		require(slot->left_at == 0, "it is there, and has left", i);
		require(*mark_of(slot) == name->mark, "it does not read what it wrote", i);
	}
}

/* ---- the steps */

static void claimed(struct state *state, int i, size_t index)
{
	struct expected *name = &world->names[i];
	struct state_slot *slot = state_slot(state, index);
	bool is_kept =
		name->is_live || (name->is_known && world->now - name->left_at <= STATE_KEEP_MS);

	require(!is_kept || *mark_of(slot) == name->mark, "what it wrote is gone", i);
	require(is_kept || *mark_of(slot) == name->mark || *mark_of(slot) == 0,
		"it has what another wrote", i);
	*name = (struct expected){
		.is_live = true,
		.is_known = true,
		.slot = index,
		.mark = *mark_of(slot),
	};
}

/* A new configuration, with each name or without it. */
static void load(struct state *state)
{
	struct state_report report;
	struct state_key keys[NAMES];
	int of[NAMES];
	size_t count = 0;
	unsigned share = 1 + draw(4);

	for (int i = 0; i < NAMES; i++)
		if (draw(4) < share) {
			of[count] = i;
			keys[count++] = key_of(i);
		}
	require(state_slots_reserve(state, keys, count, world->now, &report) == 0, report.text, -1);
	look(state);
	state_slots_claim(state, keys, count, world->now);

	bool *used = calloc(state_slot_count(state), sizeof(bool));
	bool is_loaded[NAMES] = {false};

	require(used != NULL, "no memory", -1);
	for (size_t i = 0; i < count; i++) {
		used[keys[i].slot] = true;
		is_loaded[of[i]] = true;
		claimed(state, of[i], keys[i].slot);
	}
	state_slots_leave_others(state, used, world->now);
	free(used);
	for (int i = 0; i < NAMES; i++) {
		if (is_loaded[i] || !world->names[i].is_live)
			continue;
		world->names[i].is_live = false;
		world->names[i].left_at = world->now;
	}
}

/* One that has no room: nothing changes. */
static void load_too_many(struct state *state)
{
	static struct state_key keys[STATE_SLOTS_MAX + 1];
	static char many[STATE_SLOTS_MAX + 1][8];
	struct state_report report;

	for (int i = 0; i <= STATE_SLOTS_MAX; i++) {
		snprintf(many[i], sizeof(many[i]), "m%d", i);
		keys[i] = (struct state_key){.type = STATE_POOL, .key = many[i]};
	}
	require(state_slots_reserve(state, keys, STATE_SLOTS_MAX + 1, world->now, &report) == -1,
		"there was room for too many", -1);
}

static void write_marks(struct state *state)
{
	for (int i = 0; i < NAMES; i++) {
		struct expected *name = &world->names[i];

		if (!name->is_live || draw(2) == 0)
			continue;
		name->mark = ++world->marks;
		*mark_of(state_slot(state, name->slot)) = name->mark;
	}
}

static void step(struct state *state)
{
	switch (draw(8)) {
	case 0:
		world->now += draw(2 * HOUR);
		break;
	case 1:
		world->now += STATE_KEEP_MS + (int64_t)draw(3) - 1;
		break;
	case 2:
		if (draw(20) == 0)
			load_too_many(state);
		break;
	case 3:
	case 4:
		write_marks(state);
		break;
	default:
		load(state);
	}
	look(state);
}

static void live(void)
{
	struct state_report report;
	struct state *state = state_open(state_file_path, &report);
	unsigned steps = draw(STEPS);

	require(state != NULL, report.text, -1);
	require(!report.set_aside, report.text, -1);
	look(state);
	for (unsigned i = 0; i < steps; i++)
		step(state);
	if (draw(2) == 0)
		kill(getpid(), SIGKILL);
	state_close(state);
	_exit(0);
}

START_TEST(no_two_share_a_slot)
{
	memset(world, 0, sizeof(*world));
	world->seed = (unsigned)_i * 7919 + 1;
	world->now = INT64_C(1700000000000);
	for (int i = 0; i < LIVES; i++) {
		pid_t child = fork();
		int status;

		ck_assert_int_ne(child, -1);
		if (child == 0)
			live();
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
				      (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL),
			"seed %u, life %d: status %d", (unsigned)_i, i, status);
	}
	ck_assert_uint_gt(world->marks, 100);
}
END_TEST

static void make_world(void)
{
	world = mmap(
		NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(world, MAP_FAILED);
	state_file_make();
	for (int i = 0; i < NAMES; i++)
		snprintf(names[i], sizeof(names[i]), "name%d", i);
}

static void remove_world(void)
{
	state_file_remove();
	munmap(world, sizeof(*world));
}

int main(void)
{
	const struct suite_test tests[] = {{no_two_share_a_slot, 20}};

	return suite_run_with("state_random", tests, COUNT(tests), make_world, remove_world);
}
