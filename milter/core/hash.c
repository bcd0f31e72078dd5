/* hash: one 64-bit hash for route keys, state slots and rendezvous balancing
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"

uint64_t hash_octets(const void *octets, size_t length)
{
	const unsigned char *octet = octets;
	uint64_t running = HASH_START;

	for (size_t i = 0; i < length; i++)
		running = hash_octet(running, octet[i]);
	return hash_finish(running);
}

uint64_t hash_pair(uint64_t first, uint64_t second)
{
	return hash_finish(first ^ (second << 32 | second >> 32) * UINT64_C(0x9e3779b97f4a7c15));
}
