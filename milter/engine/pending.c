/* pending: messages that were given a host first and are not known to have left the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/pending.h"

#include <string.h>

/* A message is bounced after five days (Postfix: maximal_queue_lifetime); an attempt takes less
 * than an hour. */
static const int64_t kept_ms = INT64_C(6) * 86400000;
static const int64_t attempt_ms = INT64_C(3600000);

static struct pending_entry *set_of(struct pending *pending, uint64_t message)
{
	return pending->entries[message & (PENDING_SETS - 1)];
}

/* A clock that was set back does not make it older. */
static bool is_live(const struct pending_entry *entry, int64_t now)
{
	return entry->message != 0 && now - entry->at < (entry->is_kept ? kept_ms : attempt_ms);
}

void pending_forget(struct pending *pending, int64_t now)
{
	memset(pending, 0, sizeof(*pending));
	pending->since = now;
}

void pending_put(struct pending *pending, const struct pending_entry *entry)
{
	struct pending_entry *set = set_of(pending, entry->message);
	struct pending_entry *oldest = &set[0];

	if (entry->message == 0) {
		pending->since = entry->at + 1;
		return;
	}
	for (int i = 0; i < PENDING_WAYS; i++) {
		/* Free, or the same message again. */
		if (!is_live(&set[i], entry->at) ||
			(set[i].message == entry->message && set[i].host == entry->host)) {
			set[i] = *entry;
			return;
		}
		if (set[i].at < oldest->at)
			oldest = &set[i];
	}
	if (oldest->at >= pending->since)
		pending->since = oldest->at + 1;
	*oldest = *entry;
}

void pending_result(struct pending *pending, uint64_t message)
{
	struct pending_entry *set = set_of(pending, message);

	for (int i = 0; i < PENDING_WAYS; i++)
		if (set[i].message == message && !set[i].is_kept)
			set[i].message = 0;
}

void pending_left(struct pending *pending, uint64_t message)
{
	struct pending_entry *set = set_of(pending, message);

	for (int i = 0; i < PENDING_WAYS; i++)
		if (set[i].message == message)
			set[i].message = 0;
}

size_t pending_count(const struct pending *pending, uint64_t host, int64_t now)
{
	size_t count = 0;

	for (int set = 0; set < PENDING_SETS; set++)
		for (int i = 0; i < PENDING_WAYS; i++) {
			const struct pending_entry *entry = &pending->entries[set][i];

			count += entry->host == host && is_live(entry, now);
		}
	return count;
}
