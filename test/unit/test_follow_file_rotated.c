/* test_follow_file_rotated: followed again from a place, whatever became of the log meanwhile
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_file.h"
#include "follower.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char name[] = "mail.log";
static struct follower follower;

static void open_follower(void)
{
	follower_open(&follower);
}

static void close_follower(void)
{
	follower_close(&follower);
}

/* ---- while it was down */

/* "one" was delivered, and the log has the name. */
static void grown(void)
{
	follower_say(&follower, name, "two\nthree\n");
}

static void unchanged(void)
{
}

static void renamed(void)
{
	follower_say(&follower, name, "two\n");
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, name, "three\n");
}

static void renamed_by_date(void)
{
	follower_say(&follower, name, "two\n");
	follower_rename(&follower, name, "mail-20260131.log");
	follower_say(&follower, name, "three\n");
}

static void renamed_beside_others(void)
{
	follower_say(&follower, "mail.log.2", "older\n");
	follower_say(&follower, "mail.log.3.gz", "\x1f\x8b");
	follower_say(&follower, "mail.log.1.bak", "zero\none\ntwo\n");
	renamed();
}

static void renamed_and_gone(void)
{
	follower_say(&follower, name, "lost\n");
	follower_remove(&follower, name);
	follower_say(&follower, name, "two\nthree\n");
}

static void emptied(void)
{
	follower_truncate(&follower, name, 0);
	follower_say(&follower, name, "2\n3\n");
}

static void emptied_and_longer(void)
{
	follower_truncate(&follower, name, 0);
	follower_say(&follower, name, "two and more\nthree and more\n");
}

static const struct down_row {
	const char *what;
	void (*change)(void);
	size_t count; /* of lines after "one" */
	const char *first;
} downs[] = {
	{"unchanged", unchanged, 0, NULL},
	{"grown", grown, 2, "two"},
	{"renamed", renamed, 2, "two"},
	{"renamed by date", renamed_by_date, 2, "two"},
	{"renamed beside others", renamed_beside_others, 2, "two"},
	{"renamed and gone", renamed_and_gone, 2, "two"},
	{"emptied", emptied, 2, "2"},
	{"emptied and longer", emptied_and_longer, 2, "two and more"},
};

START_TEST(goes_on_from_its_place)
{
	const struct down_row *row = &downs[_i];

	follower_say(&follower, name, "zero\n");
	follower_start(&follower, NULL);
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_stop(&follower);
	row->change();
	follower_start(&follower, &follower.place);
	follower_settle(&follower, 1 + row->count);
	if (row->count > 0)
		follower_expect(&follower, 1, row->first);
	/* And with the new place again. */
	follower_stop(&follower);
	follower_say(&follower, name, "more\n");
	follower_start(&follower, &follower.place);
	follower_settle(&follower, 2 + row->count);
	follower_expect(&follower, 1 + row->count, "more");
}
END_TEST

/* The place is kept from the first turn on, although there was no line yet. */
START_TEST(started_for_the_first_time)
{
	follower_say(&follower, name, "old\n");
	follower_start(&follower, NULL);
	follower_settle(&follower, 0);
	follower_stop(&follower);
	follower_say(&follower, name, "one\n");
	follower_start(&follower, &follower.place);
	follower_settle(&follower, 1);
}
END_TEST

START_TEST(a_line_that_is_not_complete_is_read_again)
{
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_say(&follower, name, "one\ntw");
	follower_settle(&follower, 1);
	follower_stop(&follower);
	follower_say(&follower, name, "o\n");
	follower_start(&follower, &follower.place);
	follower_settle(&follower, 2);
	follower_expect(&follower, 1, "two");
}
END_TEST

START_TEST(renamed_and_the_name_is_free_yet)
{
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_stop(&follower);
	follower_say(&follower, name, "two\n");
	follower_rename(&follower, name, "mail.log.0");
	follower_start(&follower, &follower.place);
	follower_wait(&follower, 2);
	ck_assert(!follower_status(&follower).is_readable);
	follower_say(&follower, "mail.log.0", "three\n");
	follower_say(&follower, name, "four\n");
	follower_settle(&follower, 4);
	follower_expect(&follower, 1, "two");
	follower_expect(&follower, 2, "three");
	follower_expect(&follower, 3, "four");
}
END_TEST

START_TEST(two_files_were_followed)
{
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_rename(&follower, name, "mail.log.1");
	follower_say(&follower, name, "two\n");
	follower_settle(&follower, 2);
	follower_stop(&follower);
	follower_say(&follower, "mail.log.1", "late\n");
	follower_say(&follower, name, "three\n");
	follower_start(&follower, &follower.place);
	follower_settle(&follower, 4);
	follower_expect(&follower, 2, "late");
	follower_expect(&follower, 3, "three");
}
END_TEST

START_TEST(a_place_that_cannot_be_is_none)
{
	struct log_place place = {.now = {.inode = 1, .offset = 9, .seen = 1}};

	follower_say(&follower, name, "old\n");
	follower_start(&follower, &place);
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_expect(&follower, 0, "one");
}
END_TEST

static void ignore(void *context, const char *line, size_t length)
{
	(void)context;
	(void)line;
	(void)length;
}

START_TEST(a_backlog_has_a_bound)
{
	enum { LINES = 40000, LENGTH = 500 };
	char *text = malloc(LINES * LENGTH);
	size_t expected = FOLLOW_SOURCE_BACKLOG / LENGTH;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', LINES * LENGTH);
	for (size_t i = 1; i <= LINES; i++)
		text[i * LENGTH - 1] = '\n';
	follower.on_line = ignore;
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_settle(&follower, 0);
	follower_stop(&follower);
	follower_write(&follower, name, text, LINES * LENGTH);
	free(text);
	follower_start(&follower, &follower.place);
	follower_settle(&follower, expected);
	ck_assert_uint_eq(follower_status(&follower).counts.octets_skipped,
		LINES * LENGTH - expected * LENGTH);
	/* What comes while it runs has none. */
	ck_assert_uint_eq(follower_status(&follower).counts.lines, expected);
}
END_TEST

/* ---- a thousand things in any order, against a model */

enum { FILES_MAX = 2000 };

/* Each file, and each life of a file that was emptied, is a book; its lines are "BOOK LINE …". */
static struct model {
	unsigned seed;
	size_t book;		   /* that has the name */
	size_t book_before;	   /* that can still be written to; 0: none */
	size_t written[FILES_MAX]; /* lines that are complete */
	size_t delivered[FILES_MAX];
	char rest[FILES_MAX][64]; /* of a line that was begun */
	char old_name[32];
} model;

static size_t sum(const size_t *numbers)
{
	size_t result = 0;

	for (size_t i = 0; i < FILES_MAX; i++)
		result += numbers[i];
	return result;
}

static void check_line(void *context, const char *line, size_t length)
{
	char copy[256], expected[64];
	size_t book, number;

	(void)context;
	ck_assert_uint_lt(length, sizeof(copy));
	memcpy(copy, line, length);
	copy[length] = '\0';
	ck_assert_msg(sscanf(copy, "%zu %zu", &book, &number) == 2, "\"%s\"", copy);
	ck_assert_uint_lt(book, FILES_MAX);
	snprintf(expected, sizeof(expected), "%zu %zu .", book, number);
	ck_assert_msg(strcmp(copy, expected) == 0, "\"%s\"", copy);
	ck_assert_msg(number == model.delivered[book], "\"%s\" in the place of %zu", copy,
		model.delivered[book]);
	ck_assert_uint_lt(number, model.written[book]);
	model.delivered[book]++;
}

static unsigned any(unsigned limit)
{
	return suite_random(&model.seed) % limit;
}

/* Completes the line that was begun, or writes a whole one; or only the beginning of one. */
static void write_line(const char *file, size_t book, bool is_part)
{
	char line[64];
	char *rest = model.rest[book];

	snprintf(line, sizeof(line), "%zu %zu .\n", book, model.written[book]);
	if (is_part && rest[0] == '\0') {
		size_t length = any((unsigned)strlen(line) - 1) + 1;

		follower_write(&follower, file, line, length);
		strcpy(rest, line + length);
		return;
	}
	model.written[book]++;
	follower_say(&follower, file, rest[0] == '\0' ? line : rest);
	rest[0] = '\0';
}

static void write_lines(void)
{
	unsigned count = any(8) == 0 ? any(3000) : any(4);

	for (unsigned i = 0; i < count; i++)
		write_line(name, model.book, false);
	if (any(3) == 0)
		write_line(name, model.book, true);
}

static void write_late(void)
{
	if (model.book_before != 0)
		write_line(model.old_name, model.book_before, any(3) == 0);
}

/* All that the follower must have seen before the next change can be told from this one. */
static void settle(void)
{
	size_t written = sum(model.written);

	follower_wait(&follower, written);
	follower_settle(&follower, written);
}

static bool is_noticed(struct follower *the)
{
	struct stat file;

	return stat(the->path, &file) == 0 && follower_status(the).inode == (uint64_t)file.st_ino;
}

static void rotate(void)
{
	follower_until(&follower, is_noticed);
	/* Late lines of the oldest must have been seen, it is left now. */
	if (model.book_before != 0)
		settle();
	snprintf(model.old_name, sizeof(model.old_name), "mail.log.%zu", model.book);
	follower_rename(&follower, name, model.old_name);
	model.book_before = model.book++;
	if (any(2) == 0)
		event_base_loop(follower.base, EVLOOP_NONBLOCK);
	if (any(2) == 0)
		write_late();
	follower_say(&follower, name, "");
}

static void empty(void)
{
	settle();
	/* Else it cannot be told from the one before. */
	write_line(name, model.book, false);
	settle();
	follower_truncate(&follower, name, 0);
	model.rest[model.book][0] = '\0';
	model.book++;
	write_lines();
}

static void restart(void)
{
	settle();
	follower_stop(&follower);
	switch (any(4)) {
	case 0:
		write_lines();
		write_late();
		break;
	case 1:
		write_lines();
		snprintf(model.old_name, sizeof(model.old_name), "mail.log.%zu", model.book);
		follower_rename(&follower, name, model.old_name);
		model.book_before = model.book++;
		follower_say(&follower, name, "");
		write_lines();
		break;
	default:
		break;
	}
	follower_start(&follower, &follower.place);
}

START_TEST(each_line_once_and_in_order)
{
	memset(&model, 0, sizeof(model));
	model.seed = (unsigned)_i + 1;
	model.book = 1;
	follower.on_line = check_line;
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	for (int step = 0; step < 400; step++) {
		switch (any(16)) {
		case 0:
		case 1:
			rotate();
			break;
		case 2:
			empty();
			break;
		case 3:
			restart();
			break;
		case 4:
		case 5:
			write_late();
			break;
		case 6:
		case 7:
		case 8:
			event_base_loop(follower.base, EVLOOP_NONBLOCK);
			break;
		default:
			write_lines();
		}
	}
	settle();
	ck_assert_uint_gt(model.book, 20);
	for (size_t i = 0; i < FILES_MAX; i++)
		ck_assert_uint_eq(model.delivered[i], model.written[i]);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{goes_on_from_its_place, COUNT(downs)},
		{started_for_the_first_time, 1}, {a_line_that_is_not_complete_is_read_again, 1},
		{renamed_and_the_name_is_free_yet, 1}, {two_files_were_followed, 1},
		{a_place_that_cannot_be_is_none, 1}, {a_backlog_has_a_bound, 1},
		{each_line_once_and_in_order, 10}};

	return suite_run_with(
		"follow_file_rotated", tests, COUNT(tests), open_follower, close_follower);
}
