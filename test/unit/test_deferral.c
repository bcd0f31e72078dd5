/* test_deferral: replies to mail that was not taken, the same ones together
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/deferral.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct deferral_table table;
static struct deferral_group list[DEFERRAL_GROUPS];

static void begin(void)
{
	memset(&table, 0, sizeof(table));
}

static void note(const char *host, const char *text, enum observation_outcome outcome, int64_t at)
{
	struct observation seen;

	observation_init(&seen);
	seen.outcome = outcome;
	seen.at = at;
	snprintf(seen.queue_id, sizeof(seen.queue_id), "Q%lld", (long long)at);
	observation_set_text(&seen, text, strlen(text));
	deferral_note(&table, host, &seen);
}

static const struct row {
	const char *name;
	const char *one;
	const char *other;
	bool is_same;
} rows[] = {
	{"the same", "452 4.3.1 no room", "452 4.3.1 no room", true},
	{"another code", "452 4.3.1 no room", "451 4.3.1 no room", false},
	{"another enhanced code", "452 4.3.1 no room", "452 4.3.2 no room", false},
	{"a code with a line of several", "452-4.3.1 no room", "452-4.3.2 no room", false},
	{"other words", "452 4.3.1 no room", "452 4.3.1 no storage", false},
	{"another id", "451 4.3.0 try later (1a2b3c4d)", "451 4.3.0 try later (9f8e7d6c)", true},
	{"another address", "450 <a@x.example>: later", "450 <b@y.example>: later", true},
	{"another place of a word", "450 4.7.1 a bc", "450 4.7.1 ab c", false},
	{"no text, and some", "", "450 no", false},
};

START_TEST(groups)
{
	const struct row *row = &rows[_i];

	begin();
	note("mx1:25", row->one, OBSERVATION_PASSED_ON, 1);
	note("mx1:25", row->other, OBSERVATION_DEFERRED, 2);
	ck_assert_msg(deferral_list(&table, list) == (row->is_same ? 1 : 2), "%s", row->name);
	ck_assert_str_eq(list[0].text, row->other);
	ck_assert_str_eq(list[0].queue_id, "Q2");
	ck_assert_int_eq(list[0].last, 2);
	ck_assert_int_eq(list[0].first, row->is_same ? 1 : 2);
	ck_assert_uint_eq(list[0].deferred, 1);
	ck_assert_uint_eq(list[0].passed_on, row->is_same ? 1 : 0);
}
END_TEST

START_TEST(another_host)
{
	begin();
	note("mx1:25", "452 no", OBSERVATION_PASSED_ON, 1);
	note("mx2:25", "452 no", OBSERVATION_PASSED_ON, 2);
	ck_assert_int_eq(deferral_list(&table, list), 2);
	ck_assert_str_eq(list[0].host, "mx2:25");
	ck_assert_str_eq(list[1].host, "mx1:25");
}
END_TEST

/* What was said twice of one recipient is counted once: as what became of it. */
START_TEST(repeated)
{
	struct observation seen;

	begin();
	note("mx1:25", "452 no", OBSERVATION_PASSED_ON, 1);
	observation_init(&seen);
	seen.outcome = OBSERVATION_DEFERRED;
	seen.is_repeat = true;
	observation_set_text(&seen, "452 no", 6);
	deferral_note(&table, "mx1:25", &seen);
	deferral_list(&table, list);
	ck_assert_uint_eq(list[0].passed_on, 0);
	ck_assert_uint_eq(list[0].deferred, 1);
}
END_TEST

START_TEST(no_interest)
{
	struct observation seen;

	begin();
	note("mx1:25", "250 ok", OBSERVATION_SENT, 1);
	note("mx1:25", "550 no", OBSERVATION_BOUNCED, 2);
	observation_init(&seen);
	seen.is_probe = true;
	seen.outcome = OBSERVATION_DEFERRED;
	deferral_note(&table, "mx1:25", &seen);
	ck_assert_int_eq(deferral_list(&table, list), 0);
	ck_assert_uint_eq(table.changes, 0);
}
END_TEST

START_TEST(full)
{
	char host[32];

	begin();
	for (int i = 0; i < 2 * DEFERRAL_GROUPS; i++) {
		snprintf(host, sizeof(host), "mx%d:25", i);
		note(host, "452 no", OBSERVATION_DEFERRED, i + 1);
	}
	ck_assert_int_eq(deferral_list(&table, list), DEFERRAL_GROUPS);
	for (int i = 0; i < DEFERRAL_GROUPS; i++)
		ck_assert_int_eq(list[i].last, 2 * DEFERRAL_GROUPS - i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{groups, COUNT(rows)},
		{another_host, 1},
		{repeated, 1},
		{no_interest, 1},
		{full, 1},
	};

	return suite_run("deferral", tests, COUNT(tests));
}
