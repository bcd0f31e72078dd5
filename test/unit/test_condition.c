/* test_condition: ok, degraded or failed, and why
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/condition.h"
#include "engine/engine_learn.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char config[] =
	"pools = {\n"
	" tiers = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; },\n"
	"  { host = \"c.example\"; priority = 10; } ); };\n"
	" put_off = { all_deferred = \"tempfail\"; hosts = ( { host = \"d.example\"; } ); };\n"
	" main = { fallback = \"spare\"; hosts = ( { host = \"e.example\"; } ); };\n"
	" spare = { hosts = ( { host = \"f.example\"; } ); }; };\n"
	"routes = ( { match = \"1.example\"; pool = \"tiers\"; },\n"
	" { match = \"2.example\"; pool = \"put_off\"; },\n"
	" { match = \"3.example\"; pool = \"main\"; } );\n";

static struct sample sample;
static struct condition_input input;
static struct condition_history history;
static struct condition condition;
static int64_t now;

static void open_sample(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, config);
	now = 1000000;
	memset(&history, 0, sizeof(history));
	input = (struct condition_input){.reload_ok = true, .config = "routes.cfg"};
	input.log = (struct view_log){.is_on = true, .is_readable = true, .source = "/log"};
	condition_note(&history, sample.engine, &input.log, now);
}

static void close_sample(void)
{
	sample_close(&sample);
}

/* Time passes, second by second. */
static void pass(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		now += 1000;
		condition_note(&history, sample.engine, &input.log, now);
	}
}

/* "degraded pool,log", or "ok ". */
static const char *judge(void)
{
	static char text[200];
	int used;

	condition_judge(&condition, sample.engine, &history, &input, now);
	used = snprintf(text, sizeof(text), "%s ", condition_name(condition.level));
	for (int i = 0; i < condition.count; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%s",
			i == 0 ? "" : ",", condition.reasons[i].about);
	return text;
}

static bool says(const char *part)
{
	for (int i = 0; i < condition.count; i++)
		if (strstr(condition.reasons[i].text, part) != NULL)
			return true;
	return false;
}

static size_t find(const char *name)
{
	return engine_find_host(sample.engine, name, 0, 0);
}

static void break_host(const char *name)
{
	struct observation seen;

	observation_init(&seen);
	seen.at = clock_now() + 1;
	seen.what = OBSERVATION_REFUSED;
	seen.stage = OBSERVATION_STAGE_CONNECT;
	snprintf(seen.host, sizeof(seen.host), "%s", name);
	snprintf(seen.queue_id, sizeof(seen.queue_id), "%s", name);
	engine_learn_line(sample.engine, &seen);
}

START_TEST(all_is_well)
{
	ck_assert_str_eq(judge(), "ok ");
	ck_assert_uint_eq(condition.hosts, 6);
	ck_assert_uint_eq(condition.states[HEALTH_UP], 6);
	/* One sick host of two is the program's daily work. */
	break_host("a.example");
	ck_assert_str_eq(judge(), "ok ");
	ck_assert_uint_eq(condition.states[HEALTH_DEFERRED], 1);
}
END_TEST

START_TEST(backups_have_the_mail)
{
	break_host("a.example");
	break_host("b.example");
	ck_assert_str_eq(judge(), "degraded pool");
	ck_assert(says("pool tiers: no host of its best priority is up"));
	break_host("c.example");
	ck_assert_str_eq(judge(), "failed pool");
	ck_assert(says("pool tiers: no host is up, 3 deferred, 0 drained, its mail waits"));
	engine_reset(sample.engine, find("c.example"), clock_now());
	ck_assert_str_eq(judge(), "degraded pool");
	engine_reset(sample.engine, find("a.example"), clock_now());
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(a_tier_that_is_drained_is_meant_so)
{
	int64_t drained = clock_now();

	engine_drain(sample.engine, find("a.example"), 0, "", drained);
	engine_drain(sample.engine, find("b.example"), 0, "", drained);
	ck_assert_str_eq(judge(), "ok ");
	ck_assert_uint_eq(condition.states[HEALTH_DRAINED], 2);
	engine_drain(sample.engine, find("c.example"), 0, "", drained);
	ck_assert_str_eq(judge(), "degraded pool");
	ck_assert(says("pool tiers: all 3 hosts are drained, and used all the same"));
}
END_TEST

START_TEST(clients_are_put_off)
{
	break_host("d.example");
	ck_assert_str_eq(judge(), "failed pool");
	ck_assert(says("pool put_off: no host is up, 1 deferred, 0 drained, clients get 451"));
}
END_TEST

START_TEST(a_fallback_has_the_mail)
{
	break_host("e.example");
	ck_assert_str_eq(judge(), "degraded pool");
	ck_assert(says("pool main: no host is up, its fallback has its mail"));
	break_host("f.example");
	ck_assert_str_eq(judge(), "failed pool,pool");
}
END_TEST

START_TEST(a_log_that_cannot_be_read)
{
	input.log.is_readable = false;
	strcpy(input.log.error, "Permission denied");
	ck_assert_str_eq(judge(), "degraded log");
	ck_assert(says("health.log = \"/log\": Permission denied"));
	input.log.is_readable = true;
	strcpy(input.log.strange, "what is this");
	ck_assert_str_eq(judge(), "degraded log");
	ck_assert(says("the form of its lines is not known"));
	/* Nothing is to be read. */
	input.log.is_on = false;
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(a_log_without_a_line)
{
	pass(1000);
	ck_assert_str_eq(judge(), "ok ");
	engine_count(sample.engine, ENGINE_ROUTED, 19);
	pass(1000);
	ck_assert_str_eq(judge(), "ok ");
	engine_count(sample.engine, ENGINE_ROUTED, 1);
	ck_assert_str_eq(judge(), "degraded log");
	ck_assert(says("no line for 16 min while 20 messages were routed"));
	input.log.lines++;
	pass(1);
	ck_assert_str_eq(judge(), "ok ");
	/* Not at once: deliveries take their time. */
	engine_count(sample.engine, ENGINE_ROUTED, 100);
	pass(299);
	ck_assert_str_eq(judge(), "ok ");
	pass(1);
	ck_assert_str_eq(judge(), "degraded log");
}
END_TEST

START_TEST(before_the_first_second)
{
	memset(&history, 0, sizeof(history));
	engine_count(sample.engine, ENGINE_ROUTED, 100);
	input.log.lines = 100;
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(a_log_that_tells_nothing)
{
	engine_count(sample.engine, ENGINE_ROUTED, 20);
	input.log.lines = 49;
	pass(1);
	ck_assert_str_eq(judge(), "ok ");
	input.log.lines = 50;
	pass(1);
	ck_assert_str_eq(judge(), "degraded log");
	ck_assert(says("the last 50 lines show no delivery, while 20 messages were routed"));
	input.log.seen = 1;
	input.log.lines = 51;
	pass(1);
	ck_assert_str_eq(judge(), "ok ");
	/* Many deliveries within one second. */
	engine_count(sample.engine, ENGINE_ROUTED, 100);
	input.log.seen = 100;
	input.log.lines = 600;
	ck_assert_str_eq(judge(), "ok ");
	pass(1);
	/* Lines alone are none of our affair. */
	input.log.lines = 5000;
	pass(1);
	ck_assert_str_eq(judge(), "ok ");
	/* Another log. */
	engine_count(sample.engine, ENGINE_ROUTED, 20);
	input.log.lines = 10;
	input.log.seen = 0;
	pass(1);
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(a_map_that_nobody_asks)
{
	engine_count(sample.engine, ENGINE_ROUTED, 20);
	input.log.is_on = false;
	ck_assert_str_eq(judge(), "ok ");
	input.has_map = true;
	ck_assert_str_eq(judge(), "degraded map");
	ck_assert(
		says("map_socket: the MTA has never queried the map while 20 messages were routed: "
		     "transport_maps in main.cf"));
	input.is_sendmail = true;
	judge();
	ck_assert(says("FEATURE(`nexthop')"));
	input.map.requests = 1;
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(a_reload_that_failed)
{
	input.reload_ok = false;
	input.reload_error = "routes.cfg:3: no such pool";
	ck_assert_str_eq(judge(), "degraded reload");
	ck_assert(says("the last reload of routes.cfg failed"));
	ck_assert(says("routes.cfg:3: no such pool"));
}
END_TEST

START_TEST(nobody_flushes)
{
	sample_reload(&sample,
		"pools = { a = { on_recovery = \"flush\"; hosts = ( { host = \"a.example\"; } ); };\n"
		" b = { on_recovery = \"flush\"; hosts = ( { host = \"b.example\"; } ); }; };\n"
		"routes = ( { match = \"1.example\"; pool = \"a\"; },\n"
		" { match = \"2.example\"; pool = \"b\"; } );\n");
	ck_assert_str_eq(judge(), "degraded flush");
	ck_assert(
		says("pool a: on_recovery = \"flush\", but milterctl flush --follow does not run"));
	input.is_flush_followed = true;
	ck_assert_str_eq(judge(), "ok ");
}
END_TEST

START_TEST(the_daemon_itself)
{
	input.milter_socket = "unix:/m";
	input.milter.silent_since = 1;
	ck_assert_str_eq(judge(), "failed milter");
	ck_assert(says("milter_socket unix:/m: no answer"));
	input.milter = (struct view_milter){
		.descriptors = 90, .descriptors_max = 100, .has_few_descriptors = true};
	ck_assert_str_eq(judge(), "degraded descriptors");
	ck_assert(says("90 of 100 descriptors are open"));
	input.milter.has_few_descriptors = false;
	input.state_file = "/state";
	input.state_error = ENOSPC;
	ck_assert_str_eq(judge(), "degraded state");
	ck_assert(says("state_file /state: cannot be written to its disk: No space left"));
}
END_TEST

START_TEST(the_worst_comes_first)
{
	input.is_stopping = true;
	input.reload_ok = false;
	break_host("e.example");
	break_host("d.example");
	ck_assert_str_eq(judge(), "failed stopping,pool,pool,reload");
	ck_assert_int_eq(condition.reasons[1].level, CONDITION_FAILED);
	ck_assert_int_eq(condition.reasons[2].level, CONDITION_DEGRADED);
}
END_TEST

START_TEST(a_failure_is_never_left_out)
{
	memset(&condition, 0, sizeof(condition));
	for (int i = 0; i < CONDITION_REASONS_MAX + 5; i++)
		condition_add(&condition, CONDITION_DEGRADED, "x", "%d", i);
	ck_assert_int_eq(condition.count, CONDITION_REASONS_MAX);
	ck_assert_int_eq(condition.unlisted, 5);
	condition_add(&condition, CONDITION_FAILED, "y", "worse");
	ck_assert_int_eq(condition.count, CONDITION_REASONS_MAX);
	ck_assert_int_eq(condition.unlisted, 6);
	ck_assert_str_eq(condition.reasons[0].text, "worse");
	ck_assert_str_eq(condition.reasons[1].text, "0");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{all_is_well, 1}, {backups_have_the_mail, 1},
		{a_tier_that_is_drained_is_meant_so, 1}, {clients_are_put_off, 1},
		{a_fallback_has_the_mail, 1}, {a_log_that_cannot_be_read, 1},
		{a_log_without_a_line, 1}, {before_the_first_second, 1},
		{a_log_that_tells_nothing, 1}, {a_map_that_nobody_asks, 1},
		{a_reload_that_failed, 1}, {nobody_flushes, 1}, {the_daemon_itself, 1},
		{the_worst_comes_first, 1}, {a_failure_is_never_left_out, 1}};

	return suite_run_with("condition", tests, COUNT(tests), open_sample, close_sample);
}
