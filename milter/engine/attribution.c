/* attribution: which host an observation is about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/attribution.h"
#include "core/hash.h"
#include "engine/roster_names.h"
#include "engine/view.h"

#include <string.h>

uint64_t attribution_message(const struct observation *observation)
{
	const char *id = observation->queue_id;
	uint64_t hash = *id == '\0' ? hash_pair((uint64_t)observation->at, HASH_START)
				    : hash_octets(id, strlen(id));

	return hash == 0 ? 1 : hash;
}

uint64_t attribution_named(const char *queue_id)
{
	struct observation named = {.at = 0};

	view_copy_text(named.queue_id, sizeof(named.queue_id), queue_id);
	return attribution_message(&named);
}

/* Of the hosts of that name in the attempt's list, the first that the log has not spoken of yet. */
static size_t place_in_list(
	const struct roster *roster, const struct attempt *attempt, const char *name)
{
	size_t last = roster->host_count;

	for (int i = 0; i < attempt->count; i++) {
		size_t host = attempt->hosts[i];

		if (host >= roster->host_count || strcmp(roster->hosts[host].host->name, name) != 0)
			continue;
		last = host;
		if ((attempt->tried & UINT64_C(1) << i) == 0)
			break;
	}
	return last;
}

static size_t find_in_lists(const struct roster *roster, const struct attempts *attempts,
	const char *name, uint64_t message)
{
	size_t host = roster->host_count;

	for (const struct attempt *attempt = attempt_find(attempts, message, NULL);
		attempt != NULL && host == roster->host_count;
		attempt = attempt_find(attempts, message, attempt))
		host = place_in_list(roster, attempt, name);
	return host;
}

/* In the pool that the message was given, or in one of its fallbacks. */
static bool may_have(
	const struct roster *roster, const struct attempt *attempt, const struct roster_host *host)
{
	const struct roster_place *places = roster->places + host->first_place;
	const struct roster_pool *pool = roster_names_pool(roster, attempt->pool);

	for (size_t i = 0; pool != NULL && i < host->place_count; i++)
		if (roster_may_take(roster, pool, &roster->pools[places[i].pool]))
			return true;
	/* Without a list, or with one of a pool that is gone, there is nothing to compare with. */
	return pool == NULL;
}

/* Whether the message was given a pool with that host; of a message without a list it is believed. */
static bool was_given(const struct roster *roster, const struct attempts *attempts,
	uint64_t message, const struct roster_host *host)
{
	const struct attempt *attempt = attempt_find(attempts, message, NULL);
	bool has_attempt = attempt != NULL;

	for (; attempt != NULL; attempt = attempt_find(attempts, message, attempt))
		if (may_have(roster, attempt, host))
			return true;
	return !has_attempt;
}

/* Of the hosts of one name the one at the end of the list, of a fallback: if there is one. */
static size_t find_behind(const struct roster *roster, const struct attempts *attempts,
	size_t first, size_t count, uint64_t message)
{
	bool has_list = false;
	size_t found = roster->host_count;

	for (const struct attempt *attempt = attempt_find(attempts, message, NULL);
		attempt != NULL && !has_list; attempt = attempt_find(attempts, message, attempt))
		has_list = attempt->pool != 0;
	for (size_t i = first; has_list && i < first + count; i++) {
		if (!was_given(roster, attempts, message, &roster->hosts[roster->by_name[i]]))
			continue;
		if (found < roster->host_count)
			return roster->host_count;
		found = roster->by_name[i];
	}
	return found;
}

static size_t find_port(const struct roster *roster, size_t first, size_t count, int port)
{
	for (size_t i = first; i < first + count; i++)
		if (roster->hosts[roster->by_name[i]].host->port == port)
			return roster->by_name[i];
	return roster->host_count;
}

static size_t find(const struct roster *roster, const struct attempts *attempts,
	const struct observation *observation)
{
	const char *name = observation->host;
	size_t first, host;
	uint64_t message;
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
	message = attribution_message(observation);
	host = find_in_lists(roster, attempts, name, message);
	return host < roster->host_count ? host
					 : find_behind(roster, attempts, first, count, message);
}

size_t attribution_find(const struct roster *roster, const struct attempts *attempts,
	const struct observation *observation)
{
	size_t host = find(roster, attempts, observation);

	if (host == roster->host_count || observation->queue_id[0] == '\0' ||
		was_given(roster, attempts, attribution_message(observation), &roster->hosts[host]))
		return host;
	return roster->host_count;
}
