/* attribution: which host an observation is about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/attribution.h"
#include "core/hash.h"
#include "engine/roster_names.h"

#include <string.h>

uint64_t attribution_message(const struct observation *observation)
{
	const char *id = observation->queue_id;
	uint64_t hash = *id == '\0' ? hash_pair((uint64_t)observation->at, HASH_START)
				    : hash_octets(id, strlen(id));

	return hash == 0 ? 1 : hash;
}

/* Of the hosts of that name in the message's list, the first that has not failed in this attempt. */
static int place_in_list(
	const struct roster_pool *pool, const struct recent_list *list, const char *name)
{
	int last = -1;

	for (int i = 0; i < list->candidates.count; i++) {
		if (strcmp(pool->pool->hosts[list->candidates.hosts[i]].name, name) != 0)
			continue;
		last = i;
		if ((list->tried & UINT64_C(1) << i) == 0)
			break;
	}
	return last;
}

static size_t find_in_list(
	const struct roster *roster, struct recent *recent, const char *name, uint64_t message)
{
	struct recent_list *list = recent_find(recent, message);
	const struct roster_pool *pool;
	int place;

	if (list == NULL)
		return roster->host_count;
	pool = &roster->pools[list->pool];
	place = place_in_list(pool, list, name);
	if (place == -1)
		return roster->host_count;
	list->tried |= UINT64_C(1) << place;
	return roster_names_index(roster, pool, list->candidates.hosts[place]);
}

static size_t find_port(const struct roster *roster, size_t first, size_t count, int port)
{
	for (size_t i = first; i < first + count; i++)
		if (roster->hosts[roster->by_name[i]].host->port == port)
			return roster->by_name[i];
	return roster->host_count;
}

static size_t find(
	const struct roster *roster, struct recent *recent, const struct observation *observation)
{
	const char *name = observation->host;
	size_t first;
	size_t count = roster_names_ports(roster, name, &first);

	if (count == 0) {
		name = observation->address;
		count = roster_names_ports(roster, name, &first);
	}
	if (count == 0)
		return roster->host_count;
	if (observation->port != 0)
		return find_port(roster, first, count, observation->port);
	if (count == 1)
		return roster->by_name[first];
	return find_in_list(roster, recent, name, attribution_message(observation));
}

size_t attribution_find(
	const struct roster *roster, struct recent *recent, const struct observation *observation)
{
	size_t host = find(roster, recent, observation);

	/* With that the attempt ends: the next one begins with the first host again. */
	if (observation->outcome != OBSERVATION_PASSED_ON) {
		struct recent_list *list = recent_find(recent, attribution_message(observation));

		if (list != NULL)
			list->tried = 0;
	}
	return host;
}
