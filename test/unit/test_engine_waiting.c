/* test_engine_waiting: which messages of a pool were put off, page by page
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_waiting.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const char pools[] =
	"pools = {\n"
	" two = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; } ); };\n"
	" one = { hosts = ( { host = \"c.example\"; } ); };\n"
	"};\n"
	"routes = ( { match = \"two.example\"; pool = \"two\"; },\n"
	" { match = \"one.example\"; pool = \"one\"; } );\n";

static struct sample sample;
static struct engine_waiting waiting;

static void open_engine(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, pools);
}

static void close_engine(void)
{
	sample_close(&sample);
}

static void choose(const char *id, const char *recipient)
{
	struct engine_choice choice;
	struct address address = sample_address(recipient);
	struct view_route route;
	struct engine_message message = {.queue_id = id};

	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	engine_learn_active(sample.engine, id, 100, clock_now());
}

static void say(const char *id, const char *host, enum observation_outcome outcome)
{
	struct observation seen;

	observation_init(&seen);
	seen.at = clock_now();
	seen.pid = 7;
	seen.stage = OBSERVATION_STAGE_MAIL;
	seen.outcome = outcome;
	seen.code = outcome == OBSERVATION_SENT ? 250 : 451;
	strcpy(seen.queue_id, id);
	strcpy(seen.host, host);
	strcpy(seen.text, "4.7.1 Not now");
	engine_learn_line(sample.engine, &seen);
}

/* The queue ids of all pages, each with a space after it. */
static const char *ids_of(const char *pool)
{
	static char ids[512];
	int64_t from = 0;

	ids[0] = '\0';
	while (from != -1) {
		engine_waiting_list(sample.engine, table_pool_key(pool), from, &waiting);
		for (int i = 0; i < waiting.count; i++) {
			strcat(ids, waiting.messages[i].queue_id);
			strcat(ids, " ");
		}
		from = waiting.next;
	}
	return ids;
}

START_TEST(those_that_were_put_off)
{
	choose("Q1", "u@two.example");
	choose("Q2", "u@one.example");
	choose("Q3", "u@two.example");
	choose("Q4", "u@two.example");
	choose("Q5", "u@two.example");
	choose("Q6", "u@two.example");
	ck_assert_str_eq(ids_of("two"), "");
	say("Q3", "b.example", OBSERVATION_DEFERRED);
	say("Q1", "a.example", OBSERVATION_DEFERRED);
	say("Q2", "c.example", OBSERVATION_DEFERRED);
	say("Q4", "a.example", OBSERVATION_SENT);
	say("Q5", "a.example", OBSERVATION_DEFERRED);
	engine_learn_left(sample.engine, "Q5", true, clock_now());
	ck_assert_str_eq(ids_of("two"), "Q1 Q3 ");
	ck_assert_int_eq(waiting.messages[0].tries, 1);
	ck_assert_int_ne(waiting.messages[0].since, 0);
	ck_assert_str_eq(ids_of("one"), "Q2 ");
	ck_assert_str_eq(ids_of("none"), "");
	/* What is under way again does not wait. */
	engine_learn_active(sample.engine, "Q1", 100, clock_now());
	ck_assert_str_eq(ids_of("two"), "Q3 ");
}
END_TEST

START_TEST(without_a_list_the_host_tells)
{
	choose("Q1", "u@two.example");
	sample_restart(&sample);
	ck_assert_str_eq(ids_of("two"), "");
	say("Q1", "a.example", OBSERVATION_DEFERRED);
	say("Q2", "c.example", OBSERVATION_DEFERRED);
	say("Q3", "stranger.example", OBSERVATION_DEFERRED);
	ck_assert_str_eq(ids_of("two"), "Q1 ");
	ck_assert_str_eq(ids_of("one"), "Q2 ");
}
END_TEST

START_TEST(only_what_may_be_an_argument)
{
	choose("-f", "u@two.example");
	say("-f", "a.example", OBSERVATION_DEFERRED);
	choose("Q1 Q2", "u@two.example");
	say("Q1 Q2", "a.example", OBSERVATION_DEFERRED);
	ck_assert_str_eq(ids_of("two"), "");
	choose("Q9", "u@two.example");
	say("Q9", "a.example", OBSERVATION_DEFERRED);
	ck_assert_str_eq(ids_of("two"), "Q9 ");
}
END_TEST

START_TEST(page_by_page)
{
	char id[16];
	int count = 0;
	int64_t from = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "M%d", i);
		choose(id, i % 2 == 0 ? "u@two.example" : "u@one.example");
		if (i % 2 == 0)
			say(id, "a.example", OBSERVATION_DEFERRED);
	}
	while (from != -1) {
		engine_waiting_list(sample.engine, table_pool_key("two"), from, &waiting);
		ck_assert_int_le(waiting.count, ENGINE_WAITING_MAX / 2);
		for (int i = 0; i < waiting.count; i++, count++) {
			snprintf(id, sizeof(id), "M%d", 2 * count);
			ck_assert_str_eq(waiting.messages[i].queue_id, id);
		}
		ck_assert(waiting.next == -1 || waiting.next > from);
		from = waiting.next;
	}
	ck_assert_int_eq(count, 500);
	/* After all of them. */
	engine_waiting_list(sample.engine, table_pool_key("two"), INT64_MAX - 1, &waiting);
	ck_assert_int_eq(waiting.count, 0);
	ck_assert_int_eq(waiting.next, -1);
}
END_TEST

START_TEST(what_made_room_is_counted)
{
	char id[16];

	choose("Q1", "u@two.example");
	say("Q1", "a.example", OBSERVATION_DEFERRED);
	ck_assert_int_eq(engine_waiting_forgotten(sample.engine), 0);
	for (int i = 0; i < ATTEMPT_COUNT; i++) {
		snprintf(id, sizeof(id), "M%d", i);
		choose(id, "u@one.example");
	}
	ck_assert_int_eq(engine_waiting_forgotten(sample.engine), 1);
	ck_assert_str_eq(ids_of("two"), "");
	/* It is known again when the log speaks of it. */
	say("Q1", "a.example", OBSERVATION_DEFERRED);
	ck_assert_str_eq(ids_of("two"), "Q1 ");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{those_that_were_put_off, 1},
		{without_a_list_the_host_tells, 1},
		{only_what_may_be_an_argument, 1},
		{page_by_page, 1},
		{what_made_room_is_counted, 1},
	};

	return suite_run_with("engine_waiting", tests, COUNT(tests), open_engine, close_engine);
}
