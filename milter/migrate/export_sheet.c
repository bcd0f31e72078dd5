/* export_sheet: a table for another program, as it is being written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_sheet.h"
#include "conf/conf_address.h"
#include "core/candidates.h"
#include "core/nexthop.h"
#include "core/printable.h"
#include "core/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2048, SMTP_PORT = 25 };

struct export_sheet *export_sheet_new(const struct conf *conf, FILE *to, enum table_mta mta)
{
	struct export_sheet *sheet = calloc(1, sizeof(*sheet));
	const struct table *table = &conf->table;

	if (sheet == NULL)
		return NULL;
	sheet->conf = conf;
	sheet->to = to;
	sheet->mta = mta;
	sheet->used = calloc(table->pool_count + 1, sizeof(*sheet->used));
	if (sheet->used == NULL) {
		export_sheet_free(sheet);
		return NULL;
	}
	for (size_t i = 0; i < table->route_count; i++)
		if (table->routes[i].action == ACTION_POOL)
			sheet->used[table->routes[i].pool] = true;
	return sheet;
}

void export_sheet_free(struct export_sheet *sheet)
{
	if (sheet != NULL)
		free(sheet->used);
	free(sheet);
}

/* ---- comments */

static void put_comment(struct export_sheet *sheet, const char *before, const char *text)
{
	char clean[TEXT_MAX];

	fprintf(sheet->to, "# %s%s\n", before, printable_copy(clean, sizeof(clean), text));
}

void export_sheet_lines(struct export_sheet *sheet, const char *const *lines)
{
	for (; *lines != NULL; lines++)
		fprintf(sheet->to, "#%s%s\n", **lines == '\0' ? "" : " ", *lines);
}

void export_sheet_note(struct export_sheet *sheet, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put_comment(sheet, "", text);
}

void export_sheet_leave(
	struct export_sheet *sheet, const char *file, int line, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;
	int used = snprintf(text, sizeof(text), "%s:%d: ", file, line);

	va_start(arguments, format);
	if (used >= 0 && (size_t)used < sizeof(text))
		vsnprintf(text + used, sizeof(text) - (size_t)used, format, arguments);
	va_end(arguments);
	put_comment(sheet, "", text);
	sheet->left_out++;
}

/* LAST may be NULL. */
static void put_source(
	struct export_sheet *sheet, const struct route *route, const struct route *last)
{
	if (last != NULL && last->line == route->line && last->action == route->action &&
		last->pool == route->pool && strcmp(last->file, route->file) == 0)
		return;
	if (route->action == ACTION_POOL)
		export_sheet_note(sheet, "%s:%d: pool %s", route->file, route->line,
			sheet->conf->table.pools[route->pool].name);
	else
		export_sheet_note(sheet, "%s:%d: action = \"%s\"", route->file, route->line,
			table_action_name(route->action));
}

void export_sheet_routes(struct export_sheet *sheet,
	bool (*is_said)(struct export_sheet *sheet, const struct route *route),
	void (*put)(struct export_sheet *sheet, const struct route *route))
{
	const struct table *table = &sheet->conf->table;
	const struct route *last = NULL;

	for (size_t i = 0; i < table->route_count; i++) {
		const struct route *route = &table->routes[i];

		if (!is_said(sheet, route))
			continue;
		put_source(sheet, route, last);
		put(sheet, route);
		last = route;
	}
}

struct map_reply_route export_sheet_reply(
	const struct export_sheet *sheet, const struct route *route)
{
	return (struct map_reply_route){
		.mta = sheet->mta,
		.action = route->action,
		.code = route->code,
		.enhanced = route->enhanced,
		.text = route->text,
	};
}

const char *export_sheet_value(
	char out[MAP_REPLY_MAX], enum map_request_map map, const struct map_reply_route *reply)
{
	const struct map_request request = {.map = map, .key = MAP_REQUEST_ADDRESS};

	map_reply_write(out, &request, reply);
	return out + strlen("OK ");
}

enum export_key export_sheet_key(const char *match)
{
	char domain[DOMAIN_MAX + 1];

	if (strcmp(match, "ALL") == 0)
		return EXPORT_KEY_ALL;
	if (strchr(match, '@') != NULL)
		return EXPORT_KEY_ADDRESS;
	if (*match == '.')
		return EXPORT_KEY_PARENT;
	return conf_address_mail_domain(match, domain) == 0 ? EXPORT_KEY_DOMAIN : EXPORT_KEY_LOCAL;
}

/* ---- pools */

void export_sheet_host(
	const struct export_sheet *sheet, const struct pool_host *host, char out[NEXTHOP_HOST_MAX])
{
	/* How the other MTA's next hops were written is not kept. */
	const struct nexthop_written written = {host->name, host->port != SMTP_PORT};

	if (sheet->conf->table.mta == sheet->mta)
		strcpy(out, host->nexthop);
	else
		nexthop_host(out, host, &written, sheet->mta);
}

/* Those that come with the one MTA become the other one's default; its own have the same name there. */
static const char *transport_of(const struct export_sheet *sheet, const struct pool *pool)
{
	const char *transport = pool->transport;

	if (sheet->conf->table.mta == sheet->mta)
		return transport;
	if (sheet->mta == TABLE_POSTFIX)
		return nexthop_is_smtp_mailer(transport) ? "smtp" : transport;
	return strcmp(transport, "smtp") == 0 || strcmp(transport, "relay") == 0 ? "esmtp"
										 : transport;
}

static bool has_host(const struct pool *pool, uint64_t key)
{
	for (int i = 0; i < pool->host_count; i++)
		if (pool->hosts[i].key == key)
			return true;
	return false;
}

/* The hosts of FROM at the end, each with a priority that is higher by ABOVE. */
static void add_hosts(struct export_sheet *sheet, const struct pool *from, int above)
{
	struct pool *pool = &sheet->pool;

	for (int i = 0; i < from->host_count && pool->host_count < POOL_HOSTS_MAX; i++) {
		struct pool_host *host = &sheet->hosts[pool->host_count];
		char *text = sheet->texts[pool->host_count];

		if (has_host(pool, from->hosts[i].key) ||
			from->hosts[i].priority > HOST_PRIORITY_MAX - above)
			continue;
		*host = from->hosts[i];
		host->priority += above;
		export_sheet_host(sheet, &from->hosts[i], text);
		host->nexthop = text;
		pool->host_count++;
	}
}

/* Whether hosts of the second may stand behind those of the first, its fallback's. */
static bool may_append(const struct pool *pool, const struct pool *fallback)
{
	return strcmp(fallback->transport, pool->transport) == 0 && !nexthop_is_alone(pool) &&
	       !nexthop_is_alone(fallback);
}

const struct pool *export_sheet_pool(struct export_sheet *sheet, const struct pool *pool)
{
	const struct pool *at = pool;

	sheet->pool = *pool;
	sheet->pool.transport = transport_of(sheet, pool);
	sheet->pool.hosts = sheet->hosts;
	sheet->pool.host_count = 0;
	add_hosts(sheet, pool, 0);
	while (at->fallback != -1) {
		at = &sheet->conf->table.pools[at->fallback];
		if (may_append(pool, at))
			add_hosts(sheet, at, sheet->hosts[sheet->pool.host_count - 1].priority + 1);
	}
	return &sheet->pool;
}

void export_sheet_nexthop(const struct pool *pool, char out[NEXTHOP_MAX])
{
	static const struct health well; /* up */
	const struct health *health[POOL_HOSTS_MAX];
	const struct breaker_policy *policy[POOL_HOSTS_MAX];
	struct pick_rotation rotation = {.weight = 0};
	const struct candidates_input input = {
		.health = health, .policy = policy, .rotation = &rotation};
	struct pool by_turn = *pool;
	struct candidates candidates;

	/* For whom would be hashed is not known. */
	by_turn.balance = BALANCE_ROUND_ROBIN;
	for (int i = 0; i < pool->host_count; i++) {
		health[i] = &well;
		policy[i] = &pool->policy;
	}
	candidates_order(&by_turn, &input, &candidates);

	int length = nexthop_list(out, NEXTHOP_MAX, &by_turn, &candidates, TABLE_POSTFIX);

	assert(length > 0);
	(void)length;
}

/* ---- what no static table says */

void export_sheet_rules(struct export_sheet *sheet)
{
	const struct rules *rules = sheet->conf->table.rules;

	for (size_t i = 0; rules != NULL && i < rules->count; i++)
		export_sheet_leave(sheet, rules->list[i].route.file, rules->list[i].route.line,
			"rule %s: rules are not in the table, its mail goes by the routes",
			rules->list[i].name);
}

/* "1:3" */
static void put_weights(char *out, size_t size, const struct pool_host *hosts, int count)
{
	size_t used = 0;

	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(
			out + used, size - used, "%s%d", i == 0 ? "" : ":", hosts[i].weight);
}

static void leave_tiers(struct export_sheet *sheet, const struct pool *pool, bool has_tiers)
{
	for (int i = 0, count; i < pool->host_count; i += count) {
		const struct pool_host *first = &pool->hosts[i];
		char weights[POOL_HOSTS_MAX * 5];
		bool is_even = true;

		for (count = 1;
			i + count < pool->host_count && first[count].priority == first->priority;
			count++)
			is_even &= first[count].weight == first->weight;
		if (count == 1 || (has_tiers && is_even))
			continue;
		put_weights(weights, sizeof(weights), first, count);
		if (has_tiers)
			export_sheet_leave(sheet, pool->file, pool->line,
				"pool %s: weights %s of priority %d: here they are equal",
				pool->name, weights, first->priority);
		else
			export_sheet_leave(sheet, pool->file, pool->line,
				"pool %s: %d hosts share priority %d, by weights %s: here the "
				"one in front gets all that it accepts",
				pool->name, count, first->priority, weights);
	}
}

static void leave_balance(struct export_sheet *sheet, const struct pool *pool)
{
	if (pool->balance == BALANCE_HASH)
		export_sheet_leave(sheet, pool->file, pool->line,
			"pool %s: balance = \"hash\" is not in the table", pool->name);
	else if (pool->balance == BALANCE_LEAST_PENDING)
		export_sheet_leave(sheet, pool->file, pool->line,
			"pool %s: balance = \"least-pending\" is not in the table", pool->name);
	if (pool->all_deferred == ALL_DEFERRED_TEMPFAIL)
		export_sheet_leave(sheet, pool->file, pool->line,
			"pool %s: all_deferred = \"tempfail\" is not in the table: mail waits in "
			"the queue",
			pool->name);
}

static void leave_fallback(struct export_sheet *sheet, const struct pool *pool)
{
	const struct pool *pools = sheet->conf->table.pools;

	for (int at = pool->fallback; at != -1; at = pools[at].fallback)
		if (!may_append(pool, &pools[at]))
			export_sheet_leave(sheet, pool->file, pool->line,
				"pool %s: it falls back to pool %s, which %s: not in the table",
				pool->name, pools[at].name,
				strcmp(pools[at].transport, pool->transport) != 0
					? "has another transport"
					: "cannot stand in one list with it");
}

void export_sheet_pools(struct export_sheet *sheet, bool has_tiers)
{
	const struct table *table = &sheet->conf->table;

	for (size_t i = 0; i < table->pool_count; i++) {
		if (!sheet->used[i])
			continue;
		leave_tiers(sheet, &table->pools[i], has_tiers);
		leave_balance(sheet, &table->pools[i]);
		leave_fallback(sheet, &table->pools[i]);
	}
}
