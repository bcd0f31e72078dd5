/* import_exim_list: lists of an Exim configuration, and lists of domains by name
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_EXIM_LIST_H
#define MIGRATE_IMPORT_EXIM_LIST_H

#include "migrate/plan.h"
#include "migrate/word.h"

/* The octet that parts a list's items: a colon, or what the list says in front, "<; a ; b". */
char import_exim_list_separator(struct span *list);

/*
 * Takes the next item, in which a doubled separator is one, to OUT; what is within brackets is an address.
 * False: there is no more.
 */
bool import_exim_list_item(struct span *list, char separator, char out[WORD_MAX]);

/* TEXT without the quotes around it. */
struct span import_exim_list_unquote(struct span text);

/* "domainlist NAME = VALUE" */
struct import_exim_named {
	struct span name;
	struct span value;
};

/* One pattern of a list of domains. */
struct import_exim_pattern {
	struct span text;
	bool is_excluded; /* "!" stands before it */
};

/* Begin with the plan. */
struct import_exim_lists {
	struct plan *plan;
	struct plan_place place; /* of what is expanded, for a fault */
	struct plan_list named;	 /* of struct import_exim_named */
	size_t steps;		 /* of the list that is expanded */
	struct span primary;	 /* primary_hostname, which "@" stands for; empty: not known */
};

/* Takes "domainlist NAME = VALUE" and "primary_hostname = NAME"; other lines are passed over. */
void import_exim_list_take(struct import_exim_lists *lists, struct span line);

/*
 * Adds the patterns of a list of domains to PATTERNS (of struct import_exim_pattern), those of "+name" in
 * its place. What cannot be expanded stays as it is: a name that is not known, or a list with a "!" of its
 * own, which means something else there.
 */
void import_exim_list_expand(
	struct import_exim_lists *lists, struct span list, struct plan_list *patterns);

void import_exim_list_free(struct import_exim_lists *lists);

#endif
