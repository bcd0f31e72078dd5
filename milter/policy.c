/* policy: what a configuration says of messages, put in force
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "policy.h"
#include "doors/milter_policy.h"

void policy_put_in_force(const struct conf *conf, struct http_facts *facts)
{
	bool has_map = facts->map_socket != NULL;
	struct milter_policy policy = {
		.on_error =
			conf->on_error == CONF_ON_ERROR_ACCEPT ? MILTER_ACCEPT : MILTER_TEMPFAIL,
		.envelope =
			{
				.mta = conf->table.mta,
				.mixed = conf->mixed == CONF_MIXED_SPLIT ? ENVELOPE_MIXED_SPLIT
									 : ENVELOPE_MIXED_MAP,
				.has_map = has_map,
				.is_only_map = has_map && conf->delivery == CONF_DELIVERY_MAP,
			},
	};

	milter_policy_set(&policy);
	facts->policy = policy.envelope;
}
