/* hash: one 64-bit hash for route keys, state slots and rendezvous balancing
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * FNV-1a over octets, finished with a mixer so that every bit of the result depends on every
 * octet. The values are kept in the state file and decide which host a hash pool gives to a
 * recipient: they must not change between releases.
 */

/* The value to begin a running hash with. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* One more octet into a running hash. */
static inline uint64_t hash_octet(uint64_t running, unsigned char octet)
{
	return (running ^ octet) * UINT64_C(0x100000001b3);
}

/* The hash that a running hash stands for. Mixing two hashes: hash_finish(a ^ rotated b). */
static inline uint64_t hash_finish(uint64_t running)
{
	running ^= running >> 33;
	running *= UINT64_C(0xff51afd7ed558ccd);
	running ^= running >> 33;
	running *= UINT64_C(0xc4ceb9fe1a85ec53);
	running ^= running >> 33;
	return running;
}

/* The finished hash of LENGTH octets. */
uint64_t hash_octets(const void *octets, size_t length);

/* The hash of a pair, in that order. */
uint64_t hash_pair(uint64_t first, uint64_t second);

#endif
