/* http_question: what a question says of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_question.h"
#include "core/decimal.h"
#include "text/idn.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PARAMETER_MAX = 1000, TIME_MAX = 9 };

/* NULL: the question does not say it. */
static const char *said(const struct http_call *call, const char *name)
{
	const struct evkeyval *parameter;

	TAILQ_FOREACH(parameter, call->query, next)
	{
		if (strcasecmp(parameter->key, name) == 0)
			return parameter->value;
	}
	return NULL;
}

/* "Name: value"; gives the value, or NULL if there is no colon. */
static const char *behind_colon(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon == NULL || colon == text ? NULL : colon + 1 + strspn(colon + 1, " \t");
}

static const char *tell_client(const struct http_call *call, struct routing_rules *rules)
{
	const char *text = said(call, "client");
	uint8_t octets[NETWORK_OCTETS];
	struct in_addr ipv4;

	if (text == NULL)
		return NULL;
	if (inet_pton(AF_INET, text, &ipv4) == 1)
		network_from_ipv4(octets, (const uint8_t *)&ipv4);
	else if (inet_pton(AF_INET6, text, octets) != 1)
		return "client is not an IP address";
	routing_rules_client(rules, octets);
	return NULL;
}

static const char *tell_size(const struct http_call *call, struct routing_rules *rules)
{
	const char *text = said(call, "size");
	int64_t size = text == NULL ? 0 : decimal_parse(text, 0, INT64_MAX);

	if (size == -1)
		return "size is not a number of octets";
	if (text == NULL)
		return NULL;
	routing_rules_declared_size(rules, size);
	return NULL;
}

/* "Mon 08:30" */
static const char *tell_time(const struct http_call *call, struct routing_rules *rules)
{
	const char *text = said(call, "time");
	char span[TIME_MAX + sizeof("-24:00")];
	struct daytime daytime;
	int day = 0;
	int minute;

	if (text == NULL)
		return NULL;
	/* The first minute of a span of one: that is a time. */
	if (strlen(text) > TIME_MAX || strchr(text, '-') != NULL || strchr(text, ',') != NULL)
		return "time is not of the form \"Mon 08:30\"";
	strcpy(span, text);
	strcat(span, "-24:00");
	if (daytime_parse(&daytime, span) == -1 || (daytime.days & (daytime.days - 1)) != 0)
		return "time is not of the form \"Mon 08:30\"";
	while ((daytime.days >> day & 1) == 0)
		day++;
	minute = day * DAYTIME_DAY + daytime.from;
	routing_rules_time(rules, minute);
	return NULL;
}

static void tell_texts(const struct http_call *call, struct routing_rules *rules)
{
	static const struct {
		const char *name;
		enum rules_fact fact;
	} rows[] = {
		{"client_name", RULES_CLIENT_NAME},
		{"helo", RULES_HELO},
		{"auth_user", RULES_AUTH_USER},
		{"tls", RULES_TLS},
		{"listener", RULES_LISTENER},
		{"listener_port", RULES_LISTENER_PORT},
	};
	const char *verified = said(call, "tls_verified");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = said(call, rows[i].name);

		if (text == NULL)
			continue;
		routing_rules_text(rules, rows[i].fact, text);
	}
	if (verified == NULL)
		return;
	routing_rules_tls_verified(rules, strcasecmp(verified, "yes") == 0);
}

static void tell_sender(const struct http_call *call, struct routing *routing)
{
	const char *text = said(call, "sender");
	struct address sender;

	if (text == NULL)
		return;
	address_parse(&sender, text);
	idn_fold_address(&sender);
	routing_sender(routing, &sender);
}

/* The name in front of the colon, to NAME of PARAMETER_MAX. False if it is too long. */
static bool read_name(const char *text, char *name)
{
	size_t length = strcspn(text, ":");

	/* RFC 5322, 4.5: old mailers left spaces before the colon. */
	while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
		length--;
	if (length >= PARAMETER_MAX)
		return false;
	memcpy(name, text, length);
	name[length] = '\0';
	return true;
}

static const char *tell_macros(const struct http_call *call, struct routing_rules *rules)
{
	const struct evkeyval *parameter;

	TAILQ_FOREACH(parameter, call->query, next)
	{
		const char *value = behind_colon(parameter->value);
		char name[PARAMETER_MAX];

		if (strcasecmp(parameter->key, "macro") != 0)
			continue;
		if (value == NULL || !read_name(parameter->value, name))
			return "macro is not of the form \"{name}: value\"";
		routing_rules_macro(rules, name, value);
	}
	return NULL;
}

/* Postfix has taken these out before a milter sees a message (message_drop_headers). */
static bool is_dropped(const struct http_call *call, const char *name)
{
	static const char *const dropped[] = {"bcc", "content-length", "resent-bcc", "return-path"};

	if (strcmp(call->profile->mta, "postfix") != 0)
		return false;
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (strcasecmp(name, dropped[i]) == 0)
			return true;
	return false;
}

void http_question_headers(const struct http_call *call, struct routing_rules *rules)
{
	const char *all = said(call, "headers");
	const struct evkeyval *parameter;

	TAILQ_FOREACH(parameter, call->query, next)
	{
		char name[PARAMETER_MAX];

		if (strcasecmp(parameter->key, "header") != 0 ||
			!read_name(parameter->value, name) || is_dropped(call, name))
			continue;
		routing_rules_header(rules, name, behind_colon(parameter->value));
	}
	if (all != NULL && strcasecmp(all, "all") == 0)
		routing_rules_no_more_headers(rules);
}

/* Gives NULL, or what is wrong. */
static const char *check_headers(const struct http_call *call)
{
	const struct evkeyval *parameter;

	TAILQ_FOREACH(parameter, call->query, next)
	{
		if (strcasecmp(parameter->key, "header") == 0 &&
			behind_colon(parameter->value) == NULL)
			return "header is not of the form \"Name: value\"";
	}
	return NULL;
}

/* In the order in which the milter hears of it. */
static const char *tell_session(const struct http_call *call, struct routing *routing)
{
	struct routing_rules *rules = &routing->rules;
	const char *wrong = check_headers(call);

	if (wrong == NULL)
		wrong = tell_client(call, rules);
	if (wrong == NULL)
		wrong = tell_time(call, rules);
	tell_sender(call, routing);
	if (wrong == NULL)
		wrong = tell_size(call, rules);
	tell_texts(call, rules);
	return wrong == NULL ? tell_macros(call, rules) : wrong;
}

const char *http_question_begin(
	const struct http_call *call, struct engine_plan *plan, struct routing *routing)
{
	struct ruleset *ruleset = engine_rules(call->engine);

	/* On a connection for which the MTA was asked for all that is needed now. */
	routing->engine = call->engine;
	routing->asked = engine_needs(call->engine);
	routing->asked_macros = ruleset == NULL ? 0 : ruleset_macros(ruleset);
	routing->plan = plan;
	ruleset_drop(ruleset);
	routing_begin(routing);
	return tell_session(call, routing);
}
