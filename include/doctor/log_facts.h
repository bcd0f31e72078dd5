/* log_facts: what is in the end of a log file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_LOG_FACTS_H
#define DOCTOR_LOG_FACTS_H

#include <stdbool.h>
#include <stddef.h>

enum { LOG_FACTS_TAIL_MAX = 262144, LOG_FACTS_LINE_MAX = 160 };

struct log_facts {
	bool was_read;
	int lines;			  /* in its last LOG_FACTS_TAIL_MAX octets */
	int understood;			  /* that are lines of a log at all */
	int of_mta;			  /* those of the MTA's programs */
	char strange[LOG_FACTS_LINE_MAX]; /* the last line that is not understood, printable */
};

/* PROGRAM: how the MTA's tags begin; "" for all of them. */
void log_facts_read(struct log_facts *facts, const char *path, const char *program);

/* The same of a text. */
void log_facts_take(struct log_facts *facts, const char *text, size_t length, const char *program);

#endif
