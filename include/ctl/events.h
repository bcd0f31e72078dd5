/* events: what has changed, once or as it comes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_EVENTS_H
#define CTL_EVENTS_H

#include "ctl/verbs.h"

/* milterctl events. Gives the exit status; with --follow it returns only on an error. */
int events_run(const struct verb_call *call);

#endif
