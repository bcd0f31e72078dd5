/* removal: hosts that a new configuration takes out of use, and the mail still to go to them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "removal.h"
#include "core/daytime.h"
#include "core/endpoint.h"
#include "engine/clock.h"
#include "engine/engine_view.h"

#include <stdlib.h>

/* Warnings of one reload; the rest are counted. */
enum { NAMED_MAX = 10 };

/* A host of the new configuration. */
struct later {
	uint64_t key;
	bool is_away; /* a maintenance window of it is open */
};

/* Each once, by key. */
struct laters {
	struct later *list;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint64_t left = ((const struct later *)a)->key, right = ((const struct later *)b)->key;

	return left < right ? -1 : left > right;
}

static bool is_open(const struct maintenance *maintenance, int minute)
{
	return daytime_left(maintenance->windows, maintenance->count, minute) > 0;
}

static void put_pool(struct laters *laters, const struct pool *pool, int minute)
{
	bool is_away = is_open(&pool->maintenance, minute);

	for (int i = 0; i < pool->host_count; i++)
		laters->list[laters->count++] = (struct later){
			.key = pool->hosts[i].key,
			.is_away = is_away || is_open(&pool->hosts[i].maintenance, minute),
		};
}

/* A host of several pools has the windows of all. */
static void join(struct laters *laters)
{
	size_t kept = 0;

	for (size_t i = 0; i < laters->count; i++) {
		if (kept > 0 && laters->list[kept - 1].key == laters->list[i].key)
			laters->list[kept - 1].is_away |= laters->list[i].is_away;
		else
			laters->list[kept++] = laters->list[i];
	}
	laters->count = kept;
}

static int list_laters(struct laters *laters, const struct table *table, int64_t now)
{
	int minute = clock_week_minute(now);
	size_t most = 1;

	for (size_t i = 0; i < table->pool_count; i++)
		most += (size_t)table->pools[i].host_count;
	laters->count = 0;
	laters->list = malloc(most * sizeof(*laters->list));
	if (laters->list == NULL)
		return -1;
	for (size_t i = 0; i < table->pool_count; i++)
		put_pool(laters, &table->pools[i], minute);
	qsort(laters->list, laters->count, sizeof(*laters->list), compare);
	join(laters);
	return 0;
}

/* What becomes of the host by the reload; NULL: it goes on as before. */
static const char *fate_of(const struct laters *laters, const struct view_host *host, int64_t now)
{
	struct later key = {.key = table_host_key(host->name, host->port)};
	const struct later *found =
		bsearch(&key, laters->list, laters->count, sizeof(key), compare);

	if (found == NULL)
		return "is in no pool any more";
	if (found->is_away && host->health.state != HEALTH_DRAINED &&
		host->health.waived_until <= now)
		return "is drained by its maintenance window";
	return NULL;
}

static void warn(const struct view_host *host, const char *fate, size_t pending, const char *path,
	struct fault_list *faults)
{
	const char *what =
		pending == 1 ? "message is pending that begins" : "messages are pending that begin";
	char text[ENDPOINT_TEXT_MAX];

	fault_warn(faults, path, 0, "%s %s, but %zu %s with it",
		endpoint_format(text, host->name, host->port), fate, pending, what);
}

void removal_warn(struct engine *engine, const struct table *after, const char *path,
	struct fault_list *faults)
{
	int64_t now = clock_now();
	struct laters laters;
	size_t told = 0;

	/* Without memory there is no warning; that is no reason against the reload. */
	if (list_laters(&laters, after, now) == -1)
		return;
	for (size_t i = 0; i < engine_host_count(engine); i++) {
		struct view_host host;
		const char *fate;
		int64_t since;
		size_t pending;

		engine_view_host(engine, i, &host);
		fate = fate_of(&laters, &host, now);
		pending = fate == NULL ? 0 : engine_view_pending(engine, i, &since);
		if (pending == 0)
			continue;
		if (++told <= NAMED_MAX)
			warn(&host, fate, pending, path, faults);
	}
	if (told > NAMED_MAX)
		fault_warn(faults, path, 0, "the same is so of %zu more hosts", told - NAMED_MAX);
	free(laters.list);
}
