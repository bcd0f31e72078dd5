/* roster_names: pools and hosts of a roster by their names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster_names.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b, void *context)
{
	const struct roster_host *hosts = context;
	const struct pool_host *x = hosts[*(const uint32_t *)a].host;
	const struct pool_host *y = hosts[*(const uint32_t *)b].host;
	int names = strcmp(x->name, y->name);

	return names != 0 ? names : x->port - y->port;
}

static int compare_keys(const void *a, const void *b, void *pools)
{
	const struct roster_pool *all = pools;
	uint64_t x = all[*(const uint32_t *)a].key;
	uint64_t y = all[*(const uint32_t *)b].key;

	return (x > y) - (x < y);
}

void roster_names_sort(struct roster *roster)
{
	for (size_t i = 0; i < roster->host_count; i++)
		roster->by_name[i] = (uint32_t)i;
	qsort_r(roster->by_name, roster->host_count, sizeof(*roster->by_name), compare_names,
		roster->hosts);
	for (size_t i = 0; i < roster->table->pool_count; i++)
		roster->by_key[i] = (uint32_t)i;
	qsort_r(roster->by_key, roster->table->pool_count, sizeof(*roster->by_key), compare_keys,
		roster->pools);
}

const struct roster_pool *roster_names_pool(const struct roster *roster, uint64_t key)
{
	size_t low = 0;
	size_t high = roster->table->pool_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct roster_pool *pool = &roster->pools[roster->by_key[middle]];

		if (pool->key == key)
			return pool;
		if (pool->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t roster_names_host(const struct roster *roster, const char *name, int port, size_t from)
{
	while (from < roster->host_count) {
		const struct pool_host *host = roster->hosts[from].host;

		if ((port == 0 || host->port == port) && strcmp(host->name, name) == 0)
			break;
		from++;
	}
	return from;
}

size_t roster_names_ports(const struct roster *roster, const char *name, size_t *first)
{
	size_t low = 0;
	size_t high = roster->host_count;
	size_t count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(roster->hosts[roster->by_name[middle]].host->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low + count < roster->host_count &&
		strcmp(roster->hosts[roster->by_name[low + count]].host->name, name) == 0)
		count++;
	return count;
}

size_t roster_names_index(const struct roster *roster, const struct roster_pool *pool, int host)
{
	const struct pool_host *wanted = &pool->pool->hosts[host];
	size_t first;
	size_t count = roster_names_ports(roster, wanted->name, &first);

	for (size_t i = first; i < first + count; i++)
		if (roster->hosts[roster->by_name[i]].host->port == wanted->port)
			return roster->by_name[i];
	return roster->host_count;
}
