/* suite: runs the tests of one module with Check
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <stddef.h>

#include <check.h>

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

struct suite_test {
	const TTest *test;
	int rows; /* it runs once for each, with the row's index in _i */
};

/* Results leave as Check's environment says (TAP). Gives the exit status. */
int suite_run(const char *module, const struct suite_test *tests, int count);

/* Each test between SETUP and TEARDOWN, in the same process as these. */
int suite_run_with(const char *module, const struct suite_test *tests, int count,
	void (*setup)(void), void (*teardown)(void));

/* A sequence of numbers that look random and are the same in each run. */
unsigned suite_random(unsigned *seed);

#endif
