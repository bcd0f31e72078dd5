/* fuzz_netstring: any octets from a client of the map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/map_reply.h"
#include "core/netstring.h"
#include "replay.h"

#include <assert.h>
#include <string.h>

/* A request's reply, as a netstring, is one. */
static void answer(const struct map_request *request)
{
	const struct map_reply_route route = {.action = ACTION_REJECT,
		.code = "550",
		.enhanced = "5.1.2",
		.text = request->address.text};
	char reply[MAP_REPLY_MAX];
	char octets[MAP_REPLY_MAX + NETSTRING_FRAME];
	struct span span, back;

	map_reply_write(reply, request, &route);
	span = span_make(
		octets, netstring_put(octets, sizeof(octets), span_make(reply, strlen(reply))));
	assert(netstring_take(&span, MAP_REPLY_MAX, &back) == NETSTRING_WHOLE);
	assert(span.length == 0 && span_is(back, reply));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span span = span_make((const char *)data, size);
	struct span octets;
	bool is_known = size > 0;

	while (netstring_take(&span, MAP_REQUEST_MAX, &octets) == NETSTRING_WHOLE) {
		struct map_request request;

		map_request_parse(&request, octets);
		assert(request.length <= octets.length);
		is_known &= request.map != MAP_REQUEST_UNKNOWN && request.key > MAP_REQUEST_NOBODY;
		answer(&request);
	}
	replay_reached += is_known && span.length == 0;
	return 0;
}
