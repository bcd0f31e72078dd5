/* test_roster: each host once, its places, and a seat that outlives reloads
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster.h"
#include "engine/roster_names.h"
#include "sample.h"
#include "suite.h"

#include <string.h>

enum { NOW = 1000 };

static const char shared[] =
	"pools = { one = { hosts = ( { host = \"b.example\"; priority = 1; },\n"
	"  { host = \"a.example\"; } ); };\n"
	" two = { hosts = ( { host = \"c.example\"; }, { host = \"b.example\"; },\n"
	"  { host = \"b.example\"; port = 26; } ); }; };\n"
	"routes = ( { match = \"1.example\"; pool = \"one\"; },\n"
	" { match = \"2.example\"; pool = \"two\"; } );\n";

static struct sample sample;
static struct roster *roster;

static struct roster *make_roster(void)
{
	struct state_report report;
	struct roster *made = roster_new(&sample.conf->table, sample.state, NOW, &report);

	ck_assert_msg(made != NULL, "%s", report.text);
	roster_seat(made);
	return made;
}

static void open_sample(void)
{
	sample_open(&sample, shared);
	roster = make_roster();
}

static void close_sample(void)
{
	roster_free(roster);
	sample_close(&sample);
}

/* ---- hosts */

static const struct row {
	const char *name;
	int port;
	size_t places;
	uint32_t pools[2]; /* of its places */
} rows[] = {
	/* A pool's hosts are in the order of their priorities. */
	{"a.example", 25, 1, {0, 0}},
	{"b.example", 25, 2, {0, 1}},
	{"c.example", 25, 1, {1, 0}},
	{"b.example", 26, 1, {1, 0}},
};

START_TEST(each_host_once)
{
	const struct row *row = &rows[_i];
	const struct roster_host *host = &roster->hosts[_i];

	ck_assert_uint_eq(roster->host_count, COUNT(rows));
	ck_assert_str_eq(host->host->name, row->name);
	ck_assert_int_eq(host->host->port, row->port);
	ck_assert_uint_eq(host->place_count, row->places);
	for (size_t i = 0; i < row->places; i++) {
		struct roster_place place = roster->places[host->first_place + i];

		ck_assert_uint_eq(place.pool, row->pools[i]);
		ck_assert_ptr_eq(roster->pools[place.pool].health[place.host], host->health);
	}
	ck_assert_uint_eq(roster_names_host(roster, row->name, row->port, 0), (size_t)_i);
}
END_TEST

START_TEST(hosts_are_found)
{
	ck_assert_uint_eq(roster_names_host(roster, "b.example", 0, 0), 1);
	ck_assert_uint_eq(roster_names_host(roster, "b.example", 0, 2), 3);
	ck_assert_uint_eq(roster_names_host(roster, "b.example", 0, 4), 4);
	ck_assert_uint_eq(roster_names_host(roster, "d.example", 0, 0), 4);
	ck_assert_uint_eq(roster_names_host(roster, "a.example", 26, 0), 4);
}
END_TEST

/* ---- slots */

START_TEST(slots_outlive_a_roster)
{
	struct roster *again = make_roster();

	ck_assert_ptr_eq(again->pools[1].state, roster->pools[1].state);
	ck_assert_ptr_eq(again->hosts[0].health, roster->hosts[0].health);
	ck_assert_ptr_eq(roster_names_pool(roster, table_pool_key("two")), &roster->pools[1]);
	ck_assert_ptr_null(roster_names_pool(roster, table_pool_key("three")));
	roster_free(again);
}
END_TEST

START_TEST(building_one_changes_nothing_that_is_used)
{
	struct state_pool before = *roster->pools[1].state;
	struct state_report report;
	struct roster *other = roster_new(&sample.conf->table, sample.state, NOW, &report);

	ck_assert_int_eq(memcmp(&before, roster->pools[1].state, sizeof(before)), 0);
	roster_free(other);
	roster_free(NULL);
}
END_TEST

/* ---- turns */

/* The name of the host that has the next turn in pool "two"; with TAKE it is taken. */
static const char *next(const struct roster *of, bool take)
{
	const struct roster_pool *pool = &of->pools[1];
	struct pick_rotation rotation;
	struct candidates candidates;

	roster_order(pool, &(struct roster_ask){.key = 0}, 1000, &rotation, &candidates);
	ck_assert_int_eq(candidates.count, 3);
	if (take)
		roster_take_turn(pool, &rotation, &candidates);
	return pool->pool->hosts[candidates.hosts[0]].name;
}

START_TEST(order_takes_no_turn)
{
	const char *first = next(roster, false);

	for (int i = 0; i < 10; i++)
		ck_assert_str_eq(next(roster, false), first);
	ck_assert_uint_eq(roster->pools[1].state->turn, 0);
	ck_assert_str_eq(next(roster, true), first);
	ck_assert_str_ne(next(roster, false), first);
	ck_assert_uint_eq(roster->pools[1].state->turn, 1);
}
END_TEST

START_TEST(turns_are_counted)
{
	uint64_t first = 0, listed = 0;

	for (int i = 0; i < 30; i++)
		next(roster, true);
	for (int i = 0; i < 3; i++) {
		const struct state_member *member =
			&roster->pools[1].state->members[roster->pools[1].members[i]];

		ck_assert_uint_eq(member->first, 10);
		first += member->first;
		listed += member->listed;
	}
	ck_assert_uint_eq(first, 30);
	ck_assert_uint_eq(listed, 90);
}
END_TEST

/* In every credit that is in force the sum is 0, whoever came and went. */
START_TEST(seats_and_credit)
{
	static const char without_b[] =
		"pools = { two = { hosts = ( { host = \"x.example\"; weight = 5; },\n"
		" { host = \"c.example\"; }, { host = \"y.example\"; } ); }; };\n"
		"routes = ( { match = \"2.example\"; pool = \"two\"; } );\n";

	for (int i = 0; i < 20; i++) {
		struct pick_rotation rotation;
		int32_t sum = 0;
		size_t pool;

		sample_reload(&sample, i % 2 == 0 ? without_b : shared);
		roster_free(roster);
		roster = make_roster();
		pool = roster->table->pool_count - 1;
		ck_assert_str_eq(roster->pools[pool].pool->name, "two");
		roster_get_rotation(&roster->pools[pool], &rotation);
		for (int k = 0; k < 3; k++)
			sum += rotation.credit[k];
		ck_assert_msg(sum == 0, "after %d: %d", i, sum);
		if (i % 2 != 0)
			next(roster, true);
	}
	ck_assert_uint_eq(roster->pools[1].state->turn, 10);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{each_host_once, COUNT(rows)},
		{hosts_are_found, 1},
		{slots_outlive_a_roster, 1},
		{building_one_changes_nothing_that_is_used, 1},
		{order_takes_no_turn, 1},
		{turns_are_counted, 1},
		{seats_and_credit, 1},
	};

	return suite_run_with("roster", tests, COUNT(tests), open_sample, close_sample);
}
