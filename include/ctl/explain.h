/* explain: what would become of messages: asked, and as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

#include "ctl/verbs.h"

enum { EXPLAIN_RECIPIENTS_MAX = 100 };

/* The verbs explain and simulate. Each gives the exit status. */
int explain_run(const struct verb_call *call);
int explain_simulate(const struct verb_call *call);

#endif
