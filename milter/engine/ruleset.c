/* ruleset: the rules in force, held by whoever evaluates them, and how often each has held
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/ruleset.h"
#include "core/hash.h"

#include <assert.h>
#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct count {
	char *name;
	_Atomic int64_t hits;
	_Atomic int64_t last;
	_Atomic int64_t cut;
};

struct ruleset_register {
	void *by_name; /* search tree of struct count */
};

struct ruleset {
	atomic_int holders;
	const struct table *table;
	unsigned needs;
	uint64_t macros;
	struct count *counts[]; /* of each rule */
};

/* ---- the register */

static int by_name(const void *a, const void *b)
{
	const struct count *left = a;
	const struct count *right = b;

	return strcmp(left->name, right->name);
}

static void free_count(void *node)
{
	struct count *count = node;

	free(count->name);
	free(count);
}

struct ruleset_register *ruleset_register_new(void)
{
	return calloc(1, sizeof(struct ruleset_register));
}

void ruleset_register_free(struct ruleset_register *reg)
{
	if (reg == NULL)
		return;
	tdestroy(reg->by_name, free_count);
	free(reg);
}

/* The count of that name, a new one if there was none; NULL without memory. */
static struct count *count_of(struct ruleset_register *reg, const char *name)
{
	struct count key = {.name = (char *)name};
	void *found = tfind(&key, &reg->by_name, by_name);
	struct count *count;

	if (found != NULL)
		return *(struct count **)found;
	count = calloc(1, sizeof(*count));
	if (count == NULL)
		return NULL;
	count->name = strdup(name);
	if (count->name == NULL || tsearch(count, &reg->by_name, by_name) == NULL) {
		free_count(count);
		return NULL;
	}
	return count;
}

/* ---- the set */

static uint64_t macros_of(const struct rules *rules)
{
	const struct rules_range *range = &rules->facts[RULES_MACRO];
	uint64_t macros = HASH_START;

	for (uint32_t i = range->first; i < range->first + range->count; i++) {
		const char *name = rules->tests[i].name;

		macros = hash_pair(macros, hash_octets(name, strlen(name)));
	}
	return macros;
}

struct ruleset *ruleset_new(const struct table *table, struct ruleset_register *reg)
{
	const struct rules *rules = table->rules;
	struct ruleset *ruleset =
		calloc(1, sizeof(*ruleset) + rules->count * sizeof(struct count *));

	if (ruleset == NULL)
		return NULL;
	for (size_t i = 0; i < rules->count; i++) {
		ruleset->counts[i] = count_of(reg, rules->list[i].name);
		if (ruleset->counts[i] == NULL) {
			free(ruleset);
			return NULL;
		}
	}
	ruleset->table = table;
	ruleset->needs = rules_needs(rules);
	ruleset->macros = macros_of(rules);
	atomic_init(&ruleset->holders, 1);
	if (table->keeper.take != NULL)
		table->keeper.take(table->keeper.self);
	return ruleset;
}

void ruleset_hold(struct ruleset *ruleset)
{
	if (ruleset != NULL)
		atomic_fetch_add(&ruleset->holders, 1);
}

void ruleset_drop(struct ruleset *ruleset)
{
	if (ruleset == NULL)
		return;

	int before = atomic_fetch_sub(&ruleset->holders, 1);

	assert(before > 0);
	if (before > 1)
		return;
	if (ruleset->table->keeper.give_back != NULL)
		ruleset->table->keeper.give_back(ruleset->table->keeper.self);
	free(ruleset);
}

const struct table *ruleset_table(const struct ruleset *ruleset)
{
	return ruleset->table;
}

const struct rules *ruleset_rules(const struct ruleset *ruleset)
{
	return ruleset->table->rules;
}

unsigned ruleset_needs(const struct ruleset *ruleset)
{
	return ruleset->needs;
}

uint64_t ruleset_macros(const struct ruleset *ruleset)
{
	return ruleset->macros;
}

/* ---- hits */

void ruleset_hit(struct ruleset *ruleset, size_t rule, int64_t now)
{
	struct count *count = ruleset->counts[rule];

	atomic_fetch_add_explicit(&count->hits, 1, memory_order_relaxed);
	atomic_store_explicit(&count->last, now, memory_order_relaxed);
}

void ruleset_cut(struct ruleset *ruleset, size_t rule)
{
	atomic_fetch_add_explicit(&ruleset->counts[rule]->cut, 1, memory_order_relaxed);
}

struct ruleset_count ruleset_counted(const struct ruleset *ruleset, size_t rule)
{
	struct count *count = ruleset->counts[rule];

	return (struct ruleset_count){
		.hits = atomic_load_explicit(&count->hits, memory_order_relaxed),
		.last = atomic_load_explicit(&count->last, memory_order_relaxed),
		.cut = atomic_load_explicit(&count->cut, memory_order_relaxed),
	};
}
