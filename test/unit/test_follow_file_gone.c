/* test_follow_file_gone: a log that is missing, or refused, and comes back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/log.h"
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

/* An empty log that is being followed. */
static void start_empty(void)
{
	follower_say(&follower, name, "");
	follower_start(&follower, NULL);
	follower_settle(&follower, 0);
}

static bool is_unreadable(struct follower *any)
{
	return !follower_status(any).is_readable;
}

START_TEST(deleted_and_back)
{
	int64_t begun = clock_steady();

	start_empty();
	for (size_t i = 0; i < 20; i++) {
		follower_remove(&follower, name);
		follower_until(&follower, is_unreadable);
		ck_assert_ptr_nonnull(strstr(
			follower_status(&follower).error, "mail.log: No such file or directory"));
		follower_say(&follower, name, "again\n");
		follower_settle(&follower, i + 1);
		follower_expect(&follower, i, "again");
		ck_assert_str_eq(follower_status(&follower).error, "");
	}
	/* The timer alone would take 20 s. */
	ck_assert_int_lt(clock_steady() - begun, 8000);
}
END_TEST

static bool has_left(struct follower *any)
{
	return follower_status(any).inode == 0;
}

/* Even after it was let go, the same file is not read twice. */
START_TEST(moved_away_for_long_and_back)
{
	follower.linger = 300;
	start_empty();
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_rename(&follower, name, "aside");
	follower_until(&follower, has_left);
	follower_say(&follower, "aside", "two\n");
	follower_rename(&follower, "aside", name);
	follower_settle(&follower, 2);
	follower_expect(&follower, 1, "two");
}
END_TEST

START_TEST(the_folder_goes_and_comes_back)
{
	char aside[80];

	start_empty();
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	snprintf(aside, sizeof(aside), "%s.aside", follower.folder);
	ck_assert_int_eq(rename(follower.folder, aside), 0);
	follower_until(&follower, is_unreadable);
	ck_assert_int_eq(rename(aside, follower.folder), 0);
	follower_say(&follower, name, "two\n");
	follower_settle(&follower, 2);
	follower_expect(&follower, 1, "two");
}
END_TEST

static void make_dangling(void)
{
	ck_assert_int_eq(symlink("elsewhere", follower.path), 0);
}

static void make_folder(void)
{
	ck_assert_int_eq(mkdir(follower.path, 0700), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(follower.path, 0600), 0);
}

static void make_nothing(void)
{
}

static const struct unreadable_row {
	void (*make)(void);
	const char *error;
	bool is_there;
} unreadables[] = {
	{make_nothing, "No such file or directory", false},
	{make_dangling, "No such file or directory", true},
	{make_folder, "is a folder, not a file", true},
	{make_fifo, "is a FIFO, not a file", true},
};

START_TEST(waits_until_it_can_be_read)
{
	const struct unreadable_row *row = &unreadables[_i];

	row->make();
	follower_start(&follower, NULL);
	ck_assert(!follower_status(&follower).is_readable);
	ck_assert_ptr_nonnull(strstr(follower_status(&follower).error, row->error));
	if (row->is_there)
		follower_remove(&follower, name);
	/* Nobody had the name: all that is in it is new. */
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_expect(&follower, 0, "one");
}
END_TEST

/* As a user who may not read it, if that can be. */
START_TEST(waits_until_it_is_permitted)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(follower.folder, 65534, 65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	follower_say(&follower, name, "old\n");
	ck_assert_int_eq(chmod(follower.path, 0), 0);
	follower_start(&follower, NULL);
	ck_assert_ptr_nonnull(
		strstr(follower_status(&follower).error, "cannot open: Permission denied"));
	ck_assert_int_eq(chmod(follower.path, 0600), 0);
	follower_settle(&follower, 0);
	follower_say(&follower, name, "one\n");
	follower_settle(&follower, 1);
	follower_expect(&follower, 0, "one");
	follower_stop(&follower);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* ---- what the log says */

/* Standard error as the daemon's log, in a file; gives the descriptor that it was. */
static int begin_capture(FILE **file)
{
	int saved = dup(STDERR_FILENO);

	*file = tmpfile();
	ck_assert_ptr_nonnull(*file);
	log_open(LOG_TO_STDERR, false);
	ck_assert_int_ne(dup2(fileno(*file), STDERR_FILENO), -1);
	return saved;
}

static void end_capture(FILE *file, int saved, char *text, size_t size)
{
	ck_assert_int_ne(dup2(saved, STDERR_FILENO), -1);
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

START_TEST(a_warning_comes_once_and_is_taken_back)
{
	char text[4096], expected[512];
	FILE *file;
	int saved = begin_capture(&file);

	follower_start(&follower, NULL);
	for (int i = 0; i < 6; i++)
		ck_assert_int_ne(event_base_loop(follower.base, EVLOOP_ONCE), -1);
	follower_say(&follower, name, "");
	follower_settle(&follower, 0);
	end_capture(file, saved, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		"nexthop-milter: warning: cannot follow the log: %s: No such file or directory\n"
		"nexthop-milter: info: log %s can be read again\n",
		follower.path, follower.path);
	ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(a_moment_without_the_name_is_no_news)
{
	char text[4096];
	FILE *file;
	int saved = begin_capture(&file);

	start_empty();
	follower_rename(&follower, name, "mail.log.1");
	follower_until(&follower, is_unreadable);
	follower_say(&follower, name, "");
	follower_settle(&follower, 0);
	end_capture(file, saved, text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{deleted_and_back, 1}, {moved_away_for_long_and_back, 1},
		{the_folder_goes_and_comes_back, 1},
		{waits_until_it_can_be_read, COUNT(unreadables)}, {waits_until_it_is_permitted, 1},
		{a_warning_comes_once_and_is_taken_back, 1},
		{a_moment_without_the_name_is_no_news, 1}};

	return suite_run_with(
		"follow_file_gone", tests, COUNT(tests), open_follower, close_follower);
}
