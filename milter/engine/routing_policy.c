/* routing_policy: what the configuration in force says of messages
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/routing_policy.h"

#include <stdatomic.h>

/* In one number, so that nobody sees half of a change. */
enum {
	ACCEPTS = 1,
	IS_SENDMAIL = 2,
	SPLITS = 4,
	HAS_MAP = 8,
	IS_ONLY_MAP = 16,
};

static atomic_uint in_force;

void routing_policy_set(const struct routing_policy *policy)
{
	const struct envelope_policy *envelope = &policy->envelope;
	unsigned bits = (policy->on_error == ROUTING_POLICY_ACCEPT ? ACCEPTS : 0U) |
			(envelope->mta == TABLE_SENDMAIL ? IS_SENDMAIL : 0U) |
			(envelope->mixed == ENVELOPE_MIXED_SPLIT ? SPLITS : 0U) |
			(envelope->has_map ? HAS_MAP : 0U) |
			(envelope->is_only_map ? IS_ONLY_MAP : 0U);

	atomic_store(&in_force, bits);
}

struct routing_policy routing_policy_get(void)
{
	unsigned bits = atomic_load(&in_force);

	return (struct routing_policy){
		.on_error = (bits & ACCEPTS) != 0 ? ROUTING_POLICY_ACCEPT : ROUTING_POLICY_TEMPFAIL,
		.envelope =
			{
				.mta = (bits & IS_SENDMAIL) != 0 ? TABLE_SENDMAIL : TABLE_POSTFIX,
				.mixed = (bits & SPLITS) != 0 ? ENVELOPE_MIXED_SPLIT
							      : ENVELOPE_MIXED_MAP,
				.has_map = (bits & HAS_MAP) != 0,
				.is_only_map = (bits & IS_ONLY_MAP) != 0,
			},
	};
}
