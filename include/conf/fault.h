/* fault: what is wrong with a configuration, all of it, each with its file and line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_FAULT_H
#define CONF_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum { FAULT_LIST_MAX = 1000 };

struct fault {
	char *file; /* never NULL */
	int line;   /* 0: of the file as a whole */
	bool warning;
	char *text;
};

/*
 * Grows as needed up to FAULT_LIST_MAX faults; those past that are only counted. Whoever has the
 * list frees it with fault_list_free().
 */
struct fault_list {
	struct fault *faults;
	size_t count;
	size_t unlisted; /* faults there was no room for */
	size_t errors;	 /* faults that are not warnings, listed or not */
};

/* Begins an empty list. */
void fault_list_init(struct fault_list *list);
void fault_list_free(struct fault_list *list);

void fault_add(struct fault_list *list, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void fault_warn(struct fault_list *list, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sorts by file and line, those of one line in the order in which they were found. */
void fault_list_sort(struct fault_list *list);

/*
 * "FILE:LINE: TEXT", "FILE:LINE: warning: TEXT", without ":LINE" if there is none; cut to SIZE.
 * Gives OUT.
 */
char *fault_format(char *out, size_t size, const struct fault *fault);

#endif
