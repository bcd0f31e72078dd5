/* test_follow_file: a log that grows, is rotated or emptied
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "follower.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char name[] = "mail.log";
static struct follower follower;
static bool is_without_inotify;

/* In the place of libc's, which a test cannot make fail otherwise. */
int inotify_init1(int flags)
{
	if (is_without_inotify) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_inotify_init1, flags);
}

static void open_follower(void)
{
	is_without_inotify = false;
	follower_open(&follower);
}

static void close_follower(void)
{
	follower_close(&follower);
}

/* An empty log that is being followed. */
static void start_empty(void)
{
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_settle(&follower, 0);
}

/* ---- growth */

START_TEST(lines_come_as_they_are_written)
{
	int64_t begun = clock_steady();

	follower_say(&follower, name, "old\n");
	follower_start(&follower, NULL);
	ck_assert(follower_status(&follower).is_watched);
	for (size_t i = 0; i < 20; i++) {
		char line[32];

		snprintf(line, sizeof(line), "line %zu\n", i);
		follower_say(&follower, name, line);
		follower_wait(&follower, i + 1);
		line[strlen(line) - 1] = '\0';
		follower_expect(&follower, i, line);
	}
	/* The timer alone would take 20 s. */
	ck_assert_int_lt(clock_steady() - begun, 8000);
	follower_settle(&follower, 20);
	ck_assert_int_gt(follower_status(&follower).last_line, 0);
}
END_TEST

START_TEST(without_inotify_too)
{
	is_without_inotify = true;
	start_empty();
	ck_assert(!follower_status(&follower).is_watched);
	follower_say(&follower, name, "one\n");
	follower_wait(&follower, 1);
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, "mail.log.1", "two\n");
	follower_say(&follower, name, "three\n");
	follower_wait(&follower, 3);
	follower_expect(&follower, 1, "two");
	follower_expect(&follower, 2, "three");
	/* There are descriptors again. */
	is_without_inotify = false;
	follower_say(&follower, name, "four\n");
	follower_wait(&follower, 4);
	ck_assert(follower_status(&follower).is_watched);
	follower_settle(&follower, 4);
}
END_TEST

START_TEST(a_line_octet_by_octet)
{
	static const char text[] = "one\ntwo\n";

	start_empty();
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		follower_write(&follower, name, text + i, 1);
		follower_settle(&follower, i < 3 ? 0 : i < 7 ? 1 : 2);
	}
	follower_expect(&follower, 0, "one");
	follower_expect(&follower, 1, "two");
}
END_TEST

START_TEST(octets_are_not_looked_at)
{
	static const char text[] = "a\0b\n\xff\xfe\x1b\r\n\n";

	start_empty();
	follower_write(&follower, name, text, sizeof(text) - 1);
	follower_settle(&follower, 3);
	ck_assert_uint_eq(follower.lengths[0], 3);
	ck_assert_int_eq(memcmp(follower.lines[0], "a\0b", 3), 0);
	follower_expect(&follower, 1, "\xff\xfe\x1b\r");
	follower_expect(&follower, 2, "");
}
END_TEST

START_TEST(long_lines)
{
	char *text = malloc(300001);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', 300001);
	text[300000] = '\n';
	start_empty();
	follower_say(&follower, name, "a\n");
	follower_write(&follower, name, text, 65536);
	follower_say(&follower, name, "\n");
	follower_write(&follower, name, text, 300001);
	follower_say(&follower, name, "b\n");
	follower_settle(&follower, 3);
	ck_assert_uint_eq(follower.lengths[1], 65536);
	follower_expect(&follower, 2, "b");
	ck_assert_uint_eq(follower_status(&follower).counts.lines_too_long, 1);
	free(text);
}
END_TEST

static void count_line(void *context, const char *line, size_t length)
{
	size_t *next = context;
	char expected[32];

	snprintf(expected, sizeof(expected), "%zu", *next);
	ck_assert(length >= strlen(expected) && memcmp(line, expected, strlen(expected)) == 0);
	++*next;
}

START_TEST(many_lines_at_once)
{
	enum { LINES = 100000, LENGTH = 120 };
	char *text = malloc(LINES * LENGTH + 1);
	size_t next = 0;

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < LINES; i++)
		sprintf(text + (size_t)i * LENGTH, "%-119d\n", i);
	follower.on_line = count_line;
	follower.context = &next;
	start_empty();
	follower_write(&follower, name, text, LINES * LENGTH);
	follower_settle(&follower, LINES);
	ck_assert_uint_eq(next, LINES);
	/* Other events had their turns between. */
	ck_assert_int_ge(follower.turns, LINES * LENGTH / 2 / 1048576);
	free(text);
}
END_TEST

/* ---- rotation by rename */

START_TEST(goes_on_with_the_new_file)
{
	start_empty();
	follower_say(&follower, name, "one\n");
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, name, "two\n");
	follower_settle(&follower, 2);
	follower_expect(&follower, 0, "one");
	follower_expect(&follower, 1, "two");
	ck_assert_uint_eq(follower_status(&follower).rotations, 1);
	ck_assert_uint_eq(follower_status(&follower).truncations, 0);
}
END_TEST

/* rsyslog goes on writing to the renamed file until it is told. */
START_TEST(reads_what_comes_late_to_the_old_file)
{
	start_empty();
	follower_say(&follower, name, "one\nbegun");
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, "mail.log.1", " and done\n");
	follower_wait(&follower, 2);
	follower_expect(&follower, 1, "begun and done");
	follower_say(&follower, name, "");
	follower_settle(&follower, 2);
	ck_assert(follower_status(&follower).is_lingering);
	follower_say(&follower, "mail.log.1", "late\n");
	follower_wait(&follower, 3);
	follower_say(&follower, name, "new\n");
	follower_wait(&follower, 4);
	follower_say(&follower, "mail.log.1", "later\n");
	follower_wait(&follower, 5);
	follower_expect(&follower, 2, "late");
	follower_expect(&follower, 3, "new");
	follower_expect(&follower, 4, "later");
	follower_settle(&follower, 5);
}
END_TEST

static bool is_alone(struct follower *any)
{
	return !follower_status(any).is_lingering;
}

START_TEST(leaves_the_old_file_when_it_is_silent)
{
	follower.linger = 300;
	start_empty();
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, name, "two\n");
	follower_settle(&follower, 2);
	follower_until(&follower, is_alone);
	follower_say(&follower, "mail.log.1", "nobody reads this\n");
	follower_say(&follower, name, "three\n");
	follower_settle(&follower, 3);
	follower_expect(&follower, 2, "three");
}
END_TEST

START_TEST(rotated_again_and_again)
{
	char text[32], old[32];

	start_empty();
	for (size_t i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "a%zu\n", i);
		snprintf(old, sizeof(old), "mail.log-%zu", i);
		follower_say(&follower, name, text);
		follower_rename(&follower, name, old);
		text[0] = 'b';
		follower_say(&follower, old, text);
		follower_say(&follower, name, "");
		follower_settle(&follower, 2 * i + 2);
	}
	for (size_t i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "%c%zu", i % 2 == 0 ? 'a' : 'b', i / 2);
		follower_expect(&follower, i, text);
	}
}
END_TEST

/* The oldest is left then, but not what was written to it before. */
START_TEST(rotated_again_before_a_look)
{
	start_empty();
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_say(&follower, "mail.log.1", "two\n");
	follower_say(&follower, name, "three\n");
	follower_rename(&follower, name, "mail.log.0");
	follower_say(&follower, name, "four\n");
	follower_settle(&follower, 4);
	follower_expect(&follower, 1, "two");
	follower_expect(&follower, 2, "three");
	follower_expect(&follower, 3, "four");
}
END_TEST

START_TEST(the_new_file_waits_for_the_rest_of_the_old_one)
{
	enum { LINES = 30000, LENGTH = 120 };
	char *text = malloc(LINES * LENGTH + 1);
	char last[32];
	size_t next = 0;

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < LINES; i++)
		sprintf(text + (size_t)i * LENGTH, "%-119d\n", i);
	follower.on_line = count_line;
	follower.context = &next;
	start_empty();
	follower_write(&follower, name, text, LINES * LENGTH);
	follower_rename(&follower, name, "mail.log.1");
	snprintf(last, sizeof(last), "%d\n", LINES);
	follower_say(&follower, name, last);
	follower_settle(&follower, LINES + 1);
	free(text);
}
END_TEST

START_TEST(renamed_back)
{
	start_empty();
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_rename(&follower, name, "aside");
	follower_say(&follower, name, "two\n");
	follower_settle(&follower, 2);
	follower_rename(&follower, name, "other");
	follower_rename(&follower, "aside", name);
	follower_say(&follower, name, "three\n");
	follower_settle(&follower, 3);
	follower_say(&follower, "other", "four\n");
	follower_wait(&follower, 4);
	follower_settle(&follower, 4);
	follower_expect(&follower, 2, "three");
	follower_expect(&follower, 3, "four");
}
END_TEST

/* ---- emptied */

START_TEST(copytruncate)
{
	start_empty();
	follower_say(&follower, name, "one\ntwo\n");
	follower_settle(&follower, 2);
	follower_truncate(&follower, name, 0);
	follower_settle(&follower, 2);
	follower_say(&follower, name, "three\n");
	follower_settle(&follower, 3);
	/* Past where it was, before anybody looks. */
	follower_truncate(&follower, name, 0);
	follower_say(&follower, name, "four\nfive\nsix\n");
	follower_settle(&follower, 6);
	follower_expect(&follower, 2, "three");
	follower_expect(&follower, 3, "four");
	follower_expect(&follower, 5, "six");
	ck_assert_uint_eq(follower_status(&follower).truncations, 2);
	ck_assert_uint_eq(follower_status(&follower).rotations, 0);
}
END_TEST

START_TEST(a_symbolic_link_is_followed)
{
	ck_assert_int_eq(symlink("target", follower.path), 0);
	follower_say(&follower, "target", "old\n");
	follower_start(&follower, NULL);
	follower_say(&follower, "target", "one\n");
	follower_settle(&follower, 1);
	follower_rename(&follower, "target", "target.1");
	follower_say(&follower, "target", "two\n");
	follower_settle(&follower, 2);
	follower_say(&follower, "target.1", "three\n");
	follower_wait(&follower, 3);
	follower_settle(&follower, 3);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{lines_come_as_they_are_written, 1},
		{without_inotify_too, 1}, {a_line_octet_by_octet, 1}, {octets_are_not_looked_at, 1},
		{long_lines, 1}, {many_lines_at_once, 1}, {goes_on_with_the_new_file, 1},
		{reads_what_comes_late_to_the_old_file, 1},
		{leaves_the_old_file_when_it_is_silent, 1}, {rotated_again_and_again, 1},
		{rotated_again_before_a_look, 1},
		{the_new_file_waits_for_the_rest_of_the_old_one, 1}, {renamed_back, 1},
		{copytruncate, 1}, {a_symbolic_link_is_followed, 1}};

	return suite_run_with("follow_file", tests, COUNT(tests), open_follower, close_follower);
}
