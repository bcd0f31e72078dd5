/* map_answer: the engine's answer to a request for a map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_answer.h"
#include "core/printable.h"
#include "engine/engine_map.h"
#include "engine/log.h"
#include "text/idn.h"

#include <string.h>

enum { KEY_SHOWN = 400, REPLY_SHOWN = 2000 };

static void ask(
	struct engine *engine, struct map_request *request, struct engine_map_answer *answer)
{
	switch (request->key) {
	case MAP_REQUEST_ALL:
		engine_map_address(engine, &request->address, ENGINE_MAP_NOBODY, answer);
		break;
	case MAP_REQUEST_ADDRESS:
		idn_fold_address(&request->address);
		engine_map_address(engine, &request->address, ENGINE_MAP_RECIPIENT, answer);
		break;
	case MAP_REQUEST_TOKEN:
		engine_map_token(engine, request->text, ENGINE_MAP_RECIPIENT, answer);
		break;
	case MAP_REQUEST_MISSING:
	case MAP_REQUEST_NOBODY:
		engine_map_nothing(engine, answer);
		break;
	}
}

static void tell(const struct map_request *request, const char *reply)
{
	char key[KEY_SHOWN], text[REPLY_SHOWN];

	/* To mask the texts takes a tenth of the time of an answer. */
	if (!log_has_debug())
		return;
	log_debug("map=%s key=%s reply=\"%s\"", map_request_map_name(request->map),
		printable_copy(key, sizeof(key), request->text),
		printable_copy(text, sizeof(text), reply));
}

enum map_reply_kind map_answer_write(void *engine, struct span octets, char out[MAP_REPLY_MAX])
{
	struct engine_map_answer answer;
	struct map_request request;
	struct map_reply_route route;
	enum map_reply_kind kind;

	map_request_parse(&request, octets);
	ask(engine, &request, &answer);
	route = (struct map_reply_route){
		.mta = answer.mta,
		.action = answer.route.action,
		.nexthop = answer.nexthop,
		.code = answer.route.code,
		.enhanced = answer.route.enhanced,
		.text = answer.route.text,
	};
	kind = map_reply_write(out, &request, &route);
	tell(&request, out);
	return kind;
}
