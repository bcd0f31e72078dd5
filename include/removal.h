/* removal: hosts that a new configuration takes out of use, and the mail still to go to them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef REMOVAL_H
#define REMOVAL_H

#include "conf/fault.h"
#include "core/table.h"
#include "engine/engine.h"

/*
 * Adds a warning for each host in force that AFTER has in no pool, or drains by a maintenance
 * window that is open now and not waived, while messages are pending that begin with it (pending.h):
 * by FILTER a list stays with its message. For the main thread, before the swap; PATH is the
 * configuration's.
 */
void removal_warn(struct engine *engine, const struct table *after, const char *path,
	struct fault_list *faults);

#endif
