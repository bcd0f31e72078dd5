/* test_engine_plan: what a rule does, would do, and how its pool would spread
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_plan.h"
#include "engine/log.h"
#include "engine/ruleset.h"
#include "sample.h"
#include "suite.h"

#include <string.h>

static const char config[] =
	"pools = { turns = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; } ); };\n"
	" spare = { hosts = ( { host = \"c.example\"; } ); };\n"
	" late = { fallback = \"spare\";\n"
	"  hosts = ( { host = \"d.example\"; } ); }; };\n"
	"rules = ( { name = \"no\"; when = { sender = \"x\"; }; action = \"reject\";\n"
	"  text = \"5.7.2 never\"; code = 554; },\n"
	" { name = \"turns\"; when = { sender = \"y\"; }; pool = \"turns\"; },\n"
	" { name = \"place\"; when = { sender = \"z\"; }; hosts = ( { host = \"e.example\"; } ); "
	"},\n"
	" { name = \"late\"; when = { }; pool = \"late\"; } );\n"
	"routes = ( { match = \"c.example.com\"; pool = \"spare\"; } );\n";

/* Without "turns", and with the other pools in another order. */
static const char less[] =
	"pools = { late = { hosts = ( { host = \"d.example\"; } ); };\n"
	" first = { hosts = ( { host = \"f.example\"; } ); }; };\n"
	"rules = ( { name = \"first\"; when = { sender = \"x\"; }; pool = \"first\"; },\n"
	" { name = \"late\"; when = { }; pool = \"late\"; } );\n";

static const char none[] = "routes = ( { match = \"ALL\"; action = \"dns\"; } );\n";

static struct sample sample;

static void open_engine(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, config);
}

static void close_engine(void)
{
	sample_close(&sample);
}

/* ---- what a rule does with a message */

static int route_of(const struct ruleset *ruleset, size_t rule, struct view_route *route)
{
	memset(route, 0, sizeof(*route));
	return engine_rule_route(sample.engine, ruleset, rule, route);
}

START_TEST(what_rules_do)
{
	struct ruleset *ruleset = engine_rules(sample.engine);
	struct view_route route;

	ck_assert_int_eq(route_of(ruleset, 0, &route), 0);
	ck_assert_int_eq(route.action, ACTION_REJECT);
	ck_assert_str_eq(route.match, "no");
	ck_assert_str_eq(route.code, "554");
	ck_assert_str_eq(route.enhanced, "5.7.2");
	ck_assert_str_eq(route.text, "never");
	ck_assert_int_eq(route_of(ruleset, 1, &route), 0);
	ck_assert_int_eq(route.action, ACTION_POOL);
	ck_assert_str_eq(route.pool_name, "turns");
	ck_assert_int_eq(route_of(ruleset, 2, &route), 0);
	ck_assert_str_eq(route.pool_name, "rule:place");
	ruleset_drop(ruleset);
}
END_TEST

/* A message that has begun before a reload is led to the pool of that name, wherever it stands now. */
START_TEST(rules_of_before)
{
	struct ruleset *before = engine_rules(sample.engine);
	struct engine_choice choice;
	struct view_route route;

	sample_reload(&sample, less);
	ck_assert_int_eq(route_of(before, 0, &route), 0);
	ck_assert_int_eq(route.action, ACTION_REJECT);
	ck_assert_int_eq(route_of(before, 1, &route), -1);
	ck_assert_int_eq(route_of(before, 2, &route), -1);
	ck_assert_int_eq(route_of(before, 3, &route), 0);
	ck_assert_str_eq(route.pool_name, "late");
	ck_assert_int_eq(
		engine_choose(sample.engine,
			&(struct engine_message){.pool = route.pool, .queue_id = ""}, &choice),
		0);
	ck_assert_str_eq(choice.nexthop, "smtp:[d.example]:25");
	sample_reload(&sample, none);
	ck_assert_ptr_null(engine_rules(sample.engine));
	ck_assert_int_eq(route_of(before, 3, &route), -1);
	ck_assert_int_eq(route_of(before, 0, &route), 0);
	ruleset_drop(before);
}
END_TEST

/* ---- what it would do */

START_TEST(a_rule_is_planned)
{
	struct address recipient = sample_address("u@c.example.com");
	static struct engine_plan plan;

	/* Not by the recipient's own route; and no turn is taken. */
	for (int i = 0; i < 2; i++) {
		engine_plan_rule(sample.engine, 1, &recipient, 0, &plan);
		ck_assert_str_eq(plan.takes, "turns");
		ck_assert_str_eq(plan.nexthop, "smtp:[a.example]:25,[b.example]:25");
		ck_assert_int_eq(plan.candidate_count, 2);
		ck_assert_str_eq(plan.token, "turns.0");
		ck_assert_str_eq(plan.route.match, "turns");
	}
	engine_plan_rule(sample.engine, 0, &recipient, 0, &plan);
	ck_assert_int_eq(plan.route.action, ACTION_REJECT);
	ck_assert_str_eq(plan.nexthop, "");
	ck_assert_str_eq(plan.takes, "");
	ck_assert_int_eq(plan.candidate_count, 0);
	engine_plan_rule(sample.engine, 2, &recipient, 0, &plan);
	ck_assert_str_eq(plan.takes, "rule:place");
	ck_assert_str_eq(plan.nexthop, "smtp:[e.example]:25");
	engine_drain(sample.engine, engine_find_host(sample.engine, "d.example", 0, 0), 0, "", 1);
	engine_plan_rule(sample.engine, 3, &recipient, 0, &plan);
	ck_assert_str_eq(plan.route.pool_name, "late");
	ck_assert_str_eq(plan.takes, "spare");
	ck_assert_str_eq(plan.nexthop, "smtp:[c.example]:25");
}
END_TEST

START_TEST(a_pool_is_simulated)
{
	static struct simulation simulation;
	struct view_route route;

	memset(&route, 0, sizeof(route));
	ck_assert_int_eq(engine_plan_simulate_pool(sample.engine, "turns", &route, &simulation), 0);
	ck_assert_int_eq(route.action, ACTION_POOL);
	ck_assert_str_eq(route.pool_name, "turns");
	ck_assert_str_eq(route.match, "");
	ck_assert_ptr_nonnull(strstr(route.source, "routes.cfg:1"));
	simulation_run(&simulation, 0, 10);
	ck_assert_uint_eq(simulation.first[0], 5);
	ck_assert_uint_eq(simulation.first[1], 5);
	ck_assert_int_eq(
		engine_plan_simulate_pool(sample.engine, "rule:place", &route, &simulation), 0);
	ck_assert_int_eq(simulation.pool.host_count, 1);
	ck_assert_str_eq(simulation.pool_hosts[0].name, "e.example");
	ck_assert_int_eq(
		engine_plan_simulate_pool(sample.engine, "nowhere", &route, &simulation), -1);
	ck_assert_int_eq(engine_plan_simulate_pool(sample.engine, "", &route, &simulation), -1);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{what_rules_do, 1},
		{rules_of_before, 1},
		{a_rule_is_planned, 1},
		{a_pool_is_simulated, 1},
	};

	return suite_run_with("engine_plan", tests, COUNT(tests), open_engine, close_engine);
}
