/* suite: runs the tests of one module with Check
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <stddef.h>

#include <check.h>

/* A sanitizer is built in: what is random, or long, may do less of it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SUITE_IS_SLOW 1
#else
#define SUITE_IS_SLOW 0
#endif

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

struct suite_test {
	const TTest *test;
	int rows; /* it runs once for each, with the row's index in _i */
};

/* Check writes the place of each assertion that passes to a file, so that it can tell which one a crash
 * came after: for a test that asserts a million times, that is minutes. Only the first thousand
 * places of a test are written. A failure tells its own place, as ever. */
void suite_passed(const char *file, int line);
#define _mark_point(file, line) suite_passed(file, line)

/* Results leave as Check's environment says (TAP). Gives the exit status. */
int suite_run(const char *module, const struct suite_test *tests, int count);

/* Each test between SETUP and TEARDOWN, in the same process as these. */
int suite_run_with(const char *module, const struct suite_test *tests, int count,
	void (*setup)(void), void (*teardown)(void));

/* A sequence of numbers that look random and are the same in each run. */
unsigned suite_random(unsigned *seed);

#endif
