/* test_ruleset: who holds the rules in force, and how often each has held
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/ruleset.h"
#include "suite.h"

#include <pthread.h>
#include <stdint.h>

/* ---- tables, whose keeper counts */

enum { RULES_MAX = 4 };

struct kept {
	struct rule list[RULES_MAX];
	struct rules rules;
	struct table table;
	int takes;
	int gives;
};

static void take(void *self)
{
	((struct kept *)self)->takes++;
}

static void give_back(void *self)
{
	((struct kept *)self)->gives++;
}

/* Rules that are called NAMES, a letter each. */
static void make(struct kept *kept, const char *names)
{
	static const char *const letters[] = {"a", "b", "c", "d"};

	*kept = (struct kept){.rules = {.list = kept->list}};
	for (; names[kept->rules.count] != '\0'; kept->rules.count++) {
		struct rule *rule = &kept->list[kept->rules.count];

		rule->name = letters[names[kept->rules.count] - 'a'];
		rule->route.action = ACTION_REJECT;
	}
	kept->table.rules = &kept->rules;
	kept->table.keeper.take = take;
	kept->table.keeper.give_back = give_back;
	kept->table.keeper.self = kept;
}

static struct ruleset_register *reg;

static struct ruleset *put(struct kept *kept, const char *names)
{
	struct ruleset *ruleset;

	make(kept, names);
	ruleset = ruleset_new(&kept->table, reg);
	ck_assert_ptr_nonnull(ruleset);
	return ruleset;
}

static void setup(void)
{
	reg = ruleset_register_new();
	ck_assert_ptr_nonnull(reg);
}

static void teardown(void)
{
	ruleset_register_free(reg);
}

/* ---- holders */

START_TEST(the_last_holder_gives_it_up)
{
	struct kept kept;
	struct ruleset *ruleset = put(&kept, "ab");

	ck_assert_int_eq(kept.takes, 1);
	ruleset_hold(ruleset);
	ruleset_hold(ruleset);
	ruleset_drop(ruleset);
	ruleset_drop(ruleset);
	ck_assert_int_eq(kept.takes, 1);
	ck_assert_int_eq(kept.gives, 0);
	ck_assert_ptr_eq(ruleset_table(ruleset), &kept.table);
	ck_assert_ptr_eq(ruleset_rules(ruleset), &kept.rules);
	ruleset_drop(ruleset);
	ck_assert_int_eq(kept.takes, 1);
	ck_assert_int_eq(kept.gives, 1);
}
END_TEST

START_TEST(a_table_that_nobody_keeps)
{
	struct kept kept;
	struct ruleset *ruleset;

	make(&kept, "a");
	kept.table.keeper.take = NULL;
	kept.table.keeper.give_back = NULL;
	ruleset = ruleset_new(&kept.table, reg);
	ruleset_hold(ruleset);
	ruleset_drop(ruleset);
	ruleset_drop(ruleset);
	ck_assert_int_eq(kept.takes + kept.gives, 0);
}
END_TEST

START_TEST(nothing_is_held)
{
	ruleset_hold(NULL);
	ruleset_drop(NULL);
	ruleset_register_free(NULL);
}
END_TEST

START_TEST(needs_are_those_of_the_rules)
{
	struct kept kept;
	struct ruleset *ruleset;

	make(&kept, "a");
	kept.rules.facts[RULES_HELO].count = 1;
	kept.list[0].route.action = ACTION_DNS;
	ruleset = ruleset_new(&kept.table, reg);
	ck_assert_uint_eq(ruleset_needs(ruleset), RULES_NEEDS_HELO | RULES_NEEDS_CHANGES);
	ruleset_drop(ruleset);
}
END_TEST

/* ---- hits */

static void has_counted(struct ruleset *ruleset, size_t rule, int64_t hits, int64_t last)
{
	struct ruleset_count count = ruleset_counted(ruleset, rule);

	ck_assert_int_eq(count.hits, hits);
	ck_assert_int_eq(count.last, last);
}

START_TEST(hits_belong_to_the_name)
{
	struct kept first, second, third;
	struct ruleset *before = put(&first, "abc");
	struct ruleset *after;

	has_counted(before, 0, 0, 0);
	ruleset_hit(before, 0, 1000);
	ruleset_hit(before, 2, 2000);
	ruleset_hit(before, 2, 3000);
	has_counted(before, 0, 1, 1000);
	has_counted(before, 1, 0, 0);
	has_counted(before, 2, 2, 3000);
	/* In another order, without "a", and with a new one. */
	after = put(&second, "cdb");
	has_counted(after, 0, 2, 3000);
	has_counted(after, 1, 0, 0);
	has_counted(after, 2, 0, 0);
	/* A message that has begun before counts for the same rule. */
	ruleset_hit(before, 2, 4000);
	ruleset_hit(after, 0, 5000);
	has_counted(after, 0, 4, 5000);
	ruleset_drop(before);
	ruleset_drop(after);
	/* "a" was away, and is back. */
	after = put(&third, "a");
	has_counted(after, 0, 1, 1000);
	ruleset_drop(after);
}
END_TEST

/* ---- threads */

enum { THREADS = 4, ROUNDS = 20000, SWAPS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ruleset *in_force;

/* As the engine does it: held under its lock, used outside of it. */
static void *hit_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		struct ruleset *ruleset;

		pthread_mutex_lock(&lock);
		ruleset = in_force;
		ruleset_hold(ruleset);
		pthread_mutex_unlock(&lock);
		if (ruleset_rules(ruleset)->count == 2)
			ruleset_hit(ruleset, 1, i);
		ruleset_drop(ruleset);
	}
	return NULL;
}

START_TEST(threads_hold_and_count_while_tables_are_swapped)
{
	static struct kept kept[SWAPS + 1];
	pthread_t threads[THREADS];

	in_force = put(&kept[0], "ab");
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hit_often, NULL), 0);
	for (int i = 1; i <= SWAPS; i++) {
		struct ruleset *next = put(&kept[i], "cb");
		struct ruleset *before;

		pthread_mutex_lock(&lock);
		before = in_force;
		in_force = next;
		pthread_mutex_unlock(&lock);
		ruleset_drop(before);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(ruleset_counted(in_force, 1).hits, (int64_t)THREADS * ROUNDS);
	ruleset_drop(in_force);
	for (int i = 0; i <= SWAPS; i++)
		ck_assert_msg(
			kept[i].takes == 1 && kept[i].gives == 1, "table %d: given back once", i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{the_last_holder_gives_it_up, 1},
		{a_table_that_nobody_keeps, 1},
		{nothing_is_held, 1},
		{needs_are_those_of_the_rules, 1},
		{hits_belong_to_the_name, 1},
		{threads_hold_and_count_while_tables_are_swapped, 1},
	};

	return suite_run_with("ruleset", tests, COUNT(tests), setup, teardown);
}
