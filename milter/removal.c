/* removal: hosts that a new configuration no longer has, and the mail that is still to go to them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "removal.h"
#include "engine/engine_view.h"

#include <stdlib.h>

/* Warnings of one reload; the rest are counted. */
enum { NAMED_MAX = 10 };

/* The keys of all hosts in a table, sorted. */
struct keys {
	uint64_t *list;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int list_keys(struct keys *keys, const struct table *table)
{
	size_t most = 1;

	for (size_t i = 0; i < table->pool_count; i++)
		most += (size_t)table->pools[i].host_count;
	keys->count = 0;
	keys->list = malloc(most * sizeof(*keys->list));
	if (keys->list == NULL)
		return -1;
	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++)
			keys->list[keys->count++] = table->pools[i].hosts[k].key;
	qsort(keys->list, keys->count, sizeof(*keys->list), compare);
	return 0;
}

static bool has(const struct keys *keys, const struct view_host *host)
{
	uint64_t key = table_host_key(host->name, host->port);

	return bsearch(&key, keys->list, keys->count, sizeof(key), compare) != NULL;
}

static void warn(
	const struct view_host *host, size_t pending, const char *path, struct fault_list *faults)
{
	const char *what =
		pending == 1 ? "message is pending that begins" : "messages are pending that begin";

	fault_warn(faults, path, 0, "%s:%d is in no pool any more, but %zu %s with it", host->name,
		host->port, pending, what);
}

void removal_warn(struct engine *engine, const struct table *after, const char *path,
	struct fault_list *faults)
{
	struct keys keys;
	size_t removed = 0;

	/* Without memory there is no warning; that is no reason against the reload. */
	if (list_keys(&keys, after) == -1)
		return;
	for (size_t i = 0; i < engine_host_count(engine); i++) {
		struct view_host host;
		int64_t since;
		size_t pending;

		engine_view_host(engine, i, &host);
		pending = has(&keys, &host) ? 0 : engine_view_pending(engine, i, &since);
		if (pending == 0)
			continue;
		if (++removed <= NAMED_MAX)
			warn(&host, pending, path, faults);
	}
	if (removed > NAMED_MAX)
		fault_warn(
			faults, path, 0, "the same is so of %zu more hosts", removed - NAMED_MAX);
	free(keys.list);
}
