/* show_rules: rules, and what they do, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SHOW_RULES_H
#define CTL_SHOW_RULES_H

#include <jansson.h>

/* Each prints to standard output. What is missing is shown as "-". */

/* The answer of /v1/rules. */
void show_rules(const json_t *answer);

/* What the rules have made of a message, from the answer of /v1/explain. Without rules: nothing. */
void show_rules_tried(const json_t *answer);

/* How a mailbox would spread (spread.h). */
void show_rules_spread(const json_t *answer);

#endif
