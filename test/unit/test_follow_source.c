/* test_follow_source: one file, from a place on
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_source.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[64];
static char path[96];
static char error[256];
static struct follow_source_counts counts;
static char got[65536]; /* the lines, each with a newline */
static size_t got_length;

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
	memset(&counts, 0, sizeof(counts));
	got_length = 0;
	got[0] = '\0';
}

static void remove_folder(void)
{
	remove(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void on_line(void *context, const char *line, size_t length)
{
	ck_assert_ptr_eq(context, got);
	if (got_length + length + 2 > sizeof(got))
		return;
	memcpy(got + got_length, line, length);
	got_length += length;
	got[got_length++] = '\n';
	got[got_length] = '\0';
}

/* The file is TEXT from now on; the inode stays. */
static void put(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static void add(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static struct follow_source *open_good(void)
{
	struct follow_source *source =
		follow_source_open(AT_FDCWD, path, &counts, error, sizeof(error));

	ck_assert_msg(source != NULL, "%s", error);
	return source;
}

static enum follow_source_result read_all(struct follow_source *source)
{
	return follow_source_read(source, 1048576, on_line, got);
}

/* ---- kinds */

static void make_folder_there(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void make_link_to_device(void)
{
	ck_assert_int_eq(symlink("/dev/null", path), 0);
}

static void make_dangling_link(void)
{
	ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
}

static void make_loop(void)
{
	ck_assert_int_eq(symlink(path, path), 0);
}

static void make_nothing(void)
{
}

static const struct kind_row {
	void (*make)(void);
	const char *expected;
} kinds[] = {
	{make_folder_there, "is a folder, not a file"},
	{make_fifo, "is a FIFO, not a file"},
	{make_socket, "is a socket, not a file"},
	{make_link_to_device, "is a device, not a file"},
	{make_dangling_link, "No such file or directory"},
	{make_loop, "Too many levels of symbolic links"},
	{make_nothing, "No such file or directory"},
};

START_TEST(refuses_what_is_no_file)
{
	char expected[256];

	kinds[_i].make();
	snprintf(expected, sizeof(expected), "%s: %s", path, kinds[_i].expected);
	ck_assert_ptr_null(follow_source_open(AT_FDCWD, path, &counts, error, sizeof(error)));
	ck_assert_str_eq(error, expected);
}
END_TEST

/* ---- lines */

START_TEST(reads_to_the_end_and_on)
{
	struct follow_source *source;

	put("one\ntw");
	source = open_good();
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, "one\n");
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	add("o\nthree\n");
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, "one\ntwo\nthree\n");
	ck_assert_uint_eq(counts.lines, 3);
	ck_assert_uint_eq(counts.octets, 14);
	follow_source_free(source);
}
END_TEST

START_TEST(reads_no_more_than_asked_for)
{
	struct follow_source *source;
	int turns = 0;

	put("");
	for (int i = 0; i < 100; i++) {
		char line[10001];

		memset(line, 'a' + i % 26, 9999);
		memcpy(line + 9999, "\n", 2);
		add(line);
	}
	source = open_good();
	while (follow_source_read(source, 1, on_line, got) == FOLLOW_SOURCE_MORE)
		turns++;
	ck_assert_int_ge(turns, 1000000 / LINE_BUFFER_SIZE);
	ck_assert_int_le(turns, 10);
	ck_assert_uint_eq(counts.lines, 100);
	follow_source_free(source);
}
END_TEST

static const struct end_row {
	const char *before;
	const char *after;
	const char *expected;
} ends[] = {
	{"", "a\n", "a\n"},
	{"old\n", "a\n", "a\n"},
	{"old\nbegun", " and done\n", "begun and done\n"},
	{"begun", " and done\n", "begun and done\n"},
	{"old\n\n", "\na\n", "\na\n"},
};

START_TEST(goes_to_the_end_of_the_last_line)
{
	struct follow_source *source;

	put(ends[_i].before);
	source = open_good();
	follow_source_to_end(source);
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, "");
	add(ends[_i].after);
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, ends[_i].expected);
	follow_source_free(source);
}
END_TEST

START_TEST(the_rest_of_a_long_line_is_no_line)
{
	static char text[300001];
	struct follow_source *source;

	memset(text, 'x', sizeof(text) - 1);
	put(text);
	source = open_good();
	follow_source_to_end(source);
	add("xxx\na\n");
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, "a\n");
	ck_assert_uint_eq(counts.octets_skipped, 4);
	follow_source_free(source);
}
END_TEST

/* ---- emptied */

static const struct emptied_row {
	const char *name;
	const char *after; /* what is in the file then */
	const char *got;   /* "": it is not noticed */
} emptied[] = {
	{"empty", "", ""},
	{"shorter", "new\n", "new\n"},
	{"as long", "NEW\nlines\nare\n", "NEW\nlines\nare\n"},
	{"longer", "new\nlines and more\n", "new\nlines and more\n"},
	{"much longer",
		"new\nlines\nnew\nlines\nnew\nlines\nnew\nlines\nnew\nlines\n"
		"new\nlines\nnew\nlines\nnew\nlines\nnew\nlines\n",
		"new\nlines\nnew\nlines\nnew\nlines\nnew\nlines\nnew\nlines\n"
		"new\nlines\nnew\nlines\nnew\nlines\nnew\nlines\n"},
};

START_TEST(notices_that_it_was_emptied)
{
	const struct emptied_row *row = &emptied[_i];
	struct follow_source *source;

	put("old\nlines\nare\n");
	source = open_good();
	follow_source_to_end(source);
	put(row->after);
	ck_assert_msg(read_all(source) == FOLLOW_SOURCE_REPLACED, "%s", row->name);
	ck_assert_str_eq(got, "");
	follow_source_rewind(source);
	ck_assert_int_eq(read_all(source), FOLLOW_SOURCE_END);
	ck_assert_str_eq(got, row->got);
	follow_source_free(source);
}
END_TEST

/* ---- places */

START_TEST(a_place_is_the_start_of_a_line)
{
	struct follow_source *source;
	struct log_place_file place;

	put("one\ntwo\nthr");
	source = open_good();
	read_all(source);
	follow_source_place(source, &place);
	ck_assert_uint_eq(place.offset, 8);
	ck_assert_uint_eq(place.seen, 11);
	follow_source_free(source);
	add("ee\n");
	source = open_good();
	ck_assert(follow_source_resume(source, &place));
	read_all(source);
	ck_assert_str_eq(got, "one\ntwo\nthree\n");
	follow_source_free(source);
}
END_TEST

START_TEST(a_line_that_is_too_long_stays_so)
{
	static char text[200001];
	struct follow_source *source;
	struct log_place_file place;

	memset(text, 'x', sizeof(text) - 1);
	put("a\n");
	add(text);
	source = open_good();
	read_all(source);
	follow_source_place(source, &place);
	ck_assert_uint_eq(place.offset, 2);
	follow_source_free(source);
	add("rest\nb\n");
	source = open_good();
	ck_assert(follow_source_resume(source, &place));
	read_all(source);
	ck_assert_str_eq(got, "a\nb\n");
	ck_assert_uint_eq(counts.lines_too_long, 1);
	follow_source_free(source);
}
END_TEST

static const struct other_row {
	const char *text;
	bool is_same;
} others[] = {
	{"one\ntwo\n", true},
	{"one\ntwo\nthree\n", true},
	{"", false},
	{"one\n", false},
	{"one\ntwO\n", false},
	{"ONE\ntwo\nthree\nfour\n", false},
};

START_TEST(a_place_of_another_log_is_refused)
{
	struct follow_source *source;
	struct log_place_file place;

	put("one\ntwo\n");
	source = open_good();
	read_all(source);
	follow_source_place(source, &place);
	follow_source_free(source);
	put(others[_i].text);
	source = open_good();
	ck_assert(follow_source_resume(source, &place) == others[_i].is_same);
	place.inode++;
	ck_assert(!follow_source_resume(source, &place));
	place.inode--;
	place.device++;
	ck_assert(!follow_source_resume(source, &place));
	follow_source_free(source);
}
END_TEST

/* Lines of 100 octets; BEFORE octets in front of the first. */
START_TEST(a_backlog_is_cut_at_a_line)
{
	const uint64_t lines = 200000;
	uint64_t expected = FOLLOW_SOURCE_BACKLOG / 100;
	FILE *file = fopen(path, "w");
	struct follow_source *source;

	/* So that the cut falls exactly before a line, or not. */
	for (int i = 0; i < _i; i++)
		ck_assert_int_ne(fputc('x', file), EOF);
	for (uint64_t i = 0; i < lines; i++)
		ck_assert_int_eq(fprintf(file, "%099llu\n", (unsigned long long)i), 100);
	for (int i = 0; i < FOLLOW_SOURCE_BACKLOG % 100; i++)
		ck_assert_int_ne(fputc('y', file), EOF);
	if (_i == 1)
		ck_assert_int_ne(fputc('y', file), EOF);
	ck_assert_int_eq(fclose(file), 0);
	source = open_good();
	follow_source_rewind(source);
	while (read_all(source) == FOLLOW_SOURCE_MORE)
		continue;
	if (_i == 1)
		expected--;
	ck_assert_uint_eq(counts.lines, expected);
	ck_assert_uint_eq(counts.octets_skipped, (lines - expected) * 100 + (uint64_t)_i);
	ck_assert_uint_eq((uint64_t)strtoull(got, NULL, 10), lines - expected);
	follow_source_free(source);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{refuses_what_is_no_file, COUNT(kinds)},
		{reads_to_the_end_and_on, 1}, {reads_no_more_than_asked_for, 1},
		{goes_to_the_end_of_the_last_line, COUNT(ends)},
		{the_rest_of_a_long_line_is_no_line, 1},
		{notices_that_it_was_emptied, COUNT(emptied)}, {a_place_is_the_start_of_a_line, 1},
		{a_line_that_is_too_long_stays_so, 1},
		{a_place_of_another_log_is_refused, COUNT(others)},
		{a_backlog_is_cut_at_a_line, 3}};

	return suite_run_with("follow_source", tests, COUNT(tests), make_folder, remove_folder);
}
