/* test_nexthop: what Postfix is given
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/nexthop.h"
#include "suite.h"

#include <string.h>

static const struct host_row {
	const char *name;
	int port;
	enum lookup lookup;
	const char *expected;
} host_rows[] = {
	{"192.0.2.1", 25, LOOKUP_HOST, "[192.0.2.1]:25"},
	{"mx1.example.com", 2525, LOOKUP_HOST, "[mx1.example.com]:2525"},
	{"2001:db8::1", 25, LOOKUP_HOST, "[2001:db8::1]:25"},
	{"example.net", 25, LOOKUP_MX, "example.net:25"},
	{"x", 65535, LOOKUP_HOST, "[x]:65535"},
};

START_TEST(host)
{
	char out[NEXTHOP_HOST_MAX];

	nexthop_host(out, host_rows[_i].name, host_rows[_i].port, host_rows[_i].lookup);
	ck_assert_str_eq(out, host_rows[_i].expected);
}
END_TEST

static const struct pool_host hosts[] = {{.nexthop = "[a]:25"}, {.nexthop = "[b]:26"}};

START_TEST(list)
{
	const struct pool pool = {.transport = "relay", .hosts = hosts, .host_count = 2};
	const struct candidates candidates = {.count = 2, .hosts = {1, 0}};
	static const char expected[] = "relay:[b]:26,[a]:25";
	char out[sizeof(expected)];

	ck_assert_int_eq(nexthop_list(out, sizeof(out), &pool, &candidates), (int)strlen(expected));
	ck_assert_str_eq(out, expected);
	for (size_t size = 1; size < sizeof(out); size++)
		ck_assert_int_eq(nexthop_list(out, size, &pool, &candidates), -1);
}
END_TEST

START_TEST(the_longest_list_fits)
{
	static char name[DOMAIN_MAX + 1];
	static char text[NEXTHOP_HOST_MAX];
	static char out[NEXTHOP_MAX];
	static struct pool_host many[POOL_HOSTS_MAX];
	char transport[64];
	struct candidates candidates = {.count = POOL_HOSTS_MAX};
	struct pool pool = {.transport = transport, .hosts = many, .host_count = POOL_HOSTS_MAX};

	memset(name, 'x', DOMAIN_MAX);
	memset(transport, 't', sizeof(transport));
	transport[sizeof(transport) - 1] = '\0';
	nexthop_host(text, name, 65535, LOOKUP_HOST);
	for (int i = 0; i < POOL_HOSTS_MAX; i++) {
		many[i].nexthop = text;
		candidates.hosts[i] = (uint8_t)i;
	}
	ck_assert_int_eq(nexthop_list(out, sizeof(out), &pool, &candidates),
		63 + POOL_HOSTS_MAX * (1 + DOMAIN_MAX + 8));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{host, COUNT(host_rows)}, {list, 1}, {the_longest_list_fits, 1}};

	return suite_run("nexthop", tests, COUNT(tests));
}
