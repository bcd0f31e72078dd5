/* http_feed: hosts, pools and rules row by row, and which of them have changed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_feed.h"
#include "core/breaker.h"
#include "core/hash.h"
#include "doors/http_deferrals.h"
#include "doors/http_json.h"
#include "doors/http_rules.h"
#include "engine/engine_metrics.h"
#include "engine/engine_view.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct row {
	uint64_t print; /* hash of what it was made of */
	char *text;	/* NULL: not made yet */
};

struct http_feed {
	struct engine *engine;
	const struct http_profile *profile;
	bool is_masked;
	int64_t generation; /* of the table that the rows are of; 0: none */
	struct ruleset *ruleset;
	struct row *rows[HTTP_FEED_COUNT];
	size_t counts[HTTP_FEED_COUNT];
};

/* ---- a host */

struct host_facts {
	struct view_host view;
	struct engine_metrics_host metrics;
	uint64_t probes;
};

static void find_host(const struct http_feed *feed, size_t row, struct host_facts *facts)
{
	const struct host_counts *counts;

	/* What is not used of it is hashed, too. */
	memset(facts, 0, sizeof(*facts));
	engine_view_host(feed->engine, row, &facts->view);
	engine_metrics_host(feed->engine, row, &facts->metrics);
	counts = facts->metrics.counts;
	for (int i = 0; i < HOST_COUNTS_PROBE_COUNT; i++)
		facts->probes += counts->probes[i];
	facts->metrics.down = 0; /* grows all the time that it is down */
}

static uint64_t host_print(const struct http_feed *feed, size_t row)
{
	struct host_facts facts;

	find_host(feed, row, &facts);
	return hash_octets(&facts, sizeof(facts));
}

static json_t *host_object(const struct http_feed *feed, size_t row)
{
	json_t *object = http_json_host(feed->engine, row);
	struct host_facts facts;

	find_host(feed, row, &facts);
	/* They may be called after somebody's address; the page has them by the pools' rows. */
	json_object_del(object, "pools");
	json_object_set_new(object, "row", json_integer((json_int_t)row));
	json_object_set_new(object, "probed", json_boolean(facts.metrics.is_probed));
	json_object_set_new(object, "probes", json_integer((json_int_t)facts.probes));
	if (feed->is_masked)
		http_deferrals_mask(object);
	return object;
}

/* ---- a pool */

struct pool_facts {
	struct engine_metrics_pool view;
	struct engine_metrics_place places[POOL_HOSTS_MAX];
};

static void find_pool(const struct http_feed *feed, size_t row, struct pool_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	engine_metrics_pool(feed->engine, row, facts->places, &facts->view);
	facts->view.places = NULL;
}

static uint64_t pool_print(const struct http_feed *feed, size_t row)
{
	struct pool_facts facts;

	find_pool(feed, row, &facts);
	return hash_octets(&facts, offsetof(struct pool_facts, places) +
					   (size_t)facts.view.count * sizeof(facts.places[0]));
}

static json_t *place_object(const struct engine_metrics_place *place)
{
	return json_pack("{s:I, s:i, s:i, s:f, s:I}", "host", (json_int_t)place->host, "priority",
		place->priority, "weight", place->weight, "effective",
		(double)place->effective / BREAKER_WEIGHT_UNIT, "first", (json_int_t)place->first);
}

static json_t *pool_object(const struct http_feed *feed, size_t row)
{
	json_t *hosts = json_array();
	struct pool_facts facts;

	find_pool(feed, row, &facts);
	for (int i = 0; i < facts.view.count; i++)
		json_array_append_new(hosts, place_object(&facts.places[i]));
	return json_pack("{s:I, s:s, s:s, s:b, s:o}", "row", (json_int_t)row, "pool",
		facts.view.name, "balance", table_balance_name(facts.view.balance), "on_backup",
		(int)facts.view.is_on_backup, "hosts", hosts);
}

/* ---- a rule */

static uint64_t rule_print(const struct http_feed *feed, size_t row)
{
	struct ruleset_count counted = ruleset_counted(feed->ruleset, row);

	return hash_octets(&counted, sizeof(counted));
}

static json_t *rule_object(const struct http_feed *feed, size_t row)
{
	json_t *object = http_rules_object(feed->ruleset, row);

	json_object_set_new(object, "row", json_integer((json_int_t)row));
	return object;
}

/* ---- all of them */

static const struct kind {
	const char *name;
	uint64_t (*print)(const struct http_feed *feed, size_t row);
	json_t *(*object)(const struct http_feed *feed, size_t row);
} kinds[HTTP_FEED_COUNT] = {
	[HTTP_FEED_POOLS] = {"pools", pool_print, pool_object},
	[HTTP_FEED_HOSTS] = {"hosts", host_print, host_object},
	[HTTP_FEED_RULES] = {"rules", rule_print, rule_object},
};

const char *http_feed_name(enum http_feed_kind kind)
{
	return kinds[kind].name;
}

size_t http_feed_count(const struct http_feed *feed, enum http_feed_kind kind)
{
	return feed->counts[kind];
}

static void clear(struct http_feed *feed)
{
	for (int kind = 0; kind < HTTP_FEED_COUNT; kind++) {
		for (size_t i = 0; i < feed->counts[kind]; i++)
			free(feed->rows[kind][i].text);
		free(feed->rows[kind]);
		feed->rows[kind] = NULL;
		feed->counts[kind] = 0;
	}
	ruleset_drop(feed->ruleset);
	feed->ruleset = NULL;
}

bool http_feed_renew(struct http_feed *feed)
{
	/* As in /v1/routes. */
	int64_t generation = feed->profile->started + feed->profile->reload_count;
	size_t counts[HTTP_FEED_COUNT] = {
		[HTTP_FEED_POOLS] = engine_metrics_pool_count(feed->engine),
		[HTTP_FEED_HOSTS] = engine_host_count(feed->engine),
	};

	if (feed->generation == generation)
		return false;
	clear(feed);
	feed->generation = generation;
	feed->ruleset = engine_rules(feed->engine);
	if (feed->ruleset != NULL)
		counts[HTTP_FEED_RULES] = ruleset_rules(feed->ruleset)->count;
	for (int kind = 0; kind < HTTP_FEED_COUNT; kind++) {
		feed->rows[kind] = calloc(counts[kind] + 1, sizeof(struct row));
		feed->counts[kind] = feed->rows[kind] == NULL ? 0 : counts[kind];
	}
	return true;
}

bool http_feed_look(struct http_feed *feed, enum http_feed_kind kind, size_t row)
{
	struct row *of = &feed->rows[kind][row];
	uint64_t print = kinds[kind].print(feed, row);
	json_t *object;
	char *text;
	bool is_new;

	if (of->text != NULL && print == of->print)
		return false;
	object = kinds[kind].object(feed, row);
	text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(object);
	if (text == NULL)
		return false;
	is_new = of->text == NULL || strcmp(of->text, text) != 0;
	free(of->text);
	of->text = text;
	of->print = print;
	return is_new;
}

const char *http_feed_text(struct http_feed *feed, enum http_feed_kind kind, size_t row)
{
	if (feed->rows[kind][row].text == NULL)
		http_feed_look(feed, kind, row);
	return feed->rows[kind][row].text;
}

struct http_feed *http_feed_new(
	struct engine *engine, const struct http_profile *profile, bool is_masked)
{
	struct http_feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	feed->engine = engine;
	feed->profile = profile;
	feed->is_masked = is_masked;
	return feed;
}

void http_feed_free(struct http_feed *feed)
{
	if (feed == NULL)
		return;
	clear(feed);
	free(feed);
}
