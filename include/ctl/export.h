/* export: the routes as static tables for other programs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_EXPORT_H
#define CTL_EXPORT_H

#include "ctl/verbs.h"

/*
 * Prints the table that the first argument names, of the configuration PATH. A fault of that is printed,
 * and no table. How many things are left out goes to standard error. Gives the exit status.
 */
int export_run(const struct verb_call *call, const char *path);

#endif
