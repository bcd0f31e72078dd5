/* map_request: what an MTA queries a map for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/map_request.h"

#include <assert.h>
#include <string.h>

static const char *const names[] = {
	[MAP_REQUEST_UNKNOWN] = "unknown",
	[MAP_REQUEST_TRANSPORT] = "transport",
	[MAP_REQUEST_MAILERTABLE] = "mailertable",
	[MAP_REQUEST_NEXTHOP] = "nexthop",
	[MAP_REQUEST_POOL] = "pool",
	[MAP_REQUEST_TLS] = "tls",
};

const char *map_request_map_name(enum map_request_map map)
{
	return names[map];
}

static enum map_request_map find_map(struct span name)
{
	for (int map = MAP_REQUEST_TRANSPORT; map <= MAP_REQUEST_TLS; map++)
		if (span_is(name, names[map]))
			return (enum map_request_map)map;
	return MAP_REQUEST_UNKNOWN;
}

/* ---- keys */

/* A quoted string, "@", and a domain. */
static bool is_external(const char *text)
{
	const char *p = text + 1;

	if (*text != '"')
		return false;
	for (; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return false;
	}
	return p[1] == '@' && strchr(p + 2, '@') == NULL;
}

static void parse_address(struct map_request *request, const char *text)
{
	if (is_external(text))
		address_parse(&request->address, text);
	else
		address_parse_unquoted(&request->address, text);
}

static enum map_request_key address_key(struct map_request *request)
{
	parse_address(request, request->text);
	return MAP_REQUEST_ADDRESS;
}

/*
 * All addresses of a domain: one without a local part. ".example.com" means any subdomain; one that
 * no route can have, for its name, stands for them.
 */
static enum map_request_key domain_key(struct map_request *request)
{
	char text[MAP_REQUEST_MAX + 3] = "@*";

	strcpy(text + (request->text[0] == '.' ? 2 : 1), request->text);
	address_parse_unquoted(&request->address, text);
	return MAP_REQUEST_ADDRESS;
}

static enum map_request_key all_key(struct map_request *request)
{
	address_parse_unquoted(&request->address, "");
	return MAP_REQUEST_ALL;
}

static enum map_request_key transport_key(struct map_request *request)
{
	/* Nothing has a NUL, and ALL matches what cannot be. */
	if (strlen(request->text) != request->length || strcmp(request->text, "*") == 0)
		return all_key(request);
	if (strchr(request->text, '@') == NULL)
		return domain_key(request);
	return address_key(request);
}

/*
 * Sendmail asks for a domain, then for its parents with a dot in front, then for ".". The answer to
 * the first one has taken the parents' routes into account: what leaves a domain alone is not to be
 * overruled by its parent.
 */
static enum map_request_key mailertable_key(struct map_request *request)
{
	if (request->text[0] == '.' || strchr(request->text, '@') != NULL)
		return MAP_REQUEST_NOBODY;
	if (strlen(request->text) != request->length)
		return all_key(request);
	return domain_key(request);
}

/* No pool's name has a space. Without an address: any that is always the same. */
static enum map_request_key pool_key(struct map_request *request)
{
	char *space = strchr(request->text, ' ');

	if (strlen(request->text) != request->length)
		return MAP_REQUEST_NOBODY;
	if (space != NULL) {
		parse_address(request, space + 1);
		*space = '\0';
		request->length = (size_t)(space - request->text);
	}
	return MAP_REQUEST_NAMED;
}

static enum map_request_key find_key(struct map_request *request)
{
	if (request->length == 0)
		return MAP_REQUEST_NOBODY;
	switch (request->map) {
	case MAP_REQUEST_TRANSPORT:
		return transport_key(request);
	case MAP_REQUEST_MAILERTABLE:
		return mailertable_key(request);
	case MAP_REQUEST_NEXTHOP:
		if (strlen(request->text) != request->length)
			return all_key(request);
		return strchr(request->text, '@') == NULL ? MAP_REQUEST_TOKEN
							  : address_key(request);
	case MAP_REQUEST_POOL:
		return pool_key(request);
	case MAP_REQUEST_TLS:
		/* No host has a NUL in its text. */
		return strlen(request->text) != request->length ? MAP_REQUEST_NOBODY
								: MAP_REQUEST_HOST;
	case MAP_REQUEST_UNKNOWN:
		break;
	}
	return MAP_REQUEST_NOBODY;
}

void map_request_parse(struct map_request *request, struct span octets)
{
	struct span name = octets;
	bool has_key;

	assert(octets.length <= MAP_REQUEST_MAX);
	has_key = span_take_until(&octets, " ", &name);
	request->map = find_map(name);
	request->length = has_key ? octets.length : 0;
	if (request->length > 0)
		memcpy(request->text, octets.at, request->length);
	request->text[request->length] = '\0';
	address_parse_unquoted(&request->address, "");
	request->key = has_key ? find_key(request) : MAP_REQUEST_MISSING;
}
