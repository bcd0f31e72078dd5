/* conf_pool: the pools of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_POOL_H
#define CONF_CONF_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

#include "conf/conf_health.h"
#include "conf/schema.h"
#include "core/table.h"

/* The pools read so far; room for all was made at the start. */
struct conf_pools {
	struct pool *pools; /* in the arena */
	bool *used;	    /* some route leads to it */
	size_t count;
	size_t room;
	void *by_name;			  /* search tree of struct pool */
	const char **fallback;		  /* the name of each pool's, or NULL */
	const struct conf_health *health; /* of all pools */
	enum table_mta mta;
	enum on_recovery on_recovery;	   /* of pools that do not say it */
	const struct table_auth *auth;	   /* of the pool that is read; NULL: none */
	const struct quota_limits *limits; /* the same */
	const struct table_tls *tls;	   /* the same */
	enum protocol protocol;		   /* the same */
};

/*
 * Makes room for so many pools. HEALTH is that of all pools, and must outlive POOLS. Gives 0, or -1
 * without memory.
 */
int conf_pool_begin(struct conf_pools *pools, struct schema_reader *reader,
	const struct conf_health *health, enum table_mta mta, size_t room);

/* Frees the search tree; what is in the arena stays. */
void conf_pool_end(struct conf_pools *pools);

/* Reads the group "pools". */
void conf_pool_read_all(
	struct conf_pools *pools, struct schema_reader *reader, const config_setting_t *setting);

/*
 * Adds a pool from settings that were read, with hosts; its place is that of SETTING. Gives its
 * index, or -1 with a fault.
 */
int conf_pool_add(struct conf_pools *pools, struct schema_reader *reader, const char *name,
	const struct schema_pool *from, const struct conf_health *health,
	const config_setting_t *setting);

/* The index of the pool of that name, or -1. */
int conf_pool_find(const struct conf_pools *pools, const char *name);

/* Adds the fault that there is no pool NAME, with what may be meant; BEFORE stands in front. */
void conf_pool_missing(const struct conf_pools *pools, struct fault_list *faults, const char *file,
	int line, const char *name, const char *before);

/*
 * Once all pools are there: finds the pools to fall back to, and warns of hosts that are in pools of
 * different health settings.
 */
void conf_pool_finish(struct conf_pools *pools, struct schema_reader *reader);

#endif
