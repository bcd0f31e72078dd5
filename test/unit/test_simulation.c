/* test_simulation: how messages would spread, with a pool that stays as it is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/engine_plan.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "engine/simulation.h"
#include "sample.h"
#include "suite.h"

#include <stdint.h>
#include <stdio.h>

#define POOL(settings, hosts) \
	"pools = { p = { " settings " hosts = ( " hosts " ); }; };\n" \
	"routes = ( { match = \"example.com\"; pool = \"p\"; } );\n"

static const struct row {
	const char *name;
	const char *config;
	int turns; /* taken before */
	int count;
	uint64_t first[3]; /* in the order of the pool's hosts */
} rows[] = {
	{"three equal ones", POOL("", "{ host = \"a\"; }, { host = \"b\"; }, { host = \"c\"; }"), 0,
		300, {100, 100, 100}},
	{"one message", POOL("", "{ host = \"a\"; }, { host = \"b\"; }, { host = \"c\"; }"), 0, 1,
		{1, 0, 0}},
	{"after one turn", POOL("", "{ host = \"a\"; }, { host = \"b\"; }, { host = \"c\"; }"), 1,
		1, {0, 1, 0}},
	{"after two", POOL("", "{ host = \"a\"; }, { host = \"b\"; }, { host = \"c\"; }"), 2, 4,
		{1, 1, 2}},
	{"weights",
		POOL("", "{ host = \"a\"; weight = 6; }, { host = \"b\"; weight = 3; },"
			 " { host = \"c\"; }"),
		0, 1000, {600, 300, 100}},
	{"priorities",
		POOL("", "{ host = \"a\"; priority = 1; }, { host = \"b\"; }, { host = \"c\"; }"),
		0, 10, {5, 5, 0}},
	{"as many as there may be", POOL("", "{ host = \"a\"; }, { host = \"b\"; }"), 0,
		SIMULATION_MESSAGES_MAX, {50000, 50000, 0}},
};

static struct sample sample;

static void take_turn(const struct address *address)
{
	struct view_route route;
	struct engine_choice choice;
	struct engine_message message = {.recipient_hash = address->hash, .queue_id = ""};

	engine_route(sample.engine, address, &route);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
}

static uint64_t messages_of_pool(void)
{
	struct view_pool pool;

	engine_view_pool(sample.engine, 0, &pool);
	return pool.messages;
}

START_TEST(spreads)
{
	const struct row *row = &rows[_i];
	struct address address = sample_address("u@example.com");
	static struct simulation simulation;

	sample_open(&sample, row->config);
	for (int i = 0; i < row->turns; i++)
		take_turn(&address);
	sample_simulate(&sample, &address, &simulation);
	simulation_run(&simulation, address.hash, row->count);
	for (int i = 0; i < simulation.pool.host_count; i++)
		ck_assert_msg(simulation.first[i] == row->first[i], "%s: host %d: %ju", row->name,
			i, (uintmax_t)simulation.first[i]);
	ck_assert_uint_eq(messages_of_pool(), (uint64_t)row->turns);
	sample_close(&sample);
}
END_TEST

/* Real messages afterwards go where the simulation said. */
START_TEST(foresees)
{
	struct address address = sample_address("u@example.com");
	static struct simulation simulation;
	struct view_host host;

	sample_open(&sample, rows[4].config);
	sample_simulate(&sample, &address, &simulation);
	simulation_run(&simulation, address.hash, 77);
	for (int i = 0; i < 77; i++)
		take_turn(&address);
	for (int i = 0; i < 3; i++) {
		engine_view_pool_host(sample.engine, 0, i, &host);
		ck_assert_uint_eq(host.first, simulation.first[i]);
	}
	sample_close(&sample);
}
END_TEST

START_TEST(foresees_parts_of_a_weight)
{
	struct address address = sample_address("u@example.com");
	static struct simulation simulation;
	struct view_host host;

	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, rows[0].config);
	engine_weight(sample.engine, 1, 50, 0, "", clock_now());
	sample_simulate(&sample, &address, &simulation);
	simulation_run(&simulation, address.hash, 500);
	ck_assert_uint_eq(simulation.first[0], 200);
	ck_assert_uint_eq(simulation.first[1], 100);
	ck_assert_uint_eq(simulation.first[2], 200);
	for (int i = 0; i < 500; i++)
		take_turn(&address);
	for (int i = 0; i < 3; i++) {
		engine_view_pool_host(sample.engine, 0, i, &host);
		ck_assert_uint_eq(host.first, simulation.first[i]);
	}
	sample_close(&sample);
}
END_TEST

START_TEST(knows_drained_hosts)
{
	struct address address = sample_address("u@example.com");
	static struct simulation simulation;

	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, rows[0].config);
	engine_drain(sample.engine, 1, 0, "", clock_now());
	sample_simulate(&sample, &address, &simulation);
	/* A copy: what happens to the host afterwards is not seen. */
	engine_enable(sample.engine, 1, clock_now());
	simulation_run(&simulation, address.hash, 10);
	ck_assert_uint_eq(simulation.first[0], 5);
	ck_assert_uint_eq(simulation.first[1], 0);
	ck_assert_uint_eq(simulation.first[2], 5);
	sample_close(&sample);
}
END_TEST

/* What waits for a host, and what is sent to it, is pending there. */
START_TEST(least_pending)
{
	static const char config[] =
		POOL("balance = \"least-pending\";", "{ host = \"a\"; }, { host = \"b\"; }");
	struct address address = sample_address("u@example.com");
	static struct simulation simulation;
	struct view_route route;
	struct engine_choice choice;
	struct engine_message message = {.queue_id = "4X1"};

	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, config);
	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	engine_drain(sample.engine, 1, 0, "", clock_now());
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	message.queue_id = "4X2";
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	engine_enable(sample.engine, 1, clock_now());
	sample_simulate(&sample, &address, &simulation);
	simulation_run(&simulation, address.hash, 2);
	ck_assert_uint_eq(simulation.first[1], 2);
	simulation_run(&simulation, address.hash, 10);
	ck_assert_uint_eq(simulation.first[0], 5);
	ck_assert_uint_eq(simulation.first[1], 7);
	sample_close(&sample);
}
END_TEST

START_TEST(hash_pools_give_all_to_one)
{
	static const char hashed[] =
		POOL("balance = \"hash\";", "{ host = \"a\"; }, { host = \"b\"; }");
	static struct simulation simulation;
	int firsts[2] = {0, 0};

	sample_open(&sample, hashed);
	for (int i = 0; i < 50; i++) {
		char text[32];

		snprintf(text, sizeof(text), "u%d@example.com", i);

		struct address address = sample_address(text);

		sample_simulate(&sample, &address, &simulation);
		simulation_run(&simulation, address.hash, 9);
		ck_assert_uint_eq(simulation.first[0] % 9, 0);
		ck_assert_uint_eq(simulation.first[0] + simulation.first[1], 9);
		firsts[simulation.first[0] == 9 ? 0 : 1]++;
	}
	ck_assert_int_gt(firsts[0], 10);
	ck_assert_int_gt(firsts[1], 10);
	sample_close(&sample);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{spreads, COUNT(rows)},
		{foresees, 1},
		{foresees_parts_of_a_weight, 1},
		{knows_drained_hosts, 1},
		{least_pending, 1},
		{hash_pools_give_all_to_one, 1},
	};

	return suite_run("simulation", tests, COUNT(tests));
}
