/* import_postfix: Postfix's transport tables, and tables by the sender
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_postfix.h"
#include "conf/arena.h"
#include "core/enhanced.h"
#include "migrate/word.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PRIORITY_STEP = 10, LMTP_PORT = 24 };

/* ---- lines */

static bool is_blank(struct span line)
{
	return line.length > 0 && (*line.at == ' ' || *line.at == '\t');
}

/* Nothing, or a comment. */
static bool is_nothing(struct span line)
{
	struct span text = span_trim(line);

	return text.length == 0 || *text.at == '#';
}

/* Takes the next line that is something. */
static bool take_line(struct import_postfix_lines *lines, struct span *line)
{
	while (span_take_line(&lines->rest, line)) {
		lines->number++;
		if (!is_nothing(*line))
			return true;
	}
	return false;
}

/* The line that was taken with those that continue it, each with one blank before it. */
static struct span join(struct import_postfix_lines *lines, struct span first)
{
	struct import_postfix_lines ahead = *lines;
	struct import_postfix_lines end = *lines;
	size_t length = first.length;
	struct span more;
	char *joined;

	while (take_line(&ahead, &more) && is_blank(more)) {
		length += 1 + span_trim(more).length;
		end = ahead;
	}
	if (length == first.length)
		return first;
	joined = arena_take(lines->plan->arena, length, 1);
	if (joined == NULL) {
		lines->plan->has_no_memory = true;
		return first;
	}
	memcpy(joined, first.at, first.length);
	length = first.length;
	while (lines->number < end.number && take_line(lines, &more)) {
		more = span_trim(more);
		joined[length++] = ' ';
		memcpy(joined + length, more.at, more.length);
		length += more.length;
	}
	return span_make(joined, length);
}

bool import_postfix_line(struct import_postfix_lines *lines, struct span *line)
{
	if (lines->number == 0)
		span_take(&lines->rest, "\xef\xbb\xbf");
	if (!take_line(lines, line))
		return false;
	lines->place.line = lines->number;
	if (is_blank(*line))
		plan_fault(lines->plan, lines->place,
			"begins with a blank, but there is no line that it continues");
	*line = join(lines, span_trim(*line));
	return true;
}

/* ---- hosts */

/* The next of those that commas or blanks part. */
static bool take_element(struct span *list, struct span *element)
{
	size_t length = 0;

	while (list->length > 0 && strchr(", \t", *list->at) != NULL)
		span_skip(list, 1);
	while (length < list->length && strchr(", \t", list->at[length]) == NULL)
		length++;
	*element = span_make(list->at, length);
	span_skip(list, length);
	return length > 0;
}

static bool add_host(struct import_postfix *import, struct plan_place place, struct span element,
	struct plan_pool *pool)
{
	struct plan_host host = {.weight = 1, .priority = PRIORITY_STEP * pool->host_count};
	bool is_lmtp = pool->transport != NULL && strcmp(pool->transport, "lmtp") == 0;
	struct word_host parts;
	char shown[WORD_MAX];

	span_take(&element, "inet:");
	if (!word_take_apart(element, &parts)) {
		plan_fault(import->plan, place, "\"%s\" has brackets that do not fit",
			word_text(element, shown));
		return false;
	}
	if (parts.has_port)
		host.port = word_port(parts.port);
	else if (is_lmtp)
		host.port = LMTP_PORT;
	if (host.port == -1) {
		plan_fault(import->plan, place, "\"%s\" has no port of 1 to 65535",
			word_text(element, shown));
		return false;
	}
	if (parts.is_bracketed && parts.name.length > 5 &&
		word_is(span_make(parts.name.at, 5), "ipv6:"))
		span_skip(&parts.name, 5);
	host.name = plan_keep(import->plan, parts.name);
	host.lookup = parts.is_bracketed || import->no_mx ? LOOKUP_HOST : LOOKUP_MX;
	return plan_add_host(import->plan, place, pool, &host);
}

bool import_postfix_hosts(struct import_postfix *import, struct plan_place place,
	struct span nexthop, struct plan_pool *pool)
{
	struct span element;
	bool is_good = true;

	while (take_element(&nexthop, &element))
		is_good = add_host(import, place, element, pool) && is_good;
	return is_good;
}

/* ---- values */

/* An entry that is being read. */
struct entry {
	struct import_postfix *import;
	enum import_postfix_kind kind;
	struct plan_place place;
	struct span line;
	struct span key;
	bool is_left; /* it was not carried over, and that was said */
	bool has_fault;
	struct plan_pool pool;
	struct plan_target target;
};

/* Services of master.cf that do not speak SMTP or LMTP. */
static bool is_delivery(struct span transport)
{
	static const char *const names[] = {"local", "virtual", "maildrop", "procmail", "mailman",
		"uucp", "ifmail", "bsmtp", "cyrus", "old-cyrus", "dovecot", "spamassassin",
		"scalemail-backend", "pipe", "vacation", "autoreply"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (word_is(transport, names[i]))
			return true;
	return false;
}

static void leave(struct entry *entry, const char *why)
{
	plan_leave(entry->import->plan, entry->place, entry->line, "%s", why);
	entry->is_left = true;
}

/* A reply has a status of its class, or none. */
static void read_reply(struct entry *entry, struct span text, bool is_error)
{
	size_t length = enhanced_length(text);
	bool is_4 = length > 0 && *text.at == '4';

	entry->target.action = is_error && !is_4 ? ACTION_REJECT : ACTION_DEFER;
	if (!is_error && length > 0 && !is_4)
		span_skip(&text, length);
	text = span_trim(text);
	if (text.length > 0)
		entry->target.text = plan_keep(entry->import->plan, text);
}

static bool is_domain(const struct entry *entry)
{
	return entry->kind == IMPORT_POSTFIX_TRANSPORT && span_find(entry->key, "@") == NULL &&
	       !span_starts(entry->key, ".") && !span_is(entry->key, "*");
}

/* A transport of its own, to wherever the MX records of the recipient's domain lead. */
static void read_without_nexthop(struct entry *entry, struct span transport)
{
	bool is_usual =
		transport.length == 0 || word_is(transport, "smtp") || word_is(transport, "relay");

	if (is_usual)
		entry->target.action =
			entry->kind == IMPORT_POSTFIX_TRANSPORT ? ACTION_DNS : ACTION_NONE;
	else if (is_domain(entry))
		entry->has_fault = !import_postfix_hosts(
			entry->import, entry->place, entry->key, &entry->pool);
	else
		leave(entry, "a transport without a next hop is not carried over");
}

/* "transport:nexthop", both without blanks around them. */
static void take_apart(struct span value, struct span *transport, struct span *nexthop)
{
	*nexthop = value;
	if (!span_take_until(nexthop, ":", transport)) {
		*transport = value;
		*nexthop = span_make(value.at + value.length, 0);
	}
	*transport = span_trim(*transport);
	*nexthop = span_trim(*nexthop);
}

bool import_postfix_is_target(struct span value)
{
	static const char *const replies[] = {"error", "retry", "defer", "discard"};
	struct span transport, nexthop;

	take_apart(value, &transport, &nexthop);
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (word_is(transport, replies[i]))
			return true;
	return nexthop.length > 0 && !is_delivery(transport) && !span_starts(nexthop, "unix:");
}

static void read_transport(struct entry *entry, struct span value)
{
	struct plan *plan = entry->import->plan;
	struct span nexthop, transport;
	char shown[WORD_MAX];

	if (span_starts(value, "[")) {
		plan_fault(plan, entry->place,
			"\"%s\" has no transport in front, as in smtp:%s; a table of relay hosts "
			"by sender is named as sender_dependent_relayhost_maps=FILE",
			word_text(value, shown), shown);
		entry->has_fault = true;
		return;
	}
	take_apart(value, &transport, &nexthop);
	entry->target.action = ACTION_POOL;
	if (transport.length > 0 && !word_is(transport, "smtp"))
		entry->pool.transport = plan_keep(plan, transport);
	if (word_is(transport, "error"))
		read_reply(entry, nexthop, true);
	else if (word_is(transport, "retry") || word_is(transport, "defer"))
		read_reply(entry, nexthop, false);
	else if (word_is(transport, "discard"))
		entry->target.action = ACTION_DISCARD;
	else if (is_delivery(transport) || span_starts(nexthop, "unix:"))
		leave(entry, "it is not delivered by SMTP to a host, so it is left to Postfix: "
			     "keep this line in a table that stands before the socketmap");
	else if (nexthop.length == 0)
		read_without_nexthop(entry, transport);
	else
		entry->has_fault =
			!import_postfix_hosts(entry->import, entry->place, nexthop, &entry->pool);
}

static void read_relayhost(struct entry *entry, struct span value)
{
	entry->target.action = ACTION_POOL;
	if (word_is(value, "DUNNO"))
		entry->target.action = ACTION_NONE;
	else
		entry->has_fault =
			!import_postfix_hosts(entry->import, entry->place, value, &entry->pool);
}

/* ---- keys */

static bool is_pattern(struct span key)
{
	return span_starts(key, "/") || span_starts(key, "!/") || span_starts(key, "if ") ||
	       (span_starts(key, "*") && key.length > 1);
}

static void finish_recipient(struct entry *entry)
{
	struct import_postfix *import = entry->import;
	bool is_all = span_is(entry->key, "*");

	if (entry->is_left)
		entry->target = (struct plan_target){.action = ACTION_DNS};
	import->has_all |= is_all;
	plan_add_route(import->plan, entry->place,
		is_all ? "ALL" : plan_keep(import->plan, entry->key), &entry->target);
}

static void finish_sender(struct entry *entry)
{
	struct import_postfix *import = entry->import;
	struct span key = entry->key;
	bool is_whole = span_take(&key, "@");

	if (entry->is_left)
		entry->target = (struct plan_target){.action = ACTION_NONE};
	if (span_is(key, "<>"))
		key.length = 0;
	else if (!is_whole && span_find(key, "@") == NULL) {
		if (!entry->is_left)
			leave(entry, "Postfix looks that up for local senders only");
		return;
	}
	import->has_senders = true;
	plan_add_sender(import->plan, entry->place, plan_keep(import->plan, key), &entry->target);
}

/* Transport tables, and the classes before, have their mail. */
static void add_of_class(
	struct import_postfix *import, struct plan_place place, struct span line, const char *match)
{
	if (plan_has_route(import->plan, match) || plan_has_wider_route(import->plan, match))
		return;
	if (import->class.value.length == 0)
		plan_add_route(
			import->plan, place, match, &(struct plan_target){.action = ACTION_DNS});
	else
		import_postfix_entry(import, IMPORT_POSTFIX_TRANSPORT, place, line,
			span_make(match, strlen(match)), import->class.value);
}

static void read_class(
	struct import_postfix *import, struct plan_place place, struct span line, struct span key)
{
	bool is_parent =
		import->class.has_subdomains && !span_starts(key, ".") && !span_starts(key, "[");
	char parent[WORD_MAX + 1] = ".";

	if (span_find(key, "@") != NULL || is_pattern(key) || key.length >= WORD_MAX)
		return;
	add_of_class(import, place, line, plan_keep(import->plan, key));
	word_text(key, parent + 1);
	if (is_parent)
		add_of_class(import, place, line,
			plan_keep(import->plan, span_make(parent, strlen(parent))));
}

void import_postfix_entry(struct import_postfix *import, enum import_postfix_kind kind,
	struct plan_place place, struct span line, struct span key, struct span value)
{
	struct entry entry = {
		.import = import, .kind = kind, .place = place, .line = line, .key = key};

	entry.target.pool = &entry.pool;
	if (kind == IMPORT_POSTFIX_CLASS) {
		read_class(import, place, line, key);
		return;
	}
	if (is_pattern(key)) {
		leave(&entry, "a pattern: make a rule with when = { recipient = ... } of it");
		return;
	}
	if (kind == IMPORT_POSTFIX_TRANSPORT && span_starts(key, "@")) {
		leave(&entry, "Postfix looks up no key that begins with @ here");
		return;
	}
	if (kind != IMPORT_POSTFIX_TRANSPORT && import->has_all) {
		leave(&entry, "in Postfix \"*\" of the transport table goes before any sender");
		return;
	}
	if (kind == IMPORT_POSTFIX_SENDER_RELAYHOST)
		read_relayhost(&entry, value);
	else
		read_transport(&entry, value);
	if (entry.has_fault)
		return;
	if (kind == IMPORT_POSTFIX_TRANSPORT)
		finish_recipient(&entry);
	else
		finish_sender(&entry);
}

/* ---- tables */

void import_postfix_table(struct import_postfix *import, enum import_postfix_kind kind,
	const char *file, struct span text)
{
	struct import_postfix_lines lines = {
		.plan = import->plan,
		.place.file = plan_keep(import->plan, span_make(file, strlen(file))),
		.rest = text,
	};
	struct span line;
	char shown[WORD_MAX];

	while (import_postfix_line(&lines, &line)) {
		struct span rest = line;
		struct span key;

		span_take_quoted(&rest);
		span_take_word(&rest, "");
		key = span_before(line, rest.at);
		rest = span_trim(rest);
		if (key.length >= WORD_MAX || key.length == 0)
			plan_fault(import->plan, lines.place, "\"%s\" is no key",
				word_text(line, shown));
		else if (rest.length == 0 && kind != IMPORT_POSTFIX_CLASS)
			plan_fault(import->plan, lines.place, "\"%s\" has no value",
				word_text(key, shown));
		else
			import_postfix_entry(import, kind, lines.place, line, key, rest);
	}
}
