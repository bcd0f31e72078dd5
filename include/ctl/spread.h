/* spread: how the messages of a mailbox would spread
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SPREAD_H
#define CTL_SPREAD_H

#include "ctl/verbs.h"

/*
 * Asks the daemon about each message of call->mbox, and prints how many there would be for each rule
 * and pool, and for each of a pool's hosts. Advances nothing. Gives milterctl's exit status.
 */
int spread_run(const struct verb_call *call);

#endif
