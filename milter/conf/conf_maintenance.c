/* conf_maintenance: windows in which hosts are drained by the configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_maintenance.h"
#include "conf/conf_tests.h"
#include "core/daytime.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading */

/* "Sat 22:00-24:00, Sun 00:00-04:00" */
static const char *join(struct schema_reader *reader, const struct daytime *windows, size_t count)
{
	char *text = arena_take(reader->arena, count, DAYTIME_TEXT_MAX + 2);
	size_t used = 0;

	if (text == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			memcpy(text + used, ", ", 2);
			used += 2;
		}
		daytime_format(text + used, &windows[i]);
		used += strlen(text + used);
	}
	return text;
}

int conf_maintenance_read(struct schema_reader *reader, const config_setting_t *setting,
	struct maintenance *maintenance)
{
	struct daytime *windows;

	*maintenance = (struct maintenance){.count = 0};
	if (setting == NULL)
		return 0;
	if (conf_tests_read_daytimes(
		    reader, "maintenance", setting, &windows, &maintenance->count) == -1)
		return -1;
	maintenance->windows = windows;
	if (maintenance->count == 0)
		return 0;
	maintenance->text = join(reader, windows, maintenance->count);
	return maintenance->text == NULL ? -1 : 0;
}

/* ---- hosts that are all away at once */

/* Windows of a host, of one place that it has. */
struct entry {
	uint64_t host;
	const struct maintenance *maintenance;
};

struct entries {
	struct entry *list; /* by host */
	size_t count;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;

	return (x->host > y->host) - (x->host < y->host);
}

static void add(struct entries *entries, uint64_t host, const struct maintenance *maintenance)
{
	if (maintenance->count == 0)
		return;
	/* The first time they are only counted. */
	if (entries->list != NULL)
		entries->list[entries->count] = (struct entry){host, maintenance};
	entries->count++;
}

static void add_all(struct entries *entries, const struct conf_pools *pools)
{
	entries->count = 0;
	for (size_t i = 0; i < pools->count; i++) {
		const struct pool *pool = &pools->pools[i];

		for (int k = 0; k < pool->host_count; k++) {
			add(entries, pool->hosts[k].key, &pool->maintenance);
			add(entries, pool->hosts[k].key, &pool->hosts[k].maintenance);
		}
	}
}

/* The first entry of a host, and the one after its last. */
static const struct entry *find(
	const struct entries *entries, uint64_t host, const struct entry **end)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries->list[middle].host < host)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < entries->count && entries->list[high].host == host;)
		high++;
	*end = entries->list + high;
	return entries->list + low;
}

/* For how many minutes all the pool's hosts are away from that one on, at least. */
static int all_away(const struct entries *entries, const struct pool *pool, int minute)
{
	int least = DAYTIME_WEEK;

	for (int i = 0; i < pool->host_count && least > 0; i++) {
		const struct entry *end;
		int most = 0;

		for (const struct entry *at = find(entries, pool->hosts[i].key, &end); at < end;
			at++) {
			int left = daytime_left(
				at->maintenance->windows, at->maintenance->count, minute);

			most = left > most ? left : most;
		}
		least = most < least ? most : least;
	}
	return least;
}

static void warn(struct schema_reader *reader, const struct pool *pool, int minute, int length)
{
	struct daytime common = {.days = (uint8_t)(1U << minute / DAYTIME_DAY),
		.from = minute % DAYTIME_DAY,
		.to = (minute + length) % DAYTIME_DAY};
	char text[DAYTIME_TEXT_MAX];

	if (common.to == 0 || length >= DAYTIME_DAY)
		common.to = DAYTIME_DAY;
	fault_warn(reader->faults, pool->file, pool->line,
		"pool %s: all its hosts are in maintenance at the same time, %s, and it has no "
		"fallback: they are used all the same then",
		pool->name, daytime_format(text, &common));
}

/* What they have in common begins where one of their windows does. True if there is such a time. */
static bool check_window(const struct entries *entries, struct schema_reader *reader,
	const struct pool *pool, const struct daytime *window)
{
	for (int day = 0; day < DAYTIME_WEEK / DAYTIME_DAY; day++) {
		int minute = day * DAYTIME_DAY + window->from;
		int length = (window->days >> day & 1) == 0 ? 0 : all_away(entries, pool, minute);

		if (length == 0)
			continue;
		warn(reader, pool, minute, length);
		return true;
	}
	return false;
}

static void check_pool(
	const struct entries *entries, struct schema_reader *reader, const struct pool *pool)
{
	for (int i = 0; i < pool->host_count; i++) {
		const struct entry *end;

		for (const struct entry *at = find(entries, pool->hosts[i].key, &end); at < end;
			at++)
			for (size_t k = 0; k < at->maintenance->count; k++)
				if (check_window(
					    entries, reader, pool, &at->maintenance->windows[k]))
					return;
	}
}

void conf_maintenance_check(const struct conf_pools *pools, struct schema_reader *reader)
{
	struct entries entries = {.list = NULL};

	add_all(&entries, pools);
	if (entries.count == 0)
		return;
	entries.list = calloc(entries.count, sizeof(*entries.list));
	if (entries.list == NULL) {
		reader->no_memory = true;
		return;
	}
	add_all(&entries, pools);
	qsort(entries.list, entries.count, sizeof(*entries.list), compare_entries);
	for (size_t i = 0; i < pools->count; i++)
		if (pools->pools[i].fallback == -1)
			check_pool(&entries, reader, &pools->pools[i]);
	free(entries.list);
}
