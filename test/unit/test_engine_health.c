/* test_engine_health: what the engine learns of hosts, and what it does with it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/engine_learn.h"
#include "engine/engine_plan.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char pools[] =
	"health = { failures = 3; messages = 2; jitter = 0; recover = 2; };\n"
	"pools = {\n"
	" two = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; } ); };\n"
	" late = { all_deferred = \"tempfail\"; hosts = ( { host = \"c.example\"; } ); };\n"
	" main = { fallback = \"spare\"; hosts = ( { host = \"d.example\"; } ); };\n"
	" spare = { transport = \"relay\"; hosts = ( { host = \"e.example\"; } ); };\n"
	" probed = { health = { probe = { interval = 5; }; }; hosts = ( { host = \"f.example\"; "
	"},\n"
	"  { host = \"mx.example\"; lookup = \"mx\"; } "
	"); };\n"
	" odd = { health = { classify = ( { code = 450; class = \"host_at_once\"; } ); };\n"
	"  hosts = ( { host = \"g.example\"; } ); };\n"
	"};\n"
	"routes = ( { match = \"two.example\"; pool = \"two\"; },\n"
	" { match = \"late.example\"; pool = \"late\"; },\n"
	" { match = \"main.example\"; pool = \"main\"; },\n"
	" { match = \"odd.example\"; pool = \"odd\"; },\n"
	" { match = \"probed.example\"; pool = \"probed\"; } );\n";

static struct sample sample;
static int next_message;

static void open_engine(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, pools);
}

static void close_engine(void)
{
	sample_close(&sample);
}

/* What is chosen for a message to u@DOMAIN.example. */
static const char *choose(const char *domain)
{
	static struct engine_choice choice;
	char text[64], id[16];
	struct address address;
	struct view_route route;
	struct engine_message message = {.queue_id = id};

	snprintf(text, sizeof(text), "u@%s.example", domain);
	snprintf(id, sizeof(id), "Q%d", next_message++);
	address = sample_address(text);
	engine_route(sample.engine, &address, &route);
	ck_assert_int_eq(route.action, ACTION_POOL);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	return choice.nexthop;
}

static bool is_put_off(const char *recipient)
{
	struct address address = sample_address(recipient);
	struct view_route route;

	engine_route(sample.engine, &address, &route);
	return route.is_put_off;
}

static struct observation reply(const char *host, enum observation_stage stage, int code)
{
	struct observation observation;

	observation_init(&observation);
	observation.at = clock_now();
	observation.stage = stage;
	observation.code = code;
	strcpy(observation.host, host);
	snprintf(observation.queue_id, sizeof(observation.queue_id), "M%d", next_message++);
	snprintf(observation.text, sizeof(observation.text), "%d said so%s", code,
		stage < OBSERVATION_STAGE_RCPT ? ": system full" : "");
	return observation;
}

static void see(const char *host, enum observation_stage stage, int code)
{
	struct observation observation = reply(host, stage, code);

	if (code == 250)
		observation.outcome = OBSERVATION_SENT;
	engine_learn_line(sample.engine, &observation);
}

static struct view_host view(const char *host)
{
	struct view_host found;

	engine_view_host(sample.engine, engine_find_host(sample.engine, host, 0, 0), &found);
	return found;
}

static const char *state_of(const char *host)
{
	return health_state_name(view(host).health.state);
}

/*
 * Lets time pass: all back-offs are over. What has changed then has changed now, before what is seen
 * next.
 */
static void wait_long(void)
{
	engine_tick(sample.engine, clock_now() + 3600000);
	engine_tick(sample.engine, clock_now());
}

START_TEST(a_sick_host_is_put_last)
{
	for (int i = 0; i < 3; i++)
		see("a.example", OBSERVATION_STAGE_MAIL, 452);
	ck_assert_str_eq(state_of("a.example"), "deferred");
	for (int i = 0; i < 4; i++)
		ck_assert_str_eq(choose("two"), "smtp:[b.example],[a.example]");
	ck_assert_int_eq(engine_counted(sample.engine, ENGINE_OBSERVED), 3);
}
END_TEST

START_TEST(only_hosts_that_are_at_fault)
{
	for (int i = 0; i < 10; i++) {
		see("a.example", OBSERVATION_STAGE_RCPT, 450);
		see("a.example", OBSERVATION_STAGE_RCPT, 550);
		see("stranger.example", OBSERVATION_STAGE_MAIL, 452);
	}
	ck_assert_str_eq(state_of("a.example"), "up");
	ck_assert_uint_eq(view("a.example").health.attempts, 20);
	ck_assert_int_eq(engine_counted(sample.engine, ENGINE_STRANGERS), 10);
}
END_TEST

START_TEST(a_trial_is_one_message)
{
	see("a.example", OBSERVATION_STAGE_GREETING, 431);
	ck_assert_str_eq(state_of("a.example"), "deferred");
	wait_long();
	ck_assert_str_eq(state_of("a.example"), "trial");
	ck_assert_str_eq(choose("two"), "smtp:[a.example],[b.example]");
	ck_assert_str_eq(choose("two"), "smtp:[b.example],[a.example]");
	ck_assert_str_eq(choose("two"), "smtp:[b.example],[a.example]");
}
END_TEST

START_TEST(classify_goes_before_the_table)
{
	see("g.example", OBSERVATION_STAGE_RCPT, 451);
	ck_assert_str_eq(state_of("g.example"), "up");
	see("g.example", OBSERVATION_STAGE_RCPT, 450);
	ck_assert_str_eq(state_of("g.example"), "deferred");
	ck_assert_int_eq(view("g.example").health.reason, HEALTH_REASON_CLASSIFIED);
}
END_TEST

START_TEST(all_deferred_is_put_off)
{
	ck_assert(!is_put_off("u@late.example"));
	see("c.example", OBSERVATION_STAGE_MAIL, 421);
	ck_assert(is_put_off("u@late.example"));
	wait_long();
	/* One message for the trial. */
	ck_assert(!is_put_off("u@late.example"));
	ck_assert_str_eq(choose("late"), "smtp:[c.example]");
	ck_assert(is_put_off("u@late.example"));
	engine_drain(sample.engine, engine_find_host(sample.engine, "c.example", 0, 0), 0, "", 1);
	/* What is drained is used if there is nothing else. */
	ck_assert(!is_put_off("u@late.example"));
	ck_assert(!is_put_off("u@two.example"));
	see("a.example", OBSERVATION_STAGE_MAIL, 421);
	see("b.example", OBSERVATION_STAGE_MAIL, 421);
	ck_assert(!is_put_off("u@two.example"));
	ck_assert_str_eq(choose("two"), "smtp:[a.example],[b.example]");
}
END_TEST

START_TEST(all_deferred_falls_back)
{
	struct address address = sample_address("u@main.example");
	struct engine_plan *plan = malloc(sizeof(*plan));

	ck_assert_ptr_nonnull(plan);
	ck_assert_str_eq(choose("main"), "smtp:[d.example]");
	see("d.example", OBSERVATION_STAGE_MAIL, 421);
	ck_assert_str_eq(choose("main"), "relay:[e.example]");
	sample_plan(&sample, &address, plan);
	ck_assert_str_eq(plan->route.pool_name, "main");
	ck_assert_str_eq(plan->takes, "spare");
	ck_assert_str_eq(plan->nexthop, "relay:[e.example]");
	/* If the fallback is as badly off, the message stays with its own pool. */
	see("e.example", OBSERVATION_STAGE_MAIL, 421);
	ck_assert_str_eq(choose("main"), "smtp:[d.example]");
	sample_plan(&sample, &address, plan);
	ck_assert_str_eq(plan->takes, "main");
	free(plan);
}
END_TEST

START_TEST(probes)
{
	struct observation probe = reply("f.example", OBSERVATION_STAGE_CONNECT, 0);
	struct engine_probe target;
	size_t host = engine_find_host(sample.engine, "f.example", 0, 0);

	ck_assert(engine_view_probe(sample.engine, host, &target));
	ck_assert_int_eq(target.probe.interval, 5000);
	ck_assert(!engine_view_probe(
		sample.engine, engine_find_host(sample.engine, "a.example", 0, 0), &target));
	ck_assert(!engine_view_probe(
		sample.engine, engine_find_host(sample.engine, "mx.example", 0, 0), &target));
	probe.is_probe = true;
	probe.what = OBSERVATION_REFUSED;
	engine_learn_line(sample.engine, &probe);
	ck_assert_str_eq(state_of("f.example"), "deferred");
	wait_long();
	/* Messages are not risked where there are probes. */
	ck_assert_str_eq(state_of("f.example"), "trial");
	choose("probed");
	ck_assert_uint_eq(view("f.example").health.trial_message, 0);
	for (int i = 0; i < 2; i++) {
		/* Refused for what the probe has said: it answers. */
		probe = reply("f.example", OBSERVATION_STAGE_RCPT, i == 0 ? 550 : 450);
		probe.is_probe = true;
		probe.at += 3600000;
		engine_learn_line(sample.engine, &probe);
	}
	ck_assert_str_eq(state_of("f.example"), "up");
	ck_assert_uint_eq(view("f.example").health.attempts, 0);
}
END_TEST

START_TEST(each_change_is_one_event)
{
	static const char *const wanted[] = {"deferred", "trial", "up"};
	struct event_entry entry = {.id = engine_last_event(sample.engine)};

	for (int i = 0; i < 5; i++)
		see("a.example", OBSERVATION_STAGE_MAIL, 452);
	wait_long();
	see("a.example", OBSERVATION_STAGE_END, 250);
	see("a.example", OBSERVATION_STAGE_END, 250);
	for (int i = 0; i < 3; i++) {
		ck_assert(engine_event_after(sample.engine, entry.id, &entry));
		ck_assert_str_eq(event_ring_kind_name(entry.kind), wanted[i]);
		ck_assert_str_eq(entry.host, "a.example");
	}
	ck_assert(!engine_event_after(sample.engine, entry.id, &entry));
}
END_TEST

START_TEST(health_outlives_restarts_and_reloads)
{
	see("a.example", OBSERVATION_STAGE_MAIL, 421);
	sample_restart(&sample);
	ck_assert_str_eq(state_of("a.example"), "deferred");
	ck_assert_str_eq(view("a.example").health.text, "421 said so: system full");
	sample_reload(&sample, pools);
	ck_assert_str_eq(state_of("a.example"), "deferred");
	engine_reset(
		sample.engine, engine_find_host(sample.engine, "a.example", 0, 0), clock_now());
	ck_assert_str_eq(state_of("a.example"), "up");
	ck_assert_uint_eq(view("a.example").health.attempts, 0);
}
END_TEST

/* The next event after ENTRY; false if it is not of that kind, with that text. */
static bool next_is(struct event_entry *entry, enum event_kind kind, const char *text)
{
	return engine_event_after(sample.engine, entry->id, entry) && entry->kind == kind &&
	       strcmp(entry->text, text) == 0;
}

static int percent_at(const char *name, int64_t now)
{
	struct view_host host = view(name);

	return health_percent(&host.health, now);
}

START_TEST(a_part_of_a_weight_ends_by_itself)
{
	size_t host = engine_find_host(sample.engine, "a.example", 0, 0);
	struct event_entry entry = {.id = engine_last_event(sample.engine)};
	int64_t now = clock_now();

	engine_weight(sample.engine, host, 50, now + 60000, "new disks", now);
	ck_assert(next_is(&entry, EVENT_WEIGHT, "50%: new disks"));
	ck_assert_int_eq(entry.until, now + 60000);
	ck_assert_uint_eq(entry.reason, HEALTH_REASON_OPERATOR);
	sample_restart(&sample);
	entry.id = engine_last_event(sample.engine);
	sample_reload(&sample, pools);
	engine_tick(sample.engine, now + 59000);
	ck_assert_int_eq(percent_at("a.example", now + 59000), 50);
	ck_assert_uint_eq(engine_last_event(sample.engine), entry.id);
	engine_tick(sample.engine, now + 60000);
	ck_assert(next_is(&entry, EVENT_WEIGHT_ENDED, "100%: its time is over"));
	ck_assert_int_eq(view("a.example").health.weight_until, 0);
	engine_tick(sample.engine, now + 61000);
	ck_assert_uint_eq(engine_last_event(sample.engine), entry.id);
	/* Without an end it has none. */
	host = engine_find_host(sample.engine, "a.example", 0, 0);
	engine_weight(sample.engine, host, 0, 0, "", now);
	ck_assert(next_is(&entry, EVENT_WEIGHT, "0%"));
	engine_tick(sample.engine, now + INT64_C(1000) * 86400000);
	ck_assert_int_eq(percent_at("a.example", now), 0);
	ck_assert_str_eq(state_of("a.example"), "up");
}
END_TEST

START_TEST(a_drain_that_is_planned)
{
	size_t host = engine_find_host(sample.engine, "a.example", 0, 0);
	struct event_entry entry = {.id = engine_last_event(sample.engine)};
	int64_t now = clock_now() / 1000 * 1000;
	char text[HEALTH_TEXT_MAX], at[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];

	clock_format(at, now + 60000);
	clock_format(until, now + 90000);
	snprintf(text, sizeof(text), "from %s until %s: patch night", at, until);
	engine_plan(sample.engine, host, now + 60000, now + 90000, "patch night", now);
	ck_assert(next_is(&entry, EVENT_DRAIN_PLANNED, text));
	ck_assert_uint_eq(entry.reason, HEALTH_REASON_OPERATOR);
	ck_assert_uint_eq(entry.to, HEALTH_UP);
	sample_restart(&sample);
	entry.id = engine_last_event(sample.engine);
	sample_reload(&sample, pools);
	host = engine_find_host(sample.engine, "a.example", 0, 0);
	engine_tick(sample.engine, now + 59000);
	ck_assert_str_eq(state_of("a.example"), "up");
	ck_assert_uint_eq(engine_last_event(sample.engine), entry.id);
	engine_tick(sample.engine, now + 60000);
	ck_assert(next_is(&entry, EVENT_DRAIN, "patch night"));
	ck_assert_str_eq(entry.by, "");
	ck_assert_int_eq(entry.until, now + 90000);
	ck_assert_str_eq(state_of("a.example"), "drained");
	ck_assert_int_eq(view("a.example").health.drain_at, 0);
	engine_tick(sample.engine, now + 90000);
	ck_assert(next_is(&entry, EVENT_DRAIN_ENDED, ""));
	/* Its end has passed as well; and one that is cancelled. */
	engine_plan(sample.engine, host, now + 60000, now + 90000, "patch night", now);
	ck_assert(next_is(&entry, EVENT_DRAIN_PLANNED, text));
	engine_tick(sample.engine, now + 90000);
	ck_assert(next_is(&entry, EVENT_DRAIN_DROPPED, text));
	ck_assert_str_eq(state_of("a.example"), "up");
	snprintf(text, sizeof(text), "from %s", at);
	engine_plan(sample.engine, host, now + 60000, 0, "", now);
	ck_assert(next_is(&entry, EVENT_DRAIN_PLANNED, text));
	engine_enable(sample.engine, host, now);
	ck_assert(next_is(&entry, EVENT_DRAIN_CANCELLED, text));
	ck_assert(next_is(&entry, EVENT_ENABLE, ""));
	engine_tick(sample.engine, now + 60000);
	ck_assert_uint_eq(engine_last_event(sample.engine), entry.id);
	ck_assert_str_eq(state_of("a.example"), "up");
}
END_TEST

/* The pools with a window of a.example that is always open. */
static void reload_in_window(void)
{
	static const char host[] = "{ host = \"a.example\"; ";
	char text[sizeof(pools) + 64];
	const char *at = strstr(pools, host);

	snprintf(text, sizeof(text), "%.*smaintenance = \"00:00-24:00\"; %s",
		(int)(at - pools + (int)strlen(host)), pools, at + strlen(host));
	sample_reload(&sample, text);
}

START_TEST(a_maintenance_window)
{
	size_t host = engine_find_host(sample.engine, "a.example", 0, 0);
	struct event_entry entry = {.id = engine_last_event(sample.engine)};
	int64_t now = clock_now();

	reload_in_window();
	/* Before the first message, not with the next tick. */
	ck_assert_str_eq(state_of("a.example"), "drained");
	ck_assert_str_eq(choose("two"), "smtp:[b.example]");
	ck_assert(next_is(&entry, EVENT_DRAIN, ""));
	ck_assert_uint_eq(entry.reason, HEALTH_REASON_MAINTENANCE);
	ck_assert_str_eq(entry.by, "");
	ck_assert_int_gt(entry.until, now);
	engine_tick(sample.engine, now + 1000);
	ck_assert_uint_eq(engine_last_event(sample.engine), entry.id);
	engine_enable(sample.engine, host, now);
	ck_assert(next_is(&entry, EVENT_ENABLE, ""));
	engine_tick(sample.engine, now + 2000);
	sample_restart(&sample);
	reload_in_window();
	ck_assert_str_eq(state_of("a.example"), "up");
	ck_assert_int_gt(view("a.example").health.waived_until, now);
	/* Taken away, and there again: it is another window. */
	sample_reload(&sample, pools);
	ck_assert_int_eq(view("a.example").health.waived_until, 0);
	entry.id = engine_last_event(sample.engine);
	reload_in_window();
	ck_assert(next_is(&entry, EVENT_DRAIN, ""));
	sample_reload(&sample, pools);
	ck_assert(next_is(&entry, EVENT_DRAIN_ENDED, ""));
	ck_assert_str_eq(state_of("a.example"), "up");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{a_sick_host_is_put_last, 1},
		{only_hosts_that_are_at_fault, 1}, {a_trial_is_one_message, 1},
		{classify_goes_before_the_table, 1}, {all_deferred_is_put_off, 1},
		{all_deferred_falls_back, 1}, {probes, 1}, {each_change_is_one_event, 1},
		{health_outlives_restarts_and_reloads, 1}, {a_part_of_a_weight_ends_by_itself, 1},
		{a_drain_that_is_planned, 1}, {a_maintenance_window, 1}};

	return suite_run_with("engine_health", tests, COUNT(tests), open_engine, close_engine);
}
