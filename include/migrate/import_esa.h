/* import_esa: the SMTP routes of a Cisco ESA (AsyncOS)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_ESA_H
#define MIGRATE_IMPORT_ESA_H

#include "migrate/plan.h"

/*
 * The text that "smtproutes", "export" gives, one route a line:
 *
 *   example.com     exchange1.example.com/pri=0, exchange2.example.com/pri=10
 *   .example.com    USEDNS
 *   old.example     /dev/null
 *   ALL             [192.0.2.1]:2525,[2001:db8::1]:2525
 *
 * AsyncOS looks up MX records of a name first, unless it is in brackets. Hosts without "/pri=" have
 * priority 0. An IPv6 address may lack its brackets, with eight groups even before a port.
 */

/* Adds the routes of TEXT, which was read from FILE. */
void import_esa_read(struct plan *plan, const char *file, struct span text);

#endif
