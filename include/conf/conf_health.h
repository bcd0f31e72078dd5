/* conf_health: when hosts are deferred and tried again, as configured
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_HEALTH_H
#define CONF_CONF_HEALTH_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/schema.h"
#include "core/table.h"

/* Health settings, of all pools or of one. */
struct conf_health {
	struct schema_health values; /* as read: what a pool's own settings go over */
	struct schema_probe probe;
	struct schema_rate rate;
	bool has_probe;
	struct blame_rule *rules; /* in the arena */
	size_t rule_count;
};

/* Reads the group "health" of the whole configuration; SETTING may be NULL. */
void conf_health_read(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health);

/*
 * Reads the group "health" of a pool over those of all pools; SETTING may be NULL. A list "classify"
 * of the pool takes the place of the other one.
 */
void conf_health_read_over(struct schema_reader *reader, const config_setting_t *setting,
	const struct conf_health *all, struct conf_health *health);

/* Puts the settings into a pool. */
void conf_health_apply(const struct conf_health *health, struct pool *pool);

/* True if hosts fare the same in both pools. */
bool conf_health_equal(const struct pool *a, const struct pool *b);

#endif
