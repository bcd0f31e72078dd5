/* test_state_check: what is bad is thrown away, and nothing else
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state.h"
#include "state_file.h"
#include "suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 320, SLOT = 2560 };

/* ---- files that do not fit */

static void put(long offset, const void *octets, size_t length)
{
	FILE *file = fopen(state_file_path, "r+");

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
	ck_assert_int_eq(truncate(state_file_path, size), 0);
}

static void foreign(void)
{
	put(0, "#!/bin/s", 8);
}

static void other_version(void)
{
	put_number(8, 3);
}

static void other_slot_size(void)
{
	put_number(12, 2561);
}

static void cut_in_header(void)
{
	cut_to(63);
}

static void one_octet(void)
{
	cut_to(1);
}

/* A pool in the first slot, a host in the second, another one in the third. */
static void make_two(void)
{
	struct state *state = state_file_open();

	ck_assert_uint_eq(state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW), 0);
	ck_assert_uint_eq(
		state_file_claim(state, STATE_HOST, "mx1.example.com", 25, STATE_FILE_NOW), 1);
	ck_assert_uint_eq(
		state_file_claim(state, STATE_HOST, "mx2.example.com", 25, STATE_FILE_NOW), 2);
	state_slot(state, 2)->health.state = HEALTH_DRAINED;
	state_close(state);
}

static const struct foreign_row {
	const char *name;
	void (*change)(void);
	const char *why;
} foreigns[] = {
	{"foreign", foreign, "not a state file"},
	{"other version", other_version, "of another version"},
	{"other slot size", other_slot_size, "of another version"},
	{"cut in the header", cut_in_header, "truncated"},
	{"one octet", one_octet, "truncated"},
};

START_TEST(sets_aside_what_does_not_fit)
{
	const struct foreign_row *row = &foreigns[_i];
	struct stat before, after;
	struct state *state;

	make_two();
	row->change();
	ck_assert_int_eq(stat(state_file_path, &before), 0);
	ck_assert_msg(
		state_read(state_file_path, &state_file_report) == NULL, "%s: read", row->name);
	state = state_file_open();
	ck_assert_msg(state_file_report.set_aside, "%s: not set aside", row->name);
	ck_assert_msg(strstr(state_file_report.text, row->why) != NULL &&
			      strstr(state_file_report.text, ".bad") != NULL,
		"%s: %s", row->name, state_file_report.text);
	ck_assert_uint_eq(state_file_report.repair_count, 0);
	ck_assert_int_eq(stat(state_file_bad, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert(!state_file_has(state, STATE_POOL, "exchange", 0));
	ck_assert_uint_eq(state_file_claim(state, STATE_POOL, "exchange", 0, STATE_FILE_NOW), 0);
	state_close(state);
}
END_TEST

/* ---- bad slots */

static void unknown_type(void)
{
	put_number(HEADER, 9);
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
	put_number(HEADER + SLOT + (long)offsetof(struct state_slot, health.state),
		HEALTH_STATE_COUNT);
}

static void put_time(size_t at, int64_t time)
{
	put(HEADER + SLOT + (long)at, &time, sizeof(time));
}

static void late_evidence(void)
{
	put_number(HEADER + SLOT + (long)offsetof(struct state_slot, health.evidence_count), 3);
	put_time(offsetof(struct state_slot, health.evidence[2].at), INT64_MIN);
}

static void endless_drain(void)
{
	put_time(offsetof(struct state_slot, health.until), INT64_MAX);
}

static void the_same_name_twice(void)
{
	char slot[SLOT];
	FILE *file = fopen(state_file_path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, HEADER, SEEK_SET), 0);
	ck_assert_uint_eq(fread(slot, 1, SLOT, file), SLOT);
	fclose(file);
	put(HEADER + 5 * SLOT, slot, SLOT);
}

static const struct bad_row {
	const char *name;
	void (*change)(void);
	size_t slot; /* that is cleared */
	const char *why;
} bad_rows[] = {
	{"unknown type", unknown_type, 0, "no known type"},
	{"pool with a port", pool_with_a_port, 0, "a value is out of range"},
	{"host without a port", host_without_a_port, 1, "a value is out of range"},
	{"empty key", empty_key, 0, "it has no name"},
	{"key without an end", key_without_an_end, 0, "it has no name"},
	{"left before time began", left_before_time, 0, "a time is out of range"},
	{"wild credit", wild_credit, 0, "a value is out of range"},
	{"wild state", wild_state, 1, "a value is out of range"},
	{"evidence from before all time", late_evidence, 1, "a value is out of range"},
	{"a time that overflows", endless_drain, 1, "a value is out of range"},
	{"the same name twice", the_same_name_twice, 5, "another slot has that name"},
};

static void check_repaired(struct state *state, const struct bad_row *row)
{
	char place[32];

	ck_assert_msg(state != NULL, "%s: %s", row->name, state_file_report.text);
	snprintf(place, sizeof(place), "slot %zu ", row->slot);
	ck_assert_msg(!state_file_report.set_aside && state_file_report.repair_count == 1 &&
			      strstr(state_file_report.repairs[0], row->why) != NULL &&
			      strstr(state_file_report.repairs[0], place) != NULL,
		"%s: %u: %s", row->name, state_file_report.repair_count,
		state_file_report.repairs[0]);
	ck_assert_uint_eq(state_slot(state, row->slot)->type, 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(i == row->slot || state_slot(state, i)->type != 0, "%s: slot %zu",
			row->name, i);
	ck_assert_uint_eq(state_slot(state, 2)->health.state, HEALTH_DRAINED);
	state_close(state);
}

START_TEST(clears_a_bad_slot_alone)
{
	const struct bad_row *row = &bad_rows[_i];

	make_two();
	row->change();
	check_repaired(state_read(state_file_path, &state_file_report), row);
	check_repaired(state_open(state_file_path, &state_file_report), row);
	state_close(state_file_open());
	ck_assert_uint_eq(state_file_report.repair_count, 0);
}
END_TEST

/* Of two slots of one name the one in use stays, though it comes later. */
START_TEST(the_twin_in_use_stays)
{
	struct state *state;
	int64_t left_at = 5;

	make_two();
	the_same_name_twice();
	put(HEADER + (long)offsetof(struct state_slot, left_at), &left_at, sizeof(left_at));
	state = state_file_open();
	ck_assert_uint_eq(state_slot(state, 0)->type, 0);
	ck_assert_uint_eq(state_slot(state, 5)->type, STATE_POOL);
	state_close(state);
}
END_TEST

START_TEST(many_bad_slots_are_counted)
{
	struct state *state;

	make_two();
	for (uint32_t i = 0; i < 20; i++)
		put_number(HEADER + (10 + i) * SLOT, 77);
	state = state_file_open();
	ck_assert_uint_eq(state_file_report.repair_count, 20);
	ck_assert(state_file_has(state, STATE_HOST, "mx2.example.com", 25));
	state_close(state);
}
END_TEST

/* ---- how many slots there are */

static const struct size_row {
	const char *name;
	long size;	/* 0: as it is */
	uint32_t count; /* 0: as it is */
	size_t slots;	/* that are left */
	const char *note;
} sizes[] = {
	{"as it was", 0, 0, 150, NULL},
	{"cut to half", (HEADER + 150 * SLOT) / 2, 0, 74, "of 150 slots 74 are left"},
	{"cut at the end of a slot", HEADER + 2 * SLOT, 0, 2, "of 150 slots 2 are left"},
	{"cut in a slot", HEADER + 2 * SLOT + 1000, 0, 2, "of 150 slots 2 are left"},
	{"cut after the header", HEADER, 0, 0, "of 150 slots 0 are left"},
	{"a count of one more", 0, 151, 150, "of 151 slots 150 are left"},
	{"a count of fewer", 0, 1, 150, NULL},
	{"a count without end", 0, 0xffffffff, 150, "(4294967295) is out of range"},
	{"longer by a bit of a slot", HEADER + 170 * SLOT + 9, 0, 170, NULL},
};

static void check_size(struct state *state, const struct size_row *row)
{
	ck_assert_msg(state != NULL, "%s: %s", row->name, state_file_report.text);
	ck_assert_msg(!state_file_report.set_aside, "%s: set aside", row->name);
	ck_assert_msg(state_slot_count(state) == row->slots, "%s: %zu slots", row->name,
		state_slot_count(state));
	ck_assert_msg(state_file_report.repair_count == (row->note != NULL), "%s: %u notes",
		row->name, state_file_report.repair_count);
	if (row->note != NULL)
		ck_assert_msg(strstr(state_file_report.repairs[0], row->note) != NULL, "%s: %s",
			row->name, state_file_report.repairs[0]);
	ck_assert_msg(state_file_has(state, STATE_POOL, "exchange", 0) == (row->slots > 0) &&
			      state_file_has(state, STATE_HOST, "mx2.example.com", 25) ==
				      (row->slots > 2),
		"%s: who is there", row->name);
}

START_TEST(its_size_says_how_many_slots)
{
	const struct size_row *row = &sizes[_i];
	struct state *state;

	make_two();
	if (row->count != 0)
		put_number(16, row->count);
	if (row->size != 0)
		cut_to(row->size);
	state = state_read(state_file_path, &state_file_report);
	check_size(state, row);
	state_close(state);
	state = state_open(state_file_path, &state_file_report);
	check_size(state, row);
	/* What was cut in the middle of a slot is not taken for one when the file grows again. */
	state_file_claim(state, STATE_HOST, "new", 25, STATE_FILE_NOW);
	for (int i = 0; i < 200; i++) {
		char name[16];

		snprintf(name, sizeof(name), "h%d", i);
		state_file_claim(state, STATE_HOST, name, 25, STATE_FILE_NOW);
	}
	state_close(state);
	state_close(state_file_open());
	ck_assert_msg(state_file_report.repair_count == 0, "%s: %s", row->name,
		state_file_report.repairs[0]);
}
END_TEST

/* ---- an older version */

/* The file of version 1 that has the same slots. */
static void make_old(void)
{
	enum { OLD_SLOT = 2400 };
	static char octets[HEADER + 64 * SLOT], old[HEADER + 64 * OLD_SLOT];
	const uint32_t numbers[] = {1, OLD_SLOT, 64};
	FILE *file = fopen(state_file_path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(octets, 1, sizeof(octets), file), sizeof(octets));
	fclose(file);
	memcpy(old, octets, HEADER);
	memcpy(old + 8, numbers, sizeof(numbers));
	for (int i = 0; i < 64; i++)
		memcpy(old + HEADER + i * OLD_SLOT, octets + HEADER + i * SLOT, OLD_SLOT);
	cut_to(0);
	put(0, old, sizeof(old));
}

START_TEST(an_older_version_is_carried_over)
{
	struct state *state;
	struct log_place place;

	make_two();
	state = state_file_open();
	state_slot(state, 0)->pool.members[63].credit[1] = -7;
	state_slot(state, 0)->pool.turn = 12345;
	state_log_place(state)->now.offset = 99;
	place = *state_log_place(state);
	state_close(state);
	make_old();
	for (int i = 0; i < 3; i++) {
		state = i == 0 ? state_read(state_file_path, &state_file_report)
			       : state_open(state_file_path, &state_file_report);
		ck_assert_msg(state != NULL, "%s", state_file_report.text);
		ck_assert(!state_file_report.set_aside);
		ck_assert_uint_eq(state_file_report.repair_count, i == 1);
		ck_assert_uint_eq(state_slot(state, 0)->pool.turn, 12345);
		ck_assert_int_eq(state_slot(state, 0)->pool.members[63].credit[1], -7);
		ck_assert_uint_eq(state_slot(state, 0)->pool.shape, 0);
		ck_assert_uint_eq(state_slot(state, 2)->health.state, HEALTH_DRAINED);
		ck_assert_int_eq(memcmp(&place, state_log_place(state), sizeof(place)), 0);
		ck_assert_uint_eq(state_slot_count(state), 64);
		state_close(state);
		if (i == 1)
			ck_assert_msg(strstr(state_file_report.repairs[0], "version 1") != NULL,
				"%s", state_file_report.repairs[0]);
	}
}
END_TEST

/* What the operator can set since is in room that an older release has left at 0. */
START_TEST(what_came_later_is_not_set)
{
	struct state *state;
	struct health *health;

	make_two();
	state = state_file_open();
	health = &state_slot(state, 2)->health;
	for (size_t i = offsetof(struct health, weight_until); i < STATE_ROOM; i++)
		ck_assert_int_eq(((const char *)health)[i], 0);
	ck_assert_int_eq(health_percent(health, STATE_FILE_NOW), 100);
	health->weight_change = -50;
	health->weight_until = STATE_FILE_NOW;
	state_close(state);
	state = state_file_open();
	ck_assert_uint_eq(state_file_report.repair_count, 0);
	ck_assert_int_eq(health_percent(&state_slot(state, 2)->health, STATE_FILE_NOW - 1), 50);
	health_set_plan(&state_slot(state, 2)->health, STATE_FILE_NOW + 1, 0, "new disks");
	state_close(state);
	state = state_file_open();
	ck_assert_uint_eq(state_file_report.repair_count, 0);
	ck_assert_str_eq(state_slot(state, 2)->health.drain_text, "new disks");
	state_slot(state, 2)->health.drain_at = -1;
	state_close(state);
	state = state_file_open();
	ck_assert_uint_eq(state_file_report.repair_count, 1);
	ck_assert(!state_file_has(state, STATE_HOST, "mx2.example.com", 25));
	ck_assert(state_file_has(state, STATE_HOST, "mx1.example.com", 25));
	state_close(state);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{sets_aside_what_does_not_fit, COUNT(foreigns)},
		{clears_a_bad_slot_alone, COUNT(bad_rows)}, {the_twin_in_use_stays, 1},
		{many_bad_slots_are_counted, 1}, {its_size_says_how_many_slots, COUNT(sizes)},
		{an_older_version_is_carried_over, 1}, {what_came_later_is_not_set, 1}};

	return suite_run_with(
		"state_check", tests, COUNT(tests), state_file_make, state_file_remove);
}
