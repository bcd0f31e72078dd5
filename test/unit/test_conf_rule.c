/* test_conf_rule: the rules of a file, and how long they are there
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules.h"
#include "rules_file.h"
#include "suite.h"
#include "text/regex.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 100000 };

/* ---- rules */

static const struct rule_row {
	const char *name;
	enum action action;
	const char *target; /* pool, or reply */
	bool is_shadow;
	bool logs;
	uint32_t tag;
	int line;
} rule_rows[] = {
	{"bulk", ACTION_POOL, "bulk", false, false, 0, 4},
	{"large", ACTION_POOL, "slow", false, true, 0, 5},
	{"customer", ACTION_POOL, "acme", false, false, 0, 6},
	{"vip", ACTION_NONE, NULL, false, false, 1, 7},
	{"try", ACTION_POOL, "rule:try", true, false, 0, 8},
	{"no", ACTION_REJECT, "550 5.7.1 Message rejected", false, false, 0, 11},
	{"gone", ACTION_REJECT, "551 5.1.2 moved", false, false, 0, 12},
	{"later", ACTION_DEFER, "451 4.7.1 Try again later", false, false, 0, 13},
	{"drop", ACTION_DISCARD, NULL, false, false, 0, 14},
	{"rest", ACTION_DNS, NULL, false, false, 0, 15},
};

static struct conf *load_good(char name[PATH_MAX])
{
	const char *top = getenv("srcdir");

	snprintf(name, PATH_MAX, "%s/test/corpus/conf/rules_good.cfg", top == NULL ? "." : top);
	return rules_file_load(name);
}

START_TEST(rules_in_the_order_of_the_file)
{
	const struct rule_row *row = &rule_rows[_i];
	char name[PATH_MAX], reply[600];
	struct conf *conf = load_good(name);
	const struct rules *rules = conf->table.rules;
	const struct rule *rule = &rules->list[_i];

	ck_assert_uint_eq(rules->count, COUNT(rule_rows));
	ck_assert_str_eq(rule->name, row->name);
	ck_assert_str_eq(rule->route.match, row->name);
	ck_assert_str_eq(rule->route.file, name);
	ck_assert_int_eq(rule->route.line, row->line);
	ck_assert_int_eq(rule->route.action, row->action);
	ck_assert_int_eq(rule->is_shadow, row->is_shadow);
	ck_assert_int_eq(rule->logs, row->logs);
	ck_assert_uint_eq(rule->tag, row->tag);
	if (row->action == ACTION_POOL) {
		ck_assert_str_eq(conf->table.pools[rule->route.pool].name, row->target);
	} else {
		ck_assert_int_eq(rule->route.pool, -1);
	}
	if (row->action == ACTION_REJECT || row->action == ACTION_DEFER) {
		snprintf(reply, sizeof(reply), "%s %s %s", rule->route.code, rule->route.enhanced,
			rule->route.text);
		ck_assert_str_eq(reply, row->target);
	}
	conf_free(conf);
}
END_TEST

START_TEST(what_rules_have_beside)
{
	char name[PATH_MAX];
	struct conf *conf = load_good(name);
	const struct rules *rules = conf->table.rules;

	ck_assert_uint_eq(rules->tag_count, 1);
	ck_assert_str_eq(rules->tags[0], "vip");
	ck_assert_str_eq(rules->delimiters, "+");
	ck_assert_ptr_nonnull(conf->regexes);
	ck_assert_ptr_eq(rules->regexes, conf->regexes);
	ck_assert_uint_eq(regex_set_count(rules->regexes), 1);
	ck_assert_str_eq(regex_set_pattern(rules->regexes, 0), "@acme\\.example$");
	ck_assert_uint_eq(conf->table.pool_count, 4);
	/* The transport is the MTA's, as for routes. */
	ck_assert_str_eq(conf->table.pools[rules->list[4].route.pool].transport, "esmtp");
	conf_free(conf);
}
END_TEST

START_TEST(a_tag_may_be_set_twice)
{
	struct conf *conf = rules_file_of(
		"{ name = \"a\"; action = \"continue\"; tag = \"t\"; when = { helo = \"a\"; }; },"
		"{ name = \"b\"; action = \"continue\"; tag = \"u\"; when = { tag = \"t\"; }; },"
		"{ name = \"c\"; action = \"continue\"; tag = \"t\"; when = { tag = \"t\"; }; }");
	const struct rules *rules = conf->table.rules;

	ck_assert_uint_eq(rules->tag_count, 2);
	ck_assert_str_eq(rules->tags[0], "t");
	ck_assert_str_eq(rules->tags[1], "u");
	ck_assert_uint_eq(rules->list[0].tag, 1);
	ck_assert_uint_eq(rules->list[1].tag, 2);
	ck_assert_uint_eq(rules->list[2].tag, 1);
	conf_free(conf);
}
END_TEST

START_TEST(no_rules)
{
	struct conf *conf =
		rules_file_of("); routes = ( { match = \"a.example\"; action = \"dns\"; }");

	ck_assert_ptr_null(conf->table.rules);
	ck_assert_ptr_null(conf->regexes);
	conf_free(conf);
}
END_TEST

/* ---- many, and their memory */

START_TEST(a_hundred_thousand_rules)
{
	FILE *file = rules_file_begin();
	struct conf *conf;
	const struct rules *rules;
	const struct rules_test *test;

	fprintf(file, "rules = (\n");
	for (int i = 0; i < MANY; i++)
		fprintf(file,
			"%s{ name = \"r%d\"; action = \"continue\"; tag = \"t%d\"; when = "
			"{ sender = \"d%d.example\"; header = \"X-%d: %d\"; helo = \"same\"; }; "
			"}\n",
			i == 0 ? "" : ",", i, i, i, i % 1000, i % 10);
	fprintf(file, ");\n");
	conf = rules_file_end(file);
	rules = conf->table.rules;
	ck_assert_uint_eq(rules->count, MANY);
	ck_assert_uint_eq(rules->tag_count, MANY);
	ck_assert_uint_eq(rules->test_count, MANY + 1000 + 1);
	ck_assert_uint_eq(rules->header_count, 1000);
	ck_assert_uint_eq(rules->node_count, 4 * MANY);
	test = &rules->tests[rules->nodes[rules->list[54321].node + 1].test];
	ck_assert_str_eq(test->patterns[0].text, "d54321.example");
	test = &rules->tests[rules->nodes[rules->list[54321].node + 2].test];
	ck_assert_str_eq(test->name, "x-321");
	conf_free(conf);
}
END_TEST

static void *take_and_give_back(void *argument)
{
	const struct table_keeper *keeper = argument;

	for (int i = 0; i < 10000; i++) {
		keeper->take(keeper->self);
		keeper->give_back(keeper->self);
	}
	keeper->give_back(keeper->self);
	return NULL;
}

START_TEST(rules_outlive_the_configuration)
{
	enum { THREADS = 4 };
	struct conf *conf =
		rules_file_of("{ name = \"a\"; action = \"dns\"; when = { helo = \"/a/\"; }; }");
	struct table_keeper keeper = conf->table.keeper;
	const struct rules *rules = conf->table.rules;
	pthread_t threads[THREADS];

	ck_assert_ptr_eq(keeper.self, conf);
	for (int i = 0; i < THREADS; i++)
		keeper.take(keeper.self);
	keeper.take(keeper.self);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_give_back, &keeper), 0);
	conf_free(conf);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(atomic_load(&conf->references), 1);
	ck_assert_str_eq(rules->list[0].name, "a");
	ck_assert_str_eq(regex_set_pattern(rules->regexes, 0), "a");
	/* That it is gone then is seen by the sanitizers. */
	keeper.give_back(keeper.self);
	conf_free(NULL);
}
END_TEST

/* What was read before a fault is freed with the rest. */
START_TEST(with_a_fault_nothing_stays)
{
	FILE *file = rules_file_begin();
	struct fault_list faults;
	const char *path;

	fprintf(file,
		"rules = ( { name = \"a\"; action = \"dns\"; when = { helo = \"/a/\"; }; }, 5 );");
	path = rules_file_close(file);
	fault_list_init(&faults);
	ck_assert_ptr_null(conf_load(path, &faults));
	unlink(path);
	ck_assert_uint_eq(faults.count, 1);
	fault_list_free(&faults);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{rules_in_the_order_of_the_file, COUNT(rule_rows)},
		{what_rules_have_beside, 1},
		{a_tag_may_be_set_twice, 1},
		{no_rules, 1},
		{a_hundred_thousand_rules, 1},
		{rules_outlive_the_configuration, 1},
		{with_a_fault_nothing_stays, 1},
	};

	return suite_run("conf_rule", tests, COUNT(tests));
}
