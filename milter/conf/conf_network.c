/* conf_network: ranges of IP addresses as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_network.h"
#include "core/decimal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void clear_behind(struct network *network)
{
	for (int bit = network->bits; bit < NETWORK_BITS_MAX; bit++)
		network->octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/* "192.0.2.0/24", in the family that it was written in. */
static void format(const struct network *network, bool is_ipv4, char *out, size_t size)
{
	size_t first = is_ipv4 ? NETWORK_IPV4_BITS / 8 : 0;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, network->octets + first, text, sizeof(text));
	snprintf(out, size, "%s/%d", text, network->bits - 8 * (int)first);
}

const char *conf_network_parse(
	const char *text, struct network *network, char wrong[CONF_NETWORK_WRONG_MAX])
{
	const char *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
	int first = 0;
	int64_t bits;
	char address[INET6_ADDRSTRLEN] = "";
	char clean[INET6_ADDRSTRLEN + sizeof("/128")];
	uint8_t ipv4[4];

	if (length < sizeof(address))
		memcpy(address, text, length);
	if (inet_pton(AF_INET, address, ipv4) == 1) {
		network_from_ipv4(network->octets, ipv4);
		first = NETWORK_IPV4_BITS;
	} else if (inet_pton(AF_INET6, address, network->octets) != 1) {
		return strcpy(wrong, "is not an IP address or a network");
	}
	bits = NETWORK_BITS_MAX - first;
	if (slash != NULL)
		bits = decimal_parse(slash + 1, 0, bits);
	if (bits == -1) {
		snprintf(wrong, CONF_NETWORK_WRONG_MAX, "has no prefix of 0 to %d bits",
			NETWORK_BITS_MAX - first);
		return wrong;
	}
	network->bits = first + (int)bits;
	if (network_is_clean(network))
		return NULL;
	clear_behind(network);
	format(network, first != 0, clean, sizeof(clean));
	snprintf(wrong, CONF_NETWORK_WRONG_MAX, "has bits behind its prefix: %s?", clean);
	return wrong;
}
