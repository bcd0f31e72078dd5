/* conf_route: the routes of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_route.h"
#include "conf/conf_name.h"
#include "text/idn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	TEXT_MAX = 400, /* of a reply: libmilter and SMTP lines both hold it */
	CLOSES_CONNECTION = 421,
};

/* What is being built. */
struct builder {
	struct table *table;
	struct conf_pools *pools;
	struct schema_reader *reader;
	struct route *routes;
	size_t room;
};

static const char *keep(struct schema_reader *reader, const char *text, size_t length)
{
	const char *copy = arena_copy(reader->arena, text, length);

	reader->no_memory |= copy == NULL;
	return copy;
}

/* ---- matches */

/* An address or a local part, in the one form; NULL, with a fault. */
static const char *canonical_address(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	struct address address;
	char domain[DOMAIN_MAX + 1];

	address_parse(&address, text);
	/* Only a quoted local part may stand without a domain here: "u@" is a mistake. */
	if (address.too_long || address.local_length == 0 ||
		(!address.has_domain && *text != '"')) {
		schema_fault(builder->reader, setting, "match \"%s\" is not an address", text);
		return NULL;
	}
	if (address.has_domain) {
		if (conf_name_mail_domain(address.text + address.domain, domain) == -1) {
			schema_fault(
				builder->reader, setting, "match \"%s\" has no valid domain", text);
			return NULL;
		}
		address_set_domain(&address, domain);
	}
	if (address.too_long) {
		schema_fault(builder->reader, setting, "match \"%s\" is too long", text);
		return NULL;
	}
	return keep(builder->reader, address.text, address.length);
}

static const char *canonical_domain(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	bool is_parent = *text == '.';
	char domain[1 + DOMAIN_MAX + 1] = ".";
	int failed = is_parent ? conf_name_domain(text + 1, domain + 1)
			       : conf_name_mail_domain(text, domain + 1);

	if (failed == -1) {
		schema_fault(builder->reader, setting,
			"match \"%s\" is not an address, a domain, a .domain or ALL", text);
		return NULL;
	}
	text = is_parent ? domain : domain + 1;
	return keep(builder->reader, text, strlen(text));
}

static const char *canonical_match(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	if (strcmp(text, "ALL") == 0)
		return keep(builder->reader, text, strlen(text));
	if (strcasecmp(text, "ALL") == 0) {
		schema_fault(builder->reader, setting,
			"match \"%s\": every address is ALL, in capitals", text);
		return NULL;
	}
	if (strchr(text, '@') != NULL || *text == '"')
		return canonical_address(builder, setting, text);
	return canonical_domain(builder, setting, text);
}

/* ---- actions */

/* Digits, at most three, up to a dot or a space (RFC 3463, 2). Gives what is behind them or NULL. */
static const char *skip_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits >= 1 && digits <= 3 ? text + digits : NULL;
}

/* The length of the enhanced status code that TEXT begins with, or 0. */
static size_t enhanced_length(const char *text)
{
	const char *p = text;

	if ((*p != '2' && *p != '4' && *p != '5') || p[1] != '.')
		return 0;
	p = skip_number(p + 2);
	if (p == NULL || *p != '.')
		return 0;
	p = skip_number(p + 1);
	return p != NULL && (*p == ' ' || *p == '\0') ? (size_t)(p - text) : 0;
}

static const char *copy_code(struct schema_reader *reader, int code)
{
	char text[12];

	snprintf(text, sizeof(text), "%d", code);
	return keep(reader, text, strlen(text));
}

/* Code, enhanced status code and text of a reply. Gives -1 with a fault. */
static int read_reply(struct builder *builder, const config_setting_t *setting,
	const struct schema_route *from, struct route *route)
{
	struct schema_reader *reader = builder->reader;
	bool is_reject = route->action == ACTION_REJECT;
	const char *word = is_reject ? "reject" : "defer";
	char class = is_reject ? '5' : '4';
	int code = from->code != 0 ? from->code : (is_reject ? 550 : 451);
	const char *text = from->text == NULL ? "" : from->text;
	size_t length = enhanced_length(text);

	if (code / 100 != class - '0' || code == CLOSES_CONNECTION) {
		schema_fault(reader, setting, "code = %d is not for action = \"%s\"%s", code, word,
			code == CLOSES_CONNECTION ? ": it would close the connection" : "");
		return -1;
	}
	if (length > 0 && text[0] != class) {
		schema_fault(reader, setting, "text begins with %.*s, action = \"%s\" takes %c.x.x",
			(int)length, text, word, class);
		return -1;
	}
	if (strlen(text) > TEXT_MAX) {
		schema_fault(reader, setting, "text is longer than %d octets", TEXT_MAX);
		return -1;
	}
	route->code = copy_code(reader, code);
	route->enhanced = length > 0 ? keep(reader, text, length) : (is_reject ? "5.7.1" : "4.7.1");
	text += length + strspn(text + length, " ");
	if (*text == '\0')
		text = is_reject ? "Recipient address rejected" : "Try again later";
	route->text = text;
	return route->code == NULL || route->enhanced == NULL ? -1 : 0;
}

static int read_action(struct builder *builder, const config_setting_t *setting,
	const struct schema_route *from, struct route *route)
{
	static const enum action actions[] = {
		[SCHEMA_ACTION_DNS] = ACTION_DNS,
		[SCHEMA_ACTION_DISCARD] = ACTION_DISCARD,
		[SCHEMA_ACTION_REJECT] = ACTION_REJECT,
		[SCHEMA_ACTION_DEFER] = ACTION_DEFER,
	};

	route->action = actions[from->action];
	if (route->action == ACTION_REJECT || route->action == ACTION_DEFER)
		return read_reply(builder, setting, from, route);
	if (from->text != NULL || from->code != 0) {
		schema_fault(builder->reader, setting,
			"text and code are only for the actions \"reject\" and \"defer\"");
		return -1;
	}
	return 0;
}

/* ---- pools of routes */

static int use_pool(struct builder *builder, const config_setting_t *setting,
	const struct schema_route *from, struct route *route)
{
	route->action = ACTION_POOL;
	route->pool = conf_pool_find(builder->pools, from->pool);
	if (route->pool == -1) {
		/* A pool that is there but has a fault needs no second one. */
		const config_setting_t *root = setting;

		while (config_setting_parent(root) != NULL)
			root = config_setting_parent(root);

		const config_setting_t *pools = config_setting_get_member(root, "pools");

		if (pools == NULL || config_setting_get_member(pools, from->pool) == NULL)
			schema_fault(
				builder->reader, setting, "there is no pool \"%s\"", from->pool);
		return -1;
	}
	builder->pools->used[route->pool] = true;
	return 0;
}

static int make_pool(struct builder *builder, const config_setting_t *setting,
	const struct schema_route *from, const char *match, struct route *route)
{
	struct schema_reader *reader = builder->reader;
	char name[POOL_KEY_MAX + 1];
	const char *copy;

	snprintf(name, sizeof(name), "route:%s", match);
	copy = keep(reader, name, strlen(name));
	if (copy == NULL)
		return -1;
	route->action = ACTION_POOL;
	route->pool = conf_pool_add(
		builder->pools, reader, copy, &from->in_place, builder->pools->health, setting);
	if (route->pool == -1)
		return -1;
	builder->pools->used[route->pool] = true;
	return 0;
}

/* ---- routes */

/* Enters one route; false if its match is there already. */
static void enter(struct builder *builder, const config_setting_t *setting,
	const struct route *route, const char *match)
{
	struct table *table = builder->table;
	struct route *place = &builder->routes[table->route_count];
	const struct route *earlier;

	*place = *route;
	place->match = match;
	place->file = schema_file(builder->reader, setting);
	place->line = (int)config_setting_source_line(setting);
	earlier = table_insert(table, table->route_count);
	if (earlier == NULL)
		table->route_count++;
	else
		schema_fault(builder->reader, setting, "match \"%s\" is there already, at %s:%d",
			match, earlier->file, earlier->line);
}

static const char *match_at(struct builder *builder, const config_setting_t *setting, int index,
	const config_setting_t **element)
{
	const char *text;
	const char *match;

	*element = setting;
	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		*element = config_setting_get_elem(setting, (unsigned)index);
	text = schema_text(builder->reader, *element);
	match = text == NULL ? NULL : canonical_match(builder, *element, text);
	return match;
}

static bool is_in_place_only(const char *name)
{
	return strcmp(name, "transport") == 0 || strcmp(name, "balance") == 0 ||
	       strcmp(name, "hash_on") == 0 || strcmp(name, "lookup") == 0 ||
	       strcmp(name, "all_deferred") == 0 || strcmp(name, "fallback") == 0;
}

/* What a route does is said once, and what belongs to a pool in place is only said with one. */
static bool is_consistent(
	struct builder *builder, const config_setting_t *setting, const struct schema_route *from)
{
	bool has_pool = config_setting_get_member(setting, "pool") != NULL;
	bool has_hosts = config_setting_get_member(setting, "hosts") != NULL;
	bool has_action = config_setting_get_member(setting, "action") != NULL;
	int length = config_setting_length(setting);

	if (has_pool + has_hosts + has_action != 1) {
		schema_fault(builder->reader, setting,
			"a route takes one of pool, hosts and action, this one has %s",
			has_pool + has_hosts + has_action == 0 ? "none" : "several");
		return false;
	}
	for (int i = 0; i < length && !has_hosts; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);

		if (!is_in_place_only(config_setting_name(member)))
			continue;
		schema_fault(builder->reader, member, "%s is only for a route with hosts",
			config_setting_name(member));
		return false;
	}
	if (!has_action && (from->text != NULL || from->code != 0)) {
		schema_fault(builder->reader, setting,
			"text and code are only for the actions \"reject\" and \"defer\"");
		return false;
	}
	return true;
}

static int read_target(struct builder *builder, const config_setting_t *setting,
	const struct schema_route *from, const char *match, struct route *route)
{
	if (!is_consistent(builder, setting, from))
		return -1;
	if (from->pool != NULL)
		return use_pool(builder, setting, from, route);
	if (from->in_place.hosts != NULL)
		return make_pool(builder, setting, from, match, route);
	return from->action == -1 ? -1 : read_action(builder, setting, from, route);
}

static void read_route(struct builder *builder, const config_setting_t *setting)
{
	struct schema_route from = {.match = NULL};
	struct route route = {.action = ACTION_NONE, .pool = -1};
	const config_setting_t *element;
	bool is_target_read = false;
	bool has_target = false;
	int count;

	if (!config_setting_is_group(setting)) {
		schema_fault(builder->reader, setting, "a route must be a group: { match = …; }");
		return;
	}
	schema_read(builder->reader, SCHEMA_ROUTE, setting, &from);
	if (from.match == NULL) {
		if (config_setting_get_member(setting, "match") == NULL)
			schema_fault(builder->reader, setting, "match is missing");
		read_target(builder, setting, &from, "", &route);
		return;
	}
	count = config_setting_type(from.match) == CONFIG_TYPE_STRING
			? 1
			: config_setting_length(from.match);
	for (int i = 0; i < count; i++) {
		const char *match = match_at(builder, from.match, i, &element);

		/* A pool in place has the name of its first good match. */
		if (!is_target_read && (match != NULL || i == count - 1)) {
			has_target = read_target(builder, setting, &from,
					     match == NULL ? "" : match, &route) == 0;
			is_target_read = true;
		}
		if (match != NULL && has_target)
			enter(builder, element, &route, match);
	}
}

void conf_route_count(const config_setting_t *setting, size_t *matches, size_t *pools)
{
	int length = setting == NULL ? 0 : config_setting_length(setting);

	*matches = 0;
	*pools = 0;
	for (int i = 0; i < length; i++) {
		const config_setting_t *route = config_setting_get_elem(setting, (unsigned)i);
		const config_setting_t *match;

		if (!config_setting_is_group(route))
			continue;
		match = config_setting_get_member(route, "match");
		*pools += config_setting_get_member(route, "hosts") != NULL;
		*matches += match == NULL || config_setting_length(match) < 1
				    ? 1
				    : (size_t)config_setting_length(match);
	}
}

int conf_route_read_all(struct table *table, struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting)
{
	struct builder builder = {.table = table, .pools = pools, .reader = reader};
	int length = setting == NULL ? 0 : config_setting_length(setting);
	size_t unused;

	conf_route_count(setting, &builder.room, &unused);
	builder.routes = arena_take(reader->arena, builder.room + 1, sizeof(*builder.routes));
	table->place_count = table_places_for(builder.room);
	table->places = arena_take(reader->arena, table->place_count, sizeof(struct table_place));
	table->routes = builder.routes;
	if (builder.routes == NULL || table->places == NULL)
		return -1;
	for (int i = 0; i < length; i++)
		read_route(&builder, config_setting_get_elem(setting, (unsigned)i));
	return 0;
}
