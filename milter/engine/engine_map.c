/* engine_map: what the maps of the MTAs are answered
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_map.h"
#include "core/nexthop.h"
#include "engine/clock.h"
#include "engine/engine_self.h"
#include "engine/roster.h"

#include <string.h>

void engine_map_address(struct engine *engine, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer)
{
	int64_t now = clock_now();

	(void)key;
	answer->nexthop[0] = '\0';
	engine_self_lock(engine);

	const struct route *route = table_lookup(engine->roster->table, address);

	view_copy_route(&answer->route, engine->roster, route);
	if (route != NULL && route->action == ACTION_POOL) {
		const struct roster_pool *pool =
			roster_effective(engine->roster, &engine->roster->pools[route->pool]);
		struct candidates candidates;
		int32_t credit[POOL_HOSTS_MAX];

		roster_order(pool, address->hash, now, credit, &candidates);
		nexthop_list(answer->nexthop, sizeof(answer->nexthop), pool->pool, &candidates);
	}
	engine_self_unlock(engine);
}

void engine_map_token(struct engine *engine, const char *token, struct engine_map_answer *answer)
{
	(void)token;
	answer->nexthop[0] = '\0';
	engine_self_lock(engine);
	view_copy_route(&answer->route, engine->roster, NULL);
	engine_self_unlock(engine);
}
