/* route_diff: what a configuration does in another way than the one before it, and for whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/route_diff.h"
#include "conf/arena.h"
#include "migrate/route_diff_pool.h"
#include "migrate/route_diff_route.h"
#include "migrate/route_diff_rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *route_diff_part_name(enum route_diff_part part)
{
	static const char *const names[ROUTE_DIFF_PART_COUNT] = {
		"routes", "pools", "rules", "settings"};

	return names[part];
}

const char *route_diff_change_name(enum route_diff_change change)
{
	static const char *const names[] = {"changed", "added", "removed"};

	return names[change];
}

/* ---- items */

const char *route_diff_text(struct route_diff *diff, const char *format, ...)
{
	const char *copy = NULL;
	char *text;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length >= 0) {
		copy = arena_copy(diff->arena, text, (size_t)length);
		free(text);
	}
	diff->has_no_memory |= copy == NULL;
	return copy == NULL ? "" : copy;
}

struct route_diff_item *route_diff_add(struct route_diff *diff, enum route_diff_part part,
	enum route_diff_change change, const char *name)
{
	if (diff->count == diff->room) {
		size_t room = diff->room == 0 ? 64 : 2 * diff->room;
		struct route_diff_item *items = realloc(diff->items, room * sizeof(*items));

		if (items == NULL) {
			diff->has_no_memory = true;
			return NULL;
		}
		diff->items = items;
		diff->room = room;
	}
	diff->items[diff->count] =
		(struct route_diff_item){.part = part, .change = change, .name = name};
	return &diff->items[diff->count++];
}

/* ---- settings */

static const char *mode_text(struct route_diff *diff, unsigned mode)
{
	return route_diff_text(diff, "%04o", mode);
}

struct value {
	const char *name;
	const char *old;
	const char *new;
};

static void compare(struct route_diff *diff, const struct value *value)
{
	struct conf_place old = conf_place(diff->old, value->name);
	struct conf_place new = conf_place(diff->new, value->name);
	struct route_diff_item *item;

	if (value->old == value->new ||
		(value->old != NULL && value->new != NULL &&strcmp(value->old, value->new) == 0))
		return;
	item = route_diff_add(diff, ROUTE_DIFF_SETTING, ROUTE_DIFF_CHANGED, value->name);
	if (item == NULL)
		return;
	item->old = (struct route_diff_side){
		.text = value->old == NULL ? "none" : value->old,
		.file = old.line == 0 ? NULL : old.file,
		.line = old.line,
	};
	item->new = (struct route_diff_side){
		.text = value->new == NULL ? "none" : value->new,
		.file = new.line == 0 ? NULL : new.file,
		.line = new.line,
	};
}

static void compare_words(struct route_diff *diff)
{
	static const char *const mta[] = {"postfix", "sendmail"};
	static const char *const on_error[] = {"tempfail", "accept"};
	static const char *const log_to[] = {"stderr", "syslog"};
	static const char *const mixed[] = {"map", "split"};
	static const char *const delivery[] = {"filter", "map"};
	const struct conf *old = diff->old;
	const struct conf *new = diff->new;
	const struct value values[] = {
		{"mta", mta[old->mta], mta[new->mta]},
		{"on_error", on_error[old->on_error], on_error[new->on_error]},
		{"log_to", log_to[old->log_to], log_to[new->log_to]},
		{"mixed", mixed[old->mixed], mixed[new->mixed]},
		{"postfix_delivery", delivery[old->delivery], delivery[new->delivery]},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		compare(diff, &values[i]);
}

static void compare_settings(struct route_diff *diff)
{
	const struct conf *old = diff->old;
	const struct conf *new = diff->new;
	const struct value values[] = {
		{"recipient_delimiter", old->table.delimiters, new->table.delimiters},
		{"milter_socket", old->milter_socket.text, new->milter_socket.text},
		{"map_socket", old->map_socket.text, new->map_socket.text},
		{"secret_socket", old->secret_socket.text, new->secret_socket.text},
		{"control_socket", old->control_socket.text, new->control_socket.text},
		{"status_listen", old->status_listen.text, new->status_listen.text},
		{"status_hosts", old->status_hosts, new->status_hosts},
		{"socket_mode", mode_text(diff, old->socket_mode),
			mode_text(diff, new->socket_mode)},
		{"socket_group", old->socket_group, new->socket_group},
		{"control_mode", mode_text(diff, old->control_mode),
			mode_text(diff, new->control_mode)},
		{"control_group", old->control_group, new->control_group},
		{"state_file", old->state_file, new->state_file},
		{"pid_file", old->pid_file, new->pid_file},
		{"log", old->log, new->log},
		{"journal_units", old->journal_units, new->journal_units},
		{"journal_users", old->journal_users, new->journal_users},
	};

	compare_words(diff);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		compare(diff, &values[i]);
}

/* ---- all of it */

struct route_diff *route_diff_new(const struct conf *old, const struct conf *new)
{
	struct route_diff *diff = calloc(1, sizeof(*diff));

	if (diff == NULL)
		return NULL;
	diff->arena = arena_new();
	diff->old = old;
	diff->new = new;
	if (diff->arena != NULL) {
		route_diff_route_all(diff);
		route_diff_pool_all(diff);
		route_diff_rule_all(diff);
		compare_settings(diff);
	}
	if (diff->arena == NULL || diff->has_no_memory) {
		route_diff_free(diff);
		return NULL;
	}
	return diff;
}

void route_diff_free(struct route_diff *diff)
{
	if (diff == NULL)
		return;
	arena_free(diff->arena);
	free(diff->items);
	free(diff);
}
