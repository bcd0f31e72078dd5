/* http_metrics_hosts: the metrics of pools and hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics_hosts.h"
#include "core/breaker.h"
#include "doors/http_metrics_counts.h"
#include "doors/http_metrics_table.h"
#include "engine/engine_metrics.h"

#include <stdlib.h>

/* All pools together that are not labelled. No pool has a name with a space. */
static const char other_routes[] = "other routes";

enum { US_IN_MS = 1000, MILLION = 1000000 };

/* Pools and hosts as they were at one time. */
struct snapshot {
	struct engine_metrics_host *hosts;
	size_t host_count;
	struct engine_metrics_pool *pools;
	size_t pool_count;
	struct engine_metrics_place *places; /* of all of them */
};

static void begin(struct exposition *out, enum http_metrics_id id)
{
	exposition_family(out, &http_metrics_table_row(id)->family);
}

/* ---- pools */

static void put_pool_info(struct exposition *out, const struct snapshot *all)
{
	if (all->pool_count > 0)
		begin(out, HTTP_METRICS_POOL_INFO);
	for (size_t i = 0; i < all->pool_count; i++) {
		exposition_begin(out);
		exposition_label(out, "pool", all->pools[i].name);
		exposition_label(out, "balance", table_balance_name(all->pools[i].balance));
		exposition_count(out, 1);
	}
}

/* The tiers of one pool. */
static void put_tiers(
	struct exposition *out, const struct engine_metrics_pool *pool, enum http_metrics_id id)
{
	for (int from = 0, to; from < pool->count; from = to) {
		uint64_t count = 0;

		for (to = from; to < pool->count &&
				pool->places[to].priority == pool->places[from].priority;
			to++)
			count += id == HTTP_METRICS_POOL_HOSTS || pool->places[to].is_up;
		exposition_begin(out);
		exposition_label(out, "pool", pool->name);
		exposition_label_number(out, "tier", pool->places[from].priority);
		exposition_count(out, count);
	}
}

static void put_pools(struct exposition *out, const struct snapshot *all, enum http_metrics_id id)
{
	if (all->pool_count > 0)
		begin(out, id);
	for (size_t i = 0; i < all->pool_count; i++)
		put_tiers(out, &all->pools[i], id);
}

static void put_backups(struct exposition *out, const struct snapshot *all)
{
	if (all->pool_count > 0)
		begin(out, HTTP_METRICS_POOL_ON_BACKUP);
	for (size_t i = 0; i < all->pool_count; i++) {
		exposition_begin(out);
		exposition_label(out, "pool", all->pools[i].name);
		exposition_count(out, all->pools[i].is_on_backup);
	}
}

/* The choices of all pools that are not labelled. */
static void put_unlabelled(struct exposition *out, const struct snapshot *all)
{
	for (size_t i = 0; i < all->host_count; i++) {
		if (!all->hosts[i].has_unlabelled)
			continue;
		exposition_begin(out);
		exposition_label(out, "pool", other_routes);
		exposition_label(out, "host", all->hosts[i].name);
		exposition_count(out, all->hosts[i].unlabelled);
	}
}

static void put_place(
	struct exposition *out, const struct engine_metrics_place *place, enum http_metrics_id id)
{
	if (id == HTTP_METRICS_CHOICES)
		exposition_count(out, place->first);
	else if (id == HTTP_METRICS_HOST_WEIGHT)
		exposition_count(out, (uint64_t)place->weight);
	else
		exposition_millionths(
			out, (int64_t)place->effective * MILLION / BREAKER_WEIGHT_UNIT);
}

static void put_places(struct exposition *out, const struct snapshot *all, enum http_metrics_id id)
{
	if (all->pool_count > 0 || (id == HTTP_METRICS_CHOICES && all->host_count > 0))
		begin(out, id);
	for (size_t i = 0; i < all->pool_count; i++) {
		const struct engine_metrics_pool *pool = &all->pools[i];

		for (int k = 0; k < pool->count; k++) {
			exposition_begin(out);
			exposition_label(out, "pool", pool->name);
			exposition_label(out, "host", all->hosts[pool->places[k].host].name);
			put_place(out, &pool->places[k], id);
		}
	}
}

/* ---- hosts */

static void put_states(struct exposition *out, const struct snapshot *all)
{
	begin(out, HTTP_METRICS_HOST_STATE);
	for (size_t i = 0; i < all->host_count; i++)
		for (uint32_t state = 0; state < HEALTH_STATE_COUNT; state++) {
			exposition_begin(out);
			exposition_label(out, "host", all->hosts[i].name);
			exposition_label(out, "state", health_state_name(state));
			exposition_count(out, all->hosts[i].state == state);
		}
}

static void put_down_since(struct exposition *out, const struct snapshot *all)
{
	begin(out, HTTP_METRICS_HOST_DOWN_SINCE);
	for (size_t i = 0; i < all->host_count; i++) {
		if (all->hosts[i].down_since == 0)
			continue;
		exposition_begin(out);
		exposition_label(out, "host", all->hosts[i].name);
		exposition_millionths(out, all->hosts[i].down_since * US_IN_MS);
	}
}

static void put_deferral_reasons(struct exposition *out, const struct snapshot *all)
{
	begin(out, HTTP_METRICS_HOST_DEFERRAL_REASON);
	for (size_t i = 0; i < all->host_count; i++) {
		if (all->hosts[i].down_reason == HEALTH_REASON_NONE)
			continue;
		exposition_begin(out);
		exposition_label(out, "host", all->hosts[i].name);
		exposition_label(out, "reason", health_reason_name(all->hosts[i].down_reason));
		exposition_count(out, 1);
	}
}

static void put_host(
	struct exposition *out, const struct engine_metrics_host *host, enum http_metrics_id id)
{
	if (id == HTTP_METRICS_HOST_STATE_SINCE)
		exposition_millionths(out, host->since * US_IN_MS);
	else if (id == HTTP_METRICS_HOST_DOWNTIME)
		exposition_millionths(out, host->down * US_IN_MS);
	else if (id == HTTP_METRICS_HOST_PENDING)
		exposition_count(out, host->waiting);
	else
		exposition_count(out, host->is_silent);
}

static void put_hosts(struct exposition *out, const struct snapshot *all, enum http_metrics_id id)
{
	begin(out, id);
	for (size_t i = 0; i < all->host_count; i++) {
		exposition_begin(out);
		exposition_label(out, "host", all->hosts[i].name);
		put_host(out, &all->hosts[i], id);
	}
}

static void put_quotas(struct exposition *out, const struct snapshot *all, enum http_metrics_id id)
{
	bool is_begun = false;

	for (size_t i = 0; i < all->host_count; i++) {
		const struct engine_metrics_host *host = &all->hosts[i];

		if (host->quota == 0)
			continue;
		if (!is_begun)
			begin(out, id);
		is_begun = true;
		exposition_begin(out);
		exposition_label(out, "host", host->name);
		exposition_count(
			out, id == HTTP_METRICS_HOST_QUOTA ? host->quota : host->quota_left);
	}
}

/* ---- all of them */

static int take_snapshot(struct snapshot *all, struct engine *engine)
{
	struct engine_metrics_place *place;

	all->host_count = engine_host_count(engine);
	all->pool_count = engine_metrics_pool_count(engine);
	all->hosts = calloc(all->host_count + 1, sizeof(*all->hosts));
	all->pools = calloc(all->pool_count + 1, sizeof(*all->pools));
	all->places = calloc(engine_metrics_place_count(engine) + 1, sizeof(*all->places));
	place = all->places;
	if (all->hosts == NULL || all->pools == NULL || place == NULL)
		return -1;
	for (size_t i = 0; i < all->host_count; i++)
		engine_metrics_host(engine, i, &all->hosts[i]);
	for (size_t i = 0; i < all->pool_count; i++) {
		engine_metrics_pool(engine, i, place, &all->pools[i]);
		place += all->pools[i].count;
	}
	return 0;
}

static void put_snapshot(struct exposition *out, const struct snapshot *all)
{
	put_pool_info(out, all);
	put_pools(out, all, HTTP_METRICS_POOL_HOSTS);
	put_pools(out, all, HTTP_METRICS_POOL_HOSTS_UP);
	put_backups(out, all);
	put_places(out, all, HTTP_METRICS_CHOICES);
	put_unlabelled(out, all);
	put_places(out, all, HTTP_METRICS_HOST_WEIGHT);
	put_places(out, all, HTTP_METRICS_HOST_WEIGHT_EFFECTIVE);
	if (all->host_count == 0)
		return;
	put_states(out, all);
	put_hosts(out, all, HTTP_METRICS_HOST_STATE_SINCE);
	put_hosts(out, all, HTTP_METRICS_HOST_DOWNTIME);
	put_down_since(out, all);
	put_deferral_reasons(out, all);
	put_hosts(out, all, HTTP_METRICS_HOST_PENDING);
	put_hosts(out, all, HTTP_METRICS_HOST_SILENT);
	put_quotas(out, all, HTTP_METRICS_HOST_QUOTA);
	put_quotas(out, all, HTTP_METRICS_HOST_QUOTA_LEFT);
	http_metrics_counts_write(out, all->hosts, all->host_count);
}

int http_metrics_hosts_write(struct exposition *out, struct engine *engine)
{
	struct snapshot all;
	int result = take_snapshot(&all, engine);

	if (result == 0)
		put_snapshot(out, &all);
	free(all.hosts);
	free(all.pools);
	free(all.places);
	return result;
}
