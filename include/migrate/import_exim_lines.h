/* import_exim_lines: the lines of an Exim configuration, as its options are read from them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_EXIM_LINES_H
#define MIGRATE_IMPORT_EXIM_LINES_H

#include "migrate/plan.h"

/*
 * A line that ends in a backslash goes on in the next. Macros, "NAME = value" with a capital letter in
 * front, are put in wherever their name stands in a later line, as text. Of .ifdef, .ifndef, .elifdef,
 * .elifndef and .else the part that holds is read: the macros that Exim defines itself are not known
 * here. Of .include there is a remark.
 */

enum { IMPORT_EXIM_NESTING_MAX = 32 };

struct import_exim_macro {
	struct span name;
	struct span value;
};

/* What is read of an .ifdef. */
struct import_exim_branch {
	bool is_read;  /* this part */
	bool was_read; /* this part or one before it */
};

/* Begin with plan, place.file and rest. */
struct import_exim_lines {
	struct plan *plan;
	struct plan_place place; /* of the line that was taken */
	struct span rest;
	int number;
	struct plan_list macros; /* of struct import_exim_macro */
	struct import_exim_branch branches[IMPORT_EXIM_NESTING_MAX];
	int depth;
};

/* Takes the next line that is no comment, macro or condition. */
bool import_exim_lines_take(struct import_exim_lines *lines, struct span *line);

void import_exim_lines_free(struct import_exim_lines *lines);

#endif
