/* flush: has the MTA try again what waits for a pool
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FLUSH_H
#define CTL_FLUSH_H

#include "ctl/verbs.h"

/*
 * The daemon says which messages wait; the MTA's own command is run for each, one after the other and
 * paced, as the user who calls. No shell is run, and what is no queue id becomes no argument. Gives the
 * exit status.
 *
 * Limits: a command that succeeds has handed the message to the MTA, which may put it off once more.
 */
int flush_run(const struct verb_call *call);

#endif
