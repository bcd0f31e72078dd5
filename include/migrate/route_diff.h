/* route_diff: what a configuration does in another way than the one before it, and for whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_ROUTE_DIFF_H
#define MIGRATE_ROUTE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/*
 * Both tables are queried, as for mail (table.h), and what they hold is compared; the files' texts are
 * not. A route that is on one side only is compared with whatever the other side does with the same
 * mail: a new ".lab.example.com" with ".example.com" before it, a new ALL with the MTA's own routing.
 *
 * Pools are distinguished by name: a route to a pool of the same name is no difference, what the pool has
 * become is one of the pool. Pools in place are the same if all in them is.
 */

struct arena;

enum route_diff_part {
	ROUTE_DIFF_ROUTE = 0,
	ROUTE_DIFF_POOL = 1,
	ROUTE_DIFF_RULE = 2,
	ROUTE_DIFF_SETTING = 3,
	ROUTE_DIFF_PART_COUNT = 4,
};

enum route_diff_change {
	ROUTE_DIFF_CHANGED = 0,
	ROUTE_DIFF_ADDED = 1,
	ROUTE_DIFF_REMOVED = 2,
};

struct route_diff_side {
	const char *text;  /* NULL: it is not there */
	const char *match; /* of a route: the one that has the mail on this side; NULL: none */
	const char *file;  /* NULL: it stands nowhere */
	int line;
};

struct route_diff_item {
	enum route_diff_part part;
	enum route_diff_change change;
	const char *name;  /* a match, or the name of a pool, rule or setting; NULL: of all rules */
	const char *what;  /* "host mx1:25", "balance": what of it; NULL: all of it */
	bool is_same_mail; /* of a route: the same becomes of its mail as before */
	struct route_diff_side old;
	struct route_diff_side new;
};

/* Strings are those of the configurations, or in the arena. */
struct route_diff {
	struct arena *arena;
	const struct conf *old;
	const struct conf *new;
	struct route_diff_item *items; /* by part; those of one pool or rule stand together */
	size_t count;
	size_t room;
	bool has_no_memory;
};

/* Both configurations must live as long. NULL: out of memory. */
struct route_diff *route_diff_new(const struct conf *old, const struct conf *new);
void route_diff_free(struct route_diff *diff);

/* "routes", "pools", … and "changed", "added", "removed". */
const char *route_diff_part_name(enum route_diff_part part);
const char *route_diff_change_name(enum route_diff_change change);

/*
 * For the parts (route_diff_route.h and so on). route_diff_add() adds an item without sides and gives
 * NULL without memory; route_diff_text() makes a text that lives as long as the diff, "" without.
 */
struct route_diff_item *route_diff_add(struct route_diff *diff, enum route_diff_part part,
	enum route_diff_change change, const char *name);
const char *route_diff_text(struct route_diff *diff, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
