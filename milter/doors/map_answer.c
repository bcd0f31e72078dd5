/* map_answer: the engine's answer to a request for a map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_answer.h"
#include "core/printable.h"
#include "engine/engine_map.h"
#include "engine/engine_metrics.h"
#include "engine/log.h"

enum { KEY_SHOWN = 400, REPLY_SHOWN = 2000 };

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
	struct map_request request;
	enum map_reply_kind kind;

	map_request_parse(&request, octets);
	kind = engine_map_reply(engine, &request, false, out);
	engine_metrics_map(engine, request.map, kind);
	tell(&request, out);
	return kind;
}
