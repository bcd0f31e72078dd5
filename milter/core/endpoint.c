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

static const char unix_prefix[] = "unix:";

bool endpoint_is_unix(const char *name)
{
	return strncmp(name, unix_prefix, sizeof(unix_prefix) - 1) == 0;
}

bool endpoint_path_valid(const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < length; i++)
		if (path[i] <= ' ' || path[i] > '~' || strchr(",;=\"'()<>[]", path[i]) != NULL)
			return false;
	return strchr(path, '/') != NULL && path[length - 1] != '/';
}

static int parse_unix(struct endpoint *endpoint, const char *text)
{
	size_t length = strlen(text);

	if (length < sizeof(unix_prefix) || length > DOMAIN_MAX)
		return -1;
	memcpy(endpoint->name, text, length + 1);
	endpoint->port = 0;
	return 0;
}

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
	const char *port = NULL;
	const char *end;

	if (endpoint_is_unix(text))
		return parse_unix(endpoint, text);
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
	bool is_unix = endpoint_is_unix(name);
	bool bracketed = !is_unix && strchr(name, ':') != NULL;
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
	if (!is_unix)
		*to++ = ':';
	if (is_unix)
		*to = '\0';
	else if (port >= 0 && port <= PORT_MAX)
		to = decimal_put(to, port);
	else
		*to++ = '?';
	*to = '\0';
	return out;
}
