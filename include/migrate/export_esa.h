/* export_esa: the routes as SMTP routes of a Cisco ESA (AsyncOS)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_EXPORT_ESA_H
#define MIGRATE_EXPORT_ESA_H

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"

/*
 * "example.com host1/pri=0,[host2]:2525/pri=10": the file that "smtproutes", "import" of AsyncOS reads,
 * and milterctl import esa. Brackets say that no MX records are looked up. It has domains, partial
 * domains and ALL, hosts, USEDNS and /dev/null, and nothing else.
 *
 * Gives 0 and in LEFT_OUT how many things are left out, or -1 without memory. Whether TO took it is
 * for the caller to see.
 */
int export_esa(const struct conf *conf, FILE *to, size_t *left_out);

#endif
