/* route_diff_pool: what has become of the pools
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/route_diff_pool.h"
#include "conf/arena.h"
#include "conf/conf_quota.h"
#include "core/endpoint.h"
#include "core/probe.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A pool on both sides, and where its differences go; without DIFF they are only counted. */
struct comparison {
	struct route_diff *diff;
	const struct conf *old_conf;
	const struct conf *new_conf;
	const struct pool *old;
	const struct pool *new;
	bool is_silent;
	size_t count;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- one difference */

static struct route_diff_item *add(
	struct comparison *comparison, enum route_diff_change change, const char *what)
{
	struct route_diff_item *item;

	comparison->count++;
	if (comparison->is_silent)
		return NULL;
	item = route_diff_add(comparison->diff, ROUTE_DIFF_POOL, change, comparison->new->name);
	if (item == NULL)
		return NULL;
	item->what = what;
	item->old.file = comparison->old->file;
	item->old.line = comparison->old->line;
	item->new.file = comparison->new->file;
	item->new.line = comparison->new->line;
	return item;
}

static void compare_texts(
	struct comparison *comparison, const char *what, const char *old, const char *new)
{
	struct route_diff_item *item;

	if (same_text(old, new))
		return;
	item = add(comparison, ROUTE_DIFF_CHANGED, what);
	if (item == NULL)
		return;
	item->old.text = old == NULL ? "none" : old;
	item->new.text = new == NULL ? "none" : new;
}

static void compare_numbers(
	struct comparison *comparison, const char *what, int64_t old, int64_t new)
{
	struct route_diff_item *item;

	if (old == new)
		return;
	item = add(comparison, ROUTE_DIFF_CHANGED, what);
	if (item == NULL)
		return;
	item->old.text = route_diff_text(comparison->diff, "%lld", (long long)old);
	item->new.text = route_diff_text(comparison->diff, "%lld", (long long)new);
}

static const char *time_text(struct route_diff *diff, int64_t ms)
{
	if (ms % 1000 == 0)
		return route_diff_text(diff, "%lld s", (long long)(ms / 1000));
	return route_diff_text(diff, "%lld ms", (long long)ms);
}

static void compare_times(struct comparison *comparison, const char *what, int64_t old, int64_t new)
{
	struct route_diff_item *item;

	if (old == new)
		return;
	item = add(comparison, ROUTE_DIFF_CHANGED, what);
	if (item == NULL)
		return;
	item->old.text = time_text(comparison->diff, old);
	item->new.text = time_text(comparison->diff, new);
}

/* ---- hosts */

static const struct pool_host *find_host(const struct pool *pool, const struct pool_host *host)
{
	for (int i = 0; i < pool->host_count; i++)
		if (pool->hosts[i].port == host->port &&
			strcmp(pool->hosts[i].name, host->name) == 0)
			return &pool->hosts[i];
	return NULL;
}

static const char *user_of(const struct pool_host *host)
{
	return host->auth == NULL ? NULL : host->auth->user;
}

static const char *policy_of(const struct pool_host *host)
{
	return host->tls == NULL ? NULL : host->tls->policy;
}

/* ", quota 500 messages in 86400 s", or "". */
static const char *quota_text(struct route_diff *diff, const struct quota_limits *limits)
{
	if (limits == NULL)
		return "";
	return route_diff_text(diff, ", quota %u %s in %s", quota_limit(limits),
		limits->messages != 0 ? "messages" : "recipients", time_text(diff, limits->per));
}

static const char *host_text(struct route_diff *diff, const struct pool_host *host)
{
	const char *windows = host->maintenance.text;
	const char *user = user_of(host);
	const char *policy = policy_of(host);

	return route_diff_text(diff, "%s, priority %d, weight %d%s%s%s%s%s%s%s", host->nexthop,
		host->priority, host->weight, windows == NULL ? "" : ", maintenance ",
		windows == NULL ? "" : windows, user == NULL ? "" : ", AUTH as ",
		user == NULL ? "" : user, policy == NULL ? "" : ", TLS ",
		policy == NULL ? "" : policy, quota_text(diff, host->limits));
}

static bool same_host(const struct pool_host *a, const struct pool_host *b)
{
	return conf_quota_equal(a->limits, b->limits) && a->priority == b->priority &&
	       a->weight == b->weight && a->lookup == b->lookup &&
	       strcmp(a->nexthop, b->nexthop) == 0 &&
	       same_text(a->maintenance.text, b->maintenance.text) &&
	       same_text(user_of(a), user_of(b)) && same_text(policy_of(a), policy_of(b));
}

/* A host of one side or of both. */
static void compare_host(
	struct comparison *comparison, const struct pool_host *old, const struct pool_host *new)
{
	const struct pool_host *host = new == NULL ? old : new;
	struct route_diff_item *item;
	char name[ENDPOINT_TEXT_MAX];

	assert(host != NULL);
	if (old != NULL && new != NULL && same_host(old, new))
		return;
	item = add(comparison,
		old == NULL   ? ROUTE_DIFF_ADDED
		: new == NULL ? ROUTE_DIFF_REMOVED
			      : ROUTE_DIFF_CHANGED,
		"host");
	if (item == NULL)
		return;
	item->what = route_diff_text(
		comparison->diff, "host %s", endpoint_format(name, host->name, host->port));
	item->old = (struct route_diff_side){.text = NULL};
	item->new = item->old;
	if (old != NULL)
		item->old = (struct route_diff_side){.text = host_text(comparison->diff, old),
			.file = old->file,
			.line = old->line};
	if (new != NULL)
		item->new = (struct route_diff_side){.text = host_text(comparison->diff, new),
			.file = new->file,
			.line = new->line};
}

const char *route_diff_pool_hosts(struct route_diff *diff, const struct pool *pool)
{
	const char *text = pool->hosts[0].nexthop;

	for (int i = 1; i < pool->host_count; i++)
		text = route_diff_text(diff, "%s%s %s", text,
			pool->hosts[i].priority == pool->hosts[i - 1].priority ? "," : "; then",
			pool->hosts[i].nexthop);
	return text;
}

/* Those of one priority take turns in the order of the file. */
static bool same_order(const struct pool *old, const struct pool *new)
{
	for (int i = 0; i < old->host_count && i < new->host_count; i++)
		if (old->hosts[i].key != new->hosts[i].key)
			return false;
	return true;
}

static void compare_hosts(struct comparison *comparison)
{
	size_t before = comparison->count;
	struct route_diff_item *item;

	for (int i = 0; i < comparison->old->host_count; i++)
		compare_host(comparison, &comparison->old->hosts[i],
			find_host(comparison->new, &comparison->old->hosts[i]));
	for (int i = 0; i < comparison->new->host_count; i++)
		if (find_host(comparison->old, &comparison->new->hosts[i]) == NULL)
			compare_host(comparison, NULL, &comparison->new->hosts[i]);
	if (comparison->count > before || same_order(comparison->old, comparison->new))
		return;
	item = add(comparison, ROUTE_DIFF_CHANGED, "order of the hosts");
	if (item == NULL)
		return;
	item->old.text = route_diff_pool_hosts(comparison->diff, comparison->old);
	item->new.text = route_diff_pool_hosts(comparison->diff, comparison->new);
}

/* ---- settings */

static const char *protocol_text(const struct pool *pool)
{
	return pool->protocol == PROTOCOL_LMTP ? "lmtp" : "smtp";
}

static const char *balance_text(const struct pool *pool)
{
	switch (pool->balance) {
	case BALANCE_HASH:
		return pool->hash_on == HASH_ON_SENDER ? "hash on sender" : "hash on recipient";
	case BALANCE_LEAST_PENDING:
		return "least-pending";
	case BALANCE_ROUND_ROBIN:
		break;
	}
	return "round-robin";
}

static const char *fallback_of(const struct conf *conf, const struct pool *pool)
{
	return pool->fallback == -1 ? NULL : conf->table.pools[pool->fallback].name;
}

static void compare_probes(struct comparison *comparison)
{
	const struct pool_probe *old = &comparison->old->probe;
	const struct pool_probe *new = &comparison->new->probe;

	compare_times(comparison, "health.probe.interval", old->interval, new->interval);
	/* Without probes there is nothing else to compare. */
	if (old->interval == 0 || new->interval == 0)
		return;
	compare_times(comparison, "health.probe.timeout", old->timeout, new->timeout);
	compare_texts(comparison, "health.probe.depth", probe_depth_name(old->depth),
		probe_depth_name(new->depth));
	compare_texts(comparison, "health.probe.helo", old->helo, new->helo);
	compare_texts(comparison, "health.probe.sender", old->sender, new->sender);
	compare_texts(comparison, "health.probe.recipient", old->recipient, new->recipient);
}

static bool same_rules(const struct pool *old, const struct pool *new)
{
	bool is_same = old->rule_count == new->rule_count;

	for (size_t i = 0; is_same && i < old->rule_count; i++) {
		const struct blame_rule *a = &old->rules[i];
		const struct blame_rule *b = &new->rules[i];

		is_same = a->stages == b->stages && a->code == b->code && a->class == b->class &&
			  same_text(a->enhanced, b->enhanced) && same_text(a->text, b->text);
	}
	return is_same;
}

static void compare_classify(struct comparison *comparison)
{
	struct route_diff_item *item;

	if (same_rules(comparison->old, comparison->new))
		return;
	item = add(comparison, ROUTE_DIFF_CHANGED, "health.classify");
	if (item == NULL)
		return;
	item->old.text =
		route_diff_text(comparison->diff, "%zu entries", comparison->old->rule_count);
	item->new.text =
		route_diff_text(comparison->diff, "%zu entries", comparison->new->rule_count);
}

static void compare_health(struct comparison *comparison)
{
	const struct breaker_policy *old = &comparison->old->policy;
	const struct breaker_policy *new = &comparison->new->policy;

	compare_numbers(comparison, "health.failures", old->failures, new->failures);
	compare_numbers(comparison, "health.messages", old->messages, new->messages);
	compare_times(comparison, "health.window", old->window, new->window);
	compare_times(comparison, "health.backoff", old->backoff, new->backoff);
	compare_times(comparison, "health.backoff_max", old->backoff_max, new->backoff_max);
	compare_numbers(comparison, "health.jitter", old->jitter, new->jitter);
	compare_numbers(comparison, "health.recover", old->recover, new->recover);
	compare_times(comparison, "health.trial", old->trial, new->trial);
	compare_times(comparison, "health.slow_start", old->slow_start, new->slow_start);
	compare_times(comparison, "health.spent", old->spent, new->spent);
	compare_times(comparison, "health.silence", old->silence, new->silence);
	compare_numbers(comparison, "health.rate.percent", old->rate.percent, new->rate.percent);
	compare_numbers(comparison, "health.rate.of", old->rate.of, new->rate.of);
	compare_classify(comparison);
	compare_probes(comparison);
}

static size_t compare_pool(struct comparison *comparison)
{
	const struct pool *old = comparison->old;
	const struct pool *new = comparison->new;

	compare_texts(comparison, "transport", old->transport, new->transport);
	compare_texts(comparison, "protocol", protocol_text(old), protocol_text(new));
	compare_hosts(comparison);
	compare_texts(comparison, "balance", balance_text(old), balance_text(new));
	compare_texts(comparison, "all_deferred",
		old->all_deferred == ALL_DEFERRED_TRY ? "try" : "tempfail",
		new->all_deferred == ALL_DEFERRED_TRY ? "try" : "tempfail");
	compare_texts(comparison, "fallback", fallback_of(comparison->old_conf, old),
		fallback_of(comparison->new_conf, new));
	compare_texts(comparison, "on_recovery",
		old->on_recovery == ON_RECOVERY_NONE ? "none" : "flush",
		new->on_recovery == ON_RECOVERY_NONE ? "none" : "flush");
	compare_texts(comparison, "maintenance", old->maintenance.text, new->maintenance.text);
	compare_health(comparison);
	return comparison->count;
}

bool route_diff_pool_same(struct route_diff *diff, const struct pool *old, const struct pool *new)
{
	struct comparison comparison = {
		.diff = diff,
		.old_conf = diff->old,
		.new_conf = diff->new,
		.old = old,
		.new = new,
		.is_silent = true,
	};

	return compare_pool(&comparison) == 0;
}

/* ---- all of them */

struct entry {
	const struct pool *pool; /* NULL: the end */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->pool->name, ((const struct entry *)b)->pool->name);
}

/* By name. NULL: out of memory. */
static struct entry *sort(struct route_diff *diff, const struct table *table)
{
	struct entry *list = arena_take(diff->arena, table->pool_count + 1, sizeof(*list));

	if (list == NULL) {
		diff->has_no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < table->pool_count; i++)
		list[i].pool = &table->pools[i];
	qsort(list, table->pool_count, sizeof(*list), compare_names);
	return list;
}

/* One that only one side has. Of a pool in place its route or rule tells. */
static void tell_of(struct route_diff *diff, enum route_diff_change change, const struct pool *pool)
{
	struct route_diff_item *item;
	struct route_diff_side side = {.file = pool->file, .line = pool->line};

	if (strchr(pool->name, ':') != NULL)
		return;
	item = route_diff_add(diff, ROUTE_DIFF_POOL, change, pool->name);
	if (item == NULL)
		return;
	side.text = route_diff_pool_hosts(diff, pool);
	*(change == ROUTE_DIFF_ADDED ? &item->new : &item->old) = side;
}

void route_diff_pool_all(struct route_diff *diff)
{
	const struct entry *old = sort(diff, &diff->old->table);
	const struct entry *new = sort(diff, &diff->new->table);
	size_t i = 0;
	size_t k = 0;

	if (old == NULL || new == NULL)
		return;
	/* The arrays end with NULL. */
	while (old[i].pool != NULL || new[k].pool != NULL) {
		int order = old[i].pool == NULL	  ? 1
			    : new[k].pool == NULL ? -1
						  : strcmp(old[i].pool->name, new[k].pool->name);

		if (order == 0) {
			struct comparison comparison = {
				.diff = diff,
				.old_conf = diff->old,
				.new_conf = diff->new,
				.old = old[i].pool,
				.new = new[k].pool,
			};

			compare_pool(&comparison);
		} else {
			tell_of(diff, order < 0 ? ROUTE_DIFF_REMOVED : ROUTE_DIFF_ADDED,
				order < 0 ? old[i].pool : new[k].pool);
		}
		i += order <= 0;
		k += order >= 0;
	}
}
