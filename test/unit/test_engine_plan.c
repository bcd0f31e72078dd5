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

#include <stdio.h>
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
	ck_assert_str_eq(choice.nexthop, "smtp:[d.example]");
	sample_reload(&sample, none);
	ck_assert_ptr_null(engine_rules(sample.engine));
	ck_assert_int_eq(route_of(before, 3, &route), -1);
	ck_assert_int_eq(route_of(before, 0, &route), 0);
	ruleset_drop(before);
}
END_TEST

/* ---- what it would do */

/* What a message would get by that rule of those in force. */
static void plan_rule(size_t rule, struct engine_plan *plan)
{
	struct ruleset *ruleset = engine_rules(sample.engine);
	static struct engine_choice choice;
	struct engine_message message = {.queue_id = ""};

	ck_assert_int_eq(route_of(ruleset, rule, &plan->route), 0);
	ruleset_drop(ruleset);
	message.pool = plan->route.pool;
	ck_assert_int_eq(engine_plan_choose(sample.engine, &message, plan, &choice),
		plan->route.action == ACTION_POOL ? 0 : -1);
	if (plan->route.action == ACTION_POOL)
		ck_assert_str_eq(choice.nexthop, plan->nexthop);
}

START_TEST(a_rule_is_planned)
{
	static struct engine_plan plan;

	/* Not by the recipient's own route; and no turn is taken. */
	for (int i = 0; i < 2; i++) {
		plan_rule(1, &plan);
		ck_assert_str_eq(plan.takes, "turns");
		ck_assert_str_eq(plan.nexthop, "smtp:[a.example],[b.example]");
		ck_assert_int_eq(plan.candidate_count, 2);
		ck_assert_str_eq(plan.token, "turns.0");
		ck_assert_str_eq(plan.route.match, "turns");
	}
	plan_rule(0, &plan);
	ck_assert_int_eq(plan.route.action, ACTION_REJECT);
	ck_assert_str_eq(plan.nexthop, "");
	ck_assert_str_eq(plan.takes, "");
	ck_assert_int_eq(plan.candidate_count, 0);
	plan_rule(2, &plan);
	ck_assert_str_eq(plan.takes, "rule:place");
	ck_assert_str_eq(plan.nexthop, "smtp:[e.example]");
	engine_drain(sample.engine, engine_find_host(sample.engine, "d.example", 0, 0), 0, "", 1);
	plan_rule(3, &plan);
	ck_assert_str_eq(plan.route.pool_name, "late");
	ck_assert_str_eq(plan.takes, "spare");
	ck_assert_str_eq(plan.nexthop, "smtp:[c.example]");
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

/* ---- the list ends with the fallbacks' hosts */

static const char chain[] =
	"pools = { one = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; port = 26; "
	"} );\n"
	"  fallback = \"other\"; };\n"
	" other = { transport = \"relay\"; hosts = ( { host = \"r.example\"; } ); fallback = "
	"\"two\"; };\n"
	" two = { hosts = ( { host = \"c.example\"; }, { host = \"a.example\"; },\n"
	"  { host = \"b.example\"; } ); fallback = \"three\"; };\n"
	" three = { hosts = ( { host = \"d.example\"; }, { host = \"e.example\"; priority = 1; } "
	"); }; };\n"
	"routes = ( { match = \"one.example\"; pool = \"one\"; },\n"
	" { match = \"three.example\"; pool = \"three\"; } );\n";

static struct engine_plan planned;

static void plan(const char *recipient)
{
	struct address address = sample_address(recipient);

	sample_plan(&sample, &address, &planned);
}

START_TEST(fallbacks_are_behind)
{
	size_t last;

	sample_reload(&sample, chain);
	/* By one transport, each host once, "b" of another port being another one. */
	plan("u@one.example");
	ck_assert_int_eq(planned.candidate_count, 6);
	ck_assert_int_eq(strncmp(planned.nexthop, "smtp:[a.example],[b.example]:26,[", 33), 0);
	ck_assert_ptr_nonnull(strstr(planned.nexthop, "[c.example]"));
	ck_assert_ptr_nonnull(strstr(planned.nexthop, ",[b.example],"));
	ck_assert_ptr_null(strstr(planned.nexthop, "r.example"));
	last = strlen(planned.nexthop) - strlen(",[d.example],[e.example]");
	ck_assert_str_eq(planned.nexthop + last, ",[d.example],[e.example]");
	ck_assert_str_eq(planned.takes, "one");
	ck_assert_str_eq(planned.candidates[1].pool, "one");
	ck_assert_str_eq(planned.candidates[3].pool, "two");
	ck_assert_str_eq(planned.candidates[5].pool, "three");
	ck_assert_str_eq(planned.candidates[5].host.name, "e.example");
	/* What is drained is not there. */
	engine_drain(sample.engine, engine_find_host(sample.engine, "d.example", 0, 0), 0, "", 1);
	plan("u@one.example");
	ck_assert_int_eq(planned.candidate_count, 5);
	ck_assert_ptr_null(strstr(planned.nexthop, "d.example"));
	plan("u@three.example");
	ck_assert_str_eq(planned.nexthop, "smtp:[e.example]");
}
END_TEST

/* The longest list that there is. */
START_TEST(fallbacks_beyond_the_longest_list)
{
	static char text[32768];
	size_t used = (size_t)snprintf(text, sizeof(text), "pools = {");

	for (int pool = 0; pool < 2; pool++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, " p%d = { %s hosts = (",
			pool, pool == 0 ? "fallback = \"p1\";" : "");
		for (int i = 0; i < 40; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				"%s{ host = \"h%d-%d.example\"; }", i == 0 ? "" : ", ", pool, i);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "); };");
	}
	snprintf(text + used, sizeof(text) - used,
		" }; routes = ( { match = \"ALL\"; pool = \"p0\"; } );");
	sample_reload(&sample, text);
	plan("u@one.example");
	ck_assert_int_eq(planned.candidate_count, POOL_HOSTS_MAX);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{what_rules_do, 1},
		{rules_of_before, 1},
		{a_rule_is_planned, 1},
		{a_pool_is_simulated, 1},
		{fallbacks_are_behind, 1},
		{fallbacks_beyond_the_longest_list, 1},
	};

	return suite_run_with("engine_plan", tests, COUNT(tests), open_engine, close_engine);
}
