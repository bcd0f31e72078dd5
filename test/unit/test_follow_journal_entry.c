/* test_follow_journal_entry: who has written an entry of the journal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "config.h"
#include "follow/follow_journal.h"
#include "suite.h"

#ifdef HAVE_SYSTEMD
#include "journal_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#define AT INT64_C(1764400000000)

static char folder[] = "/tmp/nexthop-unit.XXXXXX";
static char path[sizeof(folder) + 16];

static const struct row {
	const char *unit;
	const char *user;
	const char *program;
	const char *writer;
	bool is_trusted;
} rows[] = {
	{"postfix@-.service", "0", "postfix/smtp", "unit postfix@-.service, user 0", true},
	{"session-3.scope", "0", "postfix/smtp", "unit session-3.scope, user 0", false},
	{"postfix@-.service", "65000", "postfix/smtp", "unit postfix@-.service, user 65000", false},
	{NULL, "0", "postfix/smtp", "unit -, user 0", true},
	{NULL, "65000", "postfix/smtp", "unit -, user 65000", false},
	{"postfix.service", NULL, "postfix/smtp", "unit postfix.service, user -", false},
	{"a\033[1m.service", "0", NULL, "unit a?[1m.service, user 0", false},
	{"postfix.service", "00000000000000000000", "x", "unit postfix.service, user -", false},
};

static void write_rows(void)
{
	struct journal_file input = {.input = NULL};

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.journal", folder);
	journal_file_begin(&input, folder);
	for (int i = 0; i < COUNT(rows); i++)
		journal_file_add_by(&input, rows[i].unit, rows[i].user, "2", rows[i].program,
			"text", 4, AT + i);
	journal_file_end(&input, path);
	ck_assert_int_eq(unlink(input.name), 0);
}

static void remove_all(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	memset(folder + strlen(folder) - 6, 'X', 6);
}

START_TEST(writers)
{
	const char *paths[] = {path, NULL};
	struct follow_journal_entry entry;
	struct follow_trust trust;
	sd_journal *journal;

	follow_trust_init(&trust, NULL, NULL);
	ck_assert_int_eq(sd_journal_open_files(&journal, paths, 0), 0);
	for (int i = 0; i < COUNT(rows); i++) {
		ck_assert_int_eq(sd_journal_next(journal), 1);
		ck_assert(follow_journal_read(&entry, journal, &trust));
		ck_assert_str_eq(entry.writer, rows[i].writer);
		ck_assert_msg(entry.is_trusted == rows[i].is_trusted, "%s", rows[i].writer);
		ck_assert_str_eq(entry.program, rows[i].program == NULL ? "" : rows[i].program);
		ck_assert_int_eq(entry.at, AT + i);
		ck_assert_uint_eq(entry.length, 4);
		ck_assert_mem_eq(entry.message, "text", 4);
	}
	sd_journal_close(journal);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{writers, 1}};

	return suite_run_with("follow_journal_entry", tests, COUNT(tests), write_rows, remove_all);
}

#else

START_TEST(there_is_no_journal)
{
	ck_assert_uint_gt(sizeof(struct follow_journal_entry), 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{there_is_no_journal, 1}};

	return suite_run("follow_journal_entry", tests, COUNT(tests));
}

#endif
