/* test_rules: what rules ask of the MTA, and the finding of headers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct fact_row {
	enum rules_fact fact;
	const char *name;
	unsigned needs;
} facts[] = {
	{RULES_SENDER, "sender", RULES_NEEDS_MAIL},
	{RULES_RECIPIENT, "recipient", 0},
	{RULES_ALL_RECIPIENTS, "all_recipients", 0},
	{RULES_CLIENT, "client", RULES_NEEDS_CONNECT},
	{RULES_CLIENT_NAME, "client_name", RULES_NEEDS_CONNECT},
	{RULES_HELO, "helo", RULES_NEEDS_HELO},
	{RULES_AUTH_USER, "auth_user", RULES_NEEDS_AUTH},
	{RULES_TLS, "tls", RULES_NEEDS_TLS},
	{RULES_TLS_VERIFIED, "tls_verified", RULES_NEEDS_TLS},
	{RULES_LISTENER, "listener", RULES_NEEDS_LISTENER},
	{RULES_LISTENER_PORT, "listener_port", RULES_NEEDS_LISTENER},
	{RULES_HEADER, "header", RULES_NEEDS_HEADERS},
	{RULES_SIZE_OVER, "size_over", RULES_NEEDS_SIZE | RULES_NEEDS_MAIL},
	{RULES_SIZE_UNDER, "size_under", RULES_NEEDS_SIZE | RULES_NEEDS_MAIL},
	{RULES_MACRO, "macro", RULES_NEEDS_MACROS},
	{RULES_TIME, "time", 0},
	{RULES_PERCENT, "percent", RULES_NEEDS_MAIL},
	{RULES_TAG, "tag", 0},
	{RULES_RECIPIENTS_OVER, "recipients_over", 0},
	{RULES_RECIPIENTS_UNDER, "recipients_under", 0},
};

START_TEST(facts_have_names_and_needs)
{
	const struct fact_row *row = &facts[_i];
	struct rules rules = {.test_count = 1};

	ck_assert_int_eq(COUNT(facts), RULES_FACT_COUNT);
	ck_assert_int_eq(row->fact, _i);
	ck_assert_str_eq(rules_fact_name(row->fact), row->name);
	rules.facts[row->fact].count = 1;
	ck_assert_msg(rules_needs(&rules) == row->needs, "%s: %x", row->name, rules_needs(&rules));
}
END_TEST

static const struct rule_row {
	const char *name;
	struct rule rule;
	unsigned needs;
	bool decides;
} rules_of_one[] = {
	{"pool", {.route = {.action = ACTION_POOL}}, RULES_NEEDS_POOLS | RULES_NEEDS_CHANGES, true},
	{"dns", {.route = {.action = ACTION_DNS}}, RULES_NEEDS_CHANGES, true},
	{"discard", {.route = {.action = ACTION_DISCARD}}, 0, true},
	{"reject", {.route = {.action = ACTION_REJECT}}, 0, true},
	{"defer", {.route = {.action = ACTION_DEFER}}, 0, true},
	{"goes on", {.route = {.action = ACTION_NONE}}, 0, false},
	{"goes on with a tag", {.tag = 1}, 0, false},
	{"a tag is enough", {.tag = 1, .route = {.action = ACTION_POOL}}, 0, false},
	{"shadow to a pool", {.is_shadow = true, .route = {.action = ACTION_POOL}}, 0, false},
	{"shadow to dns", {.is_shadow = true, .route = {.action = ACTION_DNS}}, 0, false},
};

START_TEST(rules_have_needs)
{
	const struct rule_row *row = &rules_of_one[_i];
	struct rules rules = {.list = &row->rule, .count = 1};

	ck_assert_msg(rules_needs(&rules) == row->needs, "%s: %x", row->name, rules_needs(&rules));
	ck_assert_msg(rules_decides(&row->rule) == row->decides, "%s", row->name);
}
END_TEST

START_TEST(needs_add_up)
{
	struct rule list[2] = {
		{.route = {.action = ACTION_DNS}}, {.route = {.action = ACTION_REJECT}}};
	struct rules rules = {.list = list, .count = 2};

	ck_assert_uint_eq(rules_needs(&(struct rules){.count = 0}), 0);
	rules.facts[RULES_SENDER].count = 3;
	rules.facts[RULES_HEADER].count = 1;
	ck_assert_uint_eq(
		rules_needs(&rules), RULES_NEEDS_MAIL | RULES_NEEDS_HEADERS | RULES_NEEDS_CHANGES);
	ck_assert(rules_have(&rules, ACTION_REJECT) && rules_have(&rules, ACTION_DNS));
	ck_assert(!rules_have(&rules, ACTION_POOL));
	list[1].is_shadow = true;
	ck_assert(rules_have(&rules, ACTION_REJECT));
	list[1].is_shadow = false;
	list[1].route.action = ACTION_POOL;
	ck_assert_uint_eq(rules_needs(&rules),
		RULES_NEEDS_MAIL | RULES_NEEDS_HEADERS | RULES_NEEDS_CHANGES | RULES_NEEDS_POOLS);
}
END_TEST

static const struct rules_header headers[] = {
	{.name = "from"},
	{.name = "list-id"},
	{.name = "list-unsubscribe"},
	{.name = "subject"},
	{.name = "x-a_b"},
	{.name = "x-spam"},
	{.name = "x-spam-flag"},
	{.name = "\xc3\xa4"},
};

static const struct find_row {
	const char *name;
	int expected;
} finds[] = {
	{"from", 0},
	{"From", 0},
	{"LIST-ID", 1},
	{"List-Unsubscribe", 2},
	{"sUBJECT", 3},
	{"X-A_B", 4},
	{"x-spam", 5},
	{"X-Spam-Flag", 6},
	{"\xc3\xa4", 7},
	{"", 8},
	{"a", 8},
	{"fro", 8},
	{"fron", 8},
	{"from ", 8},
	{"froma", 8},
	{"x-spam-", 8},
	{"x-spam-flags", 8},
	{"zz", 8},
	{"\xff", 8},
	{"x-a\x1f\x62", 8},
};

START_TEST(finds_headers)
{
	const struct find_row *row = &finds[_i];
	struct rules rules = {.headers = headers, .header_count = COUNT(headers)};
	size_t found = rules_find_header(&rules, row->name);

	ck_assert_msg(found == (size_t)row->expected, "\"%s\": %zu", row->name, found);
}
END_TEST

START_TEST(finds_each_of_any_number)
{
	static char names[100][16];
	static struct rules_header many[100];
	struct rules rules = {.headers = many};

	for (int i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "x-%02d", i);
		many[i].name = names[i];
	}
	for (; rules.header_count <= 100; rules.header_count++)
		for (size_t i = 0; i < 100; i++) {
			size_t expected = i < rules.header_count ? i : rules.header_count;

			ck_assert_uint_eq(rules_find_header(&rules, names[i]), expected);
		}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{facts_have_names_and_needs, COUNT(facts)},
		{rules_have_needs, COUNT(rules_of_one)}, {needs_add_up, 1},
		{finds_headers, COUNT(finds)}, {finds_each_of_any_number, 1}};

	return suite_run("rules", tests, COUNT(tests));
}
