/* test_probe_agenda: which host is to be probed when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "doors/probe_agenda.h"
#include "suite.h"

static struct probe_agenda *agenda;
static int dropped;

static void setup(void)
{
	agenda = probe_agenda_new();
	ck_assert_ptr_nonnull(agenda);
	dropped = 0;
}

static void teardown(void)
{
	probe_agenda_free(agenda);
}

static uint64_t key_of(int host)
{
	return hash_pair((uint64_t)host, 25);
}

/* ---- when */

static const struct due_row {
	const char *name;
	struct probe_target target;
	bool has_begun;
	uint16_t draw;
	int64_t first_due; /* ms after `since` */
} dues[] = {
	{"up", {.is_up = true, .interval_ms = 10000}, true, 700, 10000},
	{"not up, no fast interval", {.interval_ms = 10000}, true, 0, 10000},
	{"not up", {.interval_ms = 10000, .fast_interval_ms = 2000}, true, 0, 2000},
	{"up again", {.is_up = true, .interval_ms = 10000, .fast_interval_ms = 2000}, true, 0,
		10000},
	{"jitter, soonest", {.is_up = true, .interval_ms = 10000, .jitter = 20}, true, 0, 8000},
	{"jitter, middle", {.is_up = true, .interval_ms = 10000, .jitter = 20}, true, 500, 10000},
	{"jitter, latest", {.is_up = true, .interval_ms = 10000, .jitter = 20}, true,
		PROBE_DRAW_MAX, 12000},
	{"the first, soonest", {.is_up = true, .interval_ms = 10000, .jitter = 20}, false, 0, 0},
	{"the first, latest", {.is_up = true, .interval_ms = 10000, .jitter = 20}, false,
		PROBE_DRAW_MAX, 10000},
	{"the first, not up", {.interval_ms = 10000, .fast_interval_ms = 2000}, false,
		PROBE_DRAW_MAX, 2000},
	{"a week", {.is_up = true, .interval_ms = 604800000, .jitter = 100}, true, PROBE_DRAW_MAX,
		1209600000},
};

START_TEST(is_due)
{
	const struct due_row *row = &dues[_i];
	struct probe_entry entry = {.since = 5000, .has_begun = row->has_begun, .draw = row->draw};
	int64_t due = 5000 + row->first_due;

	ck_assert_msg(!probe_agenda_is_due(&entry, &row->target, due - 1), "%s: sooner", row->name);
	ck_assert_msg(probe_agenda_is_due(&entry, &row->target, due), "%s: not yet", row->name);
	/* Never while it is being probed. */
	entry.talk = (struct probe_talk *)&entry;
	ck_assert_msg(!probe_agenda_is_due(&entry, &row->target, due), "%s: twice", row->name);
}
END_TEST

START_TEST(first_probes_are_spread)
{
	const struct probe_target target = {.is_up = true, .interval_ms = 10000};
	int before = 0;

	for (int i = 0; i < 10000; i++)
		ck_assert_ptr_nonnull(probe_agenda_enter(agenda, key_of(i), 0));
	for (int64_t now = 999; now < 10000; now += 1000) {
		int due = 0;

		for (int i = 0; i < 10000; i++)
			due += probe_agenda_is_due(
				probe_agenda_find(agenda, key_of(i)), &target, now);
		ck_assert_int_gt(due - before, 800);
		ck_assert_int_lt(due - before, 1200);
		before = due;
	}
}
END_TEST

START_TEST(begins_anew)
{
	struct probe_entry *entry = probe_agenda_enter(agenda, 1, 0);
	struct probe_target target = {.is_up = true, .interval_ms = 1000};

	probe_agenda_begin(entry, NULL, 7000);
	ck_assert(entry->has_begun);
	ck_assert(!probe_agenda_is_due(entry, &target, 7999));
	ck_assert(probe_agenda_is_due(entry, &target, 8000));
}
END_TEST

/* ---- who */

START_TEST(one_entry_a_key)
{
	struct probe_entry *entry = probe_agenda_enter(agenda, 0, 1000);

	entry->host = 7;
	ck_assert_ptr_eq(probe_agenda_enter(agenda, 0, 2000), entry);
	ck_assert_int_eq(entry->since, 1000);
	ck_assert_ptr_null(probe_agenda_find(agenda, 64));
	/* Keys that fall on the same place. */
	probe_agenda_enter(agenda, 64, 3000)->host = 8;
	ck_assert_uint_eq(probe_agenda_find(agenda, 64)->host, 8);
	ck_assert_uint_eq(probe_agenda_find(agenda, 0)->host, 7);
}
END_TEST

static void drop(void *context, struct probe_talk *talk)
{
	ck_assert_ptr_eq(context, &dropped);
	ck_assert_ptr_eq(talk, (struct probe_talk *)&dropped);
	dropped++;
}

START_TEST(sweeps_what_was_not_seen)
{
	for (int i = 0; i < 5000; i++) {
		struct probe_entry *entry = probe_agenda_enter(agenda, key_of(i), 0);

		entry->pass = (uint32_t)(i % 5);
		entry->host = (size_t)i;
		entry->talk = i % 2 == 0 ? (struct probe_talk *)&dropped : NULL;
	}
	probe_agenda_sweep(agenda, 0, drop, &dropped);
	ck_assert_int_eq(dropped, 0);
	probe_agenda_sweep(agenda, 2, drop, &dropped);
	ck_assert_int_eq(dropped, 1000);
	for (int i = 0; i < 5000; i++) {
		struct probe_entry *entry = probe_agenda_find(agenda, key_of(i));

		ck_assert_msg((entry != NULL) == (i % 5 >= 2), "%d", i);
		ck_assert(entry == NULL || entry->host == (size_t)i);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{is_due, COUNT(dues)}, {first_probes_are_spread, 1},
		{begins_anew, 1}, {one_entry_a_key, 1}, {sweeps_what_was_not_seen, 1}};

	return suite_run_with("probe_agenda", tests, COUNT(tests), setup, teardown);
}
