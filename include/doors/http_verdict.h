/* http_verdict: what the rules say of a message that is nowhere but in the question
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_VERDICT_H
#define DOORS_HTTP_VERDICT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/address.h"
#include "doors/http_api.h"

/*
 * The rules in force, told what the question says, in the order in which the milter hears of it.
 * What it does not say is open: the answer shows which rules depend on it, and for the decision it
 * is not so. Nothing is counted. Main thread only.
 */

struct http_verdict;

/* NULL: out of memory, or *WRONG says what is wrong with the question. Without rules none decides. */
struct http_verdict *http_verdict_new(const struct http_call *call, const char **wrong);
void http_verdict_free(struct http_verdict *verdict);

/* One recipient more. The rule that decides by then, or a negative number. */
int http_verdict_recipient(struct http_verdict *verdict, const struct address *recipient);

/* The last recipient was refused by its route. */
void http_verdict_take_back(struct http_verdict *verdict);

/* The envelope is complete. The rule that decides, or a negative number. */
int http_verdict_end(struct http_verdict *verdict);

/* Puts "rule", "tags" and, unless IS_BRIEF, "rules" into ANSWER. */
void http_verdict_show(const struct http_verdict *verdict, bool is_brief, json_t *answer);

#endif
