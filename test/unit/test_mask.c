/* test_mask: addresses of people taken out of foreign text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/mask.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *name;
	const char *text;
	const char *expected;
} rows[] = {
	{"nothing", "", ""},
	{"no address", "452 4.3.1 Insufficient system storage",
		"452 4.3.1 Insufficient system storage"},
	{"in brackets", "450 4.2.1 <joe@example.com>: full", "450 4.2.1 <[address]>: full"},
	{"bare", "450 joe@example.com is full", "450 [address] is full"},
	{"at the start", "joe@example.com", "[address]"},
	{"at the end of a sentence", "full: joe@example.com.", "full: [address]."},
	{"in round brackets", "full (joe@example.com)", "full ([address])"},
	{"two", "a@x.example, b@y.example", "[address], [address]"},
	{"two in brackets", "<a@x.example> <b@y.example>", "<[address]> <[address]>"},
	{"extension", "joe+list=a.example@x.example full", "[address] full"},
	{"quoted local part", "\"joe smith\"@example.com full", "[address] full"},
	{"quoted, in brackets", "<\"joe smith\"@example.com> full", "<[address]> full"},
	{"quoted, without its start", "smith\"@example.com full", "[address] full"},
	{"domain literal", "joe@[192.0.2.1] full", "[address] full"},
	{"domain literal without an end", "joe@[192.0.2.1 full", "[address] full"},
	{"without a domain, in brackets", "550 5.1.1 <joe> unknown",
		"550 5.1.1 <[address]> unknown"},
	{"nothing in brackets", "sender <> refused", "sender <> refused"},
	{"percent-encoded", "see https://x.example/?to=joe%40example.com", "see https:[address]"},
	{"a URL in brackets", "see <https://x.example/why>", "see <https://x.example/why>"},
	{"a URL with an address", "see <https://x.example/?joe@example.com>", "see <[address]>"},
	{"a bracket without an end", "a < b, joe@example.com", "a < b, [address]"},
	{"UTF-8", "b\xc3\xbc\x63her@example.com full", "[address] full"},
	{"an at alone", "try again @ noon", "try again [address] noon"},
	{"only ats", "@@@", "[address]"},
};

START_TEST(masks)
{
	const struct row *row = &rows[_i];
	char out[128];

	mask_addresses(out, sizeof(out), row->text);
	ck_assert_msg(strcmp(out, row->expected) == 0, "%s: \"%s\"", row->name, out);
}
END_TEST

/* Whatever the room is, nothing is written past it. */
START_TEST(cuts)
{
	static const char text[] = "450 <joe@example.com>: full, ask a@b.example";
	char whole[128];

	mask_addresses(whole, sizeof(whole), text);
	for (size_t size = 1; size <= sizeof(whole); size++) {
		char out[sizeof(whole) + 1];
		size_t length = strlen(whole) < size ? strlen(whole) : size - 1;

		memset(out, '#', sizeof(out));
		mask_addresses(out, size, text);
		ck_assert_uint_eq(strlen(out), length);
		ck_assert(memcmp(out, whole, length) == 0);
		ck_assert_int_eq(out[size], '#');
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{masks, COUNT(rows)},
		{cuts, 1},
	};

	return suite_run("mask", tests, COUNT(tests));
}
