/* test_conf_match: files of matches, line by line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/arena.h"
#include "conf/conf_match.h"
#include "conf/fault.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test_conf_match.XXXXXX";
static struct fault_list faults;
static struct schema_reader reader;

static void set_up(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	close(fd);
	fault_list_init(&faults);
	reader = (struct schema_reader){
		.arena = arena_new(), .faults = &faults, .path = "/nowhere/routes.cfg"};
}

static void tear_down(void)
{
	unlink(path);
	strcpy(path, "/tmp/test_conf_match.XXXXXX");
	fault_list_free(&faults);
	arena_free(reader.arena);
}

static struct conf_match_file *open_with(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	fclose(file);
	return conf_match_file_open(&reader, (struct conf_place){"", "routes.cfg", 7}, path);
}

/* What comes out of one line: "MATCH" or "MATCH>POOL"; "-": nothing; else the fault. */
static const struct row {
	const char *text;
	const char *result;
} rows[] = {
	{"example.com", "example.com"},
	{"example.com\n", "example.com"},
	{"example.com\r\n", "example.com"},
	{"\t example.com \t\n", "example.com"},
	{"example.com pool", "example.com>pool"},
	{"example.com \t pool \r\n", "example.com>pool"},
	{"example.com pool # why", "example.com>pool"},
	{"example.com # why", "example.com"},
	{"example.com #", "example.com"},
	{"\"odd name\"@example.com", "\"odd name\"@example.com"},
	{"\"odd name\"@example.com pool", "\"odd name\"@example.com>pool"},
	{"\"a\\\" b\"@example.com pool", "\"a\\\" b\"@example.com>pool"},
	{"\"#x\"@example.com", "\"#x\"@example.com"},
	{"\"never ends pool", "\"never ends pool"},
	{"\"ends in a backslash\\", "\"ends in a backslash\\"},
	{"#example.com", "-"},
	{"  # example.com", "-"},
	{"", "-"},
	{"\n\r\n \t\n", "-"},
	{"\xef\xbb\xbf"
	 "example.com",
		"example.com"},
	{"b\xc3\xbc"
	 "cher.example",
		"b\xc3\xbc"
		"cher.example"},
	{"example.com pool more", "more than a match and the name of a pool stands here"},
	{"\x01", "the line has control characters or is not in UTF-8"},
	{"\xff.example", "the line has control characters or is not in UTF-8"},
};

START_TEST(one_line)
{
	const struct row *row = &rows[_i];
	struct conf_match_file *file = open_with(row->text, strlen(row->text));
	struct conf_match_line line;
	char result[200] = "-";

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_ge(conf_match_file_count(file), 1);
	if (conf_match_file_next(file, &line)) {
		snprintf(result, sizeof(result), "%s%s%s", line.match, line.pool == NULL ? "" : ">",
			line.pool == NULL ? "" : line.pool);
		ck_assert_str_eq(line.at.file, path);
		ck_assert_int_eq(line.at.line, 1);
		ck_assert(!conf_match_file_next(file, &line));
	} else if (faults.count > 0) {
		snprintf(result, sizeof(result), "%s", faults.faults[0].text);
	}
	ck_assert_msg(strcmp(result, row->result) == 0, "%s: %s", row->text, result);
	conf_match_file_close(file);
}
END_TEST

START_TEST(lines_have_their_numbers)
{
	static const char text[] = "# one\na.example\n\nb.example two\nc\0d\ne.example";
	struct conf_match_file *file = open_with(text, sizeof(text) - 1);
	struct conf_match_line line;
	static const int numbers[] = {2, 4, 6};

	ck_assert_uint_eq(conf_match_file_count(file), 6);
	for (int i = 0; i < COUNT(numbers); i++) {
		ck_assert(conf_match_file_next(file, &line));
		ck_assert_int_eq(line.at.line, numbers[i]);
	}
	ck_assert(!conf_match_file_next(file, &line));
	ck_assert(!conf_match_file_next(file, &line));
	ck_assert_uint_eq(faults.count, 1);
	ck_assert_int_eq(faults.faults[0].line, 5);
	ck_assert_str_eq(faults.faults[0].text, "the line has a NUL");
	conf_match_file_close(file);
}
END_TEST

START_TEST(what_cannot_be_read)
{
	static const char *const paths[] = {"/dev/null", "/", "/no/such/file", "relative"};

	for (int i = 0; i < COUNT(paths); i++)
		ck_assert_ptr_null(conf_match_file_open(
			&reader, (struct conf_place){"", "routes.cfg", 7}, paths[i]));
	ck_assert_uint_eq(faults.count, COUNT(paths));
	for (int i = 0; i < COUNT(paths); i++) {
		ck_assert_str_eq(faults.faults[i].file, "routes.cfg");
		ck_assert_int_eq(faults.faults[i].line, 7);
	}
	/* Relative to the configuration. */
	ck_assert_ptr_nonnull(strstr(faults.faults[3].text, "/nowhere/relative"));
}
END_TEST

/* Any octets: it ends, within what there is, and gives no empty match. */
START_TEST(random_octets)
{
	static const char alphabet[] = "ab.@\"\\ \t\r\n\n#\0\xc3\xbc\xff";
	unsigned seed = (unsigned)_i + 1;
	char text[4000];
	struct conf_match_file *file;
	struct conf_match_line line;
	size_t count = 0, most;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = alphabet[suite_random(&seed) % (sizeof(alphabet) - 1)];
	file = open_with(text, sizeof(text));
	ck_assert_ptr_nonnull(file);
	most = conf_match_file_count(file);
	while (conf_match_file_next(file, &line)) {
		ck_assert_uint_gt(strlen(line.match), 0);
		ck_assert(line.pool == NULL || *line.pool != '\0');
		count++;
	}
	ck_assert_uint_le(count, most);
	conf_match_file_close(file);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{one_line, COUNT(rows)}, {lines_have_their_numbers, 1},
		{what_cannot_be_read, 1}, {random_octets, 200}};

	return suite_run_with("conf_match", tests, COUNT(tests), set_up, tear_down);
}
