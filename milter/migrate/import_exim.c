/* import_exim: the manualroute routers of an Exim
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_exim.h"
#include "migrate/import_exim_excluded.h"
#include "migrate/import_exim_lines.h"
#include "migrate/import_exim_list.h"
#include "migrate/word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { OPTIONS_MAX = 64, PRIORITY_STEP = 10, RULE_MAX = 32 * 1024 };

struct option {
	struct span name;
	struct span value;
	struct plan_place place;
};

struct reading {
	struct plan *plan;
	struct import_exim_lines lines;
	struct import_exim_lists lists;
	struct import_exim_excluded excluded;
	bool is_closed; /* all other mail has gone by DNS */
	/* The router that is being read. */
	struct span name;
	struct plan_place router;
	struct option options[OPTIONS_MAX];
	int option_count;
};

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
	struct option option = {.name = line, .value = {"true", 4}, .place = reading->lines.place};
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

	list = import_exim_list_unquote(list);
	separator = import_exim_list_separator(&list);
	while (import_exim_list_item(&list, separator, item)) {
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
		leave(reading, place, pattern, "that list is not known here, or has a negation");
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
	bool is_covered, has_excluded;

	if (match == NULL)
		return;
	is_covered = (reading->is_closed || plan_has_wider_route(reading->plan, match)) &&
		     !import_exim_excluded_has(&reading->excluded, match);
	has_excluded = import_exim_excluded_take(&reading->excluded, match, target);
	if (!is_covered && !(has_excluded && plan_has_route(reading->plan, match)))
		plan_add_route(reading->plan, place, match, target);
	else if (!has_excluded)
		leave(reading, place, text, "a router before it has that mail already");
}

/* ---- routers */

static bool has_expansion(struct span text)
{
	return span_find(text, "$") != NULL;
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

/* Whether an item before the one at INDEX says "!" of the same. */
static bool is_said_no(const struct plan_list *patterns, size_t index)
{
	const struct import_exim_pattern *pattern = patterns->items[index];

	for (size_t i = 0; i < index; i++) {
		const struct import_exim_pattern *earlier = patterns->items[i];

		if (earlier->is_excluded && earlier->text.length == pattern->text.length &&
			strncasecmp(earlier->text.at, pattern->text.at, pattern->text.length) == 0)
			return true;
	}
	return false;
}

static bool is_manual(const struct reading *reading)
{
	const struct option *driver = find(reading, "driver");

	return driver != NULL && word_is(driver->value, "manualroute");
}

static void exclude_pattern(
	struct reading *reading, struct plan_place place, const struct import_exim_pattern *pattern)
{
	char shown[WORD_MAX + 1] = "!";
	const char *match;

	if (is_plain(pattern->text)) {
		match = find_match(reading, place, pattern->text);
		if (match != NULL)
			import_exim_excluded_add(&reading->excluded, place, match);
		return;
	}
	word_text(pattern->text, shown + 1);
	if (is_manual(reading))
		plan_note(reading->plan, place, span_make(shown, strlen(shown)),
			"wider routes take these domains, too: give each a route with action = "
			"\"dns\"");
}

/* The patterns of the option "domains"; all if it has none. */
static void find_domains(struct reading *reading, struct plan_list *found)
{
	static struct import_exim_pattern all = {.text = {"*", 1}};
	const struct option *domains = find(reading, "domains");
	struct plan_list patterns = {.count = 0};
	bool is_last_excluded = false;

	if (domains == NULL) {
		reading->plan->has_no_memory |= !plan_list_add(found, &all);
		return;
	}
	if (has_expansion(domains->value)) {
		leave(reading, domains->place, domains->value, "expansions are not carried over");
		return;
	}
	reading->lists.place = domains->place;
	import_exim_list_expand(&reading->lists, domains->value, &patterns);
	for (size_t i = 0; i < patterns.count; i++) {
		struct import_exim_pattern *pattern = patterns.items[i];

		is_last_excluded = pattern->is_excluded;
		if (pattern->is_excluded)
			exclude_pattern(reading, domains->place, pattern);
		else if (!is_said_no(&patterns, i))
			reading->plan->has_no_memory |= !plan_list_add(found, pattern);
	}
	/* With a "!" at the end: all others. */
	if (is_last_excluded)
		reading->plan->has_no_memory |= !plan_list_add(found, &all);
	free(patterns.items);
}

static void add_routes(struct reading *reading, const struct option *option, struct span text,
	const struct plan_list *patterns, const struct plan_target *target)
{
	for (size_t i = 0; i < patterns->count; i++)
		add_route(reading, option->place, text,
			((const struct import_exim_pattern *)patterns->items[i])->text, target);
}

static void read_rule(struct reading *reading, const struct option *option, struct span text,
	const struct plan_list *patterns)
{
	struct plan_pool pool = {.transport = NULL};
	struct plan_target target = {.action = ACTION_POOL, .pool = &pool};
	struct plan_target dns = {.action = ACTION_DNS};
	bool is_random = is_true(find(reading, "hosts_randomize"));
	struct span hosts;

	if (has_expansion(text)) {
		leave(reading, option->place, text, "expansions are not carried over");
		/* No wider route may have their mail. */
		for (size_t i = 0; i < patterns->count; i++) {
			const struct import_exim_pattern *pattern = patterns->items[i];

			if (is_plain(pattern->text))
				add_route(reading, option->place, text, pattern->text, &dns);
		}
		return;
	}
	if (!split_hosts(reading, option->place, text, &hosts, &is_random) ||
		!read_hosts(reading, option->place, hosts, is_random, &pool))
		return;
	add_routes(reading, option, text, patterns, &target);
}

/* For the domains of one pattern. */
static void read_one(
	struct reading *reading, const struct option *option, struct span text, struct span pattern)
{
	struct import_exim_pattern one = {.text = pattern};
	void *item = &one;

	read_rule(reading, option, text, &(struct plan_list){.items = &item, .count = 1});
}

/* Rules parted by semicolons, of which a doubled one is one. */
static void read_route_list(
	struct reading *reading, const struct option *option, const struct plan_list *domains)
{
	struct span list = import_exim_list_unquote(option->value);
	char separator = ';';
	char item[RULE_MAX];

	if (span_starts(list, "<"))
		separator = import_exim_list_separator(&list);
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
		pattern = import_exim_list_unquote(span_before(rule, rest.at));
		rest = span_trim(rest);
		if (rest.length == 0)
			leave(reading, option->place, rule,
				"a rule without hosts is not carried over");
		else if (span_is(pattern, "*"))
			read_rule(reading, option, rest, domains);
		else
			read_one(reading, option, rest, pattern);
	}
}

static const char *const conditions[] = {"condition", "senders", "local_parts", "local_part_prefix",
	"local_part_suffix", "check_local_user", "require_files", "router_home", "address_data",
	"set", "redirect_router", "verify_only", NULL};

/* The first of the conditions that it has, or NULL. */
static const struct option *find_condition(const struct reading *reading)
{
	for (int i = 0; conditions[i] != NULL; i++) {
		const struct option *condition = find(reading, conditions[i]);

		if (condition != NULL)
			return condition;
	}
	return NULL;
}

static void read_manualroute(struct reading *reading, const struct plan_list *domains)
{
	const struct option *list = find(reading, "route_list");
	const struct option *data = find(reading, "route_data");
	const struct option *hosts_max = find(reading, "hosts_max_try");

	if (hosts_max != NULL)
		plan_note(reading->plan, hosts_max->place, hosts_max->value,
			"hosts_max_try: here all hosts of a pool are tried");
	if (list != NULL)
		read_route_list(reading, list, domains);
	else if (data != NULL)
		read_rule(reading, data, import_exim_list_unquote(data->value), domains);
	else
		leave(reading, reading->router, reading->name,
			"it has no route_list or route_data");
}

/* What is routed by DNS is not for the routers after it. */
static void read_dnslookup(struct reading *reading, const struct plan_list *domains)
{
	const struct option *option = find(reading, "domains");
	const struct plan_target dns = {.action = ACTION_DNS};

	for (size_t i = 0; i < domains->count; i++) {
		const struct import_exim_pattern *pattern = domains->items[i];

		if (span_is(pattern->text, "*")) {
			import_exim_excluded_take(&reading->excluded, "ALL", &dns);
			reading->is_closed = true;
		} else if (is_plain(pattern->text)) {
			add_route(reading, option->place, pattern->text, pattern->text, &dns);
		}
	}
}

static void read_router(struct reading *reading)
{
	const struct option *driver = find(reading, "driver");
	const struct option *condition = find_condition(reading);
	bool is_dns = driver != NULL && word_is(driver->value, "dnslookup");
	struct plan_list domains = {.count = 0};

	if (!is_manual(reading) && !is_dns)
		return;
	if (condition != NULL) {
		if (is_manual(reading))
			leave(reading, condition->place, condition->name,
				"a router with that condition is not carried over");
		return;
	}
	find_domains(reading, &domains);
	if (is_manual(reading))
		read_manualroute(reading, &domains);
	else
		read_dnslookup(reading, &domains);
	free(domains.items);
}

static void end_router(struct reading *reading)
{
	if (reading->option_count > 0)
		read_router(reading);
	reading->option_count = 0;
	reading->excluded.router++;
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
	struct reading reading = {.plan = plan,
		.lines = {.plan = plan, .rest = text},
		.lists = {.plan = plan},
		.excluded = {.plan = plan}};
	bool has_begun = !has_sections(text);
	bool is_within = has_begun;
	struct span line;

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	reading.lines.place.file = plan_keep(plan, span_make(file, strlen(file)));
	while (import_exim_lines_take(&reading.lines, &line)) {
		struct span word = line;
		bool is_section = span_take(&word, "begin ");
		bool is_router = span_ends(line, ":") && span_find(line, " ") == NULL;

		if (is_section || is_router)
			end_router(&reading);
		if (is_section)
			is_within = word_is(span_trim(word), "routers");
		else if (!has_begun || span_starts(line, "domainlist "))
			import_exim_list_take(&reading.lists, line);
		else if (is_within && is_router) {
			reading.name = span_make(line.at, line.length - 1);
			reading.router = reading.lines.place;
		} else if (is_within && reading.name.length > 0)
			read_option(&reading, line);
		has_begun |= is_section;
	}
	end_router(&reading);
	import_exim_excluded_finish(&reading.excluded);
	import_exim_list_free(&reading.lists);
	import_exim_lines_free(&reading.lines);
}
