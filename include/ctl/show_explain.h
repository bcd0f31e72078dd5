/* show_explain: what would become of a message, as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SHOW_EXPLAIN_H
#define CTL_SHOW_EXPLAIN_H

#include <jansson.h>

/* The answer of /v1/explain, for one recipient or for several. */
void show_explain(const json_t *answer);

#endif
