/* conf_network: ranges of IP addresses as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_NETWORK_H
#define CONF_CONF_NETWORK_H

#include "core/network.h"

enum { CONF_NETWORK_WRONG_MAX = 128 };

/*
 * "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Gives NULL, or WRONG, which then says what is wrong
 * with it: "is not an IP address or a network".
 */
const char *conf_network_parse(
	const char *text, struct network *network, char wrong[CONF_NETWORK_WRONG_MAX]);

#endif
