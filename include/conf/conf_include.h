/* conf_include: what a configuration includes, looked at before libconfig does
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_INCLUDE_H
#define CONF_CONF_INCLUDE_H

#include "conf/fault.h"

/*
 * libconfig 1.5 ends the whole process if an included file is a folder. This walks the file at PATH
 * and what it includes, and gives -1 with a fault if one of them is there and cannot be read as a
 * regular file. One that is missing is left to libconfig, which says so properly.
 */
int conf_include_check(const char *path, struct fault_list *faults);

#endif
