/* http_origin: whose pages may ask a listener that asks nobody who he is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_origin.h"
#include "core/endpoint.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static bool is_literal(const char *name)
{
	unsigned char octets[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

static bool is_among(const char *name, const char *names)
{
	size_t length = strlen(name);

	while (*names != '\0') {
		size_t one = strcspn(names, " ");

		if (one == length && strncasecmp(names, name, one) == 0)
			return true;
		names += one + strspn(names + one, " ");
	}
	return false;
}

bool http_origin_is_own(const char *host, const char *names)
{
	struct endpoint endpoint;
	size_t length;

	if (host == NULL)
		return true;
	if (endpoint_parse(&endpoint, host) == -1)
		return false;
	length = strlen(endpoint.name);
	if (length > 1 && endpoint.name[length - 1] == '.')
		endpoint.name[length - 1] = '\0';
	return is_literal(endpoint.name) || strcmp(endpoint.name, "localhost") == 0 ||
	       is_among(endpoint.name, names);
}

bool http_origin_is_bare(const char *host)
{
	struct endpoint endpoint;

	return host != NULL && endpoint_parse(&endpoint, host) == 0 &&
	       strpbrk(endpoint.name, ".:") == NULL;
}

bool http_origin_fetch_is_own(const char *site, const char *mode, bool is_get)
{
	if (site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
		return true;
	return is_get && mode != NULL && strcmp(mode, "navigate") == 0;
}

bool http_origin_is_same(const char *origin, const char *host)
{
	const char *from;

	if (origin == NULL)
		return true;
	from = strstr(origin, "://");
	return from != NULL && host != NULL && strcasecmp(from + 3, host) == 0;
}
