/* engine_metrics: what is counted, and how hosts and pools are, for whoever measures
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_metrics.h"
#include "core/breaker.h"
#include "core/quota.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster.h"
#include "engine/view.h"

_Static_assert((int)ENGINE_METRICS_MAPS == (int)MAP_REQUEST_TLS + 1, "all maps");
_Static_assert((int)ENGINE_METRICS_MAP_RESULTS == (int)MAP_REPLY_REFUSED + 1, "all results");

/* ---- hosts */

/* The engine lock must be held. */
static void copy_quota(struct engine_metrics_host *view, const struct roster_host *of)
{
	const struct quota_limits *limits = of->host->limits;
	uint32_t used;

	view->quota = limits == NULL ? 0 : quota_limit(limits);
	if (view->quota == 0)
		return;
	used = quota_used(&of->health->quota, limits, clock_now());
	view->quota_left = used < view->quota ? view->quota - used : 0;
}

void engine_metrics_host(struct engine *engine, size_t host, struct engine_metrics_host *view)
{
	const struct roster_host *of = &engine->roster->hosts[host];

	view->is_probed = of->pool->probe.interval != 0 && of->host->lookup != LOOKUP_MX;
	view->has_unlabelled = of->has_unlabelled;
	view->counts = of->counts;
	endpoint_format(view->name, of->host->name, of->host->port);
	engine_self_lock(engine);
	view->state = of->health->state;
	view->since = of->health->since;
	view->down = outage_total(&of->health->outage, clock_now());
	view->down_since = of->health->outage.since;
	view->down_reason = of->health->outage.reason;
	view->waiting = of->lane->waiting;
	copy_quota(view, of);
	view->is_silent = of->lane->silent_since != 0;
	view->unlabelled = of->counts->unlabelled;
	engine_self_unlock(engine);
}

/* ---- pools */

/* The engine lock must be held. */
static void copy_place(struct engine_metrics_place *place, const struct roster *roster,
	const struct roster_pool *pool, int host)
{
	const struct pool_host *from = &pool->pool->hosts[host];

	place->host = (size_t)(pool->lanes[host] - roster->lanes);
	place->priority = from->priority;
	place->weight = from->weight;
	place->effective = 0;
	place->is_up = pool->health[host]->state == HEALTH_UP;
	place->first = pool->state->members[pool->members[host]].first;
}

/* The hosts that are up in the best priority that has one share the mail. The lock must be held. */
static void find_shares(
	struct engine_metrics_pool *view, const struct roster_pool *pool, int64_t now)
{
	const struct engine_metrics_place *first = NULL;
	bool has_weight = false;

	for (int i = 0; i < view->count; i++) {
		struct engine_metrics_place *place = &view->places[i];
		bool is_spare = health_percent(pool->health[i], now) == 0;

		if (!place->is_up || (has_weight && is_spare))
			continue;
		/* Hosts of 0 percent have the mail where there is no other. */
		if (first == NULL || (!has_weight && !is_spare))
			first = place;
		has_weight |= !is_spare;
	}
	for (int i = 0; first != NULL && i < view->count; i++) {
		struct engine_metrics_place *place = &view->places[i];

		if (!place->is_up || place->priority != first->priority)
			continue;
		place->effective =
			breaker_weight(pool->health[i], pool->policy[i], place->weight, now);
		if (!has_weight)
			place->effective = place->weight * BREAKER_WEIGHT_UNIT;
	}
}

/* Neither drained nor spent is down: the best priority is of those that are left. */
static bool is_on_backup(const struct engine_metrics_pool *view, const struct roster_pool *pool)
{
	bool is_found = false;
	int best = 0;

	for (int i = 0; i < view->count; i++) {
		const struct engine_metrics_place *place = &view->places[i];

		if (!is_found && pool->health[i]->state != HEALTH_DRAINED &&
			pool->health[i]->state != HEALTH_SPENT) {
			is_found = true;
			best = place->priority;
		}
		if (place->is_up)
			return place->priority != best;
	}
	return false;
}

size_t engine_metrics_pool_count(struct engine *engine)
{
	return engine->roster->labelled_count;
}

size_t engine_metrics_place_count(struct engine *engine)
{
	const struct roster *roster = engine->roster;
	size_t count = 0;

	for (size_t i = 0; i < roster->labelled_count; i++)
		count += (size_t)roster->pools[roster->labelled[i]].pool->host_count;
	return count;
}

void engine_metrics_pool(struct engine *engine, size_t pool, struct engine_metrics_place *places,
	struct engine_metrics_pool *view)
{
	const struct roster *roster = engine->roster;
	const struct roster_pool *of = &roster->pools[roster->labelled[pool]];

	view_copy_text(view->name, sizeof(view->name), of->pool->name);
	view->balance = of->pool->balance;
	view->count = of->pool->host_count;
	view->places = places;
	engine_self_lock(engine);
	for (int i = 0; i < view->count; i++)
		copy_place(&view->places[i], roster, of, i);
	find_shares(view, of, clock_now());
	view->is_on_backup = is_on_backup(view, of);
	engine_self_unlock(engine);
}

/* ---- the map, and decisions */

void engine_metrics_map(struct engine *engine, enum map_request_map map, enum map_reply_kind result)
{
	engine->map_requests[map][result]++;
}

uint64_t engine_metrics_map_count(
	struct engine *engine, enum map_request_map map, enum map_reply_kind result)
{
	return engine->map_requests[map][result];
}

const struct histogram_bounds engine_metrics_decision_bounds = {
	12, {25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 1000000}};

void engine_metrics_decided(struct engine *engine, int64_t us)
{
	histogram_add(&engine->decisions, &engine_metrics_decision_bounds, us);
}

const struct histogram *engine_metrics_decisions(struct engine *engine)
{
	return &engine->decisions;
}
