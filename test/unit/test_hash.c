/* test_hash: values that must not change
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/hash.h"
#include "suite.h"

/* They are in state files, and decide who gets which host of a hash pool. */
START_TEST(stays_the_same_between_releases)
{
	ck_assert(hash_octets("", 0) == UINT64_C(0xefd01f60ba992926));
	ck_assert(hash_octets("example.com", 11) == UINT64_C(0x9591d6421994d599));
	ck_assert(hash_pair(1, 2) == UINT64_C(0x6e9b566a15288ae6));
}
END_TEST

START_TEST(running_is_the_same_as_whole)
{
	uint64_t running = HASH_START;

	for (const char *p = "example.com"; *p != '\0'; p++)
		running = hash_octet(running, (unsigned char)*p);
	ck_assert(hash_finish(running) == hash_octets("example.com", 11));
}
END_TEST

START_TEST(every_octet_moves_every_part)
{
	char text[] = "example.com";
	uint64_t before = hash_octets(text, 11);

	for (int i = 0; i < 11; i++) {
		uint64_t changed;

		text[i] ^= 1;
		changed = before ^ hash_octets(text, 11);
		text[i] ^= 1;
		ck_assert((changed & 0xffff) != 0 && changed >> 48 != 0);
	}
	ck_assert(hash_pair(1, 2) != hash_pair(2, 1));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{stays_the_same_between_releases, 1},
		{running_is_the_same_as_whole, 1}, {every_octet_moves_every_part, 1}};

	return suite_run("hash", tests, COUNT(tests));
}
