/* answer: what the daemon answers, sent for and printed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include "ctl/verbs.h"

/* Prints ANSWER as JSON; FLAGS are jansson's. */
void answer_print(const json_t *answer, size_t flags);

/* Sends what was begun and prints the answer, by SHOW or as JSON. Gives the exit status. */
int answer_show(const struct verb_call *call, enum client_method method,
	void (*show)(const json_t *answer));

/* The same of a GET of PATH. */
int answer_get(const struct verb_call *call, const char *path, void (*show)(const json_t *answer));

/* Says that VALUE is not what TEXT says. Gives the exit status. */
int answer_usage(const char *text, const char *value);

#endif
