/* milter_policy: what the configuration in force says of messages
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_policy.h"

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

void milter_policy_set(const struct milter_policy *policy)
{
	const struct envelope_policy *envelope = &policy->envelope;
	unsigned bits = (policy->on_error == MILTER_ACCEPT ? ACCEPTS : 0U) |
			(envelope->mta == TABLE_SENDMAIL ? IS_SENDMAIL : 0U) |
			(envelope->mixed == ENVELOPE_MIXED_SPLIT ? SPLITS : 0U) |
			(envelope->has_map ? HAS_MAP : 0U) |
			(envelope->is_only_map ? IS_ONLY_MAP : 0U);

	atomic_store(&in_force, bits);
}

struct milter_policy milter_policy_get(void)
{
	unsigned bits = atomic_load(&in_force);

	return (struct milter_policy){
		.on_error = (bits & ACCEPTS) != 0 ? MILTER_ACCEPT : MILTER_TEMPFAIL,
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
