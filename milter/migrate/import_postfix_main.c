/* import_postfix_main: what Postfix's main.cf has of next hops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_postfix_main.h"
#include "migrate/word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 8192, DEPTH_MAX = 16 };

/* Those that are looked at, and those that others are made of. */
struct parameter {
	const char *name;
	struct span value;
	struct plan_place place;
};

struct settings {
	struct import_postfix *import;
	const struct import_postfix_source *source;
	struct parameter *list;
	size_t count;
	size_t room;
	struct plan_place place; /* of the whole file */
};

/* ---- lines */

static bool is_name_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	       span_is_digit(octet) || octet == '_';
}

/* "name = value" */
static bool take_apart(struct span line, struct span *name, struct span *value)
{
	size_t length = 0;

	*value = line;
	if (!span_take_until(value, "=", name))
		return false;
	*name = span_trim(*name);
	*value = span_trim(*value);
	while (length < name->length && is_name_octet(name->at[length]))
		length++;
	return length > 0 && length == name->length;
}

bool import_postfix_main_is(struct span text)
{
	struct span line, name, value;

	span_take(&text, "\xef\xbb\xbf");
	while (span_take_line(&text, &line)) {
		line = span_trim(line);
		if (line.length == 0 || *line.at == '#')
			continue;
		/* An address may have "=" in it, and then an "@" before the next blank. */
		return take_apart(line, &name, &value) &&
		       (span_find(value, "@") == NULL || span_ends(name, "_maps") ||
			       value.at > name.at + name.length + 1);
	}
	return false;
}

static const struct parameter *find(const struct settings *settings, const char *name)
{
	/* The last one counts. */
	for (size_t i = settings->count; i-- > 0;)
		if (strcmp(settings->list[i].name, name) == 0)
			return &settings->list[i];
	return NULL;
}

static void keep(
	struct settings *settings, struct plan_place place, struct span name, struct span value)
{
	if (settings->count == settings->room) {
		size_t room = settings->room == 0 ? 128 : 2 * settings->room;
		struct parameter *list = realloc(settings->list, room * sizeof(*list));

		if (list == NULL) {
			settings->import->plan->has_no_memory = true;
			return;
		}
		settings->list = list;
		settings->room = room;
	}
	settings->list[settings->count++] =
		(struct parameter){plan_keep(settings->import->plan, name), value, place};
}

static bool is_set(const struct settings *settings, const char *name)
{
	const struct parameter *parameter = find(settings, name);

	return parameter != NULL && parameter->value.length > 0;
}

/* ---- values */

/* Puts VALUE after what is in OUT, "$name", "${name}" and "$(name)" expanded. False: one is unknown. */
static bool expand(const struct settings *settings, struct span value, int depth,
	char out[VALUE_MAX], size_t *used)
{
	while (value.length > 0) {
		char name[WORD_MAX];
		size_t length = 0;
		const struct parameter *parameter;
		bool is_bracketed;

		if (*used + 1 >= VALUE_MAX || depth > DEPTH_MAX)
			return false;
		if (!span_take(&value, "$")) {
			out[(*used)++] = *value.at;
			span_skip(&value, 1);
			continue;
		}
		if (span_take(&value, "$")) {
			out[(*used)++] = '$';
			continue;
		}
		is_bracketed = span_take(&value, "{") || span_take(&value, "(");
		while (length < value.length && is_name_octet(value.at[length]))
			length++;
		word_text(span_make(value.at, length), name);
		span_skip(&value, length);
		if (is_bracketed && !span_take(&value, "}") && !span_take(&value, ")"))
			return false;
		parameter = find(settings, name);
		if (parameter == NULL || !expand(settings, parameter->value, depth + 1, out, used))
			return false;
	}
	return true;
}

/* The expanded value; empty if it is not set, or not known, of which there is a remark then. */
static struct span value_of(
	const struct settings *settings, const char *name, struct plan_place *place)
{
	const struct parameter *parameter = find(settings, name);
	char text[VALUE_MAX];
	size_t used = 0;

	*place = settings->place;
	if (parameter == NULL)
		return span_make("", 0);
	*place = parameter->place;
	if (!expand(settings, parameter->value, 0, text, &used)) {
		plan_leave(settings->import->plan, *place, parameter->value,
			"%s: something in it has no value here", name);
		return span_make("", 0);
	}
	text[used] = '\0';
	return span_trim(span_make(plan_keep(settings->import->plan, span_make(text, used)), used));
}

/* ---- tables */

static const struct {
	const char *parameter;
	enum import_postfix_kind kind;
} tables[] = {
	{"transport_maps", IMPORT_POSTFIX_TRANSPORT},
	{"sender_dependent_default_transport_maps", IMPORT_POSTFIX_SENDER_TRANSPORT},
	{"sender_dependent_relayhost_maps", IMPORT_POSTFIX_SENDER_RELAYHOST},
};

enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

bool import_postfix_main_kind(const char *parameter, enum import_postfix_kind *kind)
{
	for (int i = 0; i < TABLE_COUNT; i++) {
		if (strcmp(tables[i].parameter, parameter) != 0)
			continue;
		*kind = tables[i].kind;
		return true;
	}
	return false;
}

/* The next of a list that commas and blanks part, where braces hold together. */
static bool take_table(struct span *list, struct span *table)
{
	size_t length = 0;
	int depth = 0;

	while (list->length > 0 && strchr(", \t", *list->at) != NULL)
		span_skip(list, 1);
	for (; length < list->length; length++) {
		char octet = list->at[length];

		depth += (octet == '{') - (octet == '}');
		if (depth <= 0 && strchr(", \t", octet) != NULL)
			break;
	}
	*table = span_make(list->at, length);
	span_skip(list, length);
	return length > 0;
}

/* "inline:{ key=value, { key = value } }" */
static void read_inline(struct settings *settings, enum import_postfix_kind kind,
	struct plan_place place, struct span text)
{
	struct span list = span_trim(text);
	struct span one;

	if (!span_take(&list, "{") || !span_ends(list, "}")) {
		plan_leave(settings->import->plan, place, text, "it has no braces");
		return;
	}
	list.length--;
	while (take_table(&list, &one)) {
		struct span inner = one;
		struct span key;

		if (span_take(&inner, "{") && span_ends(inner, "}"))
			inner.length--;
		inner = span_trim(inner);
		if (!span_take_until(&inner, "=", &key))
			plan_fault(settings->import->plan, place, "inline: an entry has no \"=\"");
		else
			import_postfix_entry(settings->import, kind, place, one, span_trim(key),
				span_trim(inner));
	}
}

static void read_table(struct settings *settings, enum import_postfix_kind kind,
	struct plan_place place, struct span table)
{
	struct plan *plan = settings->import->plan;
	struct span spec = table;
	struct span text = {NULL, 0};
	const char *name = "";
	const char *why = "tables are not read here";

	span_take(&spec, "proxy:");
	if (span_take(&spec, "inline:")) {
		read_inline(settings, kind, place, spec);
		return;
	}
	if (span_take(&spec, "static:")) {
		import_postfix_entry(
			settings->import, kind, place, table, span_make("*", 1), span_trim(spec));
		return;
	}
	if (settings->source != NULL)
		why = settings->source->open(
			settings->source->self, plan_keep(plan, spec), &text, &name);
	if (why == NULL)
		import_postfix_table(settings->import, kind, name, text);
	else
		plan_leave(plan, place, table, "%s: %s", why,
			kind == IMPORT_POSTFIX_CLASS && settings->import->class.value.length == 0
				? "give its domains routes with action = \"dns\", or ALL takes "
				  "their mail"
				: "its entries are missing here");
}

static void read_tables(struct settings *settings, int index)
{
	struct plan_place place;
	struct span list = value_of(settings, tables[index].parameter, &place);
	struct span table;

	while (take_table(&list, &table))
		read_table(settings, tables[index].kind, place, table);
}

/* ---- next hops for all */

static void read_domains(struct settings *settings, struct plan_place place, struct span list)
{
	struct span one;

	while (take_table(&list, &one)) {
		if (span_find(one, ":") != NULL || span_starts(one, "/"))
			read_table(settings, IMPORT_POSTFIX_CLASS, place, one);
		else
			import_postfix_entry(settings->import, IMPORT_POSTFIX_CLASS, place, one,
				one, span_make("", 0));
	}
}

/* The domains of a class: names, or tables whose keys are such. */
static void read_list(struct settings *settings, const char *name, const char *fallback)
{
	const struct parameter *found = find(settings, name);
	struct plan_place place = found == NULL ? settings->place : found->place;
	struct span list = found == NULL ? span_make(fallback, strlen(fallback)) : found->value;
	struct span one;

	while (take_table(&list, &one)) {
		char text[VALUE_MAX];
		size_t used = 0;

		if (expand(settings, one, 0, text, &used))
			read_domains(settings, place,
				span_make(plan_keep(settings->import->plan, span_make(text, used)),
					used));
		else
			plan_leave(settings->import->plan, place, one,
				"%s: its value is not known here: give that domain a route%s", name,
				settings->import->class.value.length == 0 ? " with action = \"dns\""
									  : "");
	}
}

/* In the order in which Postfix looks for a domain in them. */
static const struct class
{
	const char *list;
	const char *fallback; /* what the list is if it is not set */
	const char *transport;
} classes[] = {
	{"mydestination", "$myhostname, localhost.$mydomain, localhost", "local_transport"},
	{"virtual_alias_domains", "", NULL},
	{"virtual_mailbox_domains", "", "virtual_transport"},
	{"relay_domains", "", "relay_transport"},
};

/* What all mail without an entry in a transport table goes by. */
struct defaults {
	struct span transport; /* default_transport */
	struct plan_place transport_place;
	bool has_nexthop; /* default_transport has one */
	struct span relayhost;
	struct plan_place relayhost_place;
	bool has_senders;
};

static void find_defaults(const struct settings *settings, struct defaults *defaults)
{
	const char *colon;

	*defaults = (struct defaults){.has_nexthop = false};
	defaults->transport = value_of(settings, "default_transport", &defaults->transport_place);
	defaults->relayhost = value_of(settings, "relayhost", &defaults->relayhost_place);
	colon = span_find(defaults->transport, ":");
	if (colon != NULL && colon + 1 < defaults->transport.at + defaults->transport.length)
		defaults->has_nexthop = true;
	else if (colon != NULL)
		defaults->transport.length--;
	defaults->has_senders =
		is_set(settings, tables[1].parameter) || is_set(settings, tables[2].parameter);
}

/*
 * A relay_transport without a next hop goes to relayhost, as ALL does, or by the domain's MX records.
 * Gives false if no route is needed.
 */
static bool find_relay_value(const struct settings *settings, const struct defaults *defaults,
	struct span transport, struct span *value)
{
	bool is_usual =
		transport.length == 0 || word_is(transport, "smtp") || word_is(transport, "relay");
	bool is_as_all =
		is_usual && !defaults->has_nexthop && defaults->transport.length == 0 &&
		(!is_set(settings, tables[1].parameter) || is_set(settings, tables[2].parameter));
	char text[2 * VALUE_MAX];

	*value = span_make("", 0);
	if (defaults->relayhost.length == 0 && is_usual)
		return defaults->has_nexthop || defaults->has_senders;
	if (defaults->relayhost.length > 0 && is_as_all)
		return false;
	snprintf(text, sizeof(text), "%.*s:%.*s", (int)transport.length, transport.at,
		(int)defaults->relayhost.length, defaults->relayhost.at);
	*value = span_make(
		plan_keep(settings->import->plan, span_make(text, strlen(text))), strlen(text));
	return true;
}

/* Whether its domains need routes, and what leads there in settings->import->class. */
static bool find_class(
	struct settings *settings, const struct class *class, const struct defaults *defaults)
{
	struct import_postfix_class *found = &settings->import->class;
	struct plan_place place;
	struct span value = class->transport == NULL ? span_make("", 0)
						     : value_of(settings, class->transport, &place);
	const struct parameter *parents = find(settings, "parent_domain_matches_subdomains");
	bool is_relay = strcmp(class->list, "relay_domains") == 0;

	/* As shipped relay_domains is one of them. */
	*found = (struct import_postfix_class){
		.has_subdomains = is_relay && (parents == NULL || span_find(parents->value,
									  class->list) != NULL),
	};
	if (import_postfix_is_target(value)) {
		found->value = value;
		return true;
	}
	if (span_ends(value, ":"))
		value.length--;
	if (is_relay && span_find(value, ":") == NULL)
		return find_relay_value(settings, defaults, value, &found->value);
	return defaults->relayhost.length > 0 || defaults->has_nexthop || defaults->has_senders;
}

static void read_classes(struct settings *settings, const struct defaults *defaults)
{
	struct import_postfix *import = settings->import;
	static const char *const names[] = {"postmaster", "root"};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (find_class(settings, &classes[i], defaults))
			read_list(settings, classes[i].list, classes[i].fallback);
	import->class = (struct import_postfix_class){.has_subdomains = false};
	if (defaults->relayhost.length == 0 && !defaults->has_nexthop && !defaults->has_senders)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		import_postfix_entry(import, IMPORT_POSTFIX_CLASS, settings->place,
			span_make(names[i], strlen(names[i])),
			span_make(names[i], strlen(names[i])), span_make("", 0));
}

/* The next hop of all mail without an entry in a transport table. */
static void read_default(struct settings *settings, const struct defaults *defaults)
{
	struct import_postfix *import = settings->import;
	struct plan_pool pool = {.transport = NULL};
	struct span transport = defaults->transport;

	if (defaults->has_nexthop) {
		import_postfix_entry(import, IMPORT_POSTFIX_TRANSPORT, defaults->transport_place,
			transport, span_make("*", 1), transport);
		import->has_all = false;
		return;
	}
	if (transport.length > 0 && !span_is(transport, "smtp"))
		pool.transport = plan_keep(import->plan, transport);
	if (defaults->relayhost.length == 0 && pool.transport != NULL)
		plan_leave(import->plan, defaults->transport_place, transport,
			"default_transport: mail without a route goes by Postfix's own");
	if (defaults->relayhost.length > 0 &&
		import_postfix_hosts(import, defaults->relayhost_place, defaults->relayhost, &pool))
		plan_add_route(import->plan, defaults->relayhost_place, "ALL",
			&(struct plan_target){.action = ACTION_POOL, .pool = &pool});
}

static void read_fallback(struct settings *settings)
{
	struct import_postfix *import = settings->import;
	struct plan_pool pool = {.transport = NULL};
	struct plan_place place;
	struct span hosts = value_of(settings, "smtp_fallback_relay", &place);

	if (hosts.length == 0)
		hosts = value_of(settings, "fallback_relay", &place);
	if (hosts.length == 0 || !import_postfix_hosts(import, place, hosts, &pool))
		return;
	plan_set_fallback(import->plan, place, &pool);
	plan_note(import->plan, place, hosts,
		"smtp_fallback_relay is each pool's fallback "
		"now; leave it in main.cf for mail that has no route");
}

/* ---- all of it */

/* Those that an extension may begin with in routes.cfg. */
static void keep_delimiters(struct plan *plan, struct plan_place place, struct span delimiters)
{
	char kept[WORD_MAX];
	size_t length = 0;

	for (size_t i = 0; i < delimiters.length && length + 1 < sizeof(kept); i++)
		if (delimiters.at[i] > ' ' && delimiters.at[i] < 127 &&
			strchr("@\"\\.", delimiters.at[i]) == NULL)
			kept[length++] = delimiters.at[i];
	if (length < delimiters.length)
		plan_leave(plan, place, delimiters,
			"recipient_delimiter: addresses with an extension after @, \", \\, a dot "
			"or a space need routes of their own");
	plan->delimiters = plan_keep(plan, span_make(kept, length));
}

static void read_lines(struct settings *settings, struct span text)
{
	struct import_postfix_lines lines = {
		.plan = settings->import->plan, .place = settings->place, .rest = text};
	struct span line, name, value;
	char shown[WORD_MAX];

	while (import_postfix_line(&lines, &line))
		if (take_apart(line, &name, &value))
			keep(settings, lines.place, name, value);
		else
			plan_fault(settings->import->plan, lines.place,
				"\"%s\" is not a setting: name = value", word_text(line, shown));
}

static bool has_value(const struct settings *settings, const char *name, const char *value)
{
	const struct parameter *parameter = find(settings, name);

	return parameter != NULL && word_is(parameter->value, value);
}

void import_postfix_main_read(struct import_postfix *import, const char *file, struct span text,
	const struct import_postfix_source *source)
{
	struct settings settings = {.import = import, .source = source};
	struct defaults defaults;
	struct plan_place place;
	struct span delimiters;

	settings.place.file = plan_keep(import->plan, span_make(file, strlen(file)));
	read_lines(&settings, text);
	import->no_mx |= has_value(&settings, "disable_dns_lookups", "yes") ||
			 has_value(&settings, "smtp_dns_support_level", "disabled");
	delimiters = value_of(&settings, "recipient_delimiter", &place);
	if (delimiters.length > 0)
		keep_delimiters(import->plan, place, delimiters);
	read_tables(&settings, IMPORT_POSTFIX_TRANSPORT);
	if (!import->has_all) {
		find_defaults(&settings, &defaults);
		read_classes(&settings, &defaults);
		read_default(&settings, &defaults);
	}
	read_tables(&settings, IMPORT_POSTFIX_SENDER_TRANSPORT);
	read_tables(&settings, IMPORT_POSTFIX_SENDER_RELAYHOST);
	read_fallback(&settings);
	free(settings.list);
}
