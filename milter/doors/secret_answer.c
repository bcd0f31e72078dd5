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

/* The key of a request for our map. False: it is none. */
static bool take_key(struct span request, char key[MAP_REQUEST_MAX + 1])
{
	struct span name;

	if (!span_take_until(&request, " ", &name) || !span_is(name, "sasl"))
		return false;
	memcpy(key, request.at, request.length);
	key[request.length] = '\0';
	/* No host has a NUL in its text. */
	if (strlen(key) != request.length)
		key[0] = '\0';
	return true;
}

enum map_reply_kind secret_answer_write(void *engine, struct span request, char out[MAP_REPLY_MAX])
{
	char key[MAP_REQUEST_MAX + 1], shown[KEY_SHOWN];
	bool is_found;

	if (!take_key(request, key))
		return refuse(out, "the map here is sasl: \"sasl\", a space, a host");
	strcpy(out, found);
	is_found = engine_map_login(
		engine, key, out + sizeof(found) - 1, MAP_REPLY_MAX - sizeof(found) + 1);
	if (!is_found)
		strcpy(out, "NOTFOUND ");
	if (log_has_debug())
		log_debug("map=sasl key=%s reply=\"%s\"", printable_copy(shown, sizeof(shown), key),
			is_found ? "OK (a user and a password)" : out);
	return is_found ? MAP_REPLY_FOUND : MAP_REPLY_NOT_FOUND;
}
