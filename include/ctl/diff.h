/* diff: what a configuration does in another way than the one before it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_DIFF_H
#define CTL_DIFF_H

#include "ctl/verbs.h"

/*
 * Prints what differs between the configurations of the two arguments. Gives the exit status: 0 nothing,
 * 1 something, 2 a configuration has faults, which are printed.
 */
int diff_run(const struct verb_call *call);

#endif
