/* conf_target: what a route or a rule does with mail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_target.h"

#include <stdio.h>
#include <string.h>

enum {
	TEXT_MAX = 400, /* of a reply: libmilter and SMTP lines both hold it */
	CLOSES_CONNECTION = 421,
};

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
			schema_fault(
				target->reader, setting, "there is no pool \"%s\"", from->pool);
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

size_t conf_target_count_pools(const config_setting_t *list)
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
	       strcmp(name, "all_deferred") == 0 || strcmp(name, "fallback") == 0;
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
			"a %s takes one of pool, hosts and action, this one has %s", target->word,
			has_pool + has_hosts + has_action == 0 ? "none" : "several");
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

int conf_target_read(const struct conf_target *target, const config_setting_t *setting,
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
