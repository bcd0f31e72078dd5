/* network: a range of IP addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_NETWORK_H
#define CORE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_OCTETS = 16, NETWORK_BITS_MAX = 128, NETWORK_IPV4_BITS = 96 };

/* In network order; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), and its prefix 96 bits longer. */
struct network {
	uint8_t octets[NETWORK_OCTETS];
	int bits;
};

bool network_has(const struct network *network, const uint8_t address[NETWORK_OCTETS]);

/* True if no bit after the prefix is set. */
bool network_is_clean(const struct network *network);

/* ::ffff:a.b.c.d of four octets. */
void network_from_ipv4(uint8_t out[NETWORK_OCTETS], const uint8_t octets[4]);

#endif
