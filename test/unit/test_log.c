/* test_log: levels, forms, and lines that repeat
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/log.h"
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char got[8192];

/* Runs WRITE with standard error in a file, and what it wrote in GOT. */
static void capture(void (*write_lines)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t length;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ne(dup2(fileno(file), STDERR_FILENO), -1);
	write_lines();
	fflush(stderr);
	ck_assert_int_ne(dup2(saved, STDERR_FILENO), -1);
	close(saved);
	rewind(file);
	length = fread(got, 1, sizeof(got) - 1, file);
	got[length] = '\0';
	fclose(file);
}

static void write_all(void)
{
	log_error("e=%d", 1);
	log_warning("w=%d", 2);
	log_info("i=%d", 3);
	log_debug("d=%d", 4);
}

START_TEST(debug_is_off_unless_asked_for)
{
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_TO_STDERR, false);
	capture(write_all);
	ck_assert_str_eq(got, "nexthop-milter: error: e=1\nnexthop-milter: warning: w=2\n"
			      "nexthop-milter: info: i=3\n");
	log_open(LOG_TO_STDERR, true);
	capture(write_all);
	ck_assert_ptr_nonnull(strstr(got, "nexthop-milter: debug: d=4\n"));
}
END_TEST

/* As systemd does: device and inode of what standard error is. */
static void write_to_the_journal(void)
{
	struct stat status;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
		(uintmax_t)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_TO_STDERR, true);
	write_all();
}

START_TEST(the_journal_gets_levels)
{
	capture(write_to_the_journal);
	ck_assert_str_eq(got, "<3>e=1\n<4>w=2\n<6>i=3\n<7>d=4\n");
}
END_TEST

START_TEST(another_stream_is_not_the_journal)
{
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open(LOG_TO_STDERR, false);
	capture(write_all);
	ck_assert_ptr_nonnull(strstr(got, "nexthop-milter: error: e=1\n"));
}
END_TEST

static void write_long(void)
{
	static char text[10000];

	memset(text, 'x', sizeof(text) - 1);
	log_info("%s", text);
}

START_TEST(a_long_line_is_one_line)
{
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_TO_STDERR, false);
	capture(write_long);
	ck_assert_uint_gt(strlen(got), 4000);
	ck_assert_uint_lt(strlen(got), 4200);
	ck_assert_ptr_eq(strchr(got, '\n'), got + strlen(got) - 1);
}
END_TEST

START_TEST(repeats_are_counted)
{
	struct log_limit limit = {0};
	unsigned suppressed = 99;

	ck_assert(log_may_repeat(&limit, 1000, 500, &suppressed));
	ck_assert_uint_eq(suppressed, 0);
	ck_assert(!log_may_repeat(&limit, 1001, 500, &suppressed));
	ck_assert(!log_may_repeat(&limit, 1499, 500, &suppressed));
	ck_assert(log_may_repeat(&limit, 1500, 500, &suppressed));
	ck_assert_uint_eq(suppressed, 2);
	ck_assert(log_may_repeat(&limit, 2000, 500, &suppressed));
	ck_assert_uint_eq(suppressed, 0);
}
END_TEST

START_TEST(a_clock_that_is_set_back_silences_nothing)
{
	struct log_limit limit = {0};
	unsigned suppressed;

	ck_assert(log_may_repeat(&limit, 1000000, 500, &suppressed));
	ck_assert(log_may_repeat(&limit, 1000, 500, &suppressed));
	ck_assert(!log_may_repeat(&limit, 1001, 500, &suppressed));
}
END_TEST

START_TEST(debug_for_a_time)
{
	log_open(LOG_TO_STDERR, false);
	ck_assert(!log_has_debug());
	ck_assert_int_eq(log_debug_left(1000), 0);
	log_debug_for(500, 1000);
	ck_assert(log_has_debug());
	ck_assert_int_eq(log_debug_left(1100), 400);
	log_tick(1499);
	ck_assert(log_has_debug());
	log_tick(1500);
	ck_assert(!log_has_debug());
	ck_assert_int_eq(log_debug_left(1500), 0);
	log_debug_for(500, 2000);
	log_debug_for(900, 2100);
	ck_assert_int_eq(log_debug_left(2100), 900);
	log_debug_for(0, 2200);
	ck_assert(!log_has_debug());
	/* Started with it: that stays. */
	log_open(LOG_TO_STDERR, true);
	log_debug_for(500, 3000);
	log_tick(3500);
	ck_assert(log_has_debug());
	log_debug_for(0, 3600);
	ck_assert(log_has_debug());
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{debug_is_off_unless_asked_for, 1},
		{the_journal_gets_levels, 1}, {another_stream_is_not_the_journal, 1},
		{a_long_line_is_one_line, 1}, {repeats_are_counted, 1},
		{a_clock_that_is_set_back_silences_nothing, 1}, {debug_for_a_time, 1}};

	return suite_run("log", tests, COUNT(tests));
}
