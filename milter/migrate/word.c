/* word: pieces of other programs' tables, as importers read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/word.h"
#include "core/decimal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

bool word_is(struct span word, const char *text)
{
	return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

const char *word_text(struct span word, char out[WORD_MAX])
{
	size_t length = word.length < WORD_MAX ? word.length : WORD_MAX - 1;

	memcpy(out, length == 0 ? "" : word.at, length);
	out[length] = '\0';
	return out;
}

bool word_is_address(struct span word, int family)
{
	unsigned char octets[sizeof(struct in6_addr)];
	char text[WORD_MAX];

	return inet_pton(family, word_text(word, text), octets) == 1;
}

int word_number(struct span word, int least, int most)
{
	char text[WORD_MAX];

	return (int)decimal_parse(word_text(span_trim(word), text), least, most);
}

int word_port(struct span word)
{
	char text[WORD_MAX];
	struct servent *service;
	int port = word_number(word, 1, PORT_MAX);

	if (port != -1 || word.length == 0)
		return port;
	/* The program has one thread. */
	service = getservbyname(word_text(word, text), "tcp"); /* NOLINT(concurrency-mt-unsafe) */
	return service == NULL ? -1 : ntohs((uint16_t)service->s_port);
}

bool word_take_apart(struct span word, struct word_host *host)
{
	const char *colon = span_find_last(word, ":");
	struct span inner = word;

	*host = (struct word_host){.name = word};
	if (span_take(&inner, "[")) {
		host->is_bracketed = true;
		if (!span_take_until(&inner, "]", &host->name))
			return false;
		host->has_port = span_take(&inner, ":");
		host->port = inner;
		return host->has_port || inner.length == 0;
	}
	if (colon == NULL || word_is_address(word, AF_INET6))
		return true;
	host->name = span_before(word, colon);
	host->port = span_from(word, colon + 1);
	host->has_port = true;
	return true;
}
