/* test_engine_trace: what is told of a message that was given a list
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_trace.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const char pools[] = "pools = {\n"
			    " two = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; "
			    "priority = 20; } ); };\n"
			    " one = { hosts = ( { host = \"c.example\"; } ); };\n"
			    "};\n"
			    "routes = ( { match = \"two.example\"; pool = \"two\"; },\n"
			    " { match = \"one.example\"; pool = \"one\"; } );\n";

static const char without_a[] = "pools = {\n"
				" one = { hosts = ( { host = \"c.example\"; } ); };\n"
				"};\n"
				"routes = ( { match = \"two.example\"; pool = \"one\"; } );\n";

static struct sample sample;
static struct engine_trace trace;

static void open_engine(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, pools);
}

static void close_engine(void)
{
	sample_close(&sample);
}

static void choose(const char *domain)
{
	struct engine_choice choice;
	struct address address = sample_address(domain);
	struct view_route route;
	struct engine_message message = {.queue_id = "Q1"};

	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	message.source = route.source;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
}

/* ---- what the log says; HOST is "a" for a.example */

static void say(const char *host, int code, enum observation_outcome outcome, const char *text)
{
	struct observation seen;

	observation_init(&seen);
	seen.at = clock_now();
	seen.pid = 7;
	seen.stage = code < 300 ? OBSERVATION_STAGE_END : OBSERVATION_STAGE_MAIL;
	seen.outcome = outcome;
	seen.code = code;
	strcpy(seen.queue_id, "Q1");
	snprintf(seen.host, sizeof(seen.host), "%s.example", host);
	snprintf(seen.text, sizeof(seen.text), "%d %s", code, text);
	engine_learn_line(sample.engine, &seen);
}

static void run(const char *command)
{
	char verb[16] = "", host[16] = "";

	sscanf(command, " %15s %15s", verb, host);
	if (strcmp(verb, "active") == 0)
		engine_learn_active(sample.engine, "Q1", 100, clock_now());
	else if (strcmp(verb, "removed") == 0)
		engine_learn_left(sample.engine, "Q1", false, clock_now());
	else if (strcmp(verb, "said") == 0)
		say(host, 451, OBSERVATION_PASSED_ON, "4.7.1 Not now");
	else if (strcmp(verb, "full") == 0)
		say(host, 452, OBSERVATION_PASSED_ON, "4.3.1 Insufficient system storage");
	else if (strcmp(verb, "grey") == 0)
		say(host, 450, OBSERVATION_PASSED_ON, "4.2.0 Greylisted");
	else if (strcmp(verb, "put_off") == 0)
		say(host, 451, OBSERVATION_DEFERRED, "4.7.1 Not now");
	else if (strcmp(verb, "bounced") == 0)
		say(host, 550, OBSERVATION_BOUNCED, "5.1.1 No such user");
	else if (strcmp(verb, "sent") == 0)
		say(host, 250, OBSERVATION_SENT, "2.0.0 Ok");
	else
		ck_abort_msg("%s?", verb);
}

static void run_all(const char *commands)
{
	char text[256];
	char *rest = text;
	char *command;

	strcpy(text, commands);
	while ((command = strsep(&rest, ",")) != NULL)
		if (*command != '\0')
			run(command);
}

/* "HOST:CLASS[+]" of each word; + for a comparison that was lost. */
static const char *words(void)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < trace.word_count; i++) {
		const struct engine_trace_word *word = &trace.words[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.1s:%s%s",
			i == 0 ? "" : " ", word->host.name[0] == '\0' ? "?" : word->host.name,
			blame_class_name((enum blame_class)word->entry.class),
			word->entry.is_lost ? "+" : "");
	}
	return text;
}

static const struct row {
	const char *name;
	const char *play;
	const char *words;
	const char *place;
	const char *at; /* "": nobody */
} rows[] = {
	{"chosen, no line yet", "", "", "queued", ""},
	{"taken up", "active", "", "waits", "a"},
	{"refused by the first", "active, full a", "a:host", "waits", "b"},
	{"delivered by the second", "active, full a, sent b", "a:host b:success", "delivered", "b"},
	{"the second takes what the first has refused", "active, said a, sent b",
		"a:host+ b:success", "delivered", "b"},
	{"what words clear is nobody's", "active, grey a, sent b", "a:recipient b:success",
		"delivered", "b"},
	{"all refuse it", "active, said a, put_off b", "a:compared b:compared", "put_off", ""},
	{"taken up again", "active, said a, put_off b, active", "a:compared b:compared", "waits",
		"a"},
	{"delivered in the end", "active, said a, put_off b, active, sent a, removed",
		"a:compared b:compared a:success", "delivered", "a"},
	{"one recipient has it, one is put off", "active, sent a, put_off a",
		"a:success a:compared", "put_off", ""},
	{"the same in the other order", "active, put_off a, sent a", "a:compared a:success",
		"put_off", ""},
	{"who had it in an earlier try has it", "active, sent a, put_off a, active, sent a",
		"a:success a:compared a:success", "delivered", "a"},
	{"bounced", "active, bounced a, removed", "a:sender", "bounced", "a"},
	{"deleted from the queue", "active, said a, put_off b, removed", "a:compared b:compared",
		"left", ""},
	{"somebody else has delivered it", "active, sent z", "z:success", "delivered", "z"},
	{"somebody else has another recipient", "active, put_off a, sent z", "a:compared z:success",
		"put_off", ""},
};

START_TEST(a_message_is_told)
{
	const struct row *row = &rows[_i];

	choose("u@two.example");
	run_all(row->play);
	ck_assert_msg(engine_trace_attempt(sample.engine, "Q1", 0, &trace), "%s", row->name);
	ck_assert_msg(strcmp(words(), row->words) == 0, "%s: %s", row->name, words());
	ck_assert_msg(strcmp(engine_trace_place_name(trace.place), row->place) == 0, "%s: %s",
		row->name, engine_trace_place_name(trace.place));
	ck_assert_msg(*row->at == '\0' ? trace.at.name[0] == '\0' : trace.at.name[0] == *row->at,
		"%s: at \"%s\"", row->name, trace.at.name);
	ck_assert_msg(trace.since > 0, "%s: since", row->name);
}
END_TEST

START_TEST(the_choice_is_told)
{
	int64_t before = clock_now();

	choose("u@two.example");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert_str_eq(trace.pool, "two");
	ck_assert_str_eq(trace.rule, "");
	ck_assert_int_eq(trace.host_count, 2);
	ck_assert_str_eq(trace.hosts[0].name, "a.example");
	ck_assert_str_eq(trace.hosts[1].name, "b.example");
	ck_assert_int_eq(trace.hosts[1].port, 25);
	ck_assert(trace.chosen >= before);
	ck_assert_msg(strstr(trace.source, ":5") != NULL, "%s", trace.source);
	ck_assert(!engine_trace_attempt(sample.engine, "Q1", 1, &trace));
	ck_assert(!engine_trace_attempt(sample.engine, "Q2", 0, &trace));
}
END_TEST

START_TEST(each_pool_is_told)
{
	choose("u@two.example");
	choose("u@one.example");
	run_all("active, sent c");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert_str_eq(trace.pool, "one");
	ck_assert_int_eq(trace.place, ENGINE_TRACE_SENT);
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 1, &trace));
	ck_assert_str_eq(trace.pool, "two");
	ck_assert_int_eq(trace.place, ENGINE_TRACE_WAITS);
	ck_assert(!engine_trace_attempt(sample.engine, "Q1", 2, &trace));
	/* What one pool has delivered stays so when the other's is tried again. */
	run_all("put_off a, active");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert_int_eq(trace.place, ENGINE_TRACE_SENT);
}
END_TEST

START_TEST(a_reload_may_take_hosts_away)
{
	choose("u@two.example");
	run_all("active, said a");
	sample_reload(&sample, without_a);
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert_str_eq(trace.pool, "");
	ck_assert_str_eq(words(), "?:compared");
	ck_assert_str_eq(trace.hosts[0].name, "");
	ck_assert_int_eq(trace.hosts[0].port, 0);
}
END_TEST

START_TEST(a_restart_forgets)
{
	int64_t before = clock_now();

	choose("u@two.example");
	sample_restart(&sample);
	ck_assert(!engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert(engine_trace_since(sample.engine) >= before);
	/* What the log says of it from now on is known all the same. */
	run_all("said a");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert_int_eq(trace.place, ENGINE_TRACE_WAITS);
	ck_assert_str_eq(trace.at.name, "");
	run_all("sent b");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	ck_assert(!trace.has_list);
	ck_assert_str_eq(words(), "a:host+ b:success");
}
END_TEST

START_TEST(what_was_evicted_is_not_known)
{
	int64_t since = engine_trace_since(sample.engine);
	struct engine_choice choice;
	struct address address = sample_address("u@two.example");
	struct view_route route;
	char id[16];
	struct engine_message message = {.queue_id = id};

	choose("u@two.example");
	ck_assert(engine_trace_attempt(sample.engine, "Q1", 0, &trace));
	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	for (int i = 0; i < 8192; i++) {
		snprintf(id, sizeof(id), "M%d", i);
		engine_choose(sample.engine, &message, &choice);
	}
	ck_assert_int_ge(engine_trace_since(sample.engine), trace.chosen);
	ck_assert_int_ge(engine_trace_since(sample.engine), since);
	ck_assert(!engine_trace_attempt(sample.engine, "Q1", 0, &trace));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{a_message_is_told, COUNT(rows)},
		{the_choice_is_told, 1},
		{each_pool_is_told, 1},
		{a_reload_may_take_hosts_away, 1},
		{a_restart_forgets, 1},
		{what_was_evicted_is_not_known, 1},
	};

	return suite_run_with("engine_trace", tests, COUNT(tests), open_engine, close_engine);
}
