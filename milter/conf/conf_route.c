/* conf_route: the routes of a configuration, and what routes and rules do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_route.h"
#include "conf/conf_match.h"
#include "core/enhanced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	return strcmp(name, "transport") == 0 || strcmp(name, "protocol") == 0 ||
	       strcmp(name, "balance") == 0 || strcmp(name, "hash_on") == 0 ||
	       strcmp(name, "lookup") == 0 || strcmp(name, "all_deferred") == 0 ||
	       strcmp(name, "fallback") == 0 || strcmp(name, "on_recovery") == 0 ||
	       strcmp(name, "maintenance") == 0 || strcmp(name, "quota") == 0 ||
	       strcmp(name, "auth") == 0 || strcmp(name, "tls") == 0;
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
	struct conf_match_file **files; /* by the route: its match_file; NULL: it has none */
	struct conf_place *file_places; /* of those that there are: path, and where it is named */
	size_t file_count;
};

/* ---- routes */

static struct conf_place place_of(struct builder *builder, const config_setting_t *setting)
{
	return (struct conf_place){"match", schema_file(builder->reader, setting),
		(int)config_setting_source_line(setting)};
}

/* Enters one route, unless its match is there already. */
static void enter(
	struct builder *builder, struct conf_place at, const struct route *route, const char *match)
{
	struct table *table = builder->table;
	struct route *place = &builder->routes[table->route_count];
	const struct route *earlier;

	*place = *route;
	place->match = match;
	place->file = at.file;
	place->line = at.line;
	earlier = table_insert(table, table->route_count);
	if (earlier == NULL)
		table->route_count++;
	else
		fault_add(builder->reader->faults, at.file, at.line,
			"match \"%s\" is there already, at %s:%d", match, earlier->file,
			earlier->line);
}

static const char *match_at(struct builder *builder, const config_setting_t *setting, int index,
	const config_setting_t **element)
{
	const char *text;

	*element = setting;
	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		*element = config_setting_get_elem(setting, (unsigned)index);
	text = schema_text(builder->reader, *element);
	return text == NULL ? NULL
			    : conf_match_read(builder->reader, place_of(builder, *element), text);
}

/* What the matches of one route lead to: read with the first good one, whose name a pool in place has. */
struct goal {
	const config_setting_t *setting;
	const struct schema_target *from;
	struct route route;
	bool is_read;
	bool is_good;
};

static bool reach(struct builder *builder, struct goal *goal, const char *match)
{
	if (!goal->is_read)
		goal->is_good = conf_route_read_target(&builder->target, goal->setting, goal->from,
					match, &goal->route) == 0;
	goal->is_read = true;
	return goal->is_good;
}

static void read_matches(
	struct builder *builder, const config_setting_t *matches, struct goal *goal)
{
	int count = config_setting_type(matches) == CONFIG_TYPE_STRING
			    ? 1
			    : config_setting_length(matches);

	for (int i = 0; i < count; i++) {
		const config_setting_t *element;
		const char *match = match_at(builder, matches, i, &element);

		if (match != NULL && reach(builder, goal, match))
			enter(builder, place_of(builder, element), &goal->route, match);
	}
	/* Its faults are told all the same. */
	reach(builder, goal, "");
}

/* ---- a file of them */

static bool has_target(const config_setting_t *setting)
{
	return config_setting_get_member(setting, "pool") != NULL ||
	       config_setting_get_member(setting, "hosts") != NULL ||
	       config_setting_get_member(setting, "action") != NULL;
}

/* A line that names its pool. Gives -1 with a fault. */
static int find_pool(
	struct builder *builder, const struct conf_match_line *line, struct route *route)
{
	struct conf_pools *pools = builder->target.pools;

	*route = (struct route){.action = ACTION_POOL, .pool = conf_pool_find(pools, line->pool)};
	if (route->pool == -1) {
		conf_pool_missing(pools, builder->reader->faults, line->at.file, line->at.line,
			line->pool, "");
		return -1;
	}
	pools->used[route->pool] = true;
	return 0;
}

static void read_lines(struct builder *builder, struct conf_match_file *file, struct goal *goal)
{
	bool has_own = has_target(goal->setting);
	struct conf_match_line line;
	struct route named;
	size_t count = 0;

	for (; conf_match_file_next(file, &line); count++) {
		const char *match = conf_match_read(builder->reader, line.at, line.match);

		if (match == NULL)
			continue;
		if (line.pool != NULL) {
			if (find_pool(builder, &line, &named) == 0)
				enter(builder, line.at, &named, match);
		} else if (!has_own) {
			fault_add(builder->reader->faults, line.at.file, line.at.line,
				"match \"%s\": a pool is missing: name it here, or give the route "
				"one of pool, hosts and action",
				line.match);
		} else if (reach(builder, goal, match)) {
			enter(builder, line.at, &goal->route, match);
		}
	}
	if (has_own)
		reach(builder, goal, "");
	if (count == 0)
		fault_warn(builder->reader->faults, conf_match_file_path(file), 0,
			"there is no match in it");
}

/* Gives false with a fault. */
static bool has_one_match(struct builder *builder, const config_setting_t *setting)
{
	bool has_match = config_setting_get_member(setting, "match") != NULL;
	bool has_file = config_setting_get_member(setting, "match_file") != NULL;

	if (has_match && has_file)
		schema_fault(builder->reader, setting,
			"match and match_file exclude each other: give each a route of its own");
	else if (!has_match && !has_file)
		schema_fault(builder->reader, setting, "match is missing");
	return has_match != has_file;
}

static void read_route(
	struct builder *builder, const config_setting_t *setting, struct conf_match_file *file)
{
	struct schema_route from = {.match = NULL};
	struct goal goal = {.setting = setting,
		.from = &from.target,
		.route = {.action = ACTION_NONE, .pool = -1}};

	if (!config_setting_is_group(setting)) {
		schema_fault(builder->reader, setting, "a route must be a group: { match = …; }");
		return;
	}
	schema_read(builder->reader, SCHEMA_ROUTE, setting, &from);
	if (!has_one_match(builder, setting) || (from.match == NULL && file == NULL))
		reach(builder, &goal, "");
	else if (file != NULL)
		read_lines(builder, file, &goal);
	else
		read_matches(builder, from.match, &goal);
}

/* Opens the file that a route names; NULL, with a fault if that cannot be read. */
static struct conf_match_file *open_file(struct builder *builder, const config_setting_t *route)
{
	const config_setting_t *setting = config_setting_is_group(route)
						  ? config_setting_get_member(route, "match_file")
						  : NULL;
	/* What is no text is a fault of schema_read(). */
	const char *path = setting == NULL ? NULL : config_setting_get_string(setting);
	struct conf_place at;
	struct conf_match_file *file;

	if (path == NULL)
		return NULL;
	at = place_of(builder, setting);
	file = conf_match_file_open(builder->reader, at, path);
	if (file == NULL)
		return NULL;
	at.name = conf_match_file_path(file);
	builder->file_places[builder->file_count++] = at;
	return file;
}

/* How many matches a route may have at most. */
static size_t count_matches(const config_setting_t *route, const struct conf_match_file *file)
{
	const config_setting_t *match;

	if (file != NULL)
		return conf_match_file_count(file);
	if (!config_setting_is_group(route))
		return 0;
	match = config_setting_get_member(route, "match");
	return match == NULL || config_setting_length(match) < 1
		       ? 1
		       : (size_t)config_setting_length(match);
}

/* Gives -1 without memory. */
static int make_room(struct builder *builder, size_t room)
{
	struct table *table = builder->table;
	struct schema_reader *reader = builder->reader;

	builder->routes = arena_take(reader->arena, room + 1, sizeof(*builder->routes));
	table->place_count = table_places_for(room);
	table->places = arena_take(reader->arena, table->place_count, sizeof(struct table_place));
	table->routes = builder->routes;
	return builder->routes == NULL || table->places == NULL ? -1 : 0;
}

int conf_route_read_all(struct conf *conf, struct conf_pools *pools, struct schema_reader *reader,
	const config_setting_t *setting)
{
	struct builder builder = {
		.table = &conf->table,
		.reader = reader,
		.target = {.reader = reader,
			.pools = pools,
			.word = "route",
			.rejected = "Recipient address rejected"},
	};
	size_t length = setting == NULL ? 0 : (size_t)config_setting_length(setting);
	size_t room = 0;
	int result = -1;

	builder.files = calloc(length + 1, sizeof(struct conf_match_file *));
	builder.file_places = arena_take(reader->arena, length + 1, sizeof(struct conf_place));
	if (builder.files == NULL || builder.file_places == NULL)
		goto out;
	for (size_t i = 0; i < length; i++) {
		const config_setting_t *route = config_setting_get_elem(setting, (unsigned)i);

		builder.files[i] = open_file(&builder, route);
		room += count_matches(route, builder.files[i]);
	}
	if (make_room(&builder, room) == -1)
		goto out;
	for (size_t i = 0; i < length; i++) {
		read_route(
			&builder, config_setting_get_elem(setting, (unsigned)i), builder.files[i]);
		conf_match_file_close(builder.files[i]);
		builder.files[i] = NULL;
	}
	conf->match_files = builder.file_places;
	conf->match_file_count = builder.file_count;
	result = 0;
out:
	for (size_t i = 0; builder.files != NULL && i < length; i++)
		conf_match_file_close(builder.files[i]);
	free(builder.files);
	return result;
}
