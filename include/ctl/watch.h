/* watch: pools and hosts on a terminal, as they are now
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_WATCH_H
#define CTL_WATCH_H

#include "ctl/verbs.h"

/*
 * Looks again and again until it is left, and waits for a daemon that is not there. Without a terminal,
 * or one that is not known, the exit status is 2; a signal that ends it ends the process, after the
 * terminal is as it was.
 */
int watch_run(const struct verb_call *call);

#endif
