/* milter_policy: what the configuration in force says of messages
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_POLICY_H
#define DOORS_MILTER_POLICY_H

#include <stdbool.h>

#include "core/envelope.h"

enum milter_on_error { MILTER_TEMPFAIL = 0, MILTER_ACCEPT = 1 };

struct milter_policy {
	enum milter_on_error on_error; /* what a fault of our own does to a message */
	struct envelope_policy envelope;
};

/* The main thread sets it whole; any thread may get it. */
void milter_policy_set(const struct milter_policy *policy);
struct milter_policy milter_policy_get(void);

#endif
