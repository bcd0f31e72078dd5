/* import_esa: the SMTP routes of a Cisco ESA (AsyncOS)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_esa.h"
#include "migrate/word.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A line that is being read. */
struct reading {
	struct plan *plan;
	struct plan_place place;
	struct span line;
	bool has_fault;
	bool has_mx; /* some host of the file is looked up by MX */
};

static void fail(struct reading *reading, struct span text, const char *what)
{
	char shown[WORD_MAX];

	plan_fault(reading->plan, reading->place, "\"%s\" %s", word_text(text, shown), what);
	reading->has_fault = true;
}

/* ---- hosts */

/* "host", "host:port", "[host]:port", an IPv6 address. NAME is without brackets. */
static void read_endpoint(
	struct reading *reading, struct span text, struct span *name, struct plan_host *host)
{
	struct word_host parts;

	*name = text;
	if (!word_take_apart(text, &parts)) {
		fail(reading, text, "has brackets that do not fit");
		return;
	}
	*name = parts.name;
	host->lookup = parts.is_bracketed ? LOOKUP_HOST : LOOKUP_MX;
	host->port = parts.has_port ? word_number(parts.port, 1, 65535) : 0;
	if (host->port == -1)
		fail(reading, text, "has no port of 1 to 65535");
	/* No TLS policy or password of Postfix is known by this text yet. */
	if (host->port == 25)
		host->port = 0;
}

/* "/pri=10"; others are options of the route that are not ours. */
static void read_option(struct reading *reading, struct span option, struct plan_host *host)
{
	struct span name;
	struct span value = option;

	if (!span_take_until(&value, "=", &name)) {
		fail(reading, option, "is not an option of a host, as in host/pri=10");
		return;
	}
	if (!word_is(span_trim(name), "pri")) {
		plan_note(reading->plan, reading->place, reading->line,
			"only /pri= is carried over: for a user and password set "
			"smtp_sasl_password_maps");
		return;
	}
	host->priority = word_number(value, 0, HOST_PRIORITY_MAX);
	if (host->priority == -1)
		fail(reading, option, "is not a priority of 0 to 65535");
}

/* What stands after a host without a comma: the name of a profile, for one. */
static void read_profile(struct reading *reading, struct span word)
{
	if (span_find(word, ".") != NULL || span_find(word, ":") != NULL ||
		span_find(word, "/") != NULL || span_find(word, "[") != NULL)
		fail(reading, word, "has no comma before it");
	else
		plan_note(reading->plan, reading->place, reading->line,
			"the authentication profile is not carried over: set "
			"smtp_sasl_password_maps");
}

/* "host:port/pri=10", with spaces around the parts. */
static void read_host(struct reading *reading, struct span text, struct plan_pool *pool)
{
	struct plan_host host = {.weight = 1};
	bool had_fault = reading->has_fault;
	struct span rest = text;
	struct span endpoint;
	struct span name;

	span_take_word(&rest, "/");
	endpoint = span_before(text, rest.at);
	if (word_is(endpoint, "USEDNS") || word_is(text, "/dev/null")) {
		fail(reading, text, "stands alone, not among hosts");
		return;
	}
	reading->has_fault = false;
	read_endpoint(reading, endpoint, &name, &host);
	for (rest = span_trim(rest); rest.length > 0 && !reading->has_fault;
		rest = span_trim(rest)) {
		struct span part = rest;

		if (span_take(&rest, "/")) {
			const char *end = span_find(rest, "/");

			part = end == NULL ? rest : span_before(rest, end);
			/* Spaces may stand around "=". */
			rest = span_from(rest, part.at + part.length);
			read_option(reading, span_trim(part), &host);
		} else if (span_take_word(&rest, "/")) {
			read_profile(reading, span_before(part, rest.at));
		} else {
			fail(reading, rest, "is not text");
		}
	}
	if (!reading->has_fault) {
		host.name = plan_keep(reading->plan, name);
		if (word_is_address(name, AF_INET) || word_is_address(name, AF_INET6))
			host.lookup = LOOKUP_HOST;
		reading->has_mx |= host.lookup == LOOKUP_MX;
		reading->has_fault = !plan_add_host(reading->plan, reading->place, pool, &host);
	}
	reading->has_fault |= had_fault;
}

static void read_hosts(struct reading *reading, struct span text, struct plan_pool *pool)
{
	while (text.length > 0) {
		struct span one = text;

		if (span_take_until(&text, ",", &one))
			one = span_trim(one);
		else
			span_skip(&text, text.length);
		one = span_trim(one);
		if (one.length > 0)
			read_host(reading, one, pool);
	}
}

/* ---- lines */

/* What a route of ours matches; an address as a domain is written as in mail. */
static const char *find_match(struct reading *reading, struct span key)
{
	char word[WORD_MAX];
	char match[WORD_MAX + 8];

	if (word_is(key, "ALL"))
		return "ALL";
	if (word_is_address(key, AF_INET) || word_is_address(key, AF_INET6))
		snprintf(match, sizeof(match), "[%s%s]",
			word_is_address(key, AF_INET) ? "" : "IPv6:", word_text(key, word));
	else
		snprintf(match, sizeof(match), "%s", word_text(key, word));
	return plan_keep(reading->plan, span_make(match, strlen(match)));
}

static void read_route(struct reading *reading)
{
	struct plan_pool pool = {.transport = NULL};
	struct plan_target target = {.action = ACTION_POOL, .pool = &pool};
	struct span rest = reading->line;
	struct span key;

	span_take_word(&rest, "");
	key = span_before(reading->line, rest.at);
	rest = span_trim(rest);
	if (key.length >= WORD_MAX) {
		plan_fault(reading->plan, reading->place, "the domain is too long");
		return;
	}
	if (rest.length == 0)
		fail(reading, key, "has no destination: hosts, USEDNS or /dev/null");
	else if (word_is(rest, "USEDNS"))
		target.action = ACTION_DNS;
	else if (word_is(rest, "/dev/null"))
		target.action = ACTION_DISCARD;
	else
		read_hosts(reading, rest, &pool);
	if (!reading->has_fault)
		plan_add_route(reading->plan, reading->place, find_match(reading, key), &target);
}

void import_esa_read(struct plan *plan, const char *file, struct span text)
{
	struct reading reading = {.plan = plan};

	reading.place.file = plan_keep(plan, span_make(file, strlen(file)));
	span_take(&text, "\xef\xbb\xbf");
	while (span_take_line(&text, &reading.line)) {
		reading.place.line++;
		reading.line = span_trim(reading.line);
		reading.has_fault = false;
		if (reading.line.length > 0 && reading.line.at[0] != '#')
			read_route(&reading);
	}
	reading.place.line = 0;
	if (reading.has_mx)
		plan_note(plan, reading.place, span_make("", 0),
			"AsyncOS looks up the MX records of names without brackets, so these "
			"have lookup = \"mx\"; where a name has none of its own, take it out: "
			"hosts with lookup = \"mx\" are not probed");
}
