/* suite: runs the tests of one module with Check
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"

#include <stdlib.h>

enum {
	TIMEOUT_S = 240, /* under sanitizers, on a busy machine */
	PLACES_MAX = 1000,
};

static _Thread_local int places; /* a test may have threads that assert */

void suite_passed(const char *file, int line)
{
	if (places == PLACES_MAX)
		return;
	places++;
	(_mark_point)(file, line);
}

/* With CK_FORK=no all tests share one process. */
static void forget_places(void)
{
	places = 0;
}

int suite_run_with(const char *module, const struct suite_test *tests, int count,
	void (*setup)(void), void (*teardown)(void))
{
	Suite *suite = suite_create(module);
	TCase *cases = tcase_create(module);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, TIMEOUT_S);
	if (setup != NULL)
		tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_checked_fixture(cases, forget_places, NULL);
	for (int i = 0; i < count; i++)
		tcase_add_loop_test(cases, tests[i].test, 0, tests[i].rows);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int suite_run(const char *module, const struct suite_test *tests, int count)
{
	return suite_run_with(module, tests, count, NULL, NULL);
}

unsigned suite_random(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}
