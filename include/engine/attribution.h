/* attribution: which host an observation is about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ATTRIBUTION_H
#define ENGINE_ATTRIBUTION_H

#include <stddef.h>

#include "core/attempt.h"
#include "core/observation.h"
#include "engine/roster.h"

/*
 * By the name that the MTA calls it, else by its address; of several ports by the one that is said,
 * else by the list of the message's attempt: smtp(8) walks it in order. A host that is in no pool
 * that the message was given, by this process and lately, is not found: whoever may send mail could
 * else have a line written about it.
 *
 * Limits: a host with lookup = "mx" is called by the names of its MX hosts, and so is never found.
 * Of a name with several ports, lines of a message that was not given its list by this process are
 * nobody's.
 */

/* The hash that a message goes by; never 0. Without a queue id it is a message of its own. */
uint64_t attribution_message(const struct observation *observation);

/* The same of a queue id. */
uint64_t attribution_named(const char *queue_id);

/* Index of the host, or roster->host_count. The engine lock must be held. */
size_t attribution_find(const struct roster *roster, const struct attempts *attempts,
	const struct observation *observation);

#endif
