/* secret_answer: what is asked for on the secret socket: with what to log in to a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/secret_answer.h"
#include "core/printable.h"
#include "engine/engine_map.h"
#include "engine/log.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SHOWN = 400 };

static const char found[] = "OK ";

static enum map_reply_kind refuse(char *out, const char *why)
{
	snprintf(out, MAP_REPLY_MAX, "PERM %s", why);
	return MAP_REPLY_REFUSED;
}

static const struct map {
	const char *name;
	enum engine_map_secret secret;
	const char *before; /* what a key begins with */
	const char *shown;  /* the reply, in a log */
} maps[] = {
	{"sasl", ENGINE_MAP_SASL, "", "OK (a user and a password)"},
	{"authinfo", ENGINE_MAP_AUTHINFO, "AuthInfo:", "OK (a user and a password)"},
	{"nexthop_auth", ENGINE_MAP_AUTH, "", "OK"},
};

/* The map of a request for one of the MTA's, and its key. NULL: it is none. */
static const struct map *take_map(
	struct engine *engine, struct span request, char key[MAP_REQUEST_MAX + 1])
{
	const struct map *map = maps;
	const struct map *end = maps + sizeof(maps) / sizeof(maps[0]);
	struct span name;

	if (!span_take_until(&request, " ", &name))
		return NULL;
	while (map < end && !span_is(name, map->name))
		map++;
	if (map == end || !engine_map_has(engine, map->secret))
		return NULL;
	/* A key that is none is of no host. */
	if (!span_take(&request, map->before))
		request.length = 0;
	memcpy(key, request.at, request.length);
	key[request.length] = '\0';
	/* No host has a NUL in its text. */
	if (strlen(key) != request.length)
		key[0] = '\0';
	return map;
}

enum map_reply_kind secret_answer_write(void *engine, struct span request, char out[MAP_REPLY_MAX])
{
	char key[MAP_REQUEST_MAX + 1], shown[KEY_SHOWN];
	const struct map *map = take_map(engine, request, key);
	bool is_found;

	if (map == NULL)
		return refuse(out, engine_map_has(engine, ENGINE_MAP_SASL)
					   ? "the map here is sasl: \"sasl\", a space, a host"
					   : "the maps here are authinfo and nexthop_auth: "
					     "\"authinfo\", a space, \"AuthInfo:\", a host");
	strcpy(out, found);
	is_found = engine_map_login(engine, map->secret, key, out + sizeof(found) - 1,
		MAP_REPLY_MAX - sizeof(found) + 1);
	if (!is_found)
		strcpy(out, "NOTFOUND ");
	if (log_has_debug())
		log_debug("map=%s key=%s reply=\"%s\"", map->name,
			printable_copy(shown, sizeof(shown), key), is_found ? map->shown : out);
	return is_found ? MAP_REPLY_FOUND : MAP_REPLY_NOT_FOUND;
}
