/* conf_pool: the pools of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_pool.h"
#include "conf/conf_address.h"
#include "conf/conf_auth.h"
#include "conf/conf_maintenance.h"
#include "conf/conf_quota.h"
#include "conf/conf_tls.h"
#include "conf/conf_transport.h"
#include "core/endpoint.h"
#include "core/nexthop.h"
#include "core/similar.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ---- the set of pools */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct pool *)a)->name, ((const struct pool *)b)->name);
}

int conf_pool_begin(struct conf_pools *pools, struct schema_reader *reader,
	const struct conf_health *health, enum table_mta mta, size_t room)
{
	*pools = (struct conf_pools){.room = room, .health = health, .mta = mta};
	pools->pools = arena_take(reader->arena, room + 1, sizeof(*pools->pools));
	pools->used = arena_take(reader->arena, room + 1, sizeof(*pools->used));
	pools->fallback = arena_take(reader->arena, room + 1, sizeof(*pools->fallback));
	return pools->pools == NULL || pools->used == NULL || pools->fallback == NULL ? -1 : 0;
}

void conf_pool_end(struct conf_pools *pools)
{
	tdestroy(pools->by_name, arena_keep);
	pools->by_name = NULL;
}

int conf_pool_find(const struct conf_pools *pools, const char *name)
{
	struct pool probe = {.name = name};
	struct pool **found = tfind(&probe, &pools->by_name, compare_names);

	return found == NULL ? -1 : (int)(*found - pools->pools);
}

void conf_pool_missing(const struct conf_pools *pools, struct fault_list *faults, const char *file,
	int line, const char *name, const char *before)
{
	struct similar similar;

	similar_begin(&similar, name);
	for (size_t i = 0; i < pools->count; i++)
		if (strchr(pools->pools[i].name, ':') == NULL)
			similar_try(&similar, pools->pools[i].name);
	if (similar.best == NULL)
		fault_add(faults, file, line, "%sthere is no pool \"%s\"", before, name);
	else
		fault_add(faults, file, line, "%sthere is no pool \"%s\": did you mean \"%s\"?",
			before, name, similar.best);
}

/* ---- hosts */

/* The text of a list for the MTA. Gives -1 without memory. */
static int keep_nexthop(struct schema_reader *reader, const config_setting_t *setting,
	const char *written, enum table_mta mta, struct pool_host *host)
{
	char name[DOMAIN_MAX + 1];
	char nexthop[NEXTHOP_HOST_MAX];
	const struct nexthop_written as = {
		.name = conf_address_host_written(written, host->name, name),
		.has_port = config_setting_get_member(setting, "port") != NULL,
	};

	nexthop_host(nexthop, host, &as, mta);
	host->nexthop = schema_keep(reader, nexthop, strlen(nexthop));
	return host->nexthop == NULL ? -1 : 0;
}

/* Brackets say that the name itself is the host, as they do to the MTA. Gives -1 with a fault. */
static int find_lookup(struct schema_reader *reader, const config_setting_t *setting,
	const struct schema_host *from, int of_pool, struct pool_host *host)
{
	bool is_name = host->kind == HOST_NAME && *from->host != '[';

	host->lookup = LOOKUP_HOST;
	if (is_name)
		host->lookup = (enum lookup)(from->lookup == -1 ? of_pool : from->lookup);
	else if (from->lookup == LOOKUP_MX)
		schema_fault(reader, setting, "lookup = \"mx\" needs a name%s, not %s%s",
			host->kind == HOST_NAME ? " without brackets" : "",
			host->kind == HOST_NAME ? "" : "the address ", from->host);
	return !is_name && from->lookup == LOOKUP_MX ? -1 : 0;
}

/* Gives -1 with a fault. */
static int read_host(const struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting, int lookup, struct pool_host *host)
{
	struct schema_host from;
	char name[DOMAIN_MAX + 1];

	if (!config_setting_is_group(setting)) {
		schema_fault(reader, setting, "a host must be a group: { host = \"…\"; }");
		return -1;
	}
	schema_read(reader, SCHEMA_HOST, setting, &from);
	if (from.host == NULL) {
		if (config_setting_get_member(setting, "host") == NULL)
			schema_fault(reader, setting, "host is missing");
		return -1;
	}
	if (conf_address_host(from.host, name, &host->kind) == -1) {
		schema_fault(reader, setting,
			endpoint_is_unix(from.host)
				? "\"%s\" is not unix:PATH: a path has a slash, at most %d octets, "
				  "and no blanks, commas, brackets, quotes, \";\" or \"=\""
				: "\"%s\" is not a host name or IP address",
			from.host, CONF_ADDRESS_PATH_MAX);
		return -1;
	}
	if (find_lookup(reader, setting, &from, lookup, host) == -1 ||
		conf_maintenance_read(reader, from.maintenance, &host->maintenance) == -1)
		return -1;
	host->name = schema_keep(reader, name, strlen(name));
	host->port = from.port != 0 || host->kind == HOST_UNIX
			     ? from.port
			     : nexthop_default_port(pools->protocol);
	host->key = table_host_key(name, host->port);
	host->priority = from.priority;
	host->weight = from.weight;
	host->auth = from.auth == NULL ? pools->auth : conf_auth_read(reader, from.auth);
	host->limits = conf_quota_read(reader, from.quota, pools->mta, pools->limits);
	host->tls = from.tls == NULL ? pools->tls : conf_tls_read(reader, from.tls);
	host->file = schema_file(reader, setting);
	host->line = (int)config_setting_source_line(setting);
	if (host->name == NULL)
		return -1;
	conf_tls_check_host(reader, host);
	return keep_nexthop(reader, setting, from.host, pools->mta, host);
}

static bool is_twice(struct schema_reader *reader, const config_setting_t *setting,
	const struct pool_host *hosts, int count)
{
	const struct pool_host *last = &hosts[count];
	char text[ENDPOINT_TEXT_MAX];

	for (int i = 0; i < count; i++) {
		if (hosts[i].port != last->port || strcmp(hosts[i].name, last->name) != 0)
			continue;
		schema_fault(reader, setting, "host %s is in the pool already, at %s:%d",
			endpoint_format(text, last->name, last->port), hosts[i].file,
			hosts[i].line);
		return true;
	}
	return false;
}

/* By insertion: hosts of one priority keep the order of the file. */
static void sort_hosts(struct pool_host *hosts, int count)
{
	for (int i = 1; i < count; i++) {
		struct pool_host host = hosts[i];
		int at = i;

		for (; at > 0 && hosts[at - 1].priority > host.priority; at--)
			hosts[at] = hosts[at - 1];
		hosts[at] = host;
	}
}

/* Gives how many hosts there are in HOSTS, 0 if there is not one without a fault. */
static int read_hosts(const struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting, int lookup, struct pool_host *hosts)
{
	int length = config_setting_length(setting);
	int count = 0;

	if (length > POOL_HOSTS_MAX) {
		schema_fault(reader, setting, "%d hosts are more than %d", length, POOL_HOSTS_MAX);
		return 0;
	}
	for (int i = 0; i < length; i++) {
		const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

		if (read_host(pools, reader, element, lookup, &hosts[count]) == 0 &&
			!is_twice(reader, element, hosts, count))
			count++;
	}
	sort_hosts(hosts, count);
	return count;
}

/* ---- pools */

int conf_pool_add(struct conf_pools *pools, struct schema_reader *reader, const char *name,
	const struct schema_pool *from, const struct conf_health *health,
	const config_setting_t *setting)
{
	struct pool *pool = &pools->pools[pools->count];
	int length = config_setting_length(from->hosts);
	struct pool_host *hosts = arena_take(reader->arena, (size_t)length + 1, sizeof(*hosts));
	const char *transport = conf_transport_name(from, setting, pools->mta);

	if (hosts == NULL || pools->count == pools->room) {
		reader->no_memory = true;
		return -1;
	}
	if (conf_transport_check_name(reader, setting, transport, pools->mta) == -1)
		return -1;
	if (from->hash_on != -1 && from->balance != BALANCE_HASH) {
		schema_fault(reader, setting, "hash_on is only for balance = \"hash\"");
		return -1;
	}
	if (length == 0) {
		schema_fault(reader, from->hosts, "a pool needs a host");
		return -1;
	}
	pools->auth = conf_auth_read(reader, from->auth);
	pools->protocol =
		from->protocol == -1 ? nexthop_protocol(transport) : (enum protocol)from->protocol;
	pools->limits = conf_quota_read(reader, from->quota, pools->mta, NULL);
	pools->tls = conf_tls_read(reader, from->tls);
	*pool = (struct pool){
		.name = name,
		.transport = transport,
		.protocol = pools->protocol,
		.file = schema_file(reader, setting),
		.line = (int)config_setting_source_line(setting),
		.balance = (enum balance)from->balance,
		.hash_on = from->hash_on == -1 ? HASH_ON_RECIPIENT : (enum hash_on)from->hash_on,
		.host_count = read_hosts(pools, reader, from->hosts, from->lookup, hosts),
		.hosts = hosts,
		.all_deferred = (enum all_deferred)from->all_deferred,
		.fallback = -1,
		.on_recovery = from->on_recovery == -1 ? pools->on_recovery
						       : (enum on_recovery)from->on_recovery,
	};
	conf_maintenance_read(reader, from->maintenance, &pool->maintenance);
	conf_transport_check_hosts(reader, pool, pools->mta);
	conf_health_apply(health, pool);
	conf_transport_check_probes(reader, pool);
	pools->fallback[pools->count] = from->fallback;
	if (tsearch(pool, &pools->by_name, compare_names) == NULL) {
		reader->no_memory = true;
		return -1;
	}
	return (int)pools->count++;
}

static void check_health(struct schema_reader *reader, const config_setting_t *setting)
{
	static const char *const of_all[] = {"log", "journal_units", "journal_users"};

	for (size_t i = 0; setting != NULL && i < sizeof(of_all) / sizeof(of_all[0]); i++)
		if (config_setting_get_member(setting, of_all[i]) != NULL)
			schema_fault(reader, setting,
				"%s can be set for all pools only, not for one", of_all[i]);
}

static void read_pool(
	struct conf_pools *pools, struct schema_reader *reader, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	struct schema_pool from;
	struct conf_health health;

	if (strlen(name) > POOL_NAME_MAX) {
		schema_fault(reader, setting, "the name of a pool is longer than %d octets",
			POOL_NAME_MAX);
		return;
	}
	if (!config_setting_is_group(setting)) {
		schema_fault(reader, setting, "pool %s must be a group: { … }", name);
		return;
	}
	schema_read(reader, SCHEMA_POOL, setting, &from);
	conf_health_read_over(reader, from.health, pools->health, &health);
	check_health(reader, from.health);
	if (from.hosts == NULL) {
		if (config_setting_get_member(setting, "hosts") == NULL)
			schema_fault(reader, setting, "pool %s has no hosts", name);
		return;
	}
	name = schema_keep(reader, name, strlen(name));
	if (name != NULL)
		conf_pool_add(pools, reader, name, &from, &health, setting);
}

void conf_pool_read_all(
	struct conf_pools *pools, struct schema_reader *reader, const config_setting_t *setting)
{
	int length = config_setting_length(setting);

	for (int i = 0; i < length; i++)
		read_pool(pools, reader, config_setting_get_elem(setting, (unsigned)i));
}

/* ---- all pools together */

static void find_fallback(struct conf_pools *pools, struct schema_reader *reader, size_t index)
{
	struct pool *pool = &pools->pools[index];
	const char *name = pools->fallback[index];

	if (name == NULL)
		return;
	if (pool->all_deferred != ALL_DEFERRED_TRY)
		fault_add(reader->faults, pool->file, pool->line,
			"all_deferred and fallback exclude each other");
	pool->fallback = conf_pool_find(pools, name);
	if (pool->fallback == -1)
		conf_pool_missing(
			pools, reader->faults, pool->file, pool->line, name, "fallback: ");
	else
		pools->used[pool->fallback] = true;
}

/* A chain that does not end before it has been at every pool goes in a circle. */
static bool is_circle(const struct conf_pools *pools, size_t index)
{
	int at = (int)index;
	size_t steps = 0;

	while (at != -1 && steps++ <= pools->count)
		at = pools->pools[at].fallback;
	return at != -1;
}

/* A host, and the first pool that has it. */
struct seen {
	const struct pool_host *host;
	const struct pool *pool;
};

static int compare_seen(const void *a, const void *b)
{
	const struct pool_host *x = ((const struct seen *)a)->host;
	const struct pool_host *y = ((const struct seen *)b)->host;

	return x->port != y->port ? x->port - y->port : strcmp(x->name, y->name);
}

static void check_shared_host(
	struct schema_reader *reader, const struct seen *first, const struct seen *seen)
{
	const struct pool_host *host = seen->host;
	char text[ENDPOINT_TEXT_MAX];

	endpoint_format(text, host->name, host->port);
	if (!conf_health_equal(first->pool, seen->pool))
		fault_warn(reader->faults, host->file, host->line,
			"host %s goes by the health settings of pool %s, the first that has it",
			text, first->pool->name);
	if (!conf_quota_equal(first->host->limits, host->limits))
		fault_add(reader->faults, host->file, host->line,
			"host %s has another quota in pool %s, at %s:%d: it can have only one",
			text, first->pool->name, first->host->file, first->host->line);
}

static void check_shared_hosts(struct conf_pools *pools, struct schema_reader *reader)
{
	void *tree = NULL;

	for (size_t i = 0; i < pools->count; i++) {
		const struct pool *pool = &pools->pools[i];

		for (int k = 0; k < pool->host_count; k++) {
			const struct pool_host *host = &pool->hosts[k];
			struct seen *seen = arena_take(reader->arena, 1, sizeof(*seen));
			struct seen **first;

			if (seen == NULL)
				continue;
			*seen = (struct seen){.host = host, .pool = pool};
			first = tsearch(seen, &tree, compare_seen);
			if (first != NULL && *first != seen)
				check_shared_host(reader, *first, seen);
		}
	}
	tdestroy(tree, arena_keep);
}

void conf_pool_finish(struct conf_pools *pools, struct schema_reader *reader)
{
	for (size_t i = 0; i < pools->count; i++)
		find_fallback(pools, reader, i);
	for (size_t i = 0; i < pools->count; i++)
		if (is_circle(pools, i))
			fault_add(reader->faults, pools->pools[i].file, pools->pools[i].line,
				"fallback of pool %s is a loop", pools->pools[i].name);
	check_shared_hosts(pools, reader);
	conf_quota_check(pools, reader);
	conf_maintenance_check(pools, reader);
}
