/* roster_label: which pools metrics tell of by their names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/roster_label.h"

#include <string.h>

static const char of_route[] = "route:";
static const char all[] = "ALL";

static bool is_in_place(const char *name)
{
	return strchr(name, ':') != NULL;
}

bool roster_label_may(const char *name)
{
	if (!is_in_place(name))
		return true;
	if (strlen(name) > ROSTER_LABEL_NAME_MAX || strpbrk(name, "@\"") != NULL)
		return false;
	if (strncmp(name, of_route, sizeof(of_route) - 1) != 0)
		return true;
	name += sizeof(of_route) - 1;
	/* Without a dot it may be the local part of an address. */
	return strcmp(name, all) == 0 || strchr(name, '.') != NULL;
}

void roster_label_all(struct roster *roster)
{
	size_t in_place = 0;

	for (size_t i = 0; i < roster->table->pool_count; i++) {
		const char *name = roster->table->pools[i].name;

		if (!roster_label_may(name) ||
			(is_in_place(name) && in_place++ >= ROSTER_LABEL_MAX))
			continue;
		roster->pools[i].is_labelled = true;
		roster->labelled[roster->labelled_count++] = (uint32_t)i;
	}
	for (size_t i = 0; i < roster->host_count; i++) {
		struct roster_host *host = &roster->hosts[i];

		for (size_t k = 0; k < host->place_count; k++) {
			uint32_t pool = roster->places[host->first_place + k].pool;

			host->has_unlabelled |= !roster->pools[pool].is_labelled;
		}
	}
}
