/* test_options: the daemon's command line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "options.h"
#include "suite.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 6 };

static const struct row {
	const char *arguments[ARGUMENTS_MAX];
	int result;
	int status; /* if the result is -1 */
	struct options options;
} rows[] = {
	{{"-c", "/x"}, 0, 0, {.config = "/x"}},
	{{"-c/x"}, 0, 0, {.config = "/x"}},
	{{"--config", "/x"}, 0, 0, {.config = "/x"}},
	{{"--config=/x"}, 0, 0, {.config = "/x"}},
	{{"-c", "/y", "-c", "/x"}, 0, 0, {.config = "/x"}},
	{{"-t", "-c", "/x"}, 0, 0, {.config = "/x", .check_only = true}},
	{{"--test", "--config=/x"}, 0, 0, {.config = "/x", .check_only = true}},
	{{"-tc", "/x"}, 0, 0, {.config = "/x", .check_only = true}},
	{{"-c", "/x", "--debug"}, 0, 0, {.config = "/x", .debug = true}},
	{{"-c", "/x", "--user", "u:g"}, 0, 0, {.config = "/x", .user = "u:g"}},
	{{"-c", "/x", "--user=u", "--debug"}, 0, 0, {.config = "/x", .user = "u", .debug = true}},
	{{NULL}, 0, 0, {.config = SYSCONFDIR "/nexthop-milter/routes.cfg"}},
	{{"--"}, 0, 0, {.config = SYSCONFDIR "/nexthop-milter/routes.cfg"}},
	{{"--metrics"}, 0, 0,
		{.config = SYSCONFDIR "/nexthop-milter/routes.cfg", .lists_metrics = true}},
	{{"--metrics=1"}, -1, 2, {0}},
	{{"--help"}, -1, 0, {0}},
	{{"-h"}, -1, 0, {0}},
	{{"--version"}, -1, 0, {0}},
	{{"--version", "--nonsense"}, -1, 0, {0}},
	{{"--nonsense"}, -1, 2, {0}},
	{{"-x"}, -1, 2, {0}},
	{{"-c"}, -1, 2, {0}},
	{{"--user"}, -1, 2, {0}},
	{{"--debug=1"}, -1, 2, {0}},
	{{"/x"}, -1, 2, {0}},
	{{"-c", "/x", "more"}, -1, 2, {0}},
	{{"--", "-t"}, -1, 2, {0}},
};

static bool same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

START_TEST(command_line)
{
	const struct row *row = &rows[_i];
	char *arguments[ARGUMENTS_MAX + 2] = {(char *)"nexthop-milter"};
	struct options options;
	int count = 1;
	int status = 99;
	int result;

	/* What it prints is seen by daemon_options.sh; here it would be in the way of the results. */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	for (int i = 0; i < ARGUMENTS_MAX && row->arguments[i] != NULL; i++)
		arguments[count++] = (char *)row->arguments[i];
	optind = 0;
	result = options_parse(&options, count, arguments, &status);
	ck_assert_msg(result == row->result, "row %d gives %d", _i, result);
	if (result == -1) {
		ck_assert_msg(status == row->status, "row %d: status %d", _i, status);
		return;
	}
	ck_assert_msg(same(options.config, row->options.config), "row %d: %s", _i, options.config);
	ck_assert_msg(same(options.user, row->options.user), "row %d: user", _i);
	ck_assert_msg(options.check_only == row->options.check_only, "row %d: test", _i);
	ck_assert_msg(options.lists_metrics == row->options.lists_metrics, "row %d: metrics", _i);
	ck_assert_msg(options.debug == row->options.debug, "row %d: debug", _i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{command_line, COUNT(rows)}};

	return suite_run("options", tests, COUNT(tests));
}
