/* help: what a verb of milterctl does, with its options and an example
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_HELP_H
#define CTL_HELP_H

#include <stdio.h>

#include "ctl/verbs.h"

/* Prints a screen for that verb; its usage is the first line. */
void help_print(const struct verb *verb, FILE *to);

#endif
