/* test_engine: rotation through reloads and restarts, drains, views that change nothing
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/engine_plan.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct sample sample;
static const char *queue_id = "";

static void open_three(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, sample_three);
}

static void close_sample(void)
{
	sample_close(&sample);
}

static int choose_from(uint64_t pool, uint64_t recipient, struct engine_choice *choice)
{
	struct engine_message message = {
		.pool = pool, .recipient_hash = recipient, .queue_id = queue_id};

	return engine_choose(sample.engine, &message, choice);
}

/* The first host of the next message's list. */
static char choose(const char *recipient)
{
	struct address address = sample_address(recipient);
	struct view_route route;
	struct engine_choice choice;

	engine_route(sample.engine, &address, &route);
	ck_assert_int_eq(route.action, ACTION_POOL);
	ck_assert_int_eq(choose_from(route.pool, address.hash, &choice), 0);
	ck_assert_msg(strncmp(choice.nexthop, "smtp:[", 6) == 0, "%s", choice.nexthop);
	return choice.nexthop[6];
}

static void count_choices(int messages, int counts[3])
{
	for (int i = 0; i < messages; i++)
		counts[choose("u@example.com") - 'a']++;
}

/* ---- the rotation */

static const char two_more[] =
	"pools = { other = { hosts = ( { host = \"x.example\"; } ); };\n"
	" three = { hosts = ( { host = \"c.example\"; port = 2525; }, { host = \"a.example\"; },\n"
	" { host = \"b.example\"; } ); }; };\n"
	"routes = ( { match = \"ALL\"; pool = \"other\"; },\n"
	" { match = \"example.com\"; pool = \"three\"; } );\n";

START_TEST(rotates_exactly_through_reloads_and_restarts)
{
	int counts[3] = {0, 0, 0};

	for (int i = 0; i < 30; i++) {
		count_choices(i % 4, counts);
		if (i % 3 == 0)
			sample_restart(&sample);
		else
			sample_reload(&sample, i % 2 == 0 ? sample_three : two_more);

		int sum = counts[0] + counts[1] + counts[2];

		for (int k = 0; k < 3; k++)
			ck_assert_msg(abs(3 * counts[k] - sum) < 3, "%d of %d after step %d",
				counts[k], sum, i);
	}
}
END_TEST

START_TEST(levels_the_credit_of_a_host_that_left)
{
	static const char two[] =
		"pools = { three = { hosts = ( { host = \"a.example\"; weight = 1000; },\n"
		" { host = \"b.example\"; weight = 1; } ); }; };\n"
		"routes = ( { match = \"example.com\"; pool = \"three\"; } );\n";
	int counts[3] = {0, 0, 0};

	/* Each of these takes away a host whose credit is not 0. */
	for (int i = 0; i < 200; i++) {
		sample_reload(&sample, i % 2 == 0 ? two : sample_three);
		choose("u@example.com");
	}
	sample_restart(&sample);
	count_choices(300, counts);
	for (int k = 0; k < 3; k++)
		ck_assert_msg(abs(counts[k] - 100) <= 1, "host %d: %d", k, counts[k]);
}
END_TEST

START_TEST(counts_first_and_listed)
{
	struct view_pool pool;
	struct view_host host;
	int counts[3] = {0, 0, 0};

	count_choices(10, counts);
	engine_view_pool(sample.engine, 0, &pool);
	ck_assert_uint_eq(pool.messages, 10);
	ck_assert_int_eq(pool.host_count, 3);
	for (int i = 0; i < 3; i++) {
		engine_view_pool_host(sample.engine, 0, i, &host);
		ck_assert_uint_eq(host.listed, 10);
		ck_assert_uint_eq(host.first, (uint64_t)counts[host.name[0] - 'a']);
	}
}
END_TEST

START_TEST(pool_that_left_is_refused)
{
	struct address address = sample_address("u@example.com");
	struct view_route route;
	struct engine_choice choice;

	engine_route(sample.engine, &address, &route);
	sample_reload(&sample, "routes = ( { match = \"example.com\"; action = \"dns\"; } );\n");
	ck_assert_int_eq(choose_from(route.pool, 0, &choice), -1);
	ck_assert_int_eq(choose_from(SIZE_MAX, 0, &choice), -1);
	sample_reload(&sample, sample_three);
	ck_assert_int_eq(choose_from(route.pool, 0, &choice), 0);
}
END_TEST

/* ---- views */

START_TEST(explain_and_simulate_advance_nothing)
{
	struct address address = sample_address("u@example.com");
	struct engine_plan plan;
	static struct simulation simulation;
	char expected[2] = "";

	for (int i = 0; i < 7; i++) {
		sample_plan(&sample, &address, &plan);
		sample_simulate(&sample, &address, &simulation);
		simulation_run(&simulation, address.hash, 30);
		for (int k = 0; k < 3; k++)
			ck_assert_uint_eq(simulation.first[k], 10);
		sample_plan(&sample, &address, &plan);
		ck_assert_int_eq(plan.candidate_count, 3);
		expected[0] = plan.nexthop[6];
		ck_assert_int_eq(choose("u@example.com"), expected[0]);
		ck_assert_int_eq(plan.candidates[0].host.name[0], expected[0]);
	}
	ck_assert_str_eq(plan.route.match, "example.com");
	ck_assert_ptr_nonnull(strstr(plan.route.source, "routes.cfg:3"));
}
END_TEST

START_TEST(explain_knows_no_route)
{
	struct address address = sample_address("u@elsewhere.example");
	struct engine_plan plan;

	sample_plan(&sample, &address, &plan);
	ck_assert_int_eq(plan.route.action, ACTION_NONE);
	ck_assert_int_eq(plan.candidate_count, 0);
	ck_assert_str_eq(plan.nexthop, "");
}
END_TEST

START_TEST(hosts_are_seen_once)
{
	static const char shared[] = "pools = { one = { hosts = ( { host = \"a.example\"; }, { "
				     "host = \"b.example\"; } ); };\n"
				     " two = { hosts = ( { host = \"b.example\"; }, { host = "
				     "\"a.example\"; port = 26; } ); }; };\n"
				     "routes = ( { match = \"1.example\"; pool = \"one\"; },\n"
				     " { match = \"2.example\"; pool = \"two\"; } );\n";
	char name[POOL_KEY_MAX + 1];
	size_t b;

	sample_reload(&sample, shared);
	ck_assert_uint_eq(engine_host_count(sample.engine), 3);
	b = engine_find_host(sample.engine, "b.example", 0, 0);
	ck_assert(engine_view_place(sample.engine, b, 0, name));
	ck_assert_str_eq(name, "one");
	ck_assert(engine_view_place(sample.engine, b, 1, name));
	ck_assert_str_eq(name, "two");
	ck_assert(!engine_view_place(sample.engine, b, 2, name));
	ck_assert_uint_eq(engine_find_host(sample.engine, "a.example", 26, 0), 2);
	ck_assert_uint_eq(engine_find_host(sample.engine, "a.example", 0, 1), 2);
	ck_assert_uint_eq(engine_find_host(sample.engine, "a.example", 27, 0), 3);
}
END_TEST

/* ---- the operator */

static size_t find(const char *name)
{
	size_t index = engine_find_host(sample.engine, name, 0, 0);

	ck_assert_uint_lt(index, engine_host_count(sample.engine));
	return index;
}

static uint32_t state_of(const char *name)
{
	struct view_host host;

	engine_view_host(sample.engine, find(name), &host);
	return host.health.state;
}

START_TEST(drained_host_gets_nothing_until_enabled)
{
	int counts[3] = {0, 0, 0};

	engine_drain(sample.engine, find("b.example"), 0, "new disks", clock_now());
	sample_restart(&sample);
	count_choices(10, counts);
	ck_assert_int_eq(counts[1], 0);
	ck_assert_int_eq(counts[0], 5);
	engine_enable(sample.engine, find("b.example"), clock_now());
	memset(counts, 0, sizeof(counts));
	count_choices(30, counts);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(abs(counts[i] - 10) <= 1, "host %d: %d", i, counts[i]);
}
END_TEST

START_TEST(drains_end_by_themselves)
{
	int64_t now = clock_now();
	struct event_entry entry;

	engine_drain(sample.engine, find("a.example"), now + 5000, "", now);
	engine_drain(sample.engine, find("b.example"), now + 9000, "", now);
	engine_drain(sample.engine, find("c.example"), 0, "", now);
	engine_tick(sample.engine, now + 4999);
	ck_assert_uint_eq(state_of("a.example"), HEALTH_DRAINED);
	sample_restart(&sample);
	engine_tick(sample.engine, now + 5000);
	ck_assert_uint_eq(state_of("a.example"), HEALTH_UP);
	ck_assert_uint_eq(state_of("b.example"), HEALTH_DRAINED);
	engine_tick(sample.engine, now + 100000);
	ck_assert_uint_eq(state_of("b.example"), HEALTH_UP);
	ck_assert_uint_eq(state_of("c.example"), HEALTH_DRAINED);
	ck_assert_uint_eq(engine_last_event(sample.engine), 5);
	ck_assert(engine_event_after(sample.engine, 4, &entry));
	ck_assert_int_eq(entry.kind, EVENT_DRAIN_ENDED);
	ck_assert_str_eq(entry.host, "b.example");
	ck_assert_uint_eq(entry.from, HEALTH_DRAINED);
	ck_assert_uint_eq(entry.to, HEALTH_UP);
}
END_TEST

START_TEST(all_drains_of_one_moment_end)
{
	int64_t now = clock_now();

	engine_drain(sample.engine, find("a.example"), now + 5, "", now);
	engine_drain(sample.engine, find("b.example"), now + 5, "", now);
	engine_drain(sample.engine, find("c.example"), now + 5, "", now);
	engine_tick(sample.engine, now + 5);
	ck_assert_uint_eq(state_of("a.example"), HEALTH_UP);
	ck_assert_uint_eq(state_of("b.example"), HEALTH_UP);
	ck_assert_uint_eq(state_of("c.example"), HEALTH_UP);
}
END_TEST

/* ---- threads: for ThreadSanitizer, and exact all the same */

enum { THREADS = 4, MESSAGES = 3000 };

static void *send_messages(void *context)
{
	int *counts = context;

	for (int i = 0; i < MESSAGES; i++)
		counts[choose("u@example.com") - 'a']++;
	return NULL;
}

START_TEST(threads_share_one_rotation)
{
	pthread_t threads[THREADS];
	int counts[THREADS][3];
	int sums[3] = {0, 0, 0};
	struct engine_plan plan;
	struct address address = sample_address("u@example.com");

	memset(counts, 0, sizeof(counts));
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_messages, counts[i]), 0);
	for (int i = 0; i < 20; i++) {
		sample_reload(&sample, i % 2 == 0 ? two_more : sample_three);
		sample_plan(&sample, &address, &plan);
		engine_tick(sample.engine, clock_now());
	}
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		for (int k = 0; k < 3; k++)
			sums[k] += counts[i][k];
	}
	for (int k = 0; k < 3; k++)
		ck_assert_int_eq(sums[k], THREADS * MESSAGES / 3);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{rotates_exactly_through_reloads_and_restarts, 1},
		{levels_the_credit_of_a_host_that_left, 1},
		{counts_first_and_listed, 1},
		{pool_that_left_is_refused, 1},
		{explain_and_simulate_advance_nothing, 1},
		{explain_knows_no_route, 1},
		{hosts_are_seen_once, 1},
		{drained_host_gets_nothing_until_enabled, 1},
		{drains_end_by_themselves, 1},
		{all_drains_of_one_moment_end, 1},
		{threads_share_one_rotation, 1},
	};

	return suite_run_with("engine", tests, COUNT(tests), open_three, close_sample);
}
