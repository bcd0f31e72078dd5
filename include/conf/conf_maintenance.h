/* conf_maintenance: windows in which hosts are drained by the configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_MAINTENANCE_H
#define CONF_CONF_MAINTENANCE_H

#include <libconfig.h>

#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/table.h"

/*
 * Reads SETTING, a text or a list of texts, or NULL: then there are none. Gives 0, or -1 with a fault
 * for each that is wrong, or without memory.
 */
int conf_maintenance_read(struct schema_reader *reader, const config_setting_t *setting,
	struct maintenance *maintenance);

/*
 * Once all pools are there: warns of each without a fallback whose hosts are all in maintenance at some
 * time, be it by the windows of other pools. They are used all the same then.
 */
void conf_maintenance_check(const struct conf_pools *pools, struct schema_reader *reader);

#endif
