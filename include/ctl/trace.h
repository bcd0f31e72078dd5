/* trace: what has become of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_TRACE_H
#define CTL_TRACE_H

#include "ctl/verbs.h"

/* The verb. Gives the exit status: CLIENT_NO if nothing is known of the message. */
int trace_run(const struct verb_call *call);

#endif
