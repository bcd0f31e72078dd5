/* test_engine_map: what the maps are answered, and what an answer does not do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_map.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char postfix[] =
	"health = { jitter = 0; recover = 1; };\n"
	"pools = {\n"
	" three = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; },\n"
	"  { host = \"c.example\"; } ); };\n"
	" heavy = { hosts = ( { host = \"h.example\"; }, { host = \"i.example\"; weight = 3; } ); "
	"};\n"
	" hashed = { balance = \"hash\"; hash_on = \"sender\";\n"
	"  hosts = ( { host = \"j.example\"; }, { host = \"k.example\"; } ); };\n"
	" main = { fallback = \"three\"; hosts = ( { host = \"d.example\"; } ); };\n"
	" probed = { health = { probe = { interval = 5; }; }; hosts = ( { host = \"f.example\"; "
	"},\n"
	"  { host = \"g.example\"; } ); }; };\n"
	"routes = ( { match = \"three.example\"; pool = \"three\"; },\n"
	" { match = \"heavy.example\"; pool = \"heavy\"; },\n"
	" { match = \"hashed.example\"; pool = \"hashed\"; },\n"
	" { match = \"main.example\"; pool = \"main\"; },\n"
	" { match = \"probed.example\"; pool = \"probed\"; },\n"
	" { match = \"no.example\"; action = \"reject\"; text = \"5.1.2 gone\"; } );\n";

static const char sendmail[] =
	"mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\"; health = { jitter = 0; };\n"
	"pools = {\n"
	" three = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; },\n"
	"  { host = \"c.example\"; }, { host = \"d.example\"; priority = 10; } ); };\n"
	" main = { fallback = \"three\"; hosts = ( { host = \"e.example\"; } ); };\n"
	" Odd = { hosts = ( { host = \"o.example\"; } ); }; };\n"
	"routes = ( { match = \"three.example\"; pool = \"three\"; },\n"
	" { match = \"odd.example\"; pool = \"Odd\"; },\n"
	" { match = \"place.example\"; hosts = ( { host = \"p.example\"; } ); },\n"
	" { match = \"main.example\"; pool = \"main\"; } );\n";

static struct sample sample;
static struct engine_map_answer answer;
static int next_message;

static void open_postfix(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, postfix);
}

static void close_engine(void)
{
	sample_close(&sample);
}

/* What the milter would do for a message to that recipient. */
static const struct engine_choice *choose(const char *recipient)
{
	static struct engine_choice choice;
	struct address address = sample_address(recipient);
	struct view_route route;
	char id[16];
	struct engine_message message = {.queue_id = id};

	snprintf(id, sizeof(id), "Q%d", next_message++);
	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	message.recipient_hash = address.hash;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	engine_remember(sample.engine, address.hash, &choice);
	return &choice;
}

static const char *ask_for(const char *recipient, enum engine_map_key key)
{
	struct address address = sample_address(recipient);

	engine_map_address(sample.engine, &address, key, &answer);
	return answer.nexthop;
}

static const char *ask(const char *recipient)
{
	return ask_for(recipient, ENGINE_MAP_RECIPIENT);
}

static const char *ask_token(const char *name)
{
	engine_map_token(sample.engine, name, ENGINE_MAP_RECIPIENT, &answer);
	return answer.route.action == ACTION_POOL ? answer.nexthop : "none";
}

static bool is_first(const char *nexthop, char host)
{
	return nexthop[strlen("smtp:[")] == host;
}

/* One refused connection: it is deferred. */
static void refuse(const char *host)
{
	struct observation observation;

	observation_init(&observation);
	observation.at = clock_now();
	observation.what = OBSERVATION_REFUSED;
	observation.stage = OBSERVATION_STAGE_CONNECT;
	snprintf(observation.host, sizeof(observation.host), "%s", host);
	engine_learn_line(sample.engine, &observation);
}

static void succeed(const char *host)
{
	struct observation observation;

	observation_init(&observation);
	observation.at = clock_now();
	observation.stage = OBSERVATION_STAGE_END;
	observation.code = 250;
	observation.outcome = OBSERVATION_SENT;
	snprintf(observation.host, sizeof(observation.host), "%s", host);
	engine_learn_line(sample.engine, &observation);
}

/* Its back-off is over. */
static void refuse_and_wait(const char *host)
{
	refuse(host);
	engine_tick(sample.engine, clock_now() + 3600000);
	/* A clock that was set back: what follows happens now. */
	engine_tick(sample.engine, clock_now());
}

START_TEST(it_repeats_what_the_milter_has_chosen)
{
	for (int i = 0; i < 12; i++) {
		char recipient[32], chosen[NEXTHOP_MAX];

		snprintf(recipient, sizeof(recipient), "u%d@three.example", i);
		snprintf(chosen, sizeof(chosen), "%s", choose(recipient)->nexthop);
		/* No answer takes a turn. */
		for (int k = 0; k < 5; k++)
			ck_assert_str_eq(ask(recipient), chosen);
		ask("stranger@three.example");
		ck_assert_int_eq(chosen[strlen("smtp:[")], 'a' + i % 3);
	}
}
END_TEST

START_TEST(the_last_choice_counts)
{
	for (int i = 0; i < 7; i++) {
		const char *chosen = choose("u@three.example")->nexthop;

		ck_assert_str_eq(ask("U@Three.Example."), chosen);
	}
}
END_TEST

START_TEST(health_orders_what_was_chosen)
{
	ck_assert_str_eq(
		choose("u@three.example")->nexthop, "smtp:[a.example],[b.example],[c.example]");
	refuse("a.example");
	ck_assert_str_eq(ask("u@three.example"), "smtp:[b.example],[c.example],[a.example]");
	refuse("b.example");
	ck_assert_int_eq(strncmp(ask("u@three.example"), "smtp:[c.example],", 17), 0);
}
END_TEST

START_TEST(strangers_go_by_a_weighted_hash)
{
	int second = 0;

	for (int i = 0; i < 4000; i++) {
		char recipient[32], first[NEXTHOP_MAX];

		snprintf(recipient, sizeof(recipient), "u%d@heavy.example", i);
		snprintf(first, sizeof(first), "%s", ask(recipient));
		ck_assert_str_eq(ask(recipient), first);
		second += first[strlen("smtp:[")] == 'i';
	}
	ck_assert_msg(second > 2900 && second < 3100, "%d of 4000", second);
	/* And the turn is where it was. */
	ck_assert_int_eq(choose("u@heavy.example")->nexthop[strlen("smtp:[")], 'i');
}
END_TEST

START_TEST(strangers_of_a_pool_by_sender_go_by_their_address)
{
	int first = 0;

	for (int i = 0; i < 200; i++) {
		char recipient[32];

		snprintf(recipient, sizeof(recipient), "u%d@hashed.example", i);
		first += is_first(ask(recipient), 'j');
	}
	ck_assert_msg(first > 60 && first < 140, "%d of 200", first);
}
END_TEST

START_TEST(a_pool_by_sender_repeats_the_milters_choice)
{
	for (uint64_t sender = 1; sender < 20; sender++) {
		struct address address = sample_address("u@hashed.example");
		struct engine_choice choice;
		struct view_route route;

		engine_route(sample.engine, &address, &route);

		struct engine_message message = {.pool = route.pool,
			.recipient_hash = address.hash,
			.sender_hash = sender * 77777,
			.queue_id = ""};

		engine_choose(sample.engine, &message, &choice);
		engine_remember(sample.engine, address.hash, &choice);
		ck_assert_str_eq(ask("u@hashed.example"), choice.nexthop);
	}
}
END_TEST

static const struct action_row {
	const char *recipient;
	enum action action;
} actions[] = {
	{"u@no.example", ACTION_REJECT},
	{"u@nowhere.example", ACTION_NONE},
	{"@three.example", ACTION_POOL},
};

START_TEST(other_actions)
{
	ask(actions[_i].recipient);
	ck_assert_int_eq(answer.route.action, actions[_i].action);
	ck_assert(actions[_i].action == ACTION_POOL || answer.nexthop[0] == '\0');
}
END_TEST

/* ---- a host on trial */

START_TEST(a_trial_is_given_to_one_recipient)
{
	refuse_and_wait("b.example");
	/* Nobody takes it by looking; nor does who asks once, as for a sender. */
	ck_assert(!is_first(ask_for("u@three.example", ENGINE_MAP_NOBODY), 'b'));
	for (int i = 0; i < 3; i++)
		ck_assert(is_first(ask_for("v@three.example", ENGINE_MAP_EXPLAIN), 'b'));
	ck_assert(!is_first(ask("s@three.example"), 'b'));
	ck_assert(!is_first(ask("u@three.example"), 'b'));
	for (int i = 0; i < 3; i++) {
		ck_assert(is_first(ask("u@three.example"), 'b'));
		ck_assert(!is_first(ask("v@three.example"), 'b'));
	}
	/* A message takes it over; the next one does not. */
	ck_assert(is_first(choose("w@three.example")->nexthop, 'b'));
	ck_assert(is_first(ask("w@three.example"), 'b'));
	ck_assert(!is_first(choose("w@three.example")->nexthop, 'b'));
	ck_assert(!is_first(ask("w@three.example"), 'b'));
	succeed("b.example");
	ck_assert_uint_eq(strlen(ask("v@three.example")), strlen(ask("x@three.example")));
}
END_TEST

/* Where the milter sees the mail it gives the trials: the map is queried for senders, too. */
START_TEST(no_trial_by_the_map_beside_the_milter)
{
	choose("u@three.example");
	refuse_and_wait("b.example");
	for (int i = 0; i < 5; i++)
		ck_assert(!is_first(ask("v@three.example"), 'b'));
	ck_assert(is_first(choose("v@three.example")->nexthop, 'b'));
	ck_assert(is_first(ask("v@three.example"), 'b'));
}
END_TEST

START_TEST(a_milters_trial_is_repeated)
{
	refuse_and_wait("b.example");
	ck_assert(is_first(choose("u@three.example")->nexthop, 'b'));
	ck_assert(is_first(ask("u@three.example"), 'b'));
	ck_assert(!is_first(ask("v@three.example"), 'b'));
	refuse("b.example");
	ck_assert(!is_first(ask("u@three.example"), 'b'));
}
END_TEST

START_TEST(a_trial_that_fails_waits_again)
{
	refuse_and_wait("b.example");
	ask("u@three.example");
	ck_assert(is_first(ask("u@three.example"), 'b'));
	refuse("b.example");
	ck_assert(!is_first(ask("u@three.example"), 'b'));
	ck_assert_ptr_nonnull(strstr(ask("u@three.example"), ",[b.example]"));
}
END_TEST

START_TEST(no_trial_by_mail_where_probes_make_them)
{
	refuse_and_wait("f.example");
	for (int i = 0; i < 5; i++) {
		ck_assert(is_first(ask("u@probed.example"), 'g'));
		ck_assert(is_first(choose("u@probed.example")->nexthop, 'g'));
		ck_assert(is_first(ask("u@probed.example"), 'g'));
	}
}
END_TEST

START_TEST(a_trial_of_a_pool_with_a_fallback)
{
	refuse("d.example");
	ck_assert(!is_first(ask("u@main.example"), 'd'));
	refuse_and_wait("d.example");
	/* Of the main pool, although for all others the fallback takes it. */
	ck_assert(!is_first(ask("v@main.example"), 'd'));
	ck_assert(is_first(ask("v@main.example"), 'd'));
	ck_assert(is_first(ask("v@main.example"), 'd'));
	ck_assert(!is_first(ask("w@main.example"), 'd'));
	ck_assert(is_first(choose("v@main.example")->nexthop, 'd'));
	ck_assert(is_first(ask("v@main.example"), 'd'));
	ck_assert(!is_first(choose("v@main.example")->nexthop, 'd'));
}
END_TEST

START_TEST(a_fallbacks_turn_is_repeated)
{
	refuse("d.example");
	for (int i = 0; i < 9; i++) {
		const char *chosen = choose("u@main.example")->nexthop;

		ck_assert(is_first(chosen, (char)('a' + i % 3)));
		ck_assert_str_eq(ask("u@main.example"), chosen);
	}
}
END_TEST

START_TEST(what_was_chosen_of_the_main_pool_says_nothing_of_the_fallback)
{
	int first = 0;

	for (int i = 0; i < 60; i++) {
		char recipient[32];

		snprintf(recipient, sizeof(recipient), "u%d@main.example", i);
		choose(recipient);
	}
	refuse("d.example");
	for (int i = 0; i < 60; i++) {
		char recipient[32];

		snprintf(recipient, sizeof(recipient), "u%d@main.example", i);
		first += is_first(ask(recipient), 'a');
	}
	ck_assert_msg(first > 5 && first < 40, "%d of 60", first);
}
END_TEST

/* ---- reloads */

START_TEST(choices_hold_through_reloads)
{
	static const char without[] =
		"pools = { three = { hosts = ( { host = \"x.example\"; } ); }; };\n"
		"routes = ( { match = \"ALL\"; pool = \"three\"; } );\n";
	char chosen[NEXTHOP_MAX];

	choose("u@three.example");
	snprintf(chosen, sizeof(chosen), "%s", choose("u@three.example")->nexthop);
	sample_reload(&sample, postfix);
	ck_assert_str_eq(ask("u@three.example"), chosen);
	sample_reload(&sample, without);
	ck_assert_str_eq(ask("u@three.example"), "smtp:[x.example]");
}
END_TEST

START_TEST(another_route_makes_the_choice_void)
{
	static const char elsewhere[] =
		"pools = { three = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; "
		"} ); };\n"
		" other = { hosts = ( { host = \"y.example\"; } ); }; };\n"
		"routes = ( { match = \"three.example\"; pool = \"other\"; },\n"
		" { match = \"x.example\"; pool = \"three\"; } );\n";

	choose("u@three.example");
	sample_reload(&sample, elsewhere);
	ck_assert_str_eq(ask("u@three.example"), "smtp:[y.example]");
}
END_TEST

/* ---- Sendmail */

/* As a directory has it: the same list as by a route, for the same address. */
START_TEST(pools_by_name)
{
	char by_route[NEXTHOP_MAX];
	int firsts[3] = {0, 0, 0};

	for (int i = 0; i < 300; i++) {
		char recipient[40];
		struct address address;

		snprintf(recipient, sizeof(recipient), "u%d@three.example", i);
		if (i % 3 == 0)
			choose(recipient);
		snprintf(by_route, sizeof(by_route), "%s", ask(recipient));
		address = sample_address(recipient);
		engine_map_pool(sample.engine, "three", &address, ENGINE_MAP_RECIPIENT, &answer);
		ck_assert_int_eq(answer.route.action, ACTION_POOL);
		ck_assert_str_eq(answer.route.pool_name, "three");
		ck_assert_str_eq(answer.nexthop, by_route);
		firsts[answer.nexthop[strlen("smtp:[")] - 'a']++;
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_gt(firsts[i], 50);
}
END_TEST

START_TEST(no_pool_of_that_name)
{
	static const char *const names[] = {"", "Three", "thre", "three ", "three.0", "ALL"};
	struct address address = sample_address("u@three.example");

	for (int i = 0; i < COUNT(names); i++) {
		engine_map_pool(sample.engine, names[i], &address, ENGINE_MAP_RECIPIENT, &answer);
		ck_assert_msg(answer.route.action == ACTION_NONE, "%s", names[i]);
		ck_assert_str_eq(answer.nexthop, "");
	}
}
END_TEST

START_TEST(tokens)
{
	sample_reload(&sample, sendmail);
	ck_assert_str_eq(
		ask_token("three.0"), "esmtp:[a.example]:[b.example],[c.example]:[d.example]");
	ck_assert_str_eq(
		ask_token("THREE.1"), "esmtp:[b.example]:[c.example],[a.example]:[d.example]");
	/* The pool has fewer hosts than when the token was made. */
	ck_assert_int_eq(strncmp(ask_token("three.5"), "esmtp:[b.example]", 17), 0);
	ck_assert_str_eq(ask_token("nothing.0"), "none");
	ck_assert_str_eq(ask_token("three"), "none");
	ck_assert_str_eq(ask_token(""), "none");
	refuse("b.example");
	ck_assert_str_eq(
		ask_token("three.1"), "esmtp:[c.example]:[a.example]:[d.example]:[b.example]");
}
END_TEST

static const char *const routed[] = {
	"u@three.example", "u@odd.example", "u@place.example", "u@main.example"};

START_TEST(the_milters_tokens_lead_to_its_choice)
{
	sample_reload(&sample, sendmail);
	for (int i = 0; i < 7; i++) {
		const struct engine_choice *choice = choose(routed[_i]);

		ck_assert_str_eq(ask_token(choice->token), choice->nexthop);
	}
}
END_TEST

START_TEST(a_fallback_keeps_the_turn_of_the_token)
{
	sample_reload(&sample, sendmail);
	refuse("e.example");
	for (int i = 0; i < 7; i++) {
		const struct engine_choice *choice = choose("u@main.example");

		ck_assert_int_eq(strncmp(choice->token, "main.", 5), 0);
		ck_assert_int_eq(choice->nexthop[strlen("esmtp:[")], 'a' + i % 3);
		ck_assert_str_eq(ask_token(choice->token), choice->nexthop);
	}
	/* A retry after the main pool has recovered goes there. */
	engine_reset(
		sample.engine, engine_find_host(sample.engine, "e.example", 0, 0), clock_now());
	ck_assert_str_eq(ask_token("main.2"), "esmtp:[e.example]");
}
END_TEST

START_TEST(a_token_on_trial)
{
	const struct engine_choice *choice;

	sample_reload(&sample, sendmail);
	refuse_and_wait("b.example");
	choice = choose("u@three.example");
	ck_assert_int_eq(strncmp(choice->token, "three.", 6), 0);
	ck_assert_int_eq(atoi(choice->token + 6) % POOL_HOSTS_MAX, 1);
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(ask_token(choice->token),
			"esmtp:[b.example]:[c.example],[a.example]:[d.example]");
	/* Messages that wait with an older token of that host do not take it. */
	ck_assert_str_eq(
		ask_token("three.1"), "esmtp:[c.example]:[a.example]:[d.example]:[b.example]");
	ck_assert_str_eq(
		ask_token("three.2"), "esmtp:[c.example]:[a.example]:[d.example]:[b.example]");
	/* Nor does a later one of the same trial once that has failed. */
	refuse("b.example");
	ck_assert_str_eq(
		ask_token(choice->token), "esmtp:[c.example]:[a.example]:[d.example]:[b.example]");
}
END_TEST

START_TEST(a_token_on_trial_with_a_fallback)
{
	const struct engine_choice *choice;

	sample_reload(&sample, sendmail);
	refuse_and_wait("e.example");
	choice = choose("u@main.example");
	ck_assert_str_ne(choice->token, "main.0");
	ck_assert_str_eq(choice->nexthop, "esmtp:[e.example]");
	/* Although the pool has no usable host since. */
	ck_assert_str_eq(ask_token(choice->token), "esmtp:[e.example]");
	ck_assert_str_eq(ask_token(choice->token), "esmtp:[e.example]");
	ck_assert_int_eq(strncmp(ask_token("main.0"), "esmtp:[a.example]", 17), 0);
	refuse("e.example");
	ck_assert_int_eq(strncmp(ask_token("main.0"), "esmtp:[a.example]", 17), 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{it_repeats_what_the_milter_has_chosen, 1},
		{the_last_choice_counts, 1},
		{health_orders_what_was_chosen, 1},
		{strangers_go_by_a_weighted_hash, 1},
		{strangers_of_a_pool_by_sender_go_by_their_address, 1},
		{a_pool_by_sender_repeats_the_milters_choice, 1},
		{other_actions, COUNT(actions)},
		{a_trial_is_given_to_one_recipient, 1},
		{no_trial_by_the_map_beside_the_milter, 1},
		{a_milters_trial_is_repeated, 1},
		{a_trial_that_fails_waits_again, 1},
		{no_trial_by_mail_where_probes_make_them, 1},
		{a_trial_of_a_pool_with_a_fallback, 1},
		{a_fallbacks_turn_is_repeated, 1},
		{what_was_chosen_of_the_main_pool_says_nothing_of_the_fallback, 1},
		{choices_hold_through_reloads, 1},
		{another_route_makes_the_choice_void, 1},
		{pools_by_name, 1},
		{no_pool_of_that_name, 1},
		{tokens, 1},
		{the_milters_tokens_lead_to_its_choice, COUNT(routed)},
		{a_fallback_keeps_the_turn_of_the_token, 1},
		{a_token_on_trial, 1},
		{a_token_on_trial_with_a_fallback, 1},
	};

	return suite_run_with("engine_map", tests, COUNT(tests), open_postfix, close_engine);
}
