/* test_roster_label: pools whose names may be seen, and how many
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_metrics.h"
#include "engine/log.h"
#include "engine/roster_label.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
	const char *name;
	bool expected;
} rows[] = {
	{"exchange", true},
	{"two.words", true},
	{"route:example.com", true},
	{"route:.example.com", true},
	{"route:ALL", true},
	{"rule:bulk", true},
	{"route:somebody@example.com", false},
	{"route:somebody@", false},
	{"route:somebody", false},
	{"route:\"some body\"", false},
	{"route:\"a.b\"", false},
	{"rule:boss@example.com", false},
	{"route:", false},
};

START_TEST(names)
{
	ck_assert_msg(roster_label_may(rows[_i].name) == rows[_i].expected, "%s", rows[_i].name);
}
END_TEST

START_TEST(too_long)
{
	char name[ROSTER_LABEL_NAME_MAX + 2] = "route:.";

	memset(name + 7, 'a', sizeof(name) - 8);
	name[sizeof(name) - 1] = '\0';
	ck_assert(!roster_label_may(name));
	name[sizeof(name) - 2] = '\0';
	ck_assert(roster_label_may(name));
}
END_TEST

/* A configuration with a pool of its own, and so many in place. */
static char *many(int in_place)
{
	size_t size = 256 + (size_t)in_place * 96;
	char *text = malloc(size);
	int length = snprintf(text, size,
		"pools = { own = { hosts = ( { host = \"a.example\"; } ); }; };\n"
		"routes = ( { match = \"own.example\"; pool = \"own\"; }");

	for (int i = 0; i < in_place; i++)
		length += snprintf(text + length, size - (size_t)length,
			",\n { match = \"d%d.example\"; hosts = ( { host = \"h%d.example\"; } ); }",
			i, i % 7);
	snprintf(text + length, size - (size_t)length, " );\n");
	return text;
}

static const struct count_row {
	int in_place;
	size_t labelled;
	bool has_unlabelled; /* the last host */
} counts[] = {
	{0, 1, false},
	{ROSTER_LABEL_MAX, ROSTER_LABEL_MAX + 1, false},
	{ROSTER_LABEL_MAX + 7, ROSTER_LABEL_MAX + 1, true},
};

START_TEST(at_most)
{
	const struct count_row *row = &counts[_i];
	char *text = many(row->in_place);
	struct sample sample;
	struct engine_metrics_host host;
	struct engine_metrics_place places[POOL_HOSTS_MAX];
	struct engine_metrics_pool pool;

	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, text);
	ck_assert_uint_eq(engine_metrics_pool_count(sample.engine), row->labelled);
	ck_assert_uint_eq(engine_metrics_place_count(sample.engine), row->labelled);
	engine_metrics_pool(sample.engine, row->labelled - 1, places, &pool);
	if (row->in_place > 0)
		ck_assert_str_eq(pool.name, "route:d999.example");
	engine_metrics_host(sample.engine, engine_host_count(sample.engine) - 1, &host);
	ck_assert(host.has_unlabelled == row->has_unlabelled);
	engine_metrics_host(sample.engine, 0, &host);
	ck_assert(!host.has_unlabelled);
	sample_close(&sample);
	free(text);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{names, COUNT(rows)},
		{too_long, 1},
		{at_most, COUNT(counts)},
	};

	return suite_run("roster_label", tests, COUNT(tests));
}
