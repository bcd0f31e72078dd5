/* conf_route: the routes of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_ROUTE_H
#define CONF_CONF_ROUTE_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/table.h"

/*
 * Reads the list "routes" into TABLE, whose routes and places are taken from the arena here. Pools
 * in place are added to POOLS. Gives 0, or -1 without memory.
 */
int conf_route_read_all(struct table *table, struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting);

#endif
