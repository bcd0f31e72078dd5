/* import: another program's routes as a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include "ctl/verbs.h"

enum { IMPORT_FILES_MAX = 32 };

/*
 * Writes the configuration to standard output, or to a file by a temporary name; a summary goes to
 * standard error. Gives milterctl's exit status (client.h): 1, with every fault, if the tables have one;
 * then nothing is written.
 */
int import_run(const struct verb_call *call);

#endif
