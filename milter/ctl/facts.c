/* facts: what is said of a message on the command line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/facts.h"
#include "core/decimal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NUMBER_MAX = 24, PORT_MAX = 65535 };

/* ---- values */

static bool is_ip(const char *value)
{
	struct in6_addr octets;

	return inet_pton(AF_INET, value, &octets) == 1 || inet_pton(AF_INET6, value, &octets) == 1;
}

static bool is_port(const char *value)
{
	return decimal_parse(value, 1, PORT_MAX) != -1;
}

static bool is_size(const char *value)
{
	return decimal_parse(value, 0, INT64_MAX) != -1;
}

static bool is_header(const char *value)
{
	size_t length = strcspn(value, " \t\r\n:");

	return length > 0 && value[length + strspn(value + length, " \t")] == ':';
}

/* "Mon 08:30": of the width that says so, and each part what it should be. */
static bool is_time(const char *value)
{
	struct tm tm = {.tm_isdst = 0};
	const char *end = strptime(value, "%a %H:%M", &tm);

	return end != NULL && *end == '\0' && end - value == 9 && value[3] == ' ' &&
	       value[6] == ':';
}

static const struct facts_option options[] = {
	{"sender", "sender", NULL, NULL, NULL, "ADDRESS", "the envelope sender"},
	{"client", "client", NULL, "an IP address", is_ip, "IP", "the address of the client"},
	{"client-name", "client_name", NULL, NULL, NULL, "NAME", "its name in the DNS"},
	{"helo", "helo", NULL, NULL, NULL, "NAME", "its name in HELO or EHLO"},
	{"auth-user", "auth_user", NULL, NULL, NULL, "NAME", "the user it has authenticated as"},
	{"tls", "tls", NULL, NULL, NULL, "PROTOCOL", "its TLS protocol, such as TLSv1.3"},
	{"tls-verified", "tls_verified", "yes", NULL, NULL, NULL, "its certificate was verified"},
	{"listener", "listener", NULL, NULL, NULL, "NAME",
		"the name of the listener that it came by"},
	{"listener-port", "listener_port", NULL, "a port", is_port, "PORT",
		"the port that it came by"},
	{"header", "header", NULL, "a header such as \"Name: value\"", is_header, "'NAME: VALUE'",
		"a header; may be given several times"},
	{"size", "size", NULL, "a number of octets", is_size, "OCTETS", "the size of the message"},
	{"macro", "macro", NULL, "a macro such as \"{name}: value\"", is_header, "'{NAME}: VALUE'",
		"a macro; may be given several times"},
	{"time", "time", NULL, "a time such as \"Mon 08:30\"", is_time, "'Mon 08:30'",
		"when it comes; now, if not given"},
};

enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

const struct facts_option *facts_option_at(size_t index)
{
	return index < OPTION_COUNT ? &options[index] : NULL;
}

/* ---- what was given */

/* The last one counts, but of those that a message has several of. */
static struct facts_given *place_of(struct facts *facts, const struct facts_option *option)
{
	if (strcmp(option->option, "header") != 0 && strcmp(option->option, "macro") != 0)
		for (size_t i = 0; i < facts->count; i++)
			if (facts->given[i].option == option)
				return &facts->given[i];
	return &facts->given[facts->count++];
}

bool facts_add(struct facts *facts, const struct facts_option *option, const char *value)
{
	struct facts_given *given;

	if (option->fixed != NULL)
		value = option->fixed;
	if (option->is_good != NULL && !option->is_good(value))
		return false;
	given = place_of(facts, option);
	given->option = option;
	given->value = value;
	return true;
}

static bool has(const struct facts *facts, const char *option)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->given[i].option->option, option) == 0)
			return true;
	return false;
}

void facts_send(const struct facts *facts, struct client *client)
{
	for (size_t i = 0; i < facts->count; i++)
		client_add_query(client, facts->given[i].option->parameter, facts->given[i].value);
}

/* What a milter would be given of it: up to the first NUL. */
static size_t length_of(struct span header)
{
	const char *end = memchr(header.at, '\0', header.length);

	return end == NULL ? header.length : (size_t)(end - header.at);
}

void facts_send_message(
	const struct facts *facts, struct client *client, const struct message *message)
{
	const char *sender = message_sender(message);
	struct span header;
	size_t at = 0;

	facts_send(facts, client);
	if (sender != NULL && !has(facts, "sender"))
		client_add_query(client, "sender", sender);
	if (!has(facts, "size")) {
		char size[NUMBER_MAX];

		*decimal_put(size, message_size(message)) = '\0';
		client_add_query(client, "size", size);
	}
	while (message_next(message, &at, &header))
		client_add_octets(client, "header", header.at, length_of(header));
	client_add_query(client, "headers", "all");
}
