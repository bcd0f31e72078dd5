/* network: a range of IP addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/network.h"

#include <string.h>

/* The bits of the octet at the prefix's end that belong to it. */
static uint8_t last_mask(int bits)
{
	return (uint8_t)(0xff00 >> bits % 8);
}

bool network_has(const struct network *network, const uint8_t address[NETWORK_OCTETS])
{
	size_t whole = (size_t)network->bits / 8;

	if (memcmp(network->octets, address, whole) != 0)
		return false;
	return whole == NETWORK_OCTETS ||
	       ((network->octets[whole] ^ address[whole]) & last_mask(network->bits)) == 0;
}

bool network_is_clean(const struct network *network)
{
	size_t whole = (size_t)network->bits / 8;

	if (whole == NETWORK_OCTETS)
		return true;
	if ((network->octets[whole] & ~last_mask(network->bits)) != 0)
		return false;
	for (size_t i = whole + 1; i < NETWORK_OCTETS; i++)
		if (network->octets[i] != 0)
			return false;
	return true;
}

void network_from_ipv4(uint8_t out[NETWORK_OCTETS], const uint8_t octets[4])
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, octets, 4);
}
