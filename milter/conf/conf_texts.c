/* conf_texts: which host a text stands for, where the MTA asks by the text alone
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_texts.h"

#include <search.h>
#include <stdlib.h>
#include <strings.h>

static size_t count_hosts(const struct conf_pools *pools, conf_texts_has *has)
{
	size_t count = 0;

	for (size_t i = 0; i < pools->count; i++)
		for (int k = 0; k < pools->pools[i].host_count; k++)
			count += has(&pools->pools[i].hosts[k]);
	return count;
}

const struct pool_host *conf_texts_first(const struct conf_pools *pools, conf_texts_has *has)
{
	for (size_t i = 0; i < pools->count; i++)
		for (int k = 0; k < pools->pools[i].host_count; k++)
			if (has(&pools->pools[i].hosts[k]))
				return &pools->pools[i].hosts[k];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcasecmp(
		((const struct pool_host *)a)->nexthop, ((const struct pool_host *)b)->nexthop);
}

static int compare_places(const void *a, const void *b)
{
	return compare(*(const struct pool_host *const *)a, *(const struct pool_host *const *)b);
}

void conf_texts_collect(struct schema_reader *reader, const struct conf_pools *pools,
	conf_texts_has *has, struct table_hosts *out)
{
	const struct pool_host **hosts =
		arena_take(reader->arena, count_hosts(pools, has) + 1, sizeof(void *));
	void *tree = NULL;
	size_t count = 0;

	*out = (struct table_hosts){.hosts = hosts};
	reader->no_memory |= hosts == NULL;
	for (size_t i = 0; hosts != NULL && i < pools->count; i++)
		for (int k = 0; k < pools->pools[i].host_count; k++) {
			const struct pool_host *host = &pools->pools[i].hosts[k];

			if (!has(host) || tfind(host, &tree, compare) != NULL)
				continue;
			if (tsearch(host, &tree, compare) == NULL)
				reader->no_memory = true;
			hosts[count++] = host;
		}
	tdestroy(tree, arena_keep);
	if (count > 0)
		qsort(hosts, count, sizeof(void *), compare_places);
	out->count = count;
}

void conf_texts_check(struct schema_reader *reader, const struct conf_pools *pools,
	const struct table_hosts *told,
	void (*check)(struct schema_reader *reader, const struct conf_pools *pools,
		const struct table_hosts *told, const struct pool_host *host))
{
	for (size_t i = 0; i < pools->count; i++)
		for (int k = 0; k < pools->pools[i].host_count; k++)
			check(reader, pools, told, &pools->pools[i].hosts[k]);
}
