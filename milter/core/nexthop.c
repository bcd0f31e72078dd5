/* nexthop: hosts as the text that the MTA takes for a next hop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/nexthop.h"
#include "core/decimal.h"

#include <assert.h>
#include <string.h>

static char *put_text(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

void nexthop_host(char *out, const char *name, int port, enum lookup lookup)
{
	assert(strlen(name) <= DOMAIN_MAX && port > 0 && port <= 65535);
	if (lookup == LOOKUP_HOST)
		*out++ = '[';
	out = put_text(out, name);
	if (lookup == LOOKUP_HOST)
		*out++ = ']';
	*out++ = ':';
	*decimal_put(out, port) = '\0';
}

int nexthop_list(
	char *out, size_t size, const struct pool *pool, const struct candidates *candidates)
{
	size_t used = strlen(pool->transport);

	if (used + 1 >= size)
		return -1;
	memcpy(out, pool->transport, used);
	for (int i = 0; i < candidates->count; i++) {
		const char *host = pool->hosts[candidates->hosts[i]].nexthop;
		size_t length = strlen(host);

		if (used + 1 + length >= size)
			return -1;
		out[used] = i == 0 ? ':' : ',';
		memcpy(out + used + 1, host, length);
		used += 1 + length;
	}
	out[used] = '\0';
	return (int)used;
}
