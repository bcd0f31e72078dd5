/* http_rules: the rules in force as the API shows them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_RULES_H
#define DOORS_HTTP_RULES_H

#include <stdbool.h>

#include <jansson.h>

#include "doors/http_api.h"
#include "engine/routing_rules.h"

/* Answers /v1/rules. Gives and sets what http_api_answer() does. */
json_t *http_rules_answer(const struct http_call *call, int *status);

/* One of them, with what it has done. A new reference. */
json_t *http_rules_object(const struct ruleset *ruleset, size_t index);

/*
 * What the rules say of a message that is asked about: puts "rule", "tags" and, unless IS_BRIEF,
 * "rules" into ANSWER.
 */
void http_rules_show(const struct routing_rules *rules, bool is_brief, json_t *answer);

#endif
