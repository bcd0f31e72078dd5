/* show_rules: the rules in force, and what they say of a message, as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SHOW_RULES_H
#define CTL_SHOW_RULES_H

#include <jansson.h>

/* The answer of /v1/rules. */
void show_rules(const json_t *answer);

/* The rules in an answer of /v1/explain; nothing if there are none. */
void show_rules_of_message(const json_t *answer);

#endif
