/* ruleset: the rules in force, held by whoever evaluates them, and how often each has held
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_RULESET_H
#define ENGINE_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "core/rules.h"
#include "core/table.h"

/*
 * A message is evaluated outside the engine's lock: its patterns may take milliseconds. So this is
 * the one thing that leaves the engine by reference, and it is counted. A message goes on with the
 * rules that it has begun with.
 *
 * Hits belong to a rule's name: they outlive reloads, not the daemon.
 */

struct ruleset;

/* What a rule has done, by its name; never freed before the register. */
struct ruleset_count {
	int64_t hits;
	int64_t last; /* ms since 1970; 0: never */
	int64_t cut;  /* messages whose budget was spent before it had looked at all */
};

/* All names that there ever were. */
struct ruleset_register;

/* NULL: out of memory. */
struct ruleset_register *ruleset_register_new(void);
void ruleset_register_free(struct ruleset_register *reg);

/*
 * The rules of TABLE, which has some, held once; takes the table's memory until the last one gives
 * it up. NULL: out of memory. Main thread only.
 */
struct ruleset *ruleset_new(const struct table *table, struct ruleset_register *reg);

/* One more holder, and one less, on any thread; NULL is nothing. */
void ruleset_hold(struct ruleset *ruleset);
void ruleset_drop(struct ruleset *ruleset);

/* The table that they belong to: its memory is held with them. */
const struct table *ruleset_table(const struct ruleset *ruleset);
const struct rules *ruleset_rules(const struct ruleset *ruleset);

/* enum rules_needs. */
unsigned ruleset_needs(const struct ruleset *ruleset);

/* Tells one choice of macros, by the names in RULES_MACRO, from another. */
uint64_t ruleset_macros(const struct ruleset *ruleset);

/* The rule has held for a message. Any thread. */
void ruleset_hit(struct ruleset *ruleset, size_t rule, int64_t now);

/* The budget of a message has cut it short. Any thread. */
void ruleset_cut(struct ruleset *ruleset, size_t rule);

struct ruleset_count ruleset_counted(const struct ruleset *ruleset, size_t rule);

#endif
