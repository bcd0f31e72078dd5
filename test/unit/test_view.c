/* test_view: copies of routes, pools and hosts, for people
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster.h"
#include "engine/roster_names.h"
#include "engine/view.h"
#include "sample.h"
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char config[] =
	"pools = {\n"
	" one = { hosts = ( { host = \"a.example\"; weight = 3; priority = 7; } ); };\n"
	" two = { transport = \"relay\"; balance = \"hash\"; hash_on = \"sender\";\n"
	"  hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; port = 26; } ); }; };\n"
	"routes = (\n"
	" { match = \"1.example\"; pool = \"one\"; },\n"
	" { match = \"2.example\"; pool = \"two\"; },\n"
	" { match = \"no.example\"; action = \"reject\"; text = \"5.1.2 gone\"; },\n"
	" { match = \"later.example\"; action = \"defer\"; code = 452; },\n"
	" { match = \"void.example\"; action = \"discard\"; },\n"
	" { match = \"dns.example\"; action = \"dns\"; } );\n";

static struct sample sample;
static struct roster *roster;

static void open_sample(void)
{
	struct state_report report;

	sample_open(&sample, config);
	roster = roster_new(&sample.conf->table, sample.state, 1000, &report);
	ck_assert_msg(roster != NULL, "%s", report.text);
	roster_seat(roster);
}

static void close_sample(void)
{
	roster_free(roster);
	sample_close(&sample);
}

/* ---- routes */

static const struct row {
	const char *match;
	enum action action;
	int line;
	const char *pool;
	enum hash_on hash_on;
	const char *reply; /* code, status and text */
} rows[] = {
	{"1.example", ACTION_POOL, 6, "one", HASH_ON_RECIPIENT, "  "},
	{"2.example", ACTION_POOL, 7, "two", HASH_ON_SENDER, "  "},
	{"no.example", ACTION_REJECT, 8, "", HASH_ON_RECIPIENT, "550 5.1.2 gone"},
	{"later.example", ACTION_DEFER, 9, "", HASH_ON_RECIPIENT, "452 4.7.1 "},
	{"void.example", ACTION_DISCARD, 10, "", HASH_ON_RECIPIENT, "  "},
	{"dns.example", ACTION_DNS, 11, "", HASH_ON_RECIPIENT, "  "},
};

START_TEST(route)
{
	const struct row *row = &rows[_i];
	struct view_route view;
	char source[160], reply[700];

	memset(&view, 0xa5, sizeof(view));
	view_copy_route(&view, roster, &sample.conf->table.routes[_i]);
	ck_assert_str_eq(view.match, row->match);
	ck_assert_int_eq(view.action, row->action);
	snprintf(source, sizeof(source), "%s:%d", sample.config, row->line);
	ck_assert_str_eq(view.source, source);
	ck_assert_str_eq(view.pool_name, row->pool);
	ck_assert_int_eq(view.hash_on, row->hash_on);
	if (row->action == ACTION_POOL)
		ck_assert_str_eq(roster_names_pool(roster, view.pool)->pool->name, row->pool);
	snprintf(reply, sizeof(reply), "%s %s %s", view.code, view.enhanced, view.text);
	ck_assert_msg(strncmp(reply, row->reply, strlen(row->reply)) == 0, "%s: \"%s\"", row->match,
		reply);
}
END_TEST

START_TEST(no_route)
{
	struct view_route view;

	memset(&view, 0xa5, sizeof(view));
	view_copy_route(&view, roster, NULL);
	ck_assert(!view_route_refuses(&view));
	ck_assert_int_eq(view.action, ACTION_NONE);
	ck_assert_str_eq(view.match, "");
	ck_assert_str_eq(view.source, "");
	ck_assert_str_eq(view.pool_name, "");
	ck_assert_str_eq(view.code, "");
	ck_assert_str_eq(view.text, "");
}
END_TEST

START_TEST(long_paths_lose_their_beginning)
{
	char file[1000];
	struct route from = {.match = "x", .file = file, .line = INT32_MAX, .action = ACTION_DNS};
	struct view_route view;

	memset(file, 'x', sizeof(file));
	strcpy(file + sizeof(file) - 20, "the end");
	view_copy_route(&view, roster, &from);
	ck_assert_uint_lt(strlen(view.source), VIEW_SOURCE_MAX);
	ck_assert_ptr_nonnull(strstr(view.source, "xthe end:2147483647"));
}
END_TEST

/* ---- pools and hosts */

START_TEST(pool)
{
	struct view_pool view;

	view_copy_pool(&view, roster, 1);
	ck_assert_str_eq(view.name, "two");
	ck_assert_str_eq(view.transport, "relay");
	ck_assert_int_eq(view.balance, BALANCE_HASH);
	ck_assert_int_eq(view.hash_on, HASH_ON_SENDER);
	ck_assert_int_eq(view.host_count, 2);
	ck_assert_uint_eq(view.messages, 0);
	ck_assert_ptr_nonnull(strstr(view.source, "routes.cfg:3"));
}
END_TEST

START_TEST(host_has_the_sums_of_its_pools)
{
	struct view_host view;

	for (uint32_t i = 0; i < 2; i++) {
		struct roster_pool *of = &roster->pools[i];

		of->state->members[of->members[0]].first = 10 + i;
		of->state->members[of->members[0]].listed = 100 + i;
	}
	roster->hosts[0].health->state = HEALTH_DRAINED;
	view_copy_host(&view, roster, 0);
	ck_assert_str_eq(view.name, "a.example");
	ck_assert_uint_eq(view.first, 21);
	ck_assert_uint_eq(view.listed, 201);
	ck_assert_uint_eq(view.health.state, HEALTH_DRAINED);
	/* Weight and priority are those of its first pool; in a pool, that pool's. */
	ck_assert_int_eq(view.weight, 3);
	ck_assert_int_eq(view.priority, 7);
	view_copy_pool_host(&view, roster, 1, 0);
	ck_assert_uint_eq(view.first, 11);
	ck_assert_uint_eq(view.listed, 101);
	ck_assert_uint_eq(view.health.state, HEALTH_DRAINED);
	ck_assert_int_eq(view.weight, 1);
	ck_assert_int_eq(view.priority, 0);
	view_copy_pool_host(&view, roster, 1, 1);
	ck_assert_int_eq(view.port, 26);
	ck_assert_uint_eq(view.first, 0);
}
END_TEST

START_TEST(text_is_cut)
{
	char out[5];

	view_copy_text(out, sizeof(out), "abcd");
	ck_assert_str_eq(out, "abcd");
	view_copy_text(out, sizeof(out), "abcde");
	ck_assert_str_eq(out, "abcd");
	view_copy_text(out, 1, "abcde");
	ck_assert_str_eq(out, "");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{route, COUNT(rows)},
		{no_route, 1},
		{long_paths_lose_their_beginning, 1},
		{pool, 1},
		{host_has_the_sums_of_its_pools, 1},
		{text_is_cut, 1},
	};

	return suite_run_with("view", tests, COUNT(tests), open_sample, close_sample);
}
