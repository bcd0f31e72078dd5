/* conf_route: the routes of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_route.h"
#include "conf/conf_name.h"
#include "conf/conf_target.h"

#include <string.h>
#include <strings.h>

/* What is being built. */
struct builder {
	struct table *table;
	struct schema_reader *reader;
	struct conf_target target;
	struct route *routes;
	size_t room;
};

/* ---- matches */

/* An address or a local part, in the one form; NULL, with a fault. */
static const char *canonical_address(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	struct address address;
	const char *wrong = conf_name_address(text, &address);

	if (wrong != NULL) {
		schema_fault(builder->reader, setting, "match \"%s\" %s", text, wrong);
		return NULL;
	}
	return schema_keep(builder->reader, address.text, address.length);
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
	return schema_keep(builder->reader, text, strlen(text));
}

static const char *canonical_match(
	struct builder *builder, const config_setting_t *setting, const char *text)
{
	if (strcmp(text, "ALL") == 0)
		return schema_keep(builder->reader, text, strlen(text));
	if (strcasecmp(text, "ALL") == 0) {
		schema_fault(builder->reader, setting,
			"match \"%s\": every address is ALL, in capitals", text);
		return NULL;
	}
	if (strchr(text, '@') != NULL || *text == '"')
		return canonical_address(builder, setting, text);
	return canonical_domain(builder, setting, text);
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
		conf_target_read(&builder->target, setting, &from.target, "", &route);
		return;
	}
	count = config_setting_type(from.match) == CONFIG_TYPE_STRING
			? 1
			: config_setting_length(from.match);
	for (int i = 0; i < count; i++) {
		const char *match = match_at(builder, from.match, i, &element);

		/* A pool in place has the name of its first good match. */
		if (!is_target_read && (match != NULL || i == count - 1)) {
			has_target = conf_target_read(&builder->target, setting, &from.target,
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
