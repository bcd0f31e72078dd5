/* import_exim: the manualroute routers of an Exim
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_EXIM_H
#define MIGRATE_IMPORT_EXIM_H

#include "migrate/plan.h"

/*
 * A whole configuration, of which the section "routers" is read, with the macros and lists of domains
 * before it, or routers alone. Exim queries its routers in their order, so a pattern that an earlier
 * one has is not carried over, nor what a dnslookup router has; what one excludes is for those after
 * it, and else for the MTA. Hosts are tried in their order, or shared out with hosts_randomize, where
 * "+" parts groups; "host/MX" is looked up by MX. Lookups, expansions and routers with further
 * conditions become remarks.
 */

/* Adds what is in TEXT, which was read from FILE. */
void import_exim_read(struct plan *plan, const char *file, struct span text);

#endif
