/* endpoint: HOST and HOST:PORT as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/endpoint.h"
#include "core/address.h"
#include "core/decimal.h"

#include <string.h>

enum { PORT_MAX = 65535 };

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
	const char *port = NULL;
	const char *end;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return -1;
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		if (end != NULL && strchr(end + 1, ':') == NULL)
			port = end + 1;
		else
			end = text + strlen(text);
	}
	if (end == text || end - text > DOMAIN_MAX)
		return -1;
	address_fold(endpoint->name, text, (size_t)(end - text));
	endpoint->name[end - text] = '\0';
	endpoint->port = port == NULL ? 0 : (int)decimal_parse(port, 1, PORT_MAX);
	return endpoint->port == -1 ? -1 : 0;
}

char *endpoint_format(char out[ENDPOINT_TEXT_MAX], const char *name, int64_t port)
{
	bool bracketed = strchr(name, ':') != NULL;
	size_t length = strlen(name);
	char *to = out;

	if (length > DOMAIN_MAX)
		length = DOMAIN_MAX;
	if (bracketed)
		*to++ = '[';
	memcpy(to, name, length);
	to += length;
	if (bracketed)
		*to++ = ']';
	*to++ = ':';
	if (port >= 0 && port <= PORT_MAX)
		to = decimal_put(to, port);
	else
		*to++ = '?';
	*to = '\0';
	return out;
}
