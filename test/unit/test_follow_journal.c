/* test_follow_journal: mail in a journal's file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "config.h"
#include "follow/follow_journal.h"
#include "suite.h"

#include <string.h>

#ifdef HAVE_SYSTEMD
#include "engine/clock.h"
#include "journal_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 60000, HOUR_MS = 3600000, KEPT_MAX = 64 };

static char folder[64];
static char path[96];
static struct event_base *base;
static struct follow_journal *journal;
static struct log_place place;
static struct journal_file input;
static int64_t now;

/* What was delivered: how many, and the first ones and the last. */
static size_t count;
static struct {
	char program[64];
	char message[64];
	size_t length;
	int64_t at;
} kept[KEPT_MAX];
static unsigned char last_octet;

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/system.journal", folder);
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	memset(&place, 0, sizeof(place));
	now = clock_now();
	count = 0;
}

static void stop(void)
{
	follow_journal_free(journal);
	journal = NULL;
}

static void remove_folder(void)
{
	DIR *opened = opendir(folder);
	const struct dirent *entry;

	stop();
	event_base_free(base);
	while ((entry = readdir(opened)) != NULL)
		unlinkat(dirfd(opened), entry->d_name, 0);
	closedir(opened);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void say_at(const char *to, const char *message, int64_t at)
{
	journal_file_begin(&input, folder);
	journal_file_add(&input, "2", "postfix/smtp", message, strlen(message), at);
	journal_file_end(&input, to);
}

static void say(const char *message)
{
	say_at(path, message, now);
}

/* ---- following */

static void on_entry(void *context, const char *program, uint32_t pid, const char *message,
	size_t length, int64_t at)
{
	ck_assert_ptr_eq(context, kept);
	ck_assert_uint_eq(pid, JOURNAL_FILE_PID);
	if (count < KEPT_MAX) {
		snprintf(kept[count].program, sizeof(kept[count].program), "%s", program);
		snprintf(kept[count].message, sizeof(kept[count].message), "%.*s", (int)length,
			message);
		kept[count].length = length;
		kept[count].at = at;
	}
	last_octet = length == 0 ? 0 : (unsigned char)message[length - 1];
	count++;
}

static void on_turn(void *context)
{
	(void)context;
	follow_journal_place(journal, &place);
	ck_assert(log_place_valid(&place));
}

static void start(const char *at_path, const struct log_place *from)
{
	struct follow_journal_settings settings = {
		.base = base,
		.path = at_path,
		.place = from,
		.age_max = HOUR_MS,
		.on_entry = on_entry,
		.on_turn = on_turn,
		.context = kept,
	};
	char error[128];

	journal = follow_journal_new(&settings, error, sizeof(error));
	ck_assert_ptr_nonnull(journal);
}

static struct follow_journal_status status_now(void)
{
	struct follow_journal_status status;

	follow_journal_status(journal, &status);
	return status;
}

static void wait_for(size_t wanted)
{
	int64_t deadline = clock_steady() + DEADLINE_MS;

	while (count < wanted) {
		ck_assert_msg(clock_steady() < deadline, "entries %zu of %zu, error \"%s\"", count,
			wanted, status_now().error);
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
	}
}

static void stop_turns(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(context);
}

/* Then there are WANTED entries, and no more come in the time of many turns. */
static void settle(size_t wanted)
{
	const struct timeval more = {.tv_usec = 100000};

	wait_for(wanted);
	ck_assert_int_eq(event_base_once(base, -1, EV_TIMEOUT, stop_turns, base, &more), 0);
	ck_assert_int_ne(event_base_dispatch(base), -1);
	ck_assert_uint_eq(count, wanted);
	ck_assert(!status_now().is_behind);
}

START_TEST(new_mail_comes_and_nothing_else)
{
	say_at(path, "old", now - 5000);
	start(path, NULL);
	ck_assert_msg(status_now().is_readable, "%s", status_now().error);
	ck_assert(status_now().is_watched);
	journal_file_begin(&input, folder);
	journal_file_add(&input, "3", "cron", "not mail", 8, now - 4000);
	journal_file_add(&input, "2", "postfix/smtp", "one", 3, now - 3000);
	journal_file_add(&input, NULL, "postfix/smtp", "no facility", 11, now - 2000);
	journal_file_add_by(&input, "a.service", "0", "2", "postfix/smtp", "x", 1, now - 2000);
	journal_file_add(&input, "2", NULL, "two", 3, now - 1000);
	journal_file_end(&input, path);
	settle(2);
	ck_assert_str_eq(kept[0].program, "postfix/smtp");
	ck_assert_str_eq(kept[0].message, "one");
	ck_assert_int_eq(kept[0].at, now - 3000);
	ck_assert_str_eq(kept[1].program, "");
	ck_assert_str_eq(kept[1].message, "two");
	ck_assert_uint_eq(status_now().entries, 2);
	ck_assert_uint_eq(status_now().entries_of_others, 1);
	ck_assert_int_ge(status_now().last_entry, now);
}
END_TEST

START_TEST(entries_come_as_they_are_written)
{
	int64_t begun;

	say("old");
	start(path, NULL);
	begun = clock_steady();
	for (size_t i = 0; i < 10; i++) {
		say("new");
		wait_for(i + 1);
	}
	/* The timer alone would take 10 s. */
	ck_assert_int_lt(clock_steady() - begun, 6000);
}
END_TEST

START_TEST(the_first_mail_of_a_journal)
{
	journal_file_begin(&input, folder);
	journal_file_add(&input, "3", "cron", "not mail", 8, now);
	journal_file_end(&input, path);
	start(path, NULL);
	say("one");
	settle(1);
	say("two");
	settle(2);
}
END_TEST

static const struct message_row {
	const char *name;
	size_t length;
	bool is_dropped;
} messages[] = {
	{"one octet", 1, false},
	{"64 kB", 65536, false},
	{"the longest", FOLLOW_JOURNAL_MESSAGE_MAX, false},
	{"too long", FOLLOW_JOURNAL_MESSAGE_MAX + 1, true},
	{"far too long", 1000000, true},
};

/* Of octets that libsystemd compresses well (0) or hardly (1). */
static void check_message(const struct message_row *row, bool is_random)
{
	char *octets = malloc(row->length + 1);
	unsigned seed = 1;
	unsigned char last = 0;

	ck_assert_ptr_nonnull(octets);
	for (size_t i = 0; i < row->length; i++) {
		last = (unsigned char)(is_random ? suite_random(&seed) : i % 3);
		octets[i] = (char)last;
	}
	say("old");
	start(path, NULL);
	journal_file_begin(&input, folder);
	journal_file_add(&input, "2", "postfix/smtp", octets, row->length, now);
	journal_file_add(&input, "2", "postfix/smtp", "end", 3, now);
	journal_file_end(&input, path);
	free(octets);
	if (row->is_dropped) {
		settle(1);
		ck_assert_str_eq(kept[0].message, "end");
		ck_assert_uint_eq(status_now().entries_too_long, 1);
		return;
	}
	wait_for(1);
	ck_assert_msg(kept[0].length == row->length, "%s: %zu", row->name, kept[0].length);
	settle(2);
	ck_assert_str_eq(kept[1].message, "end");
}

START_TEST(messages_of_any_octets)
{
	check_message(&messages[_i / 2], _i % 2 == 1);
}
END_TEST

START_TEST(many_entries_at_once)
{
	enum { MANY = 5000 };

	say("old");
	start(path, NULL);
	journal_file_begin(&input, folder);
	for (int i = 0; i < MANY; i++) {
		char message[32];

		snprintf(message, sizeof(message), "entry %d", i);
		journal_file_add(&input, "2", "postfix/smtp", message, strlen(message), now + i);
	}
	journal_file_end(&input, path);
	settle(MANY);
	ck_assert_str_eq(kept[KEPT_MAX - 1].message, "entry 63");
	ck_assert_int_eq(last_octet, '9');
}
END_TEST

START_TEST(goes_on_from_its_cursor)
{
	say("old");
	start(path, NULL);
	say("one");
	settle(1);
	stop();
	say("two");
	start(path, &place);
	settle(2);
	ck_assert_str_eq(kept[1].message, "two");
}
END_TEST

/* The place is kept from the first turn on, although nothing was delivered yet. */
START_TEST(started_for_the_first_time)
{
	say("old");
	start(path, NULL);
	settle(0);
	stop();
	say("one");
	start(path, &place);
	settle(1);
	ck_assert_str_eq(kept[0].message, "one");
}
END_TEST

START_TEST(what_is_too_old_is_passed_over)
{
	say_at(path, "read", now - 3 * HOUR_MS);
	start(path, NULL);
	settle(0);
	stop();
	journal_file_begin(&input, folder);
	journal_file_add(&input, "2", "postfix/smtp", "too old", 7, now - 2 * HOUR_MS);
	journal_file_add(&input, "2", "postfix/smtp", "one", 3, now - HOUR_MS / 2);
	journal_file_end(&input, path);
	start(path, &place);
	settle(1);
	ck_assert_str_eq(kept[0].message, "one");
}
END_TEST

/* The file with the entry of the cursor has been removed. */
START_TEST(the_entry_of_the_cursor_has_gone)
{
	char first[96];

	snprintf(first, sizeof(first), "%s/first.journal", folder);
	say_at(first, "read", now - 3000);
	start(folder, NULL);
	settle(0);
	stop();
	ck_assert_int_eq(unlink(first), 0);
	say("one");
	start(folder, &place);
	settle(1);
	ck_assert_str_eq(kept[0].message, "one");
}
END_TEST

START_TEST(a_cursor_that_is_none)
{
	say("old");
	strcpy(place.cursor, "junk");
	start(path, &place);
	ck_assert(status_now().is_readable);
	say("one");
	settle(1);
	ck_assert_str_eq(kept[0].message, "one");
}
END_TEST

START_TEST(a_folder_that_gets_more_files)
{
	char other[96];

	say("old");
	start(folder, NULL);
	say("one");
	settle(1);
	snprintf(other, sizeof(other), "%s/other.journal", folder);
	say_at(other, "two", now + 1000);
	settle(2);
	ck_assert_str_eq(kept[1].message, "two");
}
END_TEST

/* ---- what cannot be read */

static void make_nothing(void)
{
}

static void make_text(void)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "this is not a journal\n");
	ck_assert_int_eq(fclose(file), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_dangling(void)
{
	ck_assert_int_eq(symlink("elsewhere", path), 0);
}

static const struct unreadable_row {
	void (*make)(void);
	const char *error;
} unreadables[] = {
	{make_nothing, "system.journal: cannot open: No such file or directory"},
	{make_dangling, "system.journal: cannot open: No such file or directory"},
	{make_text, "system.journal: is not a journal, or is damaged"},
	{make_fifo, "system.journal: is not a journal, or is damaged"},
};

START_TEST(waits_until_it_can_be_read)
{
	unreadables[_i].make();
	start(path, NULL);
	ck_assert(!status_now().is_readable);
	ck_assert_msg(strstr(status_now().error, unreadables[_i].error) != NULL, "%s",
		status_now().error);
	if (_i > 0)
		return;
	say("old");
	while (!status_now().is_readable)
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
	say("one");
	settle(1);
	ck_assert_str_eq(kept[0].message, "one");
}
END_TEST

static const char no_entry[] = "has no entry that the daemon's user may read";

/* As a user who may not read it, if that can be. */
START_TEST(a_journal_of_others)
{
	start(folder, NULL);
	ck_assert_ptr_nonnull(strstr(status_now().error, no_entry));
	stop();
	say("old");
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	start(path, NULL);
	ck_assert_msg(strstr(status_now().error, "cannot open: Permission denied") != NULL, "%s",
		status_now().error);
	stop();
	start(folder, NULL);
	ck_assert_ptr_nonnull(strstr(status_now().error, no_entry));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* There may be one on this machine, or none: it is opened, or it says why not. */
START_TEST(the_machines_own)
{
	struct follow_journal_status status;

	start(NULL, NULL);
	status = status_now();
	ck_assert(status.is_readable || strncmp(status.error, "journal: ", 9) == 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{new_mail_comes_and_nothing_else, 1},
		{entries_come_as_they_are_written, 1}, {the_first_mail_of_a_journal, 1},
		{messages_of_any_octets, 2 * COUNT(messages)}, {many_entries_at_once, 1},
		{goes_on_from_its_cursor, 1}, {started_for_the_first_time, 1},
		{what_is_too_old_is_passed_over, 1}, {the_entry_of_the_cursor_has_gone, 1},
		{a_cursor_that_is_none, 1}, {a_folder_that_gets_more_files, 1},
		{waits_until_it_can_be_read, COUNT(unreadables)}, {a_journal_of_others, 1},
		{the_machines_own, 1}};

	return suite_run_with("follow_journal", tests, COUNT(tests), make_folder, remove_folder);
}

#else

START_TEST(says_why_there_is_none)
{
	const struct follow_journal_settings settings = {.base = NULL};
	char error[64];

	ck_assert_ptr_null(follow_journal_new(&settings, error, sizeof(error)));
	ck_assert_str_eq(error, "built without libsystemd");
	follow_journal_free(NULL);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{says_why_there_is_none, 1}};

	return suite_run("follow_journal", tests, COUNT(tests));
}

#endif
