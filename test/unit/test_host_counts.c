/* test_host_counts: what is counted of a host, and what is not
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/host_counts.h"
#include "suite.h"

#include <string.h>

static uint64_t setups(const struct host_counts *counts)
{
	struct histogram_view view;

	histogram_read(&counts->connection_setup, &host_counts_delivery_bounds, &view);
	return view.count;
}

static struct histogram_view transmissions(const struct host_counts *counts)
{
	struct histogram_view view;

	histogram_read(&counts->transmission, &host_counts_delivery_bounds, &view);
	return view;
}

/* One line: what it adds. */
static const struct line_row {
	enum observation_outcome outcome;
	enum blame_class class;
	enum observation_stage stage;
	int code;
	bool is_repeat;
	bool is_first;
	int32_t setup, transmission; /* ms */
	int failures;
	enum host_counts_reply reply;
	uint64_t setups, transmissions;
} lines[] = {
	{OBSERVATION_SENT, BLAME_SUCCESS, OBSERVATION_STAGE_END, 250, false, true, 10, 20, 0, 0, 1,
		1},
	/* It has been at another host before: how long that one took is not its fault. */
	{OBSERVATION_SENT, BLAME_SUCCESS, OBSERVATION_STAGE_END, 250, false, false, 10, 20, 0, 0, 0,
		1},
	{OBSERVATION_SENT, BLAME_SUCCESS, OBSERVATION_STAGE_END, 250, false, true, -1, -1, 0, 0, 0,
		0},
	{OBSERVATION_PASSED_ON, BLAME_HOST, OBSERVATION_STAGE_MAIL, 452, false, true, -1, -1, 1,
		HOST_COUNTS_4XX, 0, 0},
	{OBSERVATION_DEFERRED, BLAME_COMPARED, OBSERVATION_STAGE_RCPT, 450, false, true, 1, 2, 1,
		HOST_COUNTS_4XX, 0, 0},
	{OBSERVATION_BOUNCED, BLAME_RECIPIENT, OBSERVATION_STAGE_RCPT, 550, false, true, 1, 2, 1,
		HOST_COUNTS_5XX, 0, 0},
	{OBSERVATION_PASSED_ON, BLAME_HOST_AT_ONCE, OBSERVATION_STAGE_CONNECT, 0, false, true, -1,
		-1, 1, HOST_COUNTS_NO_REPLY, 0, 0},
	/* An address that was only verified: nothing was delivered, and nothing has failed. */
	{OBSERVATION_SENT, BLAME_NONE, OBSERVATION_STAGE_RCPT, 250, false, true, 1, 2, 0, 0, 0, 0},
	/* "connect to …" has been counted. */
	{OBSERVATION_DEFERRED, BLAME_HOST_AT_ONCE, OBSERVATION_STAGE_CONNECT, 0, true, true, 1, 0,
		0, 0, 0, 0},
	{OBSERVATION_PASSED_ON, BLAME_HOST, OBSERVATION_STAGE_GREETING, 220, false, true, -1, -1, 1,
		HOST_COUNTS_OTHER_REPLY, 0, 0},
};

START_TEST(line)
{
	const struct line_row *row = &lines[_i];
	struct observation seen;
	struct host_counts counts;

	observation_init(&seen);
	seen.outcome = row->outcome;
	seen.stage = row->stage;
	seen.code = row->code;
	seen.is_repeat = row->is_repeat;
	seen.delays[2] = row->setup;
	seen.delays[3] = row->transmission;
	host_counts_init(&counts);
	host_counts_line(&counts, &seen, row->class, row->is_first);
	for (int i = 0; i < OBSERVATION_OUTCOME_COUNT; i++)
		ck_assert_uint_eq(counts.deliveries[i],
			i == (int)row->outcome &&
				(i != OBSERVATION_SENT || row->class == BLAME_SUCCESS));
	ck_assert_int_eq(counts.failure_count, row->failures);
	ck_assert_uint_eq(setups(&counts), row->setups);
	ck_assert_uint_eq(transmissions(&counts).count, row->transmissions);
	if (row->transmissions > 0)
		ck_assert_uint_eq(transmissions(&counts).sum, (uint64_t)row->transmission * 1000);
	if (row->failures == 0)
		return;
	ck_assert_uint_eq(counts.failures[0].count, 1);
	ck_assert_uint_eq(counts.failures[0].stage, row->stage);
	ck_assert_uint_eq(counts.failures[0].class, row->class);
	ck_assert_uint_eq(counts.failures[0].reply, row->reply);
	/* The same once more has the same cell. */
	host_counts_line(&counts, &seen, row->class, row->is_first);
	ck_assert_int_eq(counts.failure_count, 1);
	ck_assert_uint_eq(counts.failures[0].count, 2);
}
END_TEST

/* More kinds than there are cells: no count is lost, and none changes its name. */
START_TEST(too_many_failures)
{
	struct host_counts counts;
	struct observation seen;
	uint64_t sum = 0;
	uint64_t expected = 0;

	host_counts_init(&counts);
	observation_init(&seen);
	for (int again = 0; again < 2; again++)
		for (int stage = 0; stage < OBSERVATION_STAGE_COUNT; stage++)
			for (int class = 0; class < BLAME_SUCCESS; class ++) {
				seen.stage = (enum observation_stage)stage;
				host_counts_line(&counts, &seen, (enum blame_class) class, false);
				expected++;
				if (counts.failure_count == HOST_COUNTS_FAILURES)
					ck_assert_uint_eq(
						counts.failures[HOST_COUNTS_FAILURES - 1].stage,
						HOST_COUNTS_REST);
			}
	ck_assert_int_eq(counts.failure_count, HOST_COUNTS_FAILURES);
	for (int i = 0; i < counts.failure_count; i++) {
		sum += counts.failures[i].count;
		if (i < HOST_COUNTS_FAILURES - 1)
			ck_assert_uint_eq(counts.failures[i].count, 2);
	}
	ck_assert_uint_eq(sum, expected);
	ck_assert_str_eq(host_counts_reply_name(HOST_COUNTS_REST), "rest");
}
END_TEST

START_TEST(changes)
{
	struct host_counts counts;
	uint64_t sum = 0;

	host_counts_init(&counts);
	ck_assert_int_eq(counts.change_count, 3);
	host_counts_change(&counts, HEALTH_UP, HEALTH_REASON_RECOVERED);
	ck_assert_int_eq(counts.change_count, 3);
	host_counts_change(&counts, HEALTH_UP, HEALTH_REASON_OPERATOR);
	ck_assert_int_eq(counts.change_count, 4);
	for (uint32_t reason = 0; reason < HEALTH_REASON_COUNT; reason++) {
		host_counts_change(&counts, HEALTH_DEFERRED, reason);
		if (counts.change_count == HOST_COUNTS_CHANGES)
			ck_assert_uint_eq(
				counts.changes[HOST_COUNTS_CHANGES - 1].to, HOST_COUNTS_REST);
	}
	ck_assert_int_eq(counts.change_count, HOST_COUNTS_CHANGES);
	for (int i = 0; i < counts.change_count; i++)
		sum += counts.changes[i].count;
	ck_assert_uint_eq(sum, 2 + HEALTH_REASON_COUNT);
}
END_TEST

START_TEST(probes)
{
	struct host_counts counts;
	struct observation seen;
	struct histogram_view view;

	host_counts_init(&counts);
	observation_init(&seen);
	seen.delays[2] = 30;
	seen.delays[3] = 40;
	host_counts_probe(&counts, &seen, HOST_COUNTS_PROBE_SUCCESS);
	seen.delays[3] = -1; /* no connection */
	host_counts_probe(&counts, &seen, HOST_COUNTS_PROBE_FAILURE);
	host_counts_probe(&counts, &seen, HOST_COUNTS_PROBE_NONE);
	histogram_read(&counts.probe, &host_counts_probe_bounds, &view);
	ck_assert_uint_eq(view.count, 2);
	ck_assert_uint_eq(view.sum, 100000);
	for (int i = 0; i < HOST_COUNTS_PROBE_COUNT; i++)
		ck_assert_uint_eq(counts.probes[i], 1);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{line, COUNT(lines)},
		{too_many_failures, 1},
		{changes, 1},
		{probes, 1},
	};

	return suite_run("host_counts", tests, COUNT(tests));
}
