/* test_nexthop: what the MTA is given
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/nexthop.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct host_row {
	struct pool_host host;
	struct nexthop_written written;
	const char *postfix;
	const char *sendmail;
} host_rows[] = {
	{{.name = "192.0.2.1", .port = 25, .kind = HOST_IPV4}, {"192.0.2.1", false}, "[192.0.2.1]",
		"[192.0.2.1]"},
	{{.name = "192.0.2.1", .port = 25, .kind = HOST_IPV4}, {"192.0.2.1", true},
		"[192.0.2.1]:25", "[192.0.2.1]"},
	{{.name = "mx1.example.com", .port = 2525}, {"MX1.example.com", true},
		"[MX1.example.com]:2525", "[mx1.example.com]"},
	{{.name = "2001:db8::1", .port = 25, .kind = HOST_IPV6}, {"2001:DB8:0::1", false},
		"[2001:DB8:0::1]", "[IPv6:2001:db8::1]"},
	{{.name = "example.net", .port = 25, .lookup = LOOKUP_MX}, {"example.net", false},
		"example.net", "example.net"},
	{{.name = "example.net", .port = 25, .lookup = LOOKUP_MX}, {"example.net", true},
		"example.net:25", "example.net"},
	{{.name = "x", .port = 65535}, {"x", true}, "[x]:65535", "[x]"},
	{{.name = "unix:private/lmtp", .kind = HOST_UNIX}, {"unix:private/lmtp", false},
		"unix:private/lmtp", "unix:private/lmtp"},
};

START_TEST(host)
{
	char out[NEXTHOP_HOST_MAX];

	nexthop_host(out, &host_rows[_i].host, &host_rows[_i].written, TABLE_POSTFIX);
	ck_assert_str_eq(out, host_rows[_i].postfix);
	nexthop_host(out, &host_rows[_i].host, &host_rows[_i].written, TABLE_SENDMAIL);
	ck_assert_str_eq(out, host_rows[_i].sendmail);
}
END_TEST

static const struct pool_host hosts[] = {{.nexthop = "[a]:25"}, {.nexthop = "[b]:26"}};

START_TEST(list)
{
	const struct pool pool = {.transport = "relay", .hosts = hosts, .host_count = 2};
	const struct candidates candidates = {.count = 2, .hosts = {1, 0}};
	static const char expected[] = "relay:[b]:26,[a]:25";
	char out[sizeof(expected)];

	ck_assert_int_eq(nexthop_list(out, sizeof(out), &pool, &candidates, TABLE_POSTFIX),
		(int)strlen(expected));
	ck_assert_str_eq(out, expected);
	for (size_t size = 1; size < sizeof(out); size++)
		ck_assert_int_eq(nexthop_list(out, size, &pool, &candidates, TABLE_POSTFIX), -1);
}
END_TEST

static const struct pool_host four[] = {{.nexthop = "[a]"}, {.nexthop = "[b]"}, {.nexthop = "[c]"},
	{.nexthop = "[d]", .priority = 10}};

static const struct tier_row {
	const char *name;
	struct candidates candidates;
	const char *expected;
} tier_rows[] = {
	{"tiers", {.count = 4, .tiered = 4, .hosts = {1, 2, 0, 3}}, "esmtp:[b]:[c],[a]:[d]"},
	{"one host", {.count = 1, .tiered = 1, .hosts = {0}}, "esmtp:[a]"},
	{"who waits is worse, each than the one before",
		{.count = 4, .tiered = 2, .hosts = {0, 3, 2, 1}}, "esmtp:[a]:[d]:[c]:[b]"},
	{"who waits, of the same priority", {.count = 3, .tiered = 1, .hosts = {2, 0, 1}},
		"esmtp:[c]:[a]:[b]"},
	{"all wait", {.count = 2, .tiered = 0, .hosts = {1, 0}}, "esmtp:[b]:[a]"},
	{"a tier of two, and two tiers", {.count = 2, .tiered = 2, .hosts = {1, 0}},
		"esmtp:[b]:[a]"},
	{"a trial is better", {.count = 3, .tiered = 3, .is_trial = true, .hosts = {1, 0, 2}},
		"esmtp:[b]:[a],[c]"},
	{"who has no part of a weight is worse",
		{.count = 3, .tiered = 3, .parted = 4, .hosts = {1, 0, 2}}, "esmtp:[b]:[a]:[c]"},
};

START_TEST(tiers_of_sendmail)
{
	const struct tier_row *row = &tier_rows[_i];
	const struct pool pool = {.transport = "esmtp", .hosts = four, .host_count = 4};
	char out[64];

	nexthop_list(out, sizeof(out), &pool, &row->candidates, TABLE_SENDMAIL);
	ck_assert_msg(strcmp(out, row->expected) == 0, "%s: %s", row->name, out);
}
END_TEST

START_TEST(what_sendmail_takes)
{
	static char text[POOL_HOSTS_MAX][32];
	static struct pool_host many[POOL_HOSTS_MAX];
	struct pool pool = {.transport = "esmtp", .hosts = many};
	struct candidates candidates = {.count = 0};
	char out[NEXTHOP_MAX];

	/* 16 octets each with what parts them: 16 hosts have 255. */
	for (int i = 0; i < POOL_HOSTS_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "[192.168.100.%d]", 10 + i % 90);
		many[i].nexthop = text[i];
		candidates.hosts[candidates.count++] = (uint8_t)i;
	}
	pool.host_count = POOL_HOSTS_MAX;
	candidates.tiered = candidates.count;
	ck_assert_int_eq(nexthop_fits(&pool, TABLE_SENDMAIL), 15);
	ck_assert_int_eq(nexthop_fits(&pool, TABLE_POSTFIX), POOL_HOSTS_MAX);
	nexthop_list(out, sizeof(out), &pool, &candidates, TABLE_SENDMAIL);
	ck_assert_uint_eq(strlen(out), 6 + 15 * 17 - 1);
	ck_assert_str_eq(out + strlen(out) - 16, "[192.168.100.24]");
	/* The last place of all. */
	strcpy(text[14], "[192.168.100.2]");
	strcpy(text[13], "[192.168.1.1]");
	nexthop_list(out, sizeof(out), &pool, &candidates, TABLE_SENDMAIL);
	ck_assert_uint_le(strlen(out) - 6, NEXTHOP_SENDMAIL_MAX);
	nexthop_list(out, sizeof(out), &pool, &candidates, TABLE_POSTFIX);
	ck_assert_uint_gt(strlen(out), 900);
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
	nexthop_host(text, &(struct pool_host){.name = name, .port = 65535},
		&(struct nexthop_written){name, true}, TABLE_POSTFIX);
	for (int i = 0; i < POOL_HOSTS_MAX; i++) {
		many[i].nexthop = text;
		candidates.hosts[i] = (uint8_t)i;
	}
	ck_assert_int_eq(nexthop_list(out, sizeof(out), &pool, &candidates, TABLE_POSTFIX),
		63 + POOL_HOSTS_MAX * (1 + DOMAIN_MAX + 8));
}
END_TEST

START_TEST(mailers_of_port_25)
{
	ck_assert(nexthop_is_smtp_mailer("smtp"));
	ck_assert(nexthop_is_smtp_mailer("esmtp"));
	ck_assert(nexthop_is_smtp_mailer("Relay"));
	ck_assert(!nexthop_is_smtp_mailer("esmtp2525"));
	ck_assert(!nexthop_is_smtp_mailer("lmtp"));
	ck_assert(!nexthop_is_smtp_mailer(""));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{host, COUNT(host_rows)}, {list, 1},
		{tiers_of_sendmail, COUNT(tier_rows)}, {what_sendmail_takes, 1},
		{the_longest_list_fits, 1}, {mailers_of_port_25, 1}};

	return suite_run("nexthop", tests, COUNT(tests));
}
