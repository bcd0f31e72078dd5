/* conf_texts: which host a text stands for, where the MTA asks by the text alone
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TEXTS_H
#define CONF_CONF_TEXTS_H

#include <stdbool.h>

#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/table.h"

/* Pools may share hosts, and what is said of a text holds for all that have it. */

/* Whether something is said of that host. */
typedef bool conf_texts_has(const struct pool_host *host);

/* The first such host of the first pool that has one; NULL: there is none. */
const struct pool_host *conf_texts_first(const struct conf_pools *pools, conf_texts_has *has);

/* All of them go to OUT, which lives as long as the arena. Without memory it is empty. */
void conf_texts_collect(struct schema_reader *reader, const struct conf_pools *pools,
	conf_texts_has *has, struct table_hosts *out);

/* CHECK sees every host of every pool, with what has been collected. */
void conf_texts_check(struct schema_reader *reader, const struct conf_pools *pools,
	const struct table_hosts *told,
	void (*check)(struct schema_reader *reader, const struct conf_pools *pools,
		const struct table_hosts *told, const struct pool_host *host));

#endif
