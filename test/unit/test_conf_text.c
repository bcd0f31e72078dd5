/* test_conf_text: includes that libconfig must not see
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_text.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct fault_list faults;

static char *in_folder(char out[128], const char *name)
{
	snprintf(out, 128, "%s/%s", folder, name);
	return out;
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file = fopen(in_folder(path, name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(void)
{
	char path[128];

	snprintf(folder, sizeof(folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(mkdir(in_folder(path, "dir"), 0700), 0);
	ck_assert_int_eq(mkfifo(in_folder(path, "fifo"), 0600), 0);
	write_file("plain", "a = 1;\n");
	write_file("to_dir", "\n@include \"dir\"\n");
	write_file("dir/inner", "b = 2;\n@include \"fifo\"\n");
	write_file("itself", "@include \"itself\"\n");
	fault_list_init(&faults);
}

static void remove_folder(void)
{
	static const char *const names[] = {
		"plain", "to_dir", "dir/inner", "itself", "fifo", "main", NULL};
	char path[128];

	fault_list_free(&faults);
	for (int i = 0; names[i] != NULL; i++)
		unlink(in_folder(path, names[i]));
	rmdir(in_folder(path, "dir"));
	ck_assert_int_eq(rmdir(folder), 0);
}

static const struct row {
	const char *name;
	const char *text; /* of the first file */
	const char *file; /* where the fault is; NULL: none */
	int line;
	const char *what; /* is not a regular file */
} rows[] = {
	{"no include", "a = 1;\n", NULL, 0, NULL},
	{"a plain file", "@include \"plain\"\n", NULL, 0, NULL},
	{"a file that is missing is for libconfig to tell", "@include \"missing\"\n", NULL, 0,
		NULL},
	{"a folder", "a = 1;\n@include \"dir\"\n", "main", 2, "dir"},
	{"a folder, indented", " \t@include \t\"dir\"\n", "main", 1, "dir"},
	{"a fifo", "@include \"fifo\"\n", "main", 1, "fifo"},
	{"a device", "@include \"/dev/null\"\n", "main", 1, "/dev/null"},
	{"a folder, in a file that is included", "@include \"plain\"\n@include \"to_dir\"\n",
		"to_dir", 2, "dir"},
	{"relative to the first file", "@include \"dir/inner\"\n", "dir/inner", 2, "fifo"},
	{"a file that includes itself", "@include \"itself\"\n", NULL, 0, NULL},
	{"not at the beginning of a line", "a = 1; @include \"dir\"\n", NULL, 0, NULL},
	{"without quotes", "@include dir\n", NULL, 0, NULL},
	{"without an end", "@include \"dir\n", NULL, 0, NULL},
	{"with a quote in its name", "@include \"di\\\"r\"\n", NULL, 0, NULL},
};

START_TEST(includes)
{
	const struct row *row = &rows[_i];
	char path[128], text[256];
	int result;

	write_file("main", row->text);
	result = conf_text_check(in_folder(path, "main"), &faults);
	ck_assert_msg(result == (row->file == NULL ? 0 : -1), "%s: %d", row->name, result);
	ck_assert_msg(faults.count == (row->file == NULL ? 0 : 1), "%s: %zu faults", row->name,
		faults.count);
	if (row->file == NULL)
		return;
	ck_assert_str_eq(faults.faults[0].file, in_folder(path, row->file));
	ck_assert_msg(faults.faults[0].line == row->line, "%s: line %d", row->name,
		faults.faults[0].line);
	snprintf(text, sizeof(text), "%s is not a regular file",
		*row->what == '/' ? row->what : in_folder(path, row->what));
	ck_assert_str_eq(faults.faults[0].text, text);
}
END_TEST

START_TEST(the_first_file_must_be_there)
{
	char path[128];

	ck_assert_int_eq(conf_text_check(in_folder(path, "missing"), &faults), -1);
	ck_assert_uint_eq(faults.errors, 1);
	ck_assert_str_eq(faults.faults[0].text, "cannot read: No such file or directory");
	ck_assert_int_eq(faults.faults[0].line, 0);
	ck_assert_int_eq(conf_text_check(in_folder(path, "dir"), &faults), -1);
	ck_assert_uint_eq(faults.errors, 2);
}
END_TEST

START_TEST(a_line_without_end)
{
	static char line[100000];

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "@include \"", 10);
	write_file("main", line);

	char path[128];

	ck_assert_int_eq(conf_text_check(in_folder(path, "main"), &faults), 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{includes, COUNT(rows)},
		{the_first_file_must_be_there, 1},
		{a_line_without_end, 1},
	};

	return suite_run_with("conf_text", tests, COUNT(tests), make_folder, remove_folder);
}
