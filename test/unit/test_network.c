/* test_network: which addresses a range has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/network.h"
#include "suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void read_address(const char *text, uint8_t out[NETWORK_OCTETS])
{
	uint8_t octets[4];

	if (inet_pton(AF_INET, text, octets) == 1)
		network_from_ipv4(out, octets);
	else
		ck_assert_msg(inet_pton(AF_INET6, text, out) == 1, "%s", text);
}

/* "192.0.2.0/24" */
static struct network read_network(const char *text)
{
	struct network network;
	char address[64];

	ck_assert_int_eq(sscanf(text, "%63[^/]/%d", address, &network.bits), 2);
	read_address(address, network.octets);
	network.bits += strchr(address, ':') == NULL ? NETWORK_IPV4_BITS : 0;
	return network;
}

static const struct row {
	const char *network;
	const char *address;
	bool expected;
} rows[] = {
	{"192.0.2.0/24", "192.0.2.0", true},
	{"192.0.2.0/24", "192.0.2.255", true},
	{"192.0.2.0/24", "192.0.3.0", false},
	{"192.0.2.0/24", "192.0.1.255", false},
	{"192.0.2.0/24", "193.0.2.1", false},
	{"192.0.2.0/23", "192.0.3.255", true},
	{"192.0.2.0/23", "192.0.4.0", false},
	{"192.0.2.128/25", "192.0.2.127", false},
	{"192.0.2.128/25", "192.0.2.128", true},
	{"192.0.2.5/32", "192.0.2.5", true},
	{"192.0.2.5/32", "192.0.2.4", false},
	{"192.0.2.4/31", "192.0.2.5", true},
	{"192.0.2.4/31", "192.0.2.6", false},
	{"10.0.0.0/8", "10.255.0.1", true},
	{"10.0.0.0/8", "11.0.0.0", false},
	{"10.0.0.0/7", "11.0.0.0", true},
	{"0.0.0.0/1", "127.255.255.255", true},
	{"0.0.0.0/1", "128.0.0.0", false},
	{"0.0.0.0/0", "255.255.255.255", true},
	{"0.0.0.0/0", "2001:db8::1", false},
	{"0.0.0.0/0", "::1", false},
	{"192.0.2.0/24", "::ffff:192.0.2.1", true},
	{"::ffff:192.0.2.0/120", "192.0.2.1", true},
	{"192.0.2.0/24", "::192.0.2.1", false},
	{"2001:db8::/32", "2001:db8:ffff::1", true},
	{"2001:db8::/32", "2001:db9::1", false},
	{"2001:db8::/33", "2001:db8:7fff::1", true},
	{"2001:db8::/33", "2001:db8:8000::1", false},
	{"2001:db8::1/128", "2001:db8::1", true},
	{"2001:db8::1/128", "2001:db8::2", false},
	{"2001:db8::2/127", "2001:db8::3", true},
	{"2001:db8::2/127", "2001:db8::4", false},
	{"::/0", "2001:db8::1", true},
	{"::/0", "192.0.2.1", true},
	{"8000::/1", "7fff::", false},
	{"8000::/1", "ffff::", true},
};

START_TEST(has)
{
	struct network network = read_network(rows[_i].network);
	uint8_t address[NETWORK_OCTETS];

	read_address(rows[_i].address, address);
	ck_assert_msg(network_has(&network, address) == rows[_i].expected, "%s: %s",
		rows[_i].network, rows[_i].address);
}
END_TEST

static const struct clean_row {
	const char *network;
	bool expected;
} cleans[] = {
	{"192.0.2.0/24", true},
	{"192.0.2.1/24", false},
	{"192.0.2.128/24", false},
	{"192.0.2.128/25", true},
	{"192.0.2.64/25", false},
	{"192.0.2.1/32", true},
	{"192.0.2.1/31", false},
	{"0.0.0.0/0", true},
	{"128.0.0.0/0", false},
	{"0.0.0.1/0", false},
	{"::/0", true},
	{"::1/0", false},
	{"8000::/0", false},
	{"8000::/1", true},
	{"4000::/1", false},
	{"2001:db8::1/128", true},
	{"2001:db8::1/127", false},
	{"2001:db8::/32", true},
	{"2001:db8:1::/32", false},
	{"2001:db8::1/32", false},
};

START_TEST(is_clean)
{
	struct network network = read_network(cleans[_i].network);

	ck_assert_msg(network_is_clean(&network) == cleans[_i].expected, "%s", cleans[_i].network);
}
END_TEST

START_TEST(has_ipv4_as_mapped)
{
	static const uint8_t expected[NETWORK_OCTETS] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
	uint8_t octets[NETWORK_OCTETS];

	memset(octets, 0x55, sizeof(octets));
	network_from_ipv4(octets, (const uint8_t[]){192, 0, 2, 7});
	ck_assert_mem_eq(octets, expected, sizeof(expected));
}
END_TEST

/* Of an address that differs in one bit: every length up to it has both, every longer one not. */
START_TEST(looks_at_each_bit)
{
	struct network network = {.bits = 0};
	uint8_t address[NETWORK_OCTETS];

	for (int octet = 0; octet < NETWORK_OCTETS; octet++)
		network.octets[octet] = (uint8_t)(octet * 37 + 11);
	for (int bit = 0; bit < NETWORK_BITS_MAX; bit++) {
		memcpy(address, network.octets, sizeof(address));
		address[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		for (network.bits = 0; network.bits <= NETWORK_BITS_MAX; network.bits++)
			ck_assert_msg(network_has(&network, address) == (network.bits <= bit),
				"bit %d, /%d", bit, network.bits);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{has, COUNT(rows)}, {is_clean, COUNT(cleans)},
		{has_ipv4_as_mapped, 1}, {looks_at_each_bit, 1}};

	return suite_run("network", tests, COUNT(tests));
}
