/* conf_route: the routes of a configuration, and what routes and rules do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_ROUTE_H
#define CONF_CONF_ROUTE_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/conf.h"
#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/table.h"

/* What is at work while it is read what a route, or a rule, does with mail. */
struct conf_target {
	struct schema_reader *reader;
	struct conf_pools *pools; /* pools in place are added to them */
	const char *word;	  /* "route": what faults and pools in place call it */
	const char *rejected;	  /* what a reply says that has no text */
};

/* How many pools in place a list of routes or rules has. LIST may be NULL. */
size_t conf_route_count_pools(const config_setting_t *list);

/*
 * Enters what the group SETTING does into ROUTE: action, pool and reply. FROM was read from it. A pool
 * in place is named WORD:NAME. Gives 0, or -1, with a fault unless FROM lacks what had one.
 */
int conf_route_read_target(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, const char *name, struct route *route);

/*
 * Reads the list "routes" into the table of CONF, whose routes and places are taken from the arena
 * here, with the files that they name. Pools in place are added to POOLS. Gives 0, or -1 without
 * memory.
 */
int conf_route_read_all(struct conf *conf, struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting);

#endif
