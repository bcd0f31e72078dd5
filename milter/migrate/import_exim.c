/* import_exim: the manualroute routers of an Exim
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_exim.h"
#include "conf/arena.h"
#include "migrate/word.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { OPTIONS_MAX = 64, PRIORITY_STEP = 10, MATCHES_MAX = 256, RULE_MAX = 32 * 1024 };

struct option {
	struct span name;
	struct span value;
	struct plan_place place;
};

struct reading {
	struct plan *plan;
	struct plan_place place; /* of the line that was taken */
	struct span rest;
	int number;
	/* The router that is being read. */
	struct span name;
	struct plan_place router;
	struct option options[OPTIONS_MAX];
	int option_count;
};

/* ---- logical lines */

/* Takes a line that is no comment and not empty; *GOES_ON: the next one belongs to it. */
static bool take_piece(struct reading *reading, struct span *piece, bool *goes_on)
{
	while (span_take_line(&reading->rest, piece)) {
		reading->number++;
		*piece = span_trim(*piece);
		if (piece->length == 0 || *piece->at == '#')
			continue;
		*goes_on = span_ends(*piece, "\\");
		piece->length -= *goes_on;
		return true;
	}
	return false;
}

/* A line that ends in a backslash goes on in the next; comments between them are passed over. */
static bool take_line(struct reading *reading, struct span *line)
{
	struct reading ahead;
	struct span piece;
	size_t length;
	char *joined;
	bool goes_on;

	if (!take_piece(reading, line, &goes_on))
		return false;
	reading->place.line = reading->number;
	if (!goes_on)
		return true;
	length = line->length;
	ahead = *reading;
	while (goes_on && take_piece(&ahead, &piece, &goes_on))
		length += piece.length;
	joined = arena_take(reading->plan->arena, length + 1, 1);
	if (joined == NULL) {
		reading->plan->has_no_memory = true;
		return false;
	}
	memcpy(joined, line->at, line->length);
	length = line->length;
	for (goes_on = true; goes_on && take_piece(reading, &piece, &goes_on);) {
		memcpy(joined + length, piece.at, piece.length);
		length += piece.length;
	}
	*line = span_trim(span_make(joined, length));
	return true;
}

/* ---- options */

static const struct option *find(const struct reading *reading, const char *name)
{
	for (int i = 0; i < reading->option_count; i++)
		if (word_is(reading->options[i].name, name))
			return &reading->options[i];
	return NULL;
}

/* "name = value", "name", "no_name" */
static void read_option(struct reading *reading, struct span line)
{
	struct option option = {.name = line, .value = {"true", 4}, .place = reading->place};
	struct span rest = line;

	if (span_take_until(&rest, "=", &option.name))
		option.value = span_trim(rest);
	option.name = span_trim(option.name);
	if (span_take(&option.name, "no_") || span_take(&option.name, "not_"))
		option.value = span_make("false", 5);
	if (reading->option_count < OPTIONS_MAX)
		reading->options[reading->option_count++] = option;
}

static bool is_true(const struct option *option)
{
	return option != NULL && (word_is(option->value, "true") || word_is(option->value, "yes"));
}

static struct span unquote(struct span text)
{
	text = span_trim(text);
	if (text.length > 1 && span_starts(text, "\"") && span_ends(text, "\"")) {
		span_skip(&text, 1);
		text.length--;
	}
	return span_trim(text);
}

/* ---- lists */

/* "<; a ; b": another separator than ":". */
static char take_separator(struct span *list)
{
	char separator = ':';

	if (span_starts(*list, "<") && list->length > 1 &&
		strchr("abcdefghijklmnopqrstuvwxyz0123456789 ", list->at[1]) == NULL) {
		separator = list->at[1];
		span_skip(list, 2);
	}
	return separator;
}

/* The next item, in which a doubled separator is one; in OUT. */
static bool take_item(struct span *list, char separator, char out[WORD_MAX])
{
	size_t length = 0;
	bool is_inside = false;

	if (list->length == 0)
		return false;
	/* What is within brackets is an address. */
	while (list->length > 0) {
		char octet = *list->at;

		span_skip(list, 1);
		is_inside = octet == '[' || (is_inside && octet != ']');
		if (octet == separator && !is_inside) {
			if (list->length == 0 || *list->at != separator)
				break;
			span_skip(list, 1);
		}
		if (length + 1 < WORD_MAX)
			out[length++] = octet;
	}
	out[length] = '\0';
	return true;
}

/* ---- hosts */

static void leave(
	struct reading *reading, struct plan_place place, struct span text, const char *why)
{
	plan_leave(reading->plan, place, text, "router %.*s: %s", (int)reading->name.length,
		reading->name.at, why);
}

/* An IPv6 address in brackets may have its colons doubled, as elsewhere in a list. */
static struct span halve_colons(struct span name, char out[WORD_MAX])
{
	size_t length = 0;

	if (word_is_address(name, AF_INET6) || name.length >= WORD_MAX)
		return name;
	for (size_t i = 0; i < name.length; i++) {
		out[length++] = name.at[i];
		i += name.at[i] == ':' && i + 1 < name.length && name.at[i + 1] == ':';
	}
	return word_is_address(span_make(out, length), AF_INET6) ? span_make(out, length) : name;
}

/* "host", "host:port", "host/MX" */
static bool add_host(struct reading *reading, struct plan_place place, struct span item,
	int priority, struct plan_pool *pool)
{
	struct plan_host host = {.weight = 1, .priority = priority};
	struct word_host parts;
	char shown[WORD_MAX];

	if (item.length > 3 && strncasecmp(item.at + item.length - 3, "/MX", 3) == 0) {
		host.lookup = LOOKUP_MX;
		item.length -= 3;
	}
	if (!word_take_apart(item, &parts)) {
		plan_fault(reading->plan, place, "\"%s\" has brackets that do not fit",
			word_text(item, shown));
		return false;
	}
	host.port = parts.has_port ? word_port(parts.port) : 0;
	if (host.port == -1) {
		plan_fault(reading->plan, place, "\"%s\" has no port of 1 to 65535",
			word_text(item, shown));
		return false;
	}
	if (host.port == 25)
		host.port = 0;
	host.name = plan_keep(reading->plan, halve_colons(parts.name, shown));
	return plan_add_host(reading->plan, place, pool, &host);
}

static bool read_hosts(struct reading *reading, struct plan_place place, struct span list,
	bool is_random, struct plan_pool *pool)
{
	char separator;
	char item[WORD_MAX];
	int priority = 0;
	bool is_good = true;

	list = unquote(list);
	separator = take_separator(&list);
	while (take_item(&list, separator, item)) {
		struct span word = span_trim(span_make(item, strlen(item)));

		if (word.length == 0)
			continue;
		if (word_is(word, "+")) {
			priority += is_random ? PRIORITY_STEP : 0;
			continue;
		}
		is_good = add_host(reading, place, word, priority, pool) && is_good;
		priority += is_random ? 0 : PRIORITY_STEP;
	}
	if (is_good && pool->host_count == 0) {
		plan_fault(reading->plan, place, "there is no host");
		is_good = false;
	}
	return is_good;
}

/* Splits "hosts options"; a list with blanks is within quotes. False: something is not ours. */
static bool split_hosts(struct reading *reading, struct plan_place place, struct span text,
	struct span *hosts, bool *is_random)
{
	struct span rest = text;
	struct span word;

	if (!span_take_quoted(&rest))
		span_take_word(&rest, "");
	*hosts = span_before(text, rest.at);
	for (rest = span_trim(rest); rest.length > 0; rest = span_trim(rest)) {
		struct span start = rest;

		if (!span_take_word(&rest, ""))
			return false;
		word = span_before(start, rest.at);
		if (word_is(word, "randomize"))
			*is_random = true;
		else if (word_is(word, "no_randomize"))
			*is_random = false;
		else if (!word_is(word, "byname") && !word_is(word, "bydns") &&
			 !word_is(word, "bydns_a") && !word_is(word, "ipv4_only") &&
			 !word_is(word, "ipv4_prefer"))
			plan_note(reading->plan, place, text, "\"%.*s\" is not carried over",
				(int)word.length, word.at);
	}
	return true;
}

/* ---- patterns of domains */

/* What of ours matches the same, or NULL after a remark. */
static const char *find_match(struct reading *reading, struct plan_place place, struct span pattern)
{
	if (span_is(pattern, "*"))
		return "ALL";
	if (span_starts(pattern, "!"))
		leave(reading, place, pattern,
			"a negation: give these domains a route of their own");
	else if (span_starts(pattern, "+") || span_starts(pattern, "@"))
		leave(reading, place, pattern, "a list by name is not looked up");
	else if (span_find(pattern, ";") != NULL || span_starts(pattern, "/"))
		leave(reading, place, pattern, "a lookup is not carried over");
	else if (span_starts(pattern, "^") || span_find(pattern, "$") != NULL ||
		 span_find(pattern, "\\") != NULL)
		leave(reading, place, pattern, "a pattern or expansion is not carried over");
	else if (span_starts(pattern, "*."))
		return plan_keep(reading->plan, span_from(pattern, pattern.at + 1));
	else if (span_starts(pattern, "*"))
		leave(reading, place, pattern, "a pattern within a label is not carried over");
	else
		return plan_keep(reading->plan, pattern);
	return NULL;
}

static void add_route(struct reading *reading, struct plan_place place, struct span text,
	struct span pattern, const struct plan_target *target)
{
	const char *match = find_match(reading, place, pattern);

	if (match == NULL)
		return;
	if (plan_has_wider_route(reading->plan, match))
		leave(reading, place, text, "a router before it has that mail already");
	else
		plan_add_route(reading->plan, place, match, target);
}

/* ---- routers */

static bool has_expansion(struct span text)
{
	return span_find(text, "$") != NULL;
}

/* The patterns of the option "domains"; all if it has none. */
static int list_domains(struct reading *reading, struct span patterns[MATCHES_MAX])
{
	const struct option *domains = find(reading, "domains");
	struct span list;
	char separator;
	char item[WORD_MAX];
	int count = 0;

	patterns[0] = span_make("*", 1);
	if (domains == NULL)
		return 1;
	list = unquote(domains->value);
	separator = take_separator(&list);
	while (count < MATCHES_MAX && take_item(&list, separator, item)) {
		struct span word = span_trim(span_make(item, strlen(item)));

		if (word.length > 0)
			patterns[count++] = span_make(plan_keep(reading->plan, word), word.length);
	}
	/* "! +local_domains" alone: all others. */
	if (count == 1 && span_starts(patterns[0], "!")) {
		plan_note(reading->plan, domains->place, patterns[0],
			"ALL takes these domains, too: give each a route with action = \"dns\"");
		patterns[0] = span_make("*", 1);
	}
	return count;
}

/* A domain, or "*.domain". */
static bool is_plain(struct span pattern)
{
	span_take(&pattern, "*.");
	for (size_t i = 0; i < pattern.length; i++)
		if (strchr("*!+@^;$/\\", pattern.at[i]) != NULL)
			return false;
	return pattern.length > 0;
}

static void read_rule(struct reading *reading, const struct option *option, struct span text,
	const struct span *patterns, int count)
{
	struct plan_pool pool = {.transport = NULL};
	struct plan_target target = {.action = ACTION_POOL, .pool = &pool};
	struct plan_target dns = {.action = ACTION_DNS};
	bool is_random = is_true(find(reading, "hosts_randomize"));
	struct span hosts;

	if (has_expansion(text)) {
		leave(reading, option->place, text, "expansions are not carried over");
		/* No wider route may have their mail. */
		for (int i = 0; i < count; i++)
			if (is_plain(patterns[i]))
				add_route(reading, option->place, text, patterns[i], &dns);
		return;
	}
	if (!split_hosts(reading, option->place, text, &hosts, &is_random) ||
		!read_hosts(reading, option->place, hosts, is_random, &pool))
		return;
	for (int i = 0; i < count; i++)
		add_route(reading, option->place, text, patterns[i], &target);
}

/* Rules parted by semicolons, of which a doubled one is one. */
static void read_route_list(struct reading *reading, const struct option *option,
	const struct span *domains, int domain_count)
{
	struct span list = unquote(option->value);
	char separator = ';';
	char item[RULE_MAX];

	if (span_starts(list, "<"))
		separator = take_separator(&list);
	while (list.length > 0) {
		size_t length = 0;
		struct span rule, rest, pattern;

		while (list.length > 0) {
			char octet = *list.at;

			span_skip(&list, 1);
			if (octet == separator) {
				if (list.length == 0 || *list.at != separator)
					break;
				span_skip(&list, 1);
			}
			if (length + 1 < sizeof(item))
				item[length++] = octet;
		}
		rule = span_trim(span_make(item, length));
		rest = rule;
		if (length + 1 >= sizeof(item)) {
			plan_fault(reading->plan, option->place, "a rule is too long");
			return;
		}
		if (!span_take_quoted(&rest) && !span_take_word(&rest, ""))
			continue;
		pattern = unquote(span_before(rule, rest.at));
		rest = span_trim(rest);
		if (rest.length == 0)
			leave(reading, option->place, rule,
				"a rule without hosts is not carried over");
		else if (span_is(pattern, "*"))
			read_rule(reading, option, rest, domains, domain_count);
		else
			read_rule(reading, option, rest, &pattern, 1);
	}
}

static const char *const conditions[] = {"condition", "senders", "local_parts", "local_part_prefix",
	"local_part_suffix", "check_local_user", "require_files", "router_home", "address_data",
	"set", "redirect_router", "verify_only", NULL};

static void read_router(struct reading *reading)
{
	const struct option *driver = find(reading, "driver");
	const struct option *list = find(reading, "route_list");
	const struct option *data = find(reading, "route_data");
	const struct option *hosts_max = find(reading, "hosts_max_try");
	struct span domains[MATCHES_MAX];
	int count;

	if (driver == NULL || !word_is(driver->value, "manualroute"))
		return;
	for (int i = 0; conditions[i] != NULL; i++) {
		const struct option *condition = find(reading, conditions[i]);

		if (condition == NULL)
			continue;
		leave(reading, condition->place, condition->name,
			"a router with that condition is not carried over");
		return;
	}
	count = list_domains(reading, domains);
	if (hosts_max != NULL)
		plan_note(reading->plan, hosts_max->place, hosts_max->value,
			"hosts_max_try: here all hosts of a pool are tried");
	if (list != NULL)
		read_route_list(reading, list, domains, count);
	else if (data != NULL)
		read_rule(reading, data, unquote(data->value), domains, count);
	else
		leave(reading, reading->router, reading->name,
			"it has no route_list or route_data");
}

static void end_router(struct reading *reading)
{
	if (reading->option_count > 0)
		read_router(reading);
	reading->option_count = 0;
}

/* ---- the file */

static bool has_sections(struct span text)
{
	struct span line;

	while (span_take_line(&text, &line)) {
		struct span word = span_trim(line);

		if (span_take(&word, "begin") && word_is(span_trim(word), "routers"))
			return true;
	}
	return false;
}

void import_exim_read(struct plan *plan, const char *file, struct span text)
{
	struct reading reading = {.plan = plan, .rest = text};
	bool is_within = !has_sections(text);
	struct span line;

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	reading.place.file = plan_keep(plan, span_make(file, strlen(file)));
	while (take_line(&reading, &line)) {
		struct span word = line;
		bool is_section = span_take(&word, "begin ");
		bool is_router = span_ends(line, ":") && span_find(line, " ") == NULL;

		if (is_section || is_router)
			end_router(&reading);
		if (is_section)
			is_within = word_is(span_trim(word), "routers");
		else if (is_within && is_router) {
			reading.name = span_make(line.at, line.length - 1);
			reading.router = reading.place;
		} else if (is_within && reading.name.length > 0)
			read_option(&reading, line);
	}
	end_router(&reading);
}
