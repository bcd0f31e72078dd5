/* routing_policy: what the configuration in force says of messages
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROUTING_POLICY_H
#define ENGINE_ROUTING_POLICY_H

#include <stdbool.h>

#include "core/envelope.h"

enum routing_policy_on_error { ROUTING_POLICY_TEMPFAIL = 0, ROUTING_POLICY_ACCEPT = 1 };

struct routing_policy {
	enum routing_policy_on_error on_error; /* what a fault of our own does to a message */
	struct envelope_policy envelope;
};

/* The main thread sets it whole; any thread may get it. */
void routing_policy_set(const struct routing_policy *policy);
struct routing_policy routing_policy_get(void);

#endif
