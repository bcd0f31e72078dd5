/* map_reply: the words in which a map answers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/map_reply.h"

#include <stdbool.h>
#include <string.h>

enum { PARTS_MAX = 6 };

static const char too_long[] = "the answer is too long";

static enum map_reply_kind refused(char *out, const char *word, const char *why)
{
	strcpy(out, word);
	strcat(out, why);
	return MAP_REPLY_REFUSED;
}

/* The parts of the reply, one after the other. */
static enum map_reply_kind found(char *out, const char *const parts[PARTS_MAX])
{
	size_t used = 0;

	for (int i = 0; i < PARTS_MAX && parts[i] != NULL; i++) {
		size_t length = strlen(parts[i]);

		if (length >= MAP_REPLY_MAX - used) {
			return refused(out, "TEMP ", too_long);
		}
		memcpy(out + used, parts[i], length);
		used += length;
	}
	out[used] = '\0';
	return MAP_REPLY_FOUND;
}

static enum map_reply_kind not_found(char *out)
{
	strcpy(out, "NOTFOUND ");
	return MAP_REPLY_NOT_FOUND;
}

static enum map_reply_kind nexthop(char *out, const struct map_reply_route *route)
{
	return found(out, (const char *[PARTS_MAX]){"OK ", route->nexthop});
}

/* smtp_tls_policy_maps. For a host without a policy of ours Postfix asks its next table. */
static enum map_reply_kind policy(char *out, const struct map_reply_route *route)
{
	if (*route->policy == '\0')
		return not_found(out);
	return found(out, (const char *[PARTS_MAX]){"OK ", route->policy});
}

/*
 * transport(5). A route that leaves an address alone says so: for a key that is not found Postfix
 * looks further, and takes the answer to "*".
 */
static enum map_reply_kind transport(char *out, const struct map_reply_route *route)
{
	switch (route->action) {
	case ACTION_POOL:
		return nexthop(out, route);
	case ACTION_DNS:
		return found(out, (const char *[PARTS_MAX]){"OK :"});
	case ACTION_DISCARD:
		return found(out, (const char *[PARTS_MAX]){"OK discard:"});
	case ACTION_REJECT:
		return found(out,
			(const char *[PARTS_MAX]){"OK error:", route->enhanced, " ", route->text});
	case ACTION_DEFER:
		return found(out,
			(const char *[PARTS_MAX]){"OK retry:", route->enhanced, " ", route->text});
	case ACTION_NONE:
		break;
	}
	return not_found(out);
}

/*
 * error:5.1.2:"550 5.1.2 text", as Sendmail's rules take it: within quotes nothing is taken apart.
 * Gives the length, or 0 if it does not fit.
 */
static size_t quote(char *out, size_t size, const struct map_reply_route *route)
{
	const char *const parts[] = {route->code, " ", route->enhanced, " ", route->text};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const char *p = parts[i]; *p != '\0'; p++) {
			if (used + 3 > size)
				return 0;
			if (*p == '"' || *p == '\\')
				out[used++] = '\\';
			out[used++] = *p;
		}
	out[used] = '\0';
	return used;
}

static enum map_reply_kind error(char *out, const struct map_reply_route *route)
{
	char text[MAP_REPLY_MAX];

	if (quote(text, sizeof(text), route) == 0)
		return refused(out, "TEMP ", too_long);
	return found(
		out, (const char *[PARTS_MAX]){"OK error:", route->enhanced, ":\"", text, "\""});
}

/* The mailers of Sendmail's mailertable; nexthop_discard is etc/sendmail/nexthop.m4's. */
static enum map_reply_kind mailertable(char *out, const struct map_reply_route *route)
{
	switch (route->action) {
	case ACTION_POOL:
		return nexthop(out, route);
	case ACTION_DISCARD:
		return found(out, (const char *[PARTS_MAX]){"OK nexthop_discard:discard"});
	case ACTION_REJECT:
	case ACTION_DEFER:
		return error(out, route);
	case ACTION_DNS:
	case ACTION_NONE:
		break;
	}
	return not_found(out);
}

enum map_reply_kind map_reply_write(char out[MAP_REPLY_MAX], const struct map_request *request,
	const struct map_reply_route *route)
{
	bool is_postfix = route->mta == TABLE_POSTFIX;
	bool is_of_postfix =
		request->map != MAP_REQUEST_MAILERTABLE && request->map != MAP_REQUEST_NEXTHOP;

	/* Sendmail treats PERM as "not found", and sends mail to the domain's MX. */
	if (request->map == MAP_REQUEST_UNKNOWN)
		return refused(out, is_postfix ? "PERM " : "TEMP ",
			"the maps are transport, pool, tls, mailertable and nexthop");
	if (request->key == MAP_REQUEST_MISSING)
		return refused(out, is_postfix ? "PERM " : "TEMP ",
			"no key: a request is the name of a map, a space, a key");
	/* A list that is written for the other MTA would lead anywhere: mail waits. */
	if (is_of_postfix != is_postfix)
		return refused(out, "TEMP ",
			is_postfix ? "routes.cfg has mta = \"postfix\""
				   : "routes.cfg has mta = \"sendmail\"");
	/* A directory that names a pool that is not there: by DNS its mail would go anywhere. */
	if (request->map == MAP_REQUEST_POOL && route->action != ACTION_POOL)
		return refused(out, "TEMP ", "routes.cfg has no pool of that name");
	if (request->key == MAP_REQUEST_NOBODY)
		return not_found(out);
	if (request->map == MAP_REQUEST_TLS)
		return policy(out, route);
	if (request->map == MAP_REQUEST_TRANSPORT)
		return transport(out, route);
	return mailertable(out, route);
}
