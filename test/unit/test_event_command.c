/* test_event_command: what a command for an event is given, and how it ends
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/event_command.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 30, TEXT_MAX = 1024 };

/* A file of this test's own. */
static char folder[] = "/tmp/test_event_command.XXXXXX";
static char file[sizeof(folder) + sizeof("/out")];

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/out", folder);
	ck_assert_int_eq(setenv("OUT", file, 1), 0);
}

static void tear_down(void)
{
	unlink(file);
	rmdir(folder);
	memcpy(folder + sizeof(folder) - sizeof("XXXXXX"), "XXXXXX", sizeof("XXXXXX"));
}

static json_t *sample(void)
{
	json_t *event = json_pack("{s:i, s:s, s:s, s:i, s:n, s:s, s:s}", "id", 12, "event",
		"deferred", "host", "mx1.example.net", "port", 2525, "by", "text",
		"452 4.3.1 \"$(touch $OUT.pwned)\" `id` ; ü", "Odd Name", "x");

	ck_assert_ptr_nonnull(event);
	return event;
}

static int run(const char *command, int seconds)
{
	json_t *event = sample();
	int result = event_command_run(command, event, seconds);

	json_decref(event);
	return result;
}

static const char *written(void)
{
	static char text[TEXT_MAX];
	FILE *from = fopen(file, "r");
	size_t length;

	ck_assert_ptr_nonnull(from);
	length = fread(text, 1, sizeof(text) - 1, from);
	text[length] = '\0';
	fclose(from);
	return text;
}

static const struct row {
	const char *name;
	const char *command;
	const char *written;
} rows[] = {
	{"text", "printf %s \"$NEXTHOP_HOST\" >$OUT", "mx1.example.net"},
	{"a number", "printf %s \"$NEXTHOP_PORT\" >$OUT", "2525"},
	{"the kind", "printf %s \"$NEXTHOP_EVENT $NEXTHOP_ID\" >$OUT", "deferred 12"},
	{"null is empty, and set", "printf %s \"${NEXTHOP_BY-none}\" >$OUT", ""},
	{"a host's words are no shell's",
		"printf %s \"$NEXTHOP_TEXT\" >$OUT; ls $OUT.* 2>/dev/null",
		"452 4.3.1 \"$(touch $OUT.pwned)\" `id` ; ü"},
	{"no name that a shell has not", "env | cut -d = -f 1 | grep -ci odd >$OUT", "0\n"},
	{"nothing to read", "cat >$OUT", ""},
	{"whole",
		"printf %s \"$NEXTHOP_JSON\" | wc -l >$OUT; test -n \"$NEXTHOP_JSON\" || echo "
		"empty >$OUT",
		"0\n"},
	{"its exit status is the last one's", "echo a >$OUT; false; true", "a\n"},
};

START_TEST(gives)
{
	int result = run(rows[_i].command, SECONDS);

	/* "ls" and "grep -c" find nothing, as it should be. */
	(void)result;
	ck_assert_msg(
		strcmp(written(), rows[_i].written) == 0, "%s: \"%s\"", rows[_i].name, written());
}
END_TEST

static const struct end {
	const char *name;
	const char *command;
	int result;
} ends[] = {
	{"good", "exit 0", 0},
	{"bad", "exit 3", -1},
	{"not there", "/nonexistent/command", -1},
	{"no shell's words", "if", -1},
	{"a signal", "kill -TERM $$", -1},
};

START_TEST(tells)
{
	ck_assert_msg(run(ends[_i].command, SECONDS) == ends[_i].result, "%s", ends[_i].name);
}
END_TEST

/* What it has started is ended with it: nobody holds the pipe open any more. */
START_TEST(ends_it)
{
	int ends_of_pipe[2];
	char octet;
	char command[TEXT_MAX];

	ck_assert_int_eq(pipe(ends_of_pipe), 0);
	snprintf(command, sizeof(command), "sleep 1000 & sleep 1000");
	ck_assert_int_eq(run(command, 1), -1);
	close(ends_of_pipe[1]);
	ck_assert_int_eq((int)read(ends_of_pipe[0], &octet, 1), 0);
	close(ends_of_pipe[0]);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{gives, COUNT(rows)},
		{tells, COUNT(ends)},
		{ends_it, 1},
	};

	return suite_run_with("event_command", tests, COUNT(tests), set_up, tear_down);
}
