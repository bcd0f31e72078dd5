/* http_rules: the rules in force as the API shows them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_RULES_H
#define DOORS_HTTP_RULES_H

#include <jansson.h>

#include "core/rules.h"
#include "doors/http_api.h"
#include "engine/ruleset.h"

/* Answers /v1/rules. Gives and sets what http_api_answer() does. */
json_t *http_rules_answer(const struct http_call *call, int *status);

/* {"name", "source", "mode", "does", "tag"}, a new reference. */
json_t *http_rules_object(const struct ruleset *ruleset, size_t rule);

#endif
