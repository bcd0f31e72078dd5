/* conf_quota: how much a host may be given, as configured
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_QUOTA_H
#define CONF_CONF_QUOTA_H

#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/quota.h"

/*
 * The limits of a host or of all hosts of a pool, in memory of the arena: those OF_POOL, and what the
 * group QUOTA puts in their place. Either may be NULL. A fault leaves those OF_POOL.
 */
const struct quota_limits *conf_quota_read(struct schema_reader *reader,
	const config_setting_t *quota, enum table_mta mta, const struct quota_limits *of_pool);

bool conf_quota_equal(const struct quota_limits *a, const struct quota_limits *b);

/* Once all pools are there: adds a fault for the first host whose quota could not be counted. */
void conf_quota_check(const struct conf_pools *pools, struct schema_reader *reader);

#endif
