/* import_sendmail: Sendmail's mailertable, and the smart host of its .mc
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_sendmail.h"
#include "core/enhanced.h"
#include "core/nexthop.h"
#include "migrate/word.h"

#include <string.h>

enum { PRIORITY_STEP = 10, IPV6_MARK = 5, CODE_LENGTH = 3 };

/* A line that is being read. */
struct reading {
	struct plan *plan;
	struct plan_place place;
	struct span line;
	bool is_left; /* it was not carried over, and that was said */
	bool has_fault;
	struct plan_pool pool;
	struct plan_target target;
};

static void leave(struct reading *reading, const char *why)
{
	plan_leave(reading->plan, reading->place, reading->line, "%s", why);
	reading->is_left = true;
}

/* ---- hosts */

static void add_host(struct reading *reading, struct span word, int priority)
{
	struct plan_host host = {.weight = 1, .priority = priority, .lookup = LOOKUP_MX};
	char shown[WORD_MAX];

	if (span_take(&word, "[")) {
		host.lookup = LOOKUP_HOST;
		if (!span_ends(word, "]")) {
			plan_fault(reading->plan, reading->place,
				"\"[%s\" has brackets that do not fit", word_text(word, shown));
			reading->has_fault = true;
			return;
		}
		word.length--;
		if (word.length > IPV6_MARK && word_is(span_make(word.at, IPV6_MARK), "IPv6:"))
			span_skip(&word, IPV6_MARK);
	}
	host.name = plan_keep(reading->plan, word);
	if (!plan_add_host(reading->plan, reading->place, &reading->pool, &host))
		reading->has_fault = true;
}

/* Up to a comma or a colon that is not within brackets. */
static size_t element_length(struct span list)
{
	size_t length = 0;
	bool is_inside = false;

	for (; length < list.length; length++) {
		char octet = list.at[length];

		if (octet == '[')
			is_inside = true;
		else if (octet == ']')
			is_inside = false;
		else if (!is_inside && (octet == ',' || octet == ':'))
			break;
	}
	return length;
}

static void read_hosts(struct reading *reading, struct span list)
{
	int priority = 0;

	while (list.length > 0) {
		size_t length = element_length(list);
		struct span word = span_trim(span_make(list.at, length));

		if (word.length > 0)
			add_host(reading, word, priority);
		span_skip(&list, length);
		if (list.length > 0) {
			priority += *list.at == ':' ? PRIORITY_STEP : 0;
			span_skip(&list, 1);
		}
	}
}

/* ---- mailers */

static bool is_one_of(struct span word, const char *const *names)
{
	for (; *names != NULL; names++)
		if (word_is(word, *names))
			return true;
	return false;
}

/* "5.1.2:550 text", "nohost text", "550 text" */
static void read_error(struct reading *reading, struct span text)
{
	static const char *const words[] = {"usage", "nouser", "nohost", "unavailable", "software",
		"tempfail", "protocol", "config", NULL};
	struct span status = text;
	struct span rest = text;
	bool has_status;
	bool is_4;
	char reply[2 * WORD_MAX + 1];

	if (!span_take_until(&rest, ":", &status))
		rest = text;
	has_status = status.length > 0 && enhanced_length(status) == status.length;
	is_4 = has_status && *status.at == '4';
	if (!has_status) {
		rest = text;
		if (span_take_word(&rest, "") && is_one_of(span_before(text, rest.at), words))
			is_4 = word_is(span_before(text, rest.at), "tempfail");
		else
			rest = text;
	}
	rest = span_trim(rest);
	if (rest.length > CODE_LENGTH && rest.at[CODE_LENGTH] == ' ' &&
		word_number(span_make(rest.at, CODE_LENGTH), 400, 599) != -1) {
		is_4 = is_4 || (!has_status && *rest.at == '4');
		span_skip(&rest, CODE_LENGTH + 1);
	}
	reading->target.action = is_4 ? ACTION_DEFER : ACTION_REJECT;
	word_text(has_status ? status : span_make("", 0), reply);
	if (has_status && rest.length > 0)
		strcat(reply, " ");
	word_text(span_trim(rest), reply + strlen(reply));
	reading->target.text = plan_keep(reading->plan, span_make(reply, strlen(reply)));
}

/* The mailer is what Postfix calls a transport; Postfix has none of Sendmail's names. */
static void set_mailer(struct reading *reading, struct span mailer)
{
	const char *name = plan_keep(reading->plan, mailer);

	if (reading->plan->mta == TABLE_SENDMAIL && !word_is(mailer, "esmtp"))
		reading->pool.transport = name;
	/* For Sendmail the plan says what the mailer has to be. */
	if (!nexthop_is_smtp_mailer(name) && reading->plan->mta == TABLE_POSTFIX)
		plan_note(reading->plan, reading->place, reading->line,
			"of the mailer only the hosts are carried over: give them its port, if "
			"that is another than 25");
}

static bool is_mailer(struct span name)
{
	return name.length > 0 && name.length < 64 && !span_starts(name, "[") &&
	       span_find(name, ".") == NULL && span_find(name, ",") == NULL;
}

/* "mailer:hosts"; of a smart host the mailer may be missing. */
static void read_value(struct reading *reading, struct span value, const char *fallback)
{
	static const char *const local[] = {"local", "prog", "procmail", "virtual", "cyrus",
		"cyrusv2", "cyrusbb", "usenet", "uucp", "uucp-old", "uucp-new", "uucp-dom",
		"uucp-uudom", "suucp", "fax", "mail11", "phquery", "qpage", "pop", "lmtp", "file",
		NULL};
	struct span hosts = value;
	struct span mailer;
	bool has_mailer = span_take_until(&hosts, ":", &mailer) && is_mailer(mailer);
	char shown[WORD_MAX];

	if (!has_mailer && fallback != NULL) {
		mailer = span_make(fallback, strlen(fallback));
		hosts = value;
	} else if (!has_mailer) {
		plan_fault(reading->plan, reading->place,
			"\"%s\" has no mailer in front, as in esmtp:[mx1.example.com]",
			word_text(value, shown));
		reading->has_fault = true;
		return;
	}
	hosts = span_trim(hosts);
	reading->target = (struct plan_target){.action = ACTION_POOL, .pool = &reading->pool};
	if (word_is(mailer, "error"))
		read_error(reading, hosts);
	else if (word_is(mailer, "discard") || word_is(mailer, "nexthop_discard"))
		reading->target.action = ACTION_DISCARD;
	else if (is_one_of(mailer, local))
		leave(reading, "it is not delivered by SMTP, so it is left to Sendmail");
	else if (span_find(hosts, "%") != NULL || span_find(hosts, "$") != NULL)
		leave(reading, "the host is made of the domain, so it is left to Sendmail");
	else if (hosts.length == 0)
		leave(reading, "a mailer without a host is left to Sendmail");
	else {
		set_mailer(reading, mailer);
		read_hosts(reading, hosts);
	}
}

/* ---- lines */

static void add_route(struct reading *reading, const char *match)
{
	if (reading->is_left)
		reading->target = (struct plan_target){.action = ACTION_DNS};
	if (!reading->has_fault)
		plan_add_route(reading->plan, reading->place, match, &reading->target);
}

static void read_entry(struct reading *reading)
{
	struct span rest = reading->line;
	struct span key;
	char shown[WORD_MAX];

	span_take_word(&rest, "");
	key = span_before(reading->line, rest.at);
	rest = span_trim(rest);
	if (key.length == 0 || key.length >= WORD_MAX || rest.length == 0) {
		plan_fault(reading->plan, reading->place, "\"%s\" has no value",
			word_text(reading->line, shown));
		return;
	}
	read_value(reading, rest, NULL);
	add_route(reading, span_is(key, ".") ? "ALL" : plan_keep(reading->plan, key));
}

/* A smart host takes what is not for this machine; of that the .mc does not tell. */
static void read_smart_host(struct reading *reading, struct span value)
{
	static const char *const own[] = {"localhost", "postmaster", "root"};
	struct plan_target dns = {.action = ACTION_DNS};

	read_value(reading, value, "relay");
	add_route(reading, "ALL");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!plan_has_route(reading->plan, own[i]))
			plan_add_route(reading->plan, reading->place, own[i], &dns);
	plan_note(reading->plan, reading->place, reading->line,
		"ALL takes the mail for this machine's own domains, too: give each in class w a "
		"route with action = \"dns\"");
}

static void read_setting(struct reading *reading, struct span name, struct span value)
{
	if (value.length == 0)
		return;
	if (span_is(name, "SMART_HOST")) {
		read_smart_host(reading, value);
	} else if (span_is(name, "FALLBACK_SMARTHOST") || span_is(name, "confFALLBACK_MX")) {
		read_value(reading, value, "esmtp");
		if (reading->target.action != ACTION_POOL && !reading->is_left)
			leave(reading, "it leads to no host");
		if (!reading->has_fault && !reading->is_left)
			plan_set_fallback(reading->plan, reading->place, &reading->pool);
	} else if (span_is(name, "MAIL_HUB") || span_is(name, "LUSER_RELAY") ||
		   span_is(name, "LOCAL_RELAY") || span_is(name, "UUCP_RELAY") ||
		   span_is(name, "BITNET_RELAY")) {
		leave(reading, "it is for local or other addresses, so it is left to Sendmail");
	}
}

/* m4's quotes around it. */
static struct span unquote(struct span text)
{
	text = span_trim(text);
	while (span_starts(text, "`") && span_ends(text, "'")) {
		span_skip(&text, 1);
		text.length--;
		text = span_trim(text);
	}
	return text;
}

/* "define(`NAME', `value')dnl"; True: the line is one of m4 or of a .cf. */
static bool read_m4(struct reading *reading)
{
	struct span text = reading->line;
	struct span name, value;

	if (span_take(&text, "define(")) {
		const char *end = span_find_last(text, ")");

		if (end == NULL || !span_take_until(&text, ",", &name))
			return true;
		value = span_make(text.at, end > text.at ? (size_t)(end - text.at) : 0);
		read_setting(reading, unquote(name), unquote(value));
		return true;
	}
	if (span_take(&text, "DS") && span_find(text, " ") == NULL && text.length > 0) {
		read_setting(reading, span_make("SMART_HOST", strlen("SMART_HOST")), text);
		return true;
	}
	return false;
}

/* "DSesmtp:[mx1.example.com]" of a .cf; a line of a table has a blank in it. */
static bool is_macro_s(struct span line)
{
	struct span word = line;

	return span_starts(line, "DS") && line.length > 2 && span_take_word(&word, "") &&
	       word.length == 0;
}

/* Other lines of m4, or of a .cf. */
static bool is_settings(struct span text)
{
	struct span line;

	while (span_take_line(&text, &line))
		if (span_starts(line, "define(") || span_starts(line, "FEATURE(") ||
			span_starts(line, "MAILER(") || span_starts(line, "OSTYPE(") ||
			span_starts(line, "include(") || is_macro_s(line))
			return true;
	return false;
}

void import_sendmail_read(struct plan *plan, const char *file, struct span text)
{
	struct plan_place place = {plan_keep(plan, span_make(file, strlen(file))), 0};
	bool has_settings;
	struct span line;

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	span_take(&text, "\xef\xbb\xbf");
	has_settings = is_settings(text);
	while (span_take_line(&text, &line)) {
		struct reading reading = {.plan = plan, .line = span_trim(line)};

		place.line++;
		reading.place = place;
		if (reading.line.length == 0 || *reading.line.at == '#')
			continue;
		if (has_settings)
			read_m4(&reading);
		else
			read_entry(&reading);
	}
}
