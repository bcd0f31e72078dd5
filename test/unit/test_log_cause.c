/* test_log_cause: system errors in logs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_cause.h"
#include "suite.h"

#include <errno.h>
#include <string.h>

/* What this system's library says of an error must be known. */
static const struct row {
	int error;
	enum observation_what what;
} rows[] = {
	{ECONNREFUSED, OBSERVATION_REFUSED},
	{ENOENT, OBSERVATION_REFUSED},
	{ETIMEDOUT, OBSERVATION_TIMEOUT},
	{EHOSTUNREACH, OBSERVATION_UNREACHABLE},
	{ENETUNREACH, OBSERVATION_NO_NETWORK},
	{EHOSTDOWN, OBSERVATION_UNREACHABLE},
	{ENETDOWN, OBSERVATION_NO_NETWORK},
	{ECONNRESET, OBSERVATION_LOST},
	{ECONNABORTED, OBSERVATION_LOST},
	{ENETRESET, OBSERVATION_LOST},
	{EPIPE, OBSERVATION_LOST},
	{EMFILE, OBSERVATION_OURS},
	{ENFILE, OBSERVATION_OURS},
	{ENOMEM, OBSERVATION_OURS},
	{ENOBUFS, OBSERVATION_OURS},
	{EAGAIN, OBSERVATION_OURS},
	{EADDRNOTAVAIL, OBSERVATION_OURS},
	{EADDRINUSE, OBSERVATION_OURS},
	{EAFNOSUPPORT, OBSERVATION_OURS},
	{EACCES, OBSERVATION_OURS},
	{EPERM, OBSERVATION_OURS},
	{ENOSPC, OBSERVATION_OURS},
};

START_TEST(errors)
{
	const char *text = strerror(rows[_i].error);
	enum observation_what what = OBSERVATION_OTHER;

	ck_assert_msg(log_cause_find(span_make(text, strlen(text)), &what), "%s", text);
	ck_assert_msg(what == rows[_i].what, "%s: %s", text, observation_what_name(what));
}
END_TEST

START_TEST(others)
{
	enum observation_what what = OBSERVATION_OTHER;

	ck_assert(!log_cause_find(span_make("Exec format error", 17), &what));
	ck_assert(!log_cause_find(span_make("Connection", 10), &what));
	ck_assert(!log_cause_find(span_make("x Connection refused", 20), &what));
	ck_assert_int_eq(what, OBSERVATION_OTHER);
	ck_assert(log_cause_find(span_make("Connection refused by mx1", 25), &what));
	ck_assert_int_eq(what, OBSERVATION_REFUSED);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{errors, COUNT(rows)}, {others, 1}};

	return suite_run("log_cause", tests, COUNT(tests));
}
