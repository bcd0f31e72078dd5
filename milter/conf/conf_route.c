/* conf_route: the routes of a configuration, and what routes and rules do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_route.h"
#include "conf/conf_address.h"
#include "core/enhanced.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	TEXT_MAX = 400, /* of a reply: libmilter and SMTP lines both hold it */
	CLOSES_CONNECTION = 421,
};

/* ---- actions */

static const char *copy_code(struct schema_reader *reader, int code)
{
	char text[12];

	snprintf(text, sizeof(text), "%d", code);
	return schema_keep(reader, text, strlen(text));
}

/* Code, enhanced status code and text of a reply. Gives -1 with a fault. */
static int read_reply(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, struct route *route)
{
	struct schema_reader *reader = target->reader;
	bool is_reject = route->action == ACTION_REJECT;
	const char *word = is_reject ? "reject" : "defer";
	char class = is_reject ? '5' : '4';
	int code = from->code != 0 ? from->code : (is_reject ? 550 : 451);
	const char *text = from->text == NULL ? "" : from->text;
	size_t length = enhanced_length(span_make(text, strlen(text)));

	if (code / 100 != class - '0' || code == CLOSES_CONNECTION) {
		schema_fault(reader, setting, "code = %d is not for action = \"%s\"%s", code, word,
			code == CLOSES_CONNECTION ? ": it would close the connection" : "");
		return -1;
	}
	if (length > 0 && text[0] != class) {
		schema_fault(reader, setting,
			"text begins with %.*s, action = \"%s\" requires %c.x.x", (int)length, text,
			word, class);
		return -1;
	}
	if (strlen(text) > TEXT_MAX) {
		schema_fault(reader, setting, "text is longer than %d octets", TEXT_MAX);
		return -1;
	}
	route->code = copy_code(reader, code);
	route->enhanced =
		length > 0 ? schema_keep(reader, text, length) : (is_reject ? "5.7.1" : "4.7.1");
	text += length + strspn(text + length, " ");
	if (*text == '\0')
		text = is_reject ? target->rejected : "Try again later";
	route->text = text;
	return route->code == NULL || route->enhanced == NULL ? -1 : 0;
}

static int read_action(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, struct route *route)
{
	static const enum action actions[] = {
		[SCHEMA_ACTION_DNS] = ACTION_DNS,
		[SCHEMA_ACTION_DISCARD] = ACTION_DISCARD,
		[SCHEMA_ACTION_REJECT] = ACTION_REJECT,
		[SCHEMA_ACTION_DEFER] = ACTION_DEFER,
		[SCHEMA_ACTION_CONTINUE] = ACTION_NONE,
	};

	route->action = actions[from->action];
	if (route->action == ACTION_REJECT || route->action == ACTION_DEFER)
		return read_reply(target, setting, from, route);
	if (from->text != NULL || from->code != 0) {
		schema_fault(target->reader, setting,
			"text and code are only for the actions \"reject\" and \"defer\"");
		return -1;
	}
	return 0;
}

/* ---- pools */

static int use_pool(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, struct route *route)
{
	route->action = ACTION_POOL;
	route->pool = conf_pool_find(target->pools, from->pool);
	if (route->pool == -1) {
		/* A pool that is there but has a fault needs no second one. */
		const config_setting_t *root = setting;

		while (config_setting_parent(root) != NULL)
			root = config_setting_parent(root);

		const config_setting_t *pools = config_setting_get_member(root, "pools");

		if (pools == NULL || config_setting_get_member(pools, from->pool) == NULL)
			conf_pool_missing(target->pools, target->reader->faults,
				schema_file(target->reader, setting),
				(int)config_setting_source_line(setting), from->pool, "");
		return -1;
	}
	target->pools->used[route->pool] = true;
	return 0;
}

static int make_pool(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, const char *name, struct route *route)
{
	struct schema_reader *reader = target->reader;
	char key[POOL_KEY_MAX + 1];
	const char *copy;

	snprintf(key, sizeof(key), "%s:%s", target->word, name);
	copy = schema_keep(reader, key, strlen(key));
	if (copy == NULL)
		return -1;
	route->action = ACTION_POOL;
	route->pool = conf_pool_add(
		target->pools, reader, copy, &from->in_place, target->pools->health, setting);
	if (route->pool == -1)
		return -1;
	target->pools->used[route->pool] = true;
	return 0;
}

size_t conf_route_count_pools(const config_setting_t *list)
{
	int length = list == NULL ? 0 : config_setting_length(list);
	size_t count = 0;

	for (int i = 0; i < length; i++) {
		const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);

		count += config_setting_is_group(element) &&
			 config_setting_get_member(element, "hosts") != NULL;
	}
	return count;
}

/* ---- one of them */

static bool is_in_place_only(const char *name)
{
	return strcmp(name, "transport") == 0 || strcmp(name, "balance") == 0 ||
	       strcmp(name, "hash_on") == 0 || strcmp(name, "lookup") == 0 ||
	       strcmp(name, "all_deferred") == 0 || strcmp(name, "fallback") == 0 ||
	       strcmp(name, "on_recovery") == 0;
}

/* What is done is said once, and what belongs to a pool in place is only said with one. */
static bool is_consistent(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from)
{
	bool has_pool = config_setting_get_member(setting, "pool") != NULL;
	bool has_hosts = config_setting_get_member(setting, "hosts") != NULL;
	bool has_action = config_setting_get_member(setting, "action") != NULL;
	int length = config_setting_length(setting);

	if (has_pool + has_hosts + has_action != 1) {
		schema_fault(target->reader, setting,
			"a %s requires one of pool, hosts and action, this one has %s",
			target->word, has_pool + has_hosts + has_action == 0 ? "none" : "several");
		return false;
	}
	for (int i = 0; i < length && !has_hosts; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);

		if (!is_in_place_only(config_setting_name(member)))
			continue;
		schema_fault(target->reader, member, "%s is only for a %s with hosts",
			config_setting_name(member), target->word);
		return false;
	}
	if (!has_action && (from->text != NULL || from->code != 0)) {
		schema_fault(target->reader, setting,
			"text and code are only for the actions \"reject\" and \"defer\"");
		return false;
	}
	return true;
}

int conf_route_read_target(const struct conf_target *target, const config_setting_t *setting,
	const struct schema_target *from, const char *name, struct route *route)
{
	if (!is_consistent(target, setting, from))
		return -1;
	if (from->pool != NULL)
		return use_pool(target, setting, from, route);
	if (from->in_place.hosts != NULL)
		return make_pool(target, setting, from, name, route);
	return from->action == -1 ? -1 : read_action(target, setting, from, route);
}

/* What is being built. */
struct builder {
	struct table *table;
	struct schema_reader *reader;
	struct conf_target target;
	struct route *routes;
	size_t room;
};

/* ---- matches */

/*
 * What other programs' tables have, and ours writes in another way: adds a fault that says how. False
 * if TEXT is nothing of the kind.
 */
static bool is_foreign(struct builder *builder, const config_setting_t *setting, const char *text)
{
	const char *bracket = strrchr(text, '<');
	size_t stars = strspn(text, "*");
	const char *rest = text + stars;

	if (strcmp(text, "*") == 0 || strcmp(text, "*@*") == 0 ||
		(strcasecmp(text, "ALL") == 0 && strcmp(text, "ALL") != 0))
		schema_fault(builder->reader, setting,
			"match \"%s\": every address is ALL, in capitals", text);
	else if (*rest == '@' && rest[1] != '\0')
		schema_fault(builder->reader, setting,
			"match \"%s\": a whole domain stands without the @: \"%s\"", text,
			rest + 1);
	else if (stars == 1 && *rest == '.')
		schema_fault(builder->reader, setting,
			"match \"%s\": all subdomains of a domain are \"%s\"", text, rest);
	else if (bracket != NULL && bracket > text && strchr(bracket, '@') != NULL)
		schema_fault(builder->reader, setting,
			"match \"%s\": write the address alone: \"%.*s\"", text,
			(int)strcspn(bracket + 1, ">"), bracket + 1);
	else if (*text != '"' && strpbrk(text, "*?") != NULL && strchr(text, '@') == NULL)
		schema_fault(builder->reader, setting,
			"match \"%s\": a route has no patterns; a rule has: when = { recipient = … "
			"}",
			text);
	else
		return false;
	return true;
}

static const char *canonical_match(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	char match[ADDRESS_MAX + 1];
	const char *wrong;

	if (is_foreign(builder, setting, text))
		return NULL;
	wrong = conf_address_match(text, match);
	if (wrong != NULL) {
		schema_fault(builder->reader, setting, "match \"%s\" %s", text, wrong);
		return NULL;
	}
	return schema_keep(builder->reader, match, strlen(match));
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
		conf_route_read_target(&builder->target, setting, &from.target, "", &route);
		return;
	}
	count = config_setting_type(from.match) == CONFIG_TYPE_STRING
			? 1
			: config_setting_length(from.match);
	for (int i = 0; i < count; i++) {
		const char *match = match_at(builder, from.match, i, &element);

		/* A pool in place has the name of its first good match. */
		if (!is_target_read && (match != NULL || i == count - 1)) {
			has_target = conf_route_read_target(&builder->target, setting, &from.target,
					     match == NULL ? "" : match, &route) == 0;
			is_target_read = true;
		}
		if (match != NULL && has_target)
			enter(builder, element, &route, match);
	}
}

/* How many matches a list of routes may have at most. */
static size_t count_matches(const config_setting_t *setting)
{
	int length = setting == NULL ? 0 : config_setting_length(setting);
	size_t matches = 0;

	for (int i = 0; i < length; i++) {
		const config_setting_t *route = config_setting_get_elem(setting, (unsigned)i);
		const config_setting_t *match;

		if (!config_setting_is_group(route))
			continue;
		match = config_setting_get_member(route, "match");
		matches += match == NULL || config_setting_length(match) < 1
				   ? 1
				   : (size_t)config_setting_length(match);
	}
	return matches;
}

int conf_route_read_all(struct table *table, struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting)
{
	struct builder builder = {
		.table = table,
		.reader = reader,
		.target = {.reader = reader,
			.pools = pools,
			.word = "route",
			.rejected = "Recipient address rejected"},
	};
	int length = setting == NULL ? 0 : config_setting_length(setting);

	builder.room = count_matches(setting);
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
